"""BAIT in its binary form: the rows that leave the least expected error, in O(N d) a pick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies import explain, scores
from querist.strategies.bait_pruning import pruned
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.directions import lengths
from querist.strategies.geometry import Matrix, Vector
from querist.strategies.parts import each_part, each_product, squares_of, times_vector
from querist.strategies.selectors import arg_best, top_k
from querist.strategies.validation import need_embeddings, need_probabilities
from querist.strategies.working_rows import WorkingRows

Table = NDArray[np.float64]

# Candidates that are followed pick by pick.
FOLLOWED = 8192
# Picks that all rows are brought up to date with at once.
_STEPS = 64
# Rows of a part of a sum, and parts of the sum; a fixed number of parts gives the same sum always.
_ROWS = 4096
_PARTS = 8


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Bait:
    """Greedy minimum of tr(M⁻¹ F), the expected error of the last layer over the whole pool.

    F is the mean of v vᵀ over all rows with v = √(p̂(1 - p̂)) h, M the same over labelled and picked
    rows plus ``regularization`` × identity. The vectors are scaled to a mean square of one for
    each number, so that the regularization means the same for every encoder.

    Attributes:
        regularization: Weight of the identity, above 0. On vectors scaled like this 0.01 asked
            better than the 1 that is usual on vectors left as they are.
        pruning: Whether to pick twice as many and drop those that are missed least, as the paper
            does, where that lowers the trace; it takes about twice as long.
    """

    name: ClassVar[str] = "bait"
    summary: ClassVar[str] = "Variance reduction: rows that lower the expected error over the pool."
    paper: ClassVar[str] = (
        "Ash et al. (2021), Gone fishing; binary form of Huseljic et al. (2024), Fast fishing."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    regularization: float = 0.01
    pruning: bool = False

    def __post_init__(self) -> None:
        if not np.isfinite(self.regularization) or self.regularization <= 0:
            raise InvalidInputError(
                f"regularization is {self.regularization}.", remedy="Give a number above 0."
            )

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is how far each lowers the trace."""
        table = need_probabilities(pool, self.name)
        vectors = need_embeddings(pool, self.name)
        # √(p̂(1 - p̂)), with p̂ one minus the least confidence.
        unsure = scores.least_confidence(table)
        weights = np.sqrt(np.clip(unsure * (1 - unsure), 0, None))
        extra = min(n, len(pool.candidates) - n) if self.pruning else 0
        picks, gains = fewest_errors(
            vectors, weights, pool, n, self.regularization, rng, extra=extra
        )
        return Selection(
            indices=picks,
            scores=gains,
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="The rows whose labels lower the expected error over the whole pool most.",
        )


def fewest_errors(
    vectors: Floats,
    weights: Vector,
    pool: Pool,
    n: int,
    regularization: float,
    rng: np.random.Generator,
    *,
    extra: int = 0,
) -> tuple[Positions, Table]:
    """Greedy picks that minimise tr(M⁻¹ F), with M⁻¹ kept by rank-one updates.

    For a candidate v the trace falls by s / (1 + q) with s = vᵀM⁻¹FM⁻¹v and q = vᵀM⁻¹v. The
    candidates with the largest gains are followed pick by pick, in float64; all others are brought
    up to date, in float32, when none of the followed gains is as large as the best of theirs was.
    So the picks are those of the plain algorithm unless a gain rises meanwhile, which gains rarely
    do. Pools of up to ``FOLLOWED`` candidates are followed whole. Then ``extra`` more picks are
    made and as many dropped again (``pruned``).

    Returns:
        The positions (n,) in order, and by how much each lowers the trace.
    """
    rows = WorkingRows.of(pool)
    design = _Design.of(vectors, weights, pool, n, regularization)
    share = np.float32(np.sqrt(n / (len(pool.labeled) + n)))
    table, shrunk = rows.take(vectors), rows.take(weights) * share
    s, q = _screen(table, shrunk, design)
    free = rows.free.copy()
    most = n + extra
    chosen, gains = np.empty(most, dtype=np.int64), np.empty(most)
    done = 0
    while done < most:
        values = np.where(free, s / (1 + q), -1)
        near = top_k(values, min(FOLLOWED, int(free.sum())), rng)
        values[near] = -1
        limit = float(values.max())
        applied = len(design.steps)
        followed = _Followed.of(
            table[near].astype(np.float64) * design.scale * shrunk[near, None], design
        )
        while done < most and (found := followed.best(limit, rng)) is not None:
            place, gains[done] = found
            chosen[done] = near[place]
            free[near[place]] = False
            followed.pick(place, design)
            done += 1
        if done < most:
            _bring_up_to_date(s, q, table, shrunk, design, applied)
    if extra:
        v = table[chosen].astype(np.float64) * design.scale * shrunk[chosen, None]
        stays, raised = pruned(v, design.inverse, design.root, n)
        if raised >= gains[n:].sum():
            # The first picks alone leave a smaller trace, as they may while n is below d.
            stays = np.arange(n)
        chosen, gains = chosen[stays], gains[stays]
    return rows.positions(chosen), gains


