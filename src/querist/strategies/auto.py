"""Auto: coverage until a model can be trusted, then what it is unsure of, widely spread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies import explain, scores
from querist.strategies.asset_doubt import doubt_weights
from querist.strategies.base import (
    UNLABELED,
    Floats,
    Pool,
    Positions,
    Selection,
    Signal,
    Strategy,
    register,
)
from querist.strategies.coverage import Cover, Space
from querist.strategies.evidence import evidence
from querist.strategies.geometry import content_hashes, draw_by_hash
from querist.strategies.lcmd import LargestClusterMaximumDistance
from querist.strategies.multilabel import MultilabelMargin
from querist.strategies.multilabel_herding import MultilabelUHerding
from querist.strategies.parameters import share
from querist.strategies.selectors import power_sample
from querist.strategies.two_views import cover

# Labels below which what a model of boxes or spans is unsure of says little: coverage asks better.
_FEW_LABELS = 20


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """The default: does no harm and needs no tuning.

    Where rows have sets of classes it is ``multilabel-uherding``, where they have numbers ``lcmd``;
    where labels have parts and the model says one number of doubt, coverage weighted by that.

    Attributes:
        random_share: Share of each batch that is drawn at random, whatever the rest does.
    """

    name: ClassVar[str] = "auto"
    summary: ClassVar[str] = "Coverage first, then uncertainty spread over the pool; the default."
    paper: ClassVar[str] = "Bae et al. (2025), Uncertainty Herding, with guards of our own."
    needs: ClassVar[frozenset[Signal]] = frozenset()
    random_share: float = 0.03

    def __post_init__(self) -> None:
        share("random_share", self.random_share)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """Choose ``n`` candidates by what the pool allows; ``note`` says which rule and why."""
        at_random = _draw(pool, _share(n, self.random_share, rng), rng)
        free = np.setdiff1d(pool.candidates, at_random, assume_unique=True)
        wanted = n - len(at_random)
        chosen, values, reasons, note = _choose(pool, free, wanted, rng)
        return Selection(
            indices=np.concatenate([chosen, at_random]),
            scores=np.concatenate([values, np.zeros(len(at_random))]),
            reasons=reasons + (explain.AT_RANDOM,) * len(at_random),
            note=note,
        )


def _choose(
    pool: Pool, free: Positions, n: int, rng: np.random.Generator
) -> tuple[Positions, Floats, tuple[str, ...], str]:
    if not n:
        return free[:0], np.zeros(0), (), "Drawn at random, as a small share of all batches is."
    other = _of_another_task(pool)
    if other is not None:
        picks = other.select(replace(pool, candidates=free), n, rng)
        return picks.indices, picks.scores, picks.reasons, picks.note
    if pool.embeddings is None:
        return _without_vectors(pool, free, n, rng)
    space = Space.of(pool, pool.embeddings, rng, raised=True)
    why_not = _doubt(pool)
    if pool.uncertainty is not None and pool.probabilities is None:
        return _of_whole_rows(pool, pool.uncertainty[free], space, free, n, rng)
    if why_not or pool.probabilities is None:
        found = cover(space, free, pool.labeled, n, rng)
        note = f"Rows that stand for much of the pool: {why_not}" + _drawn(found)
        return found.positions, found.gains, explain.coverage(found.covered), note
    weights = scores.margin(pool.probabilities)[free]
    note = "Rows the model is unsure of, spread so that each stands for other unsure ones."
    if _misled(pool, space):
        weights = np.float32(0.5) * (weights + np.float32(1))
        note = (
            "Half by coverage, half by doubt: left out one by one, the labels so far are "
            "predicted worse than by naming the most frequent class."
        )
    found = cover(space, free, pool.labeled, n, rng, weights=weights, classes=pool.labels)
    table = pool.probabilities[found.positions]
    reasons = explain.both(table, found.covered, pool.class_names)
    return found.positions, found.gains, reasons, note + _drawn(found)


def _drawn(found: Cover) -> str:
    if not found.drawn:
        return ""
    return (
        " The rows have no groups that one could stand for, so each is drawn at random from the "
        "surroundings of such a row."
    )


def _of_whole_rows(
    pool: Pool,
    values: NDArray[np.float64],
    space: Space,
    free: Positions,
    n: int,
    rng: np.random.Generator,
) -> tuple[Positions, Floats, tuple[str, ...], str]:
    """By the model's doubt of each row as a whole (m,), once there are labels to believe it by."""
    known = len(pool.labeled)
    if known < _FEW_LABELS:
        found = cover(space, free, pool.labeled, n, rng)
        note = (
            f"Rows that stand for much of the pool: {known} labels are too few to go by what the "
            "model is unsure of."
        ) + _drawn(found)
        return found.positions, found.gains, explain.coverage(found.covered), note
    found = cover(space, free, pool.labeled, n, rng, weights=doubt_weights(values))
    reasons = explain.doubt(values, np.searchsorted(free, found.positions), found.covered)
    note = "Rows the model is unsure of as a whole, spread so that each stands for others like it."
    return found.positions, found.gains, reasons, note + _drawn(found)


