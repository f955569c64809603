"""How well scores rank the right rows before the others: AUROC and average precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import finite, same_length
from querist.metrics.resampling import (
    MOST_DRAWN,
    REPEATS,
    Floats,
    drawn,
    grouped,
    groups_of,
    mean_known,
    measure,
    ratio,
)
from querist.metrics.shares import Z95, share_of_effective
from querist.schema.measure import Measure

_HALVINGS = 50


def auroc(truth: ArrayLike, scores: ArrayLike) -> float:
    """Chance that a right row scores above another one, ties half; 0 to 1, higher is better.

    Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve". NaN where all
    rows are right or none is.

    Args:
        truth: Whether each row is right (n,), bool or 0 and 1.
        scores: Higher means more likely right (n,).
    """
    return float(_auroc(*_Ranked(truth, scores).passed(np.ones((1, len(np.asarray(scores))))))[0])


def average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Mean precision over the right rows, by falling score; 0 to 1, higher is better.

    Sum of precision times the step in recall, tied rows taken together, without interpolation
    (Buckley and Voorhees, 2000, "Evaluating evaluation measure stability"). NaN without right rows.
    """
    return float(_average(*_Ranked(truth, scores).passed(np.ones((1, len(np.asarray(scores))))))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingMeasures:
    """How the scores of C columns rank n rows; higher is better.

    The intervals of a column hold with a handful of right rows, where a bootstrap's are too narrow:
    of the AUROC by Newcombe (2006), "Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic", method 5; of the average precision Wilson's for as many trials as there
    are right rows (Boyd, Eng and Page, 2013, "Area under the precision-recall curve").

    Attributes:
        auroc: Of each column (C,); NaN where all of its rows are right or none is.
        average_precision: Of each column (C,); NaN where none is right.
        macro_auroc: Mean over the columns for which it is defined, with a bootstrap interval.
        macro_average_precision: Likewise.
    """

    auroc: tuple[Measure, ...]
    average_precision: tuple[Measure, ...]
    macro_auroc: Measure
    macro_average_precision: Measure


def measure_ranking(
    truth: ArrayLike, scores: ArrayLike, rng: np.random.Generator, *, repeats: int = REPEATS
) -> RankingMeasures:
    """AUROC and average precision of scores (n, C) for what is right (n, C), column by column.

    Up to 10,000 rows the macro means are bootstrapped as they are. Beyond, each sample moves them
    by what its rows would move them by to first order (Jaeckel, 1972, "The infinitesimal
    jackknife"; DeLong, DeLong and Clarke-Pearson, 1988), with the right rows of the sample counted.

    Time O(C n log n + R C min(n, 10,000)), memory O(n C + R C).

    Raises:
        InvalidInputError: the shapes differ, a score is not finite, or the truth is not 0 and 1.
    """
    right, table = tables(truth=truth, scores=scores)
    size = len(right)
    resampled = _plainly if size <= MOST_DRAWN else _linearly
    values, samples = resampled(right, table, rng, repeats)
    hits = right.sum(axis=0).tolist()
    macro = [
        measure(float(mean_known(row)), mean_known(part), size)
        for row, part in zip(values, samples, strict=True)
    ]
    return RankingMeasures(
        auroc=tuple(_area(float(v), k, size) for v, k in zip(values[0], hits, strict=True)),
        average_precision=tuple(
            share_of_effective(float(v), k, size) for v, k in zip(values[1], hits, strict=True)
        ),
        macro_auroc=macro[0],
        macro_average_precision=macro[1],
    )


def _plainly(
    right: NDArray[np.bool_], table: Floats, rng: np.random.Generator, repeats: int
) -> tuple[Floats, Floats]:
    """AUROC and average precision of each column (2, C), and in bootstrap samples (2, R, C)."""
    columns = [_Ranked(right[:, c], table[:, c]) for c in range(right.shape[1])]

    def both(weights: Floats) -> Floats:
        passed = (column.passed(weights) for column in columns)
        found = [(_auroc(*it), _average(*it)) for it in passed]
        return np.moveaxis(np.array(found), 0, 2)

    values = both(np.ones((1, len(right))))[:, 0]
    return values, np.concatenate([both(w) for w in drawn(len(right), rng, repeats)], axis=1)


def _linearly(
    right: NDArray[np.bool_], table: Floats, rng: np.random.Generator, repeats: int
) -> tuple[Floats, Floats]:
    """The same of many rows, a column at a time: samples move by the sums of what rows weigh."""
    groups = groups_of(len(right), rng)
    units, values = [grouped(np.ones((len(right), 1)), groups)], []
    for c in range(right.shape[1]):
        value, weighs = _weighed(_Ranked(right[:, c], table[:, c]))
        values.append(value)
        units.append(grouped(np.column_stack([right[:, c], weighs]), groups))
    parts = np.hstack(units)
    sums = np.concatenate([block @ parts for block in drawn(len(parts), rng, repeats)])
    hits, area, average = (sums[:, start::3] for start in (1, 2, 3))
    found = np.array(values).T
    moved = np.stack([ratio(area, hits * (sums[:, :1] - hits)), ratio(average, hits)])
    return found, found[:, None, :] + moved


def _weighed(ranked: _Ranked) -> tuple[Floats, Floats]:
    """AUROC and average precision (2,) of one column, and what each row (n, 2) weighs in them.

    A sample with h right and m other rows moves the AUROC by the sum of its rows' first weights
    over h m, and the average precision by that of the second ones over h.
    """
    hits, rows = (it[0] for it in ranked.passed(np.ones((1, len(ranked.order)))))
    misses = rows - hits
    some, others = hits[-1], misses[-1]
    step = np.diff(hits, prepend=0.0)
    below = others - misses + np.diff(misses, prepend=0.0) / 2
    above = hits - step / 2
    area = float(ratio((step * below).sum(), some * others))
    precision = hits / rows
    average = float(ratio((step * precision).sum(), some))
    # A row also moves the precision at each right row below it.
    up, down = (np.cumsum(it[::-1])[::-1] for it in (step / rows, step * hits / rows**2))
    runs = np.repeat(np.arange(len(rows)), np.diff(rows, prepend=0.0).astype(np.int64))
    found = np.empty((len(runs), 2))
    right = ranked.right
    found[ranked.order, 0] = np.where(
        right, (below - area * others)[runs], (above - area * some)[runs]
    )
    found[ranked.order, 1] = np.where(right, (precision + up - average)[runs], 0.0) - down[runs]
    return np.array([area, average]), found


def tables(truth: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    """Answers (n, C) as bool and scores (n, C), refused unless of one shape.

    Raises:
        InvalidInputError: they are not, or hold what they must not.
    """
    right, values = same_length(truth=truth, scores=scores)
    if right.ndim != 2 or right.shape != values.shape:
        raise InvalidInputError(
            f"The truth has the shape {right.shape}, the scores {values.shape}.",
            remedy="Give both as rows by classes.",
        )
    return binary("The truth", right), finite("The scores", values).reshape(values.shape)


class _Ranked:
    """Rows by falling score, with where each run of equal scores ends."""

    def __init__(self, truth: ArrayLike, scores: ArrayLike) -> None:
        same_length(truth=truth, scores=scores)
        values = finite("The scores", scores)
        self.order = np.argsort(-values, kind="stable")
        ordered = values[self.order]
        self.last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
        self.right = binary("truth", truth)[self.order]

    def passed(self, weights: Floats) -> tuple[Floats, Floats]:
        """Right and all rows at or above each distinct score (b, s), each row weighed."""
        ordered = weights[:, self.order]
        hits = np.cumsum(ordered * self.right, axis=1)[:, self.last]
        return hits, np.cumsum(ordered, axis=1)[:, self.last]


def binary(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """The values as bool, refused unless each is 0 or 1.

    Raises:
        InvalidInputError: another value is there.
    """
    array: NDArray[Any] = np.asarray(values)
    if array.dtype != bool and not np.isin(array, (0, 1)).all():
        raise InvalidInputError(
            f"{name} holds other values than 0 and 1.", remedy="Give 1 for right and 0 for wrong."
        )
    return array.astype(bool)


def _auroc(hits: Floats, rows: Floats) -> Floats:
    misses = rows - hits
    step = np.diff(misses, axis=1, prepend=0.0)
    before = np.concatenate([np.zeros((len(hits), 1)), hits[:, :-1]], axis=1)
    area = (step * (hits + before) / 2).sum(axis=1)
    return ratio(area, hits[:, -1] * misses[:, -1])


def _average(hits: Floats, rows: Floats) -> Floats:
    step = np.diff(hits, axis=1, prepend=0.0)
    precision = np.divide(hits, rows, out=np.zeros_like(hits), where=rows > 0)
    return ratio((step * precision).sum(axis=1), hits[:, -1])


def _area(value: float, hits: int, size: int) -> Measure:
    """An AUROC with the areas from which it is not further than 1.96 standard errors of theirs."""
    misses = size - hits
    if np.isnan(value):
        return Measure(value=value, low=0.0, high=1.0, count=size)
    more = (hits + misses) / 2 - 1

    def near(area: float) -> bool:
        factor = 1 + more * ((1 - area) / (2 - area) + area / (1 + area))
        return bool((area - value) ** 2 <= Z95**2 * area * (1 - area) * factor / (hits * misses))

    def end(far: float) -> float:
        inside, outside = value, far
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if near(middle) else (inside, middle)
        return inside

    return Measure(value=value, low=end(0.0), high=end(1.0), count=size)