@dataclass(slots=True)
class _Design:
    """M⁻¹ and a root R of F = R Rᵀ for vectors times ``scale``, and what each pick has changed."""

    scale: float
    root: Table
    inverse: Table
    steps: list[tuple[Table, Table]]

    @classmethod
    def of(
        cls, vectors: Floats, weights: Vector, pool: Pool, n: int, regularization: float
    ) -> _Design:
        mean_square = float(np.square(lengths(vectors)).mean()) / vectors.shape[1]
        scale = 1 / max(np.sqrt(mean_square), 1e-30)
        count = len(pool.labeled)
        seen = _fisher(vectors[pool.labeled], weights[pool.labeled] * np.float32(scale))
        prior = regularization * np.eye(vectors.shape[1]) + count / (count + n) * seen
        values, ways = np.linalg.eigh(_fisher(vectors, weights * np.float32(scale)))
        root: Table = ways * np.sqrt(np.maximum(values, 0))
        inverse = np.linalg.inv(prior).astype(np.float64)
        return cls(scale, root, inverse, [])

    def roots(self) -> tuple[Table, Table]:
        """Matrices A and B (d, d) such that s = |A v|² and q = |B v|²."""
        return self.root.T @ self.inverse, np.asarray(
            np.linalg.cholesky(self.inverse).T, dtype=np.float64
        )

    def add(self, v: Table) -> tuple[Table, Table]:
        """Add a pick v; returns a and b (d,) such that s falls by (a·x)(b·x) and q by (a·x)²."""
        u = self.inverse @ v
        share = 1 + float(v @ u)
        on = self.root.T @ u
        ahead = self.inverse @ (self.root @ on)
        a = u / np.sqrt(share)
        b = 2 * ahead / np.sqrt(share) - a * (float(on @ on) / share)
        self.inverse -= np.outer(a, a)
        self.steps.append((a, b))
        return a, b


@dataclass(slots=True)
class _Followed:
    """Candidates v (m, d), each with its s and q (m,) kept exact, and whether it is still free."""

    v: Table
    s: Table
    q: Table
    free: NDArray[np.bool_]

    @classmethod
    def of(cls, v: Table, design: _Design) -> _Followed:
        s, q = np.empty((2, len(v)))

        def work(rows: slice, products: Table) -> None:
            np.square(products, out=products)
            s[rows] = products[:, : v.shape[1]].sum(axis=1).ravel()
            q[rows] = products[:, v.shape[1] :].sum(axis=1).ravel()

        each_product(np.concatenate(design.roots()), v, work)
        return cls(v, s, q, np.ones(len(v), dtype=bool))

    def best(self, limit: float, rng: np.random.Generator) -> tuple[int, float] | None:
        """The place and size of the largest gain; ``None`` if a row that is not here may have more.

        The first one asked for is the largest of all.
        """
        values = np.where(self.free, self.s / (1 + self.q), -1)
        first = bool(self.free.all())
        if not first and (values.max() < 0 or values.max() <= limit > 0):
            return None
        place = arg_best(values, rng)
        return place, float(values[place])

    def pick(self, place: int, design: _Design) -> None:
        """Add a candidate to the design."""
        self.free[place] = False
        a, b = design.add(self.v[place])
        along = times_vector(self.v, a)
        self.q = np.maximum(self.q - along * along, 0)
        self.s = np.maximum(self.s - along * times_vector(self.v, b), 0)


def _screen(table: Floats, shrunk: Vector, design: _Design) -> tuple[Vector, Vector]:
    """The s and q of all rows (n,)."""
    s, q = np.empty((2, len(table)), dtype=np.float32)
    centers = (np.concatenate(design.roots()) * design.scale).astype(np.float32)

    def work(rows: slice, products: Matrix) -> None:
        np.square(products, out=products)
        squares = np.square(shrunk[rows])
        s[rows] = products[:, : table.shape[1]].sum(axis=1).ravel() * squares
        q[rows] = products[:, table.shape[1] :].sum(axis=1).ravel() * squares

    each_product(centers, table, work)
    return s, q


def _bring_up_to_date(
    s: Vector, q: Vector, table: Floats, shrunk: Vector, design: _Design, applied: int
) -> None:
    def work(rows: slice, products: Matrix) -> None:
        along, other = products[:, :size], products[:, size:]
        other *= along
        np.square(along, out=along)
        squares = np.square(shrunk[rows])
        s[rows] -= other.sum(axis=1).ravel() * squares
        q[rows] -= along.sum(axis=1).ravel() * squares
        np.maximum(s[rows], 0, out=s[rows])
        np.maximum(q[rows], 0, out=q[rows])

    for start in range(applied, len(design.steps), _STEPS):
        along_and_other = zip(*design.steps[start : start + _STEPS], strict=True)
        centers = np.concatenate([np.array(part) for part in along_and_other]) * design.scale
        size = len(centers) // 2
        each_product(centers.astype(np.float32), table, work)


def _fisher(vectors: Floats, weights: Vector) -> Table:
    """The mean (d, d) of v vᵀ over the rows v = weight × vector, always summed in one order."""
    width = vectors.shape[1]
    step = -(-len(vectors) // _PARTS) or 1
    totals = np.zeros((_PARTS, width, width))

    def work(rows: slice) -> None:
        for start in range(rows.start, rows.stop, _ROWS):
            part = slice(start, min(start + _ROWS, rows.stop))
            totals[rows.start // step] += squares_of(vectors[part] * weights[part, None])

    each_part(work, len(vectors), step, width=width)
    return np.asarray(totals.sum(axis=0) / max(len(vectors), 1))
