"""Boundary bisection: halves the way between rows of different classes, at real rows by default."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import ConflictError, InvalidInputError
from querist.strategies.base import UNLABELED
from querist.strategies.geometry import row_chunks
from querist.strategies.synthesis.base import Proposal, register
from querist.strategies.validation import check_pool

Vector = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class _End:
    """A point whose class is known."""

    point: Vector
    label: int


@dataclass(slots=True, kw_only=True)
class _Chain:
    """A segment that crosses the boundary, between two ends of different classes."""

    low: _End
    high: _End
    starts: tuple[_End, _End] = field(init=False)
    status: Literal["open", "arrived", "lost"] = "open"

    def __post_init__(self) -> None:
        self.starts = (self.low, self.high)

    @property
    def middle(self) -> Vector:
        return (self.low.point + self.high.point) / 2

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.high.point - self.low.point))

    @property
    def first_width(self) -> float:
        return float(np.linalg.norm(self.starts[1].point - self.starts[0].point))

    def narrow(self, end: _End) -> None:
        """Replace the end of the same class; a third class replaces the high one."""
        if end.label == self.low.label:
            self.low = end
        else:
            self.high = end


@register
class BoundaryBisection:
    """Bisects between nearest rows of different classes, then steps aside along the boundary.

    Each chain starts with a pair of labelled rows of different classes that are nearest to each
    other, and asks for the middle until its ends are within ``precision`` of their first distance:
    ⌈log2(1 / precision)⌉ questions without snapping. Then, and when there are more questions than
    pairs, it asks beside the middle, at right angles to the pair, and bisects from there to the
    first end of the other class.

    People cannot label a mixture of two rows, so by default each middle is replaced by the nearest
    real row that has no label. A chain then ends early when no such row is left between its ends.
    """

    name: ClassVar[str] = "boundary-bisection"
    summary: ClassVar[str] = "Rows halfway between different classes, again and again."
    paper: ClassVar[str] = (
        "Wang et al. (2015), Active learning via query synthesis and nearest neighbour search."
    )

    def __init__(
        self,
        pool: ArrayLike,
        labeled: ArrayLike,
        labels: ArrayLike,
        *,
        snap: bool = True,
        precision: float = 1 / 64,
        aside: float = 0.5,
    ) -> None:
        """Start from labelled rows of a pool.

        Args:
            pool: All rows (N, d), labelled ones too; distances are plain Euclidean, so scale first.
            labeled: Positions of the labelled rows (L,).
            labels: Their classes (L,).
            snap: Whether to propose real rows only; if not, vectors that may be no row.
            precision: Share of the first distance at which a chain has arrived, 0 to 1.
            aside: Length of the step aside, as a share of the first distance.

        Raises:
            InvalidInputError: fewer than two classes are labelled, or a value is wrong.
        """
        if not 0 < precision < 1 or not 0 < aside < math.inf:
            raise InvalidInputError(
                f"precision is {precision!r} and aside {aside!r}.",
                remedy="Give a precision between 0 and 1, and a positive step aside.",
            )
        rows = check_pool(embeddings=pool).embeddings
        assert rows is not None
        # One row more, as a pool in which every row is labelled is empty for other strategies only.
        checked = check_pool(size=len(rows) + 1, labeled=labeled, labels=labels)
        if (checked.labeled == len(rows)).any():
            raise InvalidInputError(
                f"labeled holds the position {len(rows)}, but the pool has {len(rows)} rows.",
                remedy=f"Positions run from 0 to {len(rows) - 1}.",
            )
        self._rows = rows
        self._snap, self._precision, self._aside = snap, precision, aside
        self._taken = np.zeros(len(rows), dtype=np.bool_)
        self._taken[checked.labeled] = True
        known = checked.labels != UNLABELED
        self._chains = _first_chains(
            rows[checked.labeled[known]].astype(np.float64), checked.labels[known]
        )
        self._asked: list[tuple[_Chain, Proposal, bool]] = []

    @property
    def boundary(self) -> Vector:
        """Middles of the chains that have arrived (k, d), each near the boundary."""
        found = [chain.middle for chain in self._chains if chain.status == "arrived"]
        return np.array(found).reshape(len(found), self._rows.shape[1])

    def propose(self, n: int, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """At most ``n`` rows or vectors to label; give their classes to ``teach`` before the next.

        Raises:
            ConflictError: the proposals before have not been taught yet.
        """
        if self._asked:
            raise ConflictError(
                f"{len(self._asked)} proposals still wait for their labels.",
                remedy="Call teach with a label for each, or -1 for those nobody can tell.",
            )
        for chain in self._chains:
            if chain.status == "open" and len(self._asked) < n:
                self._ask_middle(chain)
        chains = list(self._chains)
        # Beside each chain in turn; after a turn in which nothing came, nothing will.
        while chains and len(self._asked) < n:
            before = len(self._asked)
            for chain in chains[: n - before]:
                self._ask_aside(chain, rng)
            if len(self._asked) == before:
                break
        return tuple(proposal for _, proposal, _ in self._asked)

    def teach(self, labels: ArrayLike) -> None:
        """Take the classes (n,) of the last proposals, in their order; -1 where nobody can tell.

        Raises:
            InvalidInputError: their number differs.
        """
        given = np.asarray(labels)
        if given.shape != (len(self._asked),) or (given.size and given.dtype.kind not in "iu"):
            raise InvalidInputError(
                f"There are labels of the shape {given.shape} for {len(self._asked)} proposals.",
                remedy="Give one whole number for each proposal, -1 where nobody can tell.",
            )
        for (chain, proposal, beside), label in zip(self._asked, given.tolist(), strict=True):
            if label == UNLABELED:
                # The same middle would come again; with real rows the next nearest one comes.
                if not (beside or self._snap):
                    chain.status = "lost"
                continue
            end = _End(point=np.asarray(proposal.input, dtype=np.float64), label=label)
            if beside:
                self._chains.append(_Chain(low=end, high=_other(chain.starts, end)))
            else:
                chain.narrow(end)
            self._close_if_arrived(self._chains[-1] if beside else chain)
        self._asked = []

    def _ask_middle(self, chain: _Chain) -> None:
        if not self._snap:
            self._ask(chain, chain.middle, None, "Halfway between two classes.", beside=False)
            return
        # Inside the ball around the middle, both halves are shorter than the whole (Thales).
        row = self._nearest_free(chain.middle, chain.width / 2)
        if row is None:
            chain.status = "arrived"
            return
        reason = "The real row nearest to halfway between two classes."
        self._ask(chain, self._rows[row], row, reason, beside=False)

    def _ask_aside(self, chain: _Chain, rng: np.random.Generator) -> None:
        along = chain.high.point - chain.low.point
        step = rng.normal(size=len(along))
        if along.any():
            step -= along * ((step @ along) / (along @ along))
        length = float(np.linalg.norm(step))
        if length < 1e-9:  # in one dimension nothing lies aside
            return
        point = chain.middle + step * (self._aside * chain.first_width / length)
        if not self._snap:
            self._ask(chain, point, None, "Aside, along the boundary.", beside=True)
            return
        row = self._nearest_free(point, math.inf)
        if row is not None:
            reason = "The real row nearest to a step along the boundary."
            self._ask(chain, self._rows[row], row, reason, beside=True)

    def _ask(
        self,
        chain: _Chain,
        point: NDArray[np.floating],
        row: int | None,
        reason: str,
        *,
        beside: bool,
    ) -> None:
        if row is not None:
            self._taken[row] = True
        condition = "aside" if beside else "middle"
        proposal = Proposal(input=point.copy(), origin=row, condition=condition, reason=reason)
        self._asked.append((chain, proposal, beside))

    def _nearest_free(self, point: Vector, within: float) -> int | None:
        """The nearest row without a label that was not proposed before, if one is near enough."""
        best, least = None, within**2
        for part in row_chunks(len(self._rows), 2 * len(point)):
            away = ((self._rows[part] - point) ** 2).sum(axis=1)
            away[self._taken[part]] = np.inf
            place = int(away.argmin())
            if away[place] <= least and np.isfinite(away[place]):
                best, least = part.start + place, float(away[place])
        return best

    def _close_if_arrived(self, chain: _Chain) -> None:
        if chain.width <= self._precision * chain.first_width:
            chain.status = "arrived"


def _first_chains(points: Vector, labels: NDArray[np.int64]) -> list[_Chain]:
    """Chains between nearest rows of different classes, nearest first, each row in one at most."""
    if len(np.unique(labels)) < 2:
        raise InvalidInputError(
            "Rows of fewer than two classes are labelled.",
            remedy="Label at least one row of a second class; a coverage strategy finds it.",
        )
    partner = np.empty(len(points), dtype=np.int64)
    distance = np.empty(len(points))
    norms = (points**2).sum(axis=1)
    for part in row_chunks(len(points), len(points)):
        table = norms[part, None] + norms - 2 * points[part] @ points.T
        table[labels[part, None] == labels] = np.inf
        partner[part], distance[part] = table.argmin(axis=1), table.min(axis=1)
    used: set[int] = set()
    chains = []
    for i in np.argsort(distance, kind="stable").tolist():
        j = int(partner[i])
        if used.isdisjoint((i, j)) and (points[i] != points[j]).any():
            used.update((i, j))
            ends = [_End(point=points[at], label=int(labels[at])) for at in (i, j)]
            chains.append(_Chain(low=ends[0], high=ends[1]))
    return chains


def _other(ends: tuple[_End, _End], end: _End) -> _End:
    """The nearest of two ends that has another class than ``end``."""
    others = [other for other in ends if other.label != end.label]
    return min(others, key=lambda other: float(np.linalg.norm(other.point - end.point)))
