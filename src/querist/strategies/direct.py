"""DIRECT, simplified: rows around the best threshold of each class, rarest class first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies import explain
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.needs import need_labels_of_columns
from querist.strategies.scores import top_two
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_probabilities
from querist.strategies.working_rows import WorkingRows

Values = NDArray[np.float32]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """Looks for the boundary of each class against the rest on the line p_k - max of the others.

    The paper labels one row after the other and shrinks each class's interval in between. A batch
    has no labels in between, so this is one step of it: the interval comes from the labelled rows
    alone, half of a class's rows are drawn from it, half lie left and right of its best threshold.
    """

    name: ClassVar[str] = "direct"
    summary: ClassVar[str] = "Around the boundary of each class, rarest first; for imbalance."
    paper: ClassVar[str] = "Nuggehalli et al. (2025), DIRECT; one step of its threshold search."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is minus the distance to the class's threshold."""
        table = need_probabilities(pool, self.name)
        rows, labels = need_labels_of_columns(pool, self.name, table.shape[1])
        counts = np.bincount(labels, minlength=table.shape[1])
        working = WorkingRows.of(pool)
        top = top_two(working.take(table))
        free = working.free.copy()
        places: list[Positions] = []
        values: list[Values] = []
        left = n
        order = np.argsort(counts, kind="stable")
        for turn, k in enumerate(order.tolist()):
            # Whole shares; the rest falls to the rarest classes.
            part = -(-left // (len(order) - turn))
            low, threshold, high = boundary(lead_of(table[rows], k), labels == k)
            lead = lead_of(working.take(table), k, top)
            inside = (lead >= low) & (lead <= high)
            lead -= np.float32(threshold)
            found = _around(lead, inside, free, part, rng)
            free[found] = False
            places.append(found)
            values.append(-np.abs(lead[found]))
            left -= part
        picks = working.positions(np.concatenate(places))
        return Selection(
            indices=picks,
            scores=np.concatenate(values).astype(np.float64),
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="Rows around the boundary of each class, the rarest class first.",
        )


def lead_of(table: Floats, k: int, top: tuple[Values, Values] | None = None) -> Values:
    """p_k minus the largest other probability of each row (n,), -1 to 1.

    Args:
        table: Probabilities (n, C).
        k: The class.
        top: ``top_two`` of the table, if it is known.
    """
    first, second = top_two(table) if top is None else top
    own = table[:, k].astype(np.float32)
    own -= np.where(own >= first, second, first)
    return own


def boundary(lead: Values, inside: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Where one class may end on the line: the interval's ends and the best threshold between.

    Args:
        lead: Of the labelled rows (L,).
        inside: Whether each is of the class (L,).

    Returns:
        The low end (below it all are of other classes), the threshold that gets fewest labelled
        rows wrong (the one nearest to 0 among equals), and the high end (above it all are of the
        class). Without both kinds of rows it is (-1, 0, 1).
    """
    if not inside.any() or inside.all():
        return -1.0, 0.0, 1.0
    order = np.argsort(lead, kind="stable")
    line, own = lead[order].astype(np.float64), inside[order]
    first, last = float(line[own].min()), float(line[~own].max())
    # Cut i puts rows before i outside: wrong are own rows before it and others from it on.
    wrong = np.concatenate([[0], np.cumsum(own)]) + np.concatenate(
        [np.cumsum(~own[::-1])[::-1], [0]]
    )
    cuts = np.concatenate([[-1.0], (line[:-1] + line[1:]) / 2, [1.0]])
    best = cuts[wrong == wrong.min()]
    threshold = float(best[np.abs(best).argmin()])
    return min(first, last), threshold, max(first, last)


def _around(
    gaps: Values,
    inside: NDArray[np.bool_],
    free: NDArray[np.bool_],
    count: int,
    rng: np.random.Generator,
) -> Positions:
    drawn = _some(inside & free, count // 2, rng)
    rest = free.copy()
    rest[drawn] = False
    right, left = (
        _nearest(gaps, side, count, rng) for side in (rest & (gaps >= 0), rest & (gaps < 0))
    )
    # Alternate between the sides; where one side ends the other goes on.
    turn = np.concatenate([2 * np.arange(len(right)), 2 * np.arange(len(left)) + 1])
    sides = np.concatenate([right, left])[np.argsort(turn, kind="stable")]
    return np.concatenate([drawn, sides[: count - len(drawn)]]).astype(np.int64)


def _nearest(
    gaps: Values, side: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> Positions:
    near = np.abs(gaps)
    np.negative(near, out=near)
    near[~side] = -np.inf
    return top_k(near, min(count, int(side.sum())), rng)


def _some(mask: NDArray[np.bool_], count: int, rng: np.random.Generator) -> Positions:
    places = np.flatnonzero(mask)
    return rng.choice(places, size=min(count, len(places)), replace=False)
