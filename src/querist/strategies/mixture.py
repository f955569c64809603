"""A weighted mixture: each strategy chooses its share of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies.base import (
    UNLABELED,
    Pool,
    Positions,
    Selection,
    Signal,
    Strategy,
    create,
    register,
)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Strategies side by side, each with a quota; later ones see earlier picks as labelled.

    Attributes:
        parts: Weight of each strategy by name, in the order in which they choose. The weights need
            not sum to one.
        parameters: Parameters of the strategies, by name; none by default.
    """

    name: ClassVar[str] = "mixture"
    summary: ClassVar[str] = "Several strategies, each for its share of the batch."
    paper: ClassVar[str] = "Quotas as in stratified sampling; Cochran (1977), Sampling Techniques."
    parts: Mapping[str, float] = field(default_factory=lambda: {"auto": 0.8, "random": 0.2})
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        weights = list(self.parts.values()) if isinstance(self.parts, Mapping) else []
        if not weights or not np.isfinite(weights).all() or min(weights) < 0 or not sum(weights):
            raise InvalidInputError(
                f"The parts of a mixture are {self.parts!r}.",
                remedy='Give weights from 0 by name, as in {"margin": 0.8, "random": 0.2}.',
            )
        for name in self.parameters.keys() - self.parts.keys():
            raise InvalidInputError(
                f"There are parameters for {name!r}, which is no part.",
                remedy=f"Give parameters for {', '.join(self.parts)} only.",
            )
        self._strategies()

    @property
    def needs(self) -> frozenset[Signal]:
        """What the parts need together."""
        none: frozenset[Signal] = frozenset()
        return none.union(*(strategy.needs for strategy in self._strategies()))

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The picks of each part in turn; the scores are each part's own."""
        counts = quotas(np.array(list(self.parts.values()), dtype=np.float64), n, rng)
        found: list[tuple[str, Selection]] = []
        for strategy, count in zip(self._strategies(), counts.tolist(), strict=True):
            if count:
                picks = strategy.select(pool, count, rng)
                found.append((strategy.name, picks))
                pool = after_picks(pool, picks.indices)
        words = ", ".join(f"{len(picks.indices)} by {name}" for name, picks in found)
        return Selection(
            indices=np.concatenate([picks.indices for _, picks in found]),
            scores=np.concatenate([picks.scores for _, picks in found]),
            reasons=tuple(reason for _, picks in found for reason in picks.reasons),
            note=f"A mixture: {words}.",
        )

    def _strategies(self) -> list[Strategy]:
        return [create(name, **self.parameters.get(name, {})) for name in self.parts]


def quotas(weights: NDArray[np.float64], n: int, rng: np.random.Generator) -> Positions:
    """Whole shares of ``n`` (k,) that are right on average, each rounded down or up.

    Systematic sampling of what is left after rounding down (Madow, 1949).
    """
    steps = np.cumsum(weights) / weights.sum() * n
    # Exact at the end, so that the shares sum to n whatever rounding did.
    steps[-1] = n
    # Above 0 and up to 1: at 0 itself one row too many would be counted.
    start = 1 - rng.random()
    marks = np.floor(steps - start).astype(np.int64)
    return np.asarray(np.diff(marks, prepend=-1), dtype=np.int64)


def after_picks(pool: Pool, picks: Positions) -> Pool:
    """The pool with the picks counted as labelled, with a label that is not known."""
    rows = np.concatenate([pool.labeled, picks])
    labels = np.concatenate([pool.labels, np.full(len(picks), UNLABELED)])
    order = np.argsort(rows, kind="stable")
    free = np.setdiff1d(pool.candidates, picks, assume_unique=True)
    sets, targets = pool.label_sets, pool.targets
    if sets is not None:
        unknown = np.full((len(picks), sets.shape[1]), UNLABELED, dtype=np.int8)
        sets = np.concatenate([sets, unknown])[order]
    if targets is not None:
        targets = np.concatenate([targets, np.full(len(picks), np.nan)])[order]
    return replace(
        pool,
        labeled=rows[order],
        labels=labels[order],
        candidates=free,
        label_sets=sets,
        targets=targets,
    )
