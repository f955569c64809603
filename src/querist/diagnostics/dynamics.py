"""Learning dynamics: when classes and assets were learned and forgotten, and when it got worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics import cohen_kappa, wilson

# A class counts as learned from this recall on.
LEARNED = 0.7
# Rounds without progress after which a class that is not learned is stalled.
STALLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDynamics:
    """How one class fared over the rounds.

    Attributes:
        name: The class.
        recall: Share found in each round (R,), 0 to 1; NaN where none is in the sample.
        learned: First round from which it is found often enough, until it was forgotten; ``None``
            if never. A later learning again does not move it.
        forgotten: Rounds in which it fell from learned to surely less.
        stalled: Whether it is not learned now and has not surely gained for the last three rounds.
    """

    name: str
    recall: tuple[float, ...]
    learned: int | None
    forgotten: tuple[int, ...]
    stalled: bool


class Difficulty(StrEnum):
    """Where an asset lies on the map of a data set."""

    EASY = "easy"
    AMBIGUOUS = "ambiguous"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleDynamics:
    """How each asset (n,) fared over the rounds.

    Attributes:
        confidence: Mean probability of the true class, 0 to 1; higher is easier.
        variability: Its standard deviation.
        correctness: Share of rounds in which it was right.
        forgettings: How often it went from right to wrong.
        difficulty: Easy, ambiguous or hard.
    """

    confidence: NDArray[np.float64]
    variability: NDArray[np.float64]
    correctness: NDArray[np.float64]
    forgettings: NDArray[np.int64]
    difficulty: tuple[Difficulty, ...]


def class_dynamics(
    truth: ArrayLike, predicted: ArrayLike, classes: Sequence[str], *, learned: float = LEARNED
) -> tuple[ClassDynamics, ...]:
    """When each class was learned, forgotten or stalled, on one sample over all rounds.

    A class is learned in the first round whose recall reaches ``learned``. It is forgotten in a
    round whose recall is so low that even the upper end of its 95 % Wilson interval is below
    ``learned``, after it was learned; then it can be learned again.

    Args:
        truth: True classes (n,) of a sample that no model learned from.
        predicted: What the model of each round says (R, n).
        classes: Names of the classes (C,).
        learned: Recall from which a class counts as learned, 0 to 1.

    Raises:
        InvalidInputError: shapes disagree, or a class is out of range.
    """
    codes, table = _checked(truth, predicted, len(classes))
    count = len(classes)
    totals = np.bincount(codes, minlength=count)
    hits = np.zeros((len(table), count), dtype=np.int64)
    for at, line in enumerate(table):
        hits[at] = np.bincount(codes[line == codes], minlength=count)
    return tuple(
        _of_class(name, hits[:, code].tolist(), int(totals[code]), learned)
        for code, name in enumerate(classes)
    )


def example_dynamics(truth: ArrayLike, probabilities: ArrayLike) -> ExampleDynamics:
    """Cartography and forgetting of each asset, over the models of all rounds.

    Swayamdipta et al. (2020), "Dataset cartography", with rounds in place of epochs: hard is what
    is right in less than a third of the rounds, ambiguous the third of the others whose probability
    of the true class varies most if it was wrong at least once, easy the rest. Toneva et al.
    (2019), "An empirical study of example forgetting": falls from right to wrong.

    Args:
        truth: True classes (n,).
        probabilities: Of each round's model (R, n, C).

    Raises:
        InvalidInputError: shapes disagree, or a class is out of range.
    """
    table = np.asarray(probabilities)
    if table.ndim != 3 or not len(table):
        raise InvalidInputError(
            f"The probabilities have shape {table.shape}.",
            remedy="Give one table (n, C) for each of the rounds.",
        )
    codes, said = _checked(truth, table.argmax(axis=2), table.shape[2])
    own = table[:, np.arange(len(codes)), codes].astype(np.float64)
    right = said == codes
    correctness, variability = right.mean(axis=0), own.std(axis=0)
    hard = correctness < 1 / 3
    limit = np.quantile(variability[~hard], 2 / 3) if (~hard).any() else np.inf
    ambiguous = ~hard & (correctness < 1) & (variability >= limit)
    words = np.where(
        hard, Difficulty.HARD, np.where(ambiguous, Difficulty.AMBIGUOUS, Difficulty.EASY)
    )
    return ExampleDynamics(
        confidence=own.mean(axis=0),
        variability=variability,
        correctness=correctness,
        forgettings=(right[:-1] & ~right[1:]).sum(axis=0),
        difficulty=tuple(Difficulty(word) for word in words.tolist()),
    )


def prediction_kappas(predicted: ArrayLike) -> tuple[float, ...]:
    """Cohen's kappa between the predictions (R, n) of consecutive rounds (R - 1,); 1 is stable."""
    return tuple(float(cohen_kappa(a, b)) for a, b in pairwise(np.asarray(predicted)))


def overfitting_start(
    train_loss: ArrayLike, sample_loss: ArrayLike, error: ArrayLike
) -> int | None:
    """The round (or epoch) after which the model only learned its training labels by heart.

    The round with the lowest loss on the sample, if every later round is worse than it by more
    than one standard error while the training loss went on falling; ``None`` else (the rule of
    one standard error of Breiman et al., 1984).

    Args:
        train_loss: Mean loss on the training labels in each round (R,), lower is better.
        sample_loss: Mean loss on a sample that was not learned (R,).
        error: Standard errors of ``sample_loss`` (R,).

    Raises:
        InvalidInputError: the lengths differ.
    """
    train, sample, spread = (
        np.asarray(x, dtype=np.float64) for x in (train_loss, sample_loss, error)
    )
    if train.ndim != 1 or not train.shape == sample.shape == spread.shape:
        raise InvalidInputError(
            f"There are {train.shape}, {sample.shape} and {spread.shape} losses.",
            remedy="Give one of each for every round.",
        )
    if len(sample) < 2:
        return None
    best = int(sample.argmin())
    later = sample[best + 1 :]
    worse = len(later) > 0 and bool((later > sample[best] + spread[best]).all())
    return best if worse and train[-1] < train[best] else None


def _of_class(name: str, hits: list[int], total: int, wanted: float) -> ClassDynamics:
    if not total:
        return ClassDynamics(
            name=name, recall=(np.nan,) * len(hits), learned=None, forgotten=(), stalled=False
        )
    known, first, forgotten = False, None, []
    for at, count in enumerate(hits):
        if not known and count >= wanted * total:
            known, first = True, at if first is None else first
        elif known and wilson(count, total)[1] < wanted:
            known = False
            forgotten.append(at)
    return ClassDynamics(
        name=name,
        recall=tuple(count / total for count in hits),
        learned=first,
        forgotten=tuple(forgotten),
        stalled=not known and _stands_still(hits, total),
    )


def _stands_still(hits: list[int], total: int) -> bool:
    """Whether the last recall lies within the interval of the recall three rounds before."""
    return len(hits) > STALLED and hits[-1] / total <= wilson(hits[-1 - STALLED], total)[1]


def _checked(
    truth: ArrayLike, predicted: ArrayLike, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    codes, table = np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    if codes.ndim != 1 or table.ndim != 2 or table.shape[1] != len(codes):
        raise InvalidInputError(
            f"Predictions {table.shape} do not fit {codes.shape} true classes.",
            remedy="Give one line of predictions for each round, one column for each asset.",
        )
    if len(codes) and not 0 <= codes.min() <= codes.max() < count:
        raise InvalidInputError(
            f"A class is {codes.min()} or {codes.max()}, outside 0 to {count - 1}.",
            remedy="Give positions in the list of classes.",
        )
    return codes, table