def _of_another_task(pool: Pool) -> Strategy | None:
    """The strategy for rows with sets of classes, or with numbers; ``None`` for one class a row."""
    if pool.multilabel_probabilities is not None and pool.probabilities is None:
        return MultilabelMargin() if pool.embeddings is None else MultilabelUHerding()
    numbers = pool.targets is not None or pool.predictions is not None
    if numbers and pool.probabilities is None and pool.embeddings is not None:
        return LargestClusterMaximumDistance()
    return None


def _misled(pool: Pool, space: Space) -> bool:
    """Whether the labels so far teach surely less than which class is frequent.

    A lower bar costs more than it saves: on tables that no linear model fits, doubt still asks
    better than coverage (checkerboard, banana: -.003 to -.007 with one standard error).
    """
    known = pool.labels != UNLABELED
    if not known.any():
        return False
    return evidence(space.at(pool.labeled[known]), pool.labels[known]).misleads


def _without_vectors(
    pool: Pool, free: Positions, n: int, rng: np.random.Generator
) -> tuple[Positions, Floats, tuple[str, ...], str]:
    if pool.uncertainty is not None and pool.probabilities is None:
        doubts = pool.uncertainty[free]
        places, _ = power_sample(doubts, n, 4.0, rng)
        note = (
            "Rows the model is unsure of, with some chance for the others: no embedding was given."
        )
        return free[places], doubts[places], explain.doubt(doubts, places), note
    if pool.probabilities is None:
        picks = rng.choice(free, size=n, replace=False)
        note = "Drawn at random: there is neither a model nor an embedding to go by yet."
        return picks, np.zeros(n), ("Drawn at random.",) * n, note
    values = scores.margin(pool.probabilities[free])
    places, _ = power_sample(values, n, 4.0, rng)
    picks = free[places]
    note = "Rows the model is unsure of, with some chance for the others: no embedding was given."
    return (
        picks,
        values[places].astype(np.float64),
        explain.hesitation(pool.probabilities[picks], pool.class_names),
        note,
    )


def _doubt(pool: Pool) -> str:
    """Why the model cannot be trusted yet, in words; empty if it can."""
    if pool.probabilities is None:
        return "there is no model yet."
    known = pool.labels[pool.labels != UNLABELED]
    if len(known) and len(np.unique(known)) < 2:
        return "fewer than two classes are known."
    return ""


def _share(n: int, share: float, rng: np.random.Generator) -> int:
    whole = int(n * share)
    return whole + int(rng.random() < n * share - whole)


def _draw(pool: Pool, k: int, rng: np.random.Generator) -> Positions:
    if not k:
        return pool.candidates[:0]
    rows = pool.probabilities if pool.embeddings is None else pool.embeddings
    if rows is None:
        return rng.choice(pool.candidates, size=k, replace=False)
    return pool.candidates[draw_by_hash(content_hashes(rows, pool.candidates), k, rng)]
