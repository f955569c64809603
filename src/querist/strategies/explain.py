"""Plain sentences on why a row is asked, for the person who labels it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.schema import percent
from querist.strategies.base import Floats

NEW = "Nothing like it was labelled yet."
COMMON = "It stands for many similar items that have no label yet."
AT_RANDOM = "Drawn at random, to find what the other rules would miss."


def hesitation(probabilities: Floats) -> tuple[str, ...]:
    """One sentence for each row of probabilities (n, C), on the two most likely classes."""
    two = -np.partition(-np.asarray(probabilities), 1, axis=1)[:, :2]
    return tuple(_hesitates(float(first), float(second)) for first, second in two)


def _hesitates(first: float, second: float) -> str:
    if first - second < 0.2:
        shares = f"{percent(first, 0)} against {percent(second, 0)}"
        return f"The model hesitates between two classes ({shares})."
    if first < 0.8:
        return f"The model leans to one class, but is not sure ({percent(first, 0)})."
    return f"The model is fairly sure ({percent(first, 0)}), but less than elsewhere."


def coverage(similarity_to_labeled: NDArray[np.floating]) -> tuple[str, ...]:
    """One sentence for each row, by how similar the nearest labelled row is (n,), 0 to 1."""
    return tuple(NEW if value < 0.5 else COMMON for value in similarity_to_labeled)


def both(probabilities: Floats, similarity_to_labeled: NDArray[np.floating]) -> tuple[str, ...]:
    """One sentence for each row: on the model's doubt where it has some, else on coverage."""
    two = -np.partition(-np.asarray(probabilities), 1, axis=1)[:, :2]
    doubt = 1 - (two[:, 0] - two[:, 1]) >= 0.5
    return tuple(
        hesitates if uncertain else covers
        for uncertain, hesitates, covers in zip(
            doubt, hesitation(probabilities), coverage(similarity_to_labeled), strict=True
        )
    )
