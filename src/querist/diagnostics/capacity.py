"""Capacity advice: whether the model is too narrow or too deep for its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.schema.wording import number, percent

LEVEL = 0.05


class Fit(StrEnum):
    """What a model's capacity is for its labels."""

    TOO_NARROW = "too narrow"
    TOO_DEEP = "too deep"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One model of a capacity ladder, trained on the same labels as the others.

    Attributes:
        name: What it is, for example ``C = 0.1`` or ``2 layers``.
        train_accuracy: On its own training labels, 0 to 1.
        right: Whether it is right on each row of the audit set (n,).
    """

    name: str
    train_accuracy: float
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityAdvice:
    """What a capacity ladder says of the model in use.

    Attributes:
        fit: Too narrow, too deep or right.
        better: The rung that is surely better, if any.
        gap: Training accuracy minus audit accuracy of the model in use.
        gain: Points of audit accuracy of the better rung over it.
        p_value: Chance of this gain by luck, adjusted for all rungs.
        sentence: The advice in plain words.
    """

    fit: Fit
    better: str | None
    gap: float
    gain: float
    p_value: float
    sentence: str


def capacity_advice(ladder: Sequence[Rung], used: int) -> CapacityAdvice:
    """Whether a larger model is surely better (too narrow) or a smaller one (too deep).

    Rungs are compared on the same audit rows by the exact test of McNemar (1947), adjusted by
    Holm (1979) for all rungs. A gap between training and audit alone is no fault: it says only
    how much of it there is to win. Without a gap no model is called too deep: it has not learned
    its labels by heart, and a smaller one is better for another reason, such as labels that were
    chosen to be hard.

    Args:
        ladder: Models by growing capacity.
        used: Place of the model in use.

    Raises:
        InvalidInputError: ``used`` is no rung, or the audit rows differ.
    """
    if not 0 <= used < len(ladder) or len({rung.right.shape for rung in ladder}) != 1:
        raise InvalidInputError(
            f"Rung {used} of {len(ladder)} is in use, on audit sets of "
            f"{sorted({rung.right.shape for rung in ladder})} rows.",
            remedy="Give all rungs on the same audit rows, and the place of one of them.",
        )
    own = ladder[used]
    gap = own.train_accuracy - float(own.right.mean())
    others = [at for at in range(len(ladder)) if at != used]
    chances = np.array([_chance(ladder[at].right, own.right) for at in others])
    order = np.argsort(chances, kind="stable")
    scaled = chances[order] * np.arange(len(order), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(scaled), 1.0)
    sure = [(others[at], float(p)) for at, p in zip(order, adjusted, strict=True) if p < LEVEL]
    called = [pair for pair in sure if pair[0] > used or gap > 0]
    shares = (
        f"right in {percent(own.train_accuracy)} of its training labels and "
        f"{percent(float(own.right.mean()))} of the audit set"
    )
    if not called:
        no_heart = f"a smaller one is surely better, but {own.name} is {shares}: "
        no_heart += "it has not learned its labels by heart"
        none = f"no other capacity is surely better than {own.name}"
        return CapacityAdvice(
            fit=Fit.RIGHT,
            better=None,
            gap=gap,
            gain=0.0,
            p_value=float(adjusted.min(initial=1.0)),
            sentence="Nothing says that the model is too narrow or too deep: "
            f"{no_heart if sure else none}.",
        )
    best, p_value = max(called, key=lambda pair: float(ladder[pair[0]].right.mean()))
    gain = 100 * float(ladder[best].right.mean() - own.right.mean())
    fit = Fit.TOO_NARROW if best > used else Fit.TOO_DEEP
    return CapacityAdvice(
        fit=fit,
        better=ladder[best].name,
        gap=gap,
        gain=gain,
        p_value=p_value,
        sentence=f"The model is {fit.value} for its labels: {ladder[best].name} is better by "
        f"{number(gain)} points, while {own.name} is {shares}.",
    )


def _chance(other: NDArray[np.bool_], own: NDArray[np.bool_]) -> float:
    from scipy.stats import binom

    better, worse = int((other & ~own).sum()), int((own & ~other).sum())
    return float(binom.sf(better - 1, better + worse, 0.5)) if better + worse else 1.0
