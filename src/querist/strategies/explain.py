"""Plain sentences on why a row is asked, for the person who labels it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from querist.schema import percent
from querist.strategies.base import Floats

NEW = "Nothing like it was labelled yet."
COMMON = "It stands for many similar items that have no label yet."
AT_RANDOM = "Drawn at random, to find what the other rules would miss."


def hesitation(probabilities: Floats, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """One sentence for each row of probabilities (n, C), on the two most likely classes.

    Args:
        probabilities: The rows.
        names: The classes (C,) by name; without them the sentences name none.
    """
    table = np.asarray(probabilities)
    # A stable sort: which of equally likely classes is named must not depend on the machine.
    two = np.argsort(-table, axis=1, kind="stable")[:, :2]
    first, second = np.take_along_axis(table, two, axis=1).T.tolist()
    if names is None:
        return tuple(map(_hesitates, first, second))
    name, other = ([names[code] for code in codes] for codes in two.T.tolist())
    return tuple(map(_hesitates, first, second, name, other))


def _hesitates(first: float, second: float, name: str = "", other: str = "") -> str:
    if first - second < 0.2:
        between = f"{name} and {other}" if name else "two classes"
        against = f"{percent(first, 0)} against {percent(second, 0)}"
        return f"The model hesitates between {between} ({against})."
    if first < 0.8:
        leaning = name or "one class"
        return f"The model leans to {leaning}, but is not sure ({percent(first, 0)})."
    sure = f"sure of {name}" if name else "sure"
    return f"The model is fairly {sure} ({percent(first, 0)}), but less than elsewhere."


def doubt(
    values: NDArray[np.floating],
    places: NDArray[np.integer],
    similarity_to_labeled: NDArray[np.floating] | None = None,
) -> tuple[str, ...]:
    """One sentence for each of some places (k,), on how its doubt compares with all (n,).

    Args:
        values: The model's doubt of each row as a whole.
        places: The rows to explain.
        similarity_to_labeled: How similar the nearest labelled row is (k,), for rows that were
            chosen for what they stand for more than for their own doubt.
    """
    shares = np.searchsorted(np.sort(values), values[places]) / len(values)
    others = ("The model is about as sure of it as of others.",) * len(places)
    if similarity_to_labeled is not None:
        others = coverage(similarity_to_labeled)
    # Rounded down, for nothing is less sure than all: it is one of them.
    return tuple(
        f"The model is less sure of it than of {percent(np.floor(100 * share) / 100, 0)} of the "
        "items without a label."
        if share >= 0.5
        else other
        for share, other in zip(shares.tolist(), others, strict=True)
    )


def coverage(similarity_to_labeled: NDArray[np.floating]) -> tuple[str, ...]:
    """One sentence for each row, by how similar the nearest labelled row is (n,), 0 to 1."""
    return tuple(NEW if value < 0.5 else COMMON for value in similarity_to_labeled)


def both(
    probabilities: Floats,
    similarity_to_labeled: NDArray[np.floating],
    names: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """One sentence for each row: on the model's doubt where it has some, else on coverage."""
    two = -np.partition(-np.asarray(probabilities), 1, axis=1)[:, :2]
    doubt = 1 - (two[:, 0] - two[:, 1]) >= 0.5
    return tuple(
        hesitates if uncertain else covers
        for uncertain, hesitates, covers in zip(
            doubt, hesitation(probabilities, names), coverage(similarity_to_labeled), strict=True
        )
    )
