"""Greedy sampling for regression: rows unlike the labelled ones in input, output, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.centering import Centered
from querist.strategies.geometry import Matrix, row_chunks, squared_distances
from querist.strategies.needs import need_embeddings, need_predictions, need_targets
from querist.strategies.selectors import arg_best

Values = NDArray[np.float64]
_PAPER = "Wu, Lin and Huang (2019), Active learning for regression using greedy sampling."


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class GreedyInputs:
    """The row farthest from all labelled rows, again and again; needs no model.

    Distances are those of the embeddings as given: scale the columns first. Without a label it
    starts at the row nearest to the mean.
    """

    name: ClassVar[str] = "gsx"
    summary: ClassVar[str] = "Farthest row from the labelled ones in the inputs; for regression."
    paper: ClassVar[str] = _PAPER
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the distance to the nearest labelled or picked row."""
        vectors = need_embeddings(pool, self.name)
        rows = Centered.of(vectors, pool.candidates, pool.labeled)
        places, values = greedy(rows, None, rows.at(pool.labeled), None, n, rng)
        return _selection(pool, places, values * rows.scale, "Nothing like it was labelled yet.")


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class GreedyOutputs:
    """The row whose prediction is farthest from all labelled numbers, again and again."""

    name: ClassVar[str] = "gsy"
    summary: ClassVar[str] = "Prediction farthest from the labelled numbers; for regression."
    paper: ClassVar[str] = _PAPER
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PREDICTIONS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the distance to the nearest number, in its unit."""
        outputs, known = _outputs(pool, self.name)
        places, values = greedy(None, outputs, None, known, n, rng)
        return _selection(pool, places, values, "A number like its prediction is not known yet.")


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class GreedyInputsOutputs:
    """The row that is far from all labelled rows in input and prediction together.

    The score is the smallest product of both distances to any labelled row. Numbers that are not
    known, as those of earlier picks of the batch, are taken to be as predicted.
    """

    name: ClassVar[str] = "igs"
    summary: ClassVar[str] = "Unlike the labelled rows in inputs and prediction; for regression."
    paper: ClassVar[str] = _PAPER
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS, Signal.PREDICTIONS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the smallest product of distances."""
        vectors = need_embeddings(pool, self.name)
        outputs, known = _outputs(pool, self.name)
        rows = Centered.of(vectors, pool.candidates, pool.labeled)
        places, values = greedy(rows, outputs, rows.at(pool.labeled), known, n, rng)
        reason = "Neither it nor a number like its prediction is known yet."
        return _selection(pool, places, values * rows.scale, reason)


def greedy(
    rows: Centered | None,
    outputs: Values | None,
    centers: Matrix | None,
    known: Values | None,
    k: int,
    rng: np.random.Generator,
) -> tuple[Positions, Values]:
    """The places (k,) with the largest smallest distance to all that is labelled or picked.

    The distance is ||x - x'|| where rows are given, |f(x) - y| where outputs are, else the product
    of both. Time O(n (L + k) d), memory O(n) beside the arrays. Without anything labelled it starts
    at the row nearest to the mean, or at the middle output; the first score is then 0.

    Args:
        rows: Inputs (n, d) of the candidates, or ``None`` to look at the outputs alone.
        outputs: Their predictions (n,), or ``None`` to look at the inputs alone.
        centers: Inputs (L, d) of the labelled rows, less the mean of ``rows``.
        known: Their numbers (L,).
        k: How many, at most n.
        rng: Decides ties.
    """
    apart = np.zeros(0) if rows is None else rows.norms.astype(np.float64)
    if rows is None and outputs is not None:
        apart = np.abs(outputs - np.median(outputs))
    closest = _closest(rows, outputs, centers, known, len(apart))
    chosen, values = np.empty(k, dtype=np.int64), np.zeros(k)
    for at in range(k):
        if at or np.isfinite(closest[0]):
            pick = arg_best(closest, rng)
            values[at] = closest[pick]
        else:
            pick = arg_best(-apart, rng)
        chosen[at] = pick
        fresh = np.ones(len(closest)) if outputs is None else np.abs(outputs - outputs[pick])
        if rows is not None:
            fresh *= np.sqrt(rows.squared_distances_to(pick))
        np.minimum(closest, fresh, out=closest)
        closest[chosen[: at + 1]] = -1
    return chosen, values


def _closest(
    rows: Centered | None,
    outputs: Values | None,
    centers: Matrix | None,
    known: Values | None,
    count: int,
) -> Values:
    """The smallest distance of each row (n,) to what is labelled; infinite if nothing is."""
    found = np.full(count, np.inf)
    labeled = len(centers) if centers is not None else 0 if known is None else len(known)
    # A chunk holds its rows, less the mean, and their distances to what is labelled.
    width = 4 * max(labeled, 0 if centers is None else centers.shape[1])
    for part in row_chunks(count, width) if labeled else ():
        table: Values = np.ones((len(found[part]), labeled))
        if outputs is not None and known is not None:
            table = np.abs(outputs[part, None] - known)
        if rows is not None and centers is not None:
            table *= np.sqrt(squared_distances(rows.rows(part), centers))
        found[part] = table.min(axis=1)
    return found


def _outputs(pool: Pool, strategy: str) -> tuple[Values, Values]:
    """The candidates' predictions, and the labelled rows' numbers or, unknown, predictions."""
    predicted: Floats = need_predictions(pool, strategy)
    targets = need_targets(pool, strategy)
    known = np.where(np.isnan(targets), predicted[pool.labeled], targets)
    return predicted[pool.candidates].astype(np.float64), known


def _selection(pool: Pool, places: Positions, values: Values, reason: str) -> Selection:
    return Selection(
        indices=pool.candidates[places],
        scores=values,
        reasons=(reason,) * len(places),
        note="In turn the row that is least like everything labelled so far.",
    )
