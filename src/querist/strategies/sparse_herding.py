"""Greedy coverage of a pool of any size: exact for small pools, on two samples of larger ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.coverage import FIRST_RADIUS, Cover, Space
from querist.strategies.geometry import Hashes, Matrix, Vector, draw_by_hash, draw_by_weight
from querist.strategies.herding import covered_by, similarity, stale
from querist.strategies.parts import each_part, times_vector

# Candidates up to which all of them are compared with all others.
WHOLE = 12_288
# Above that: candidates that may be picked, and others that stand for all that is to be covered.
SAMPLE = 8_192
TARGETS = 4_096
# Similarities that are kept and not made again whenever they are needed: 128 MiB.
KEPT = 1 << 25
# Picks from one pair of samples before the next is drawn.
_PART = 1_024
# Candidates that a thread works on at once.
_TOGETHER = 16


def cover_pool(
    space: Space,
    candidates: Positions,
    labeled: Positions,
    k: int,
    rng: np.random.Generator,
    *,
    weights: Vector | None = None,
    radius: float = FIRST_RADIUS,
) -> Cover:
    """Choose ``k`` candidates that cover the candidates' weight best, beside what is labelled.

    The gain of candidate i is sum_j w_j max(s_ij - c_j, 0) over all candidates j, with similarity
    s = exp(-(distance / radius)²) and c_j the best similarity to anything labelled or picked. Up to
    ``WHOLE`` candidates the picks are those of the plain greedy algorithm. Above, ``SAMPLE`` of
    them may be picked, drawn evenly or, where there are weights, half of them by weight; and
    ``TARGETS`` others stand for the rest, so that the gain is an unbiased estimate of the true one,
    in which what a pick covers of itself is exact.

    Args:
        space: The vectors.
        candidates: Positions that may be chosen (m,).
        labeled: Positions that cover already (l,).
        k: How many, at most m.
        rng: Draws the samples.
        weights: How much each candidate matters (m,), not negative; all alike if ``None``.
        radius: Distance at which similarity has fallen to 1/e.
    """
    total = len(candidates) if weights is None else float(weights.sum(dtype=np.float64))
    taken = np.zeros(len(candidates), dtype=bool)
    centers = space.at(labeled)
    parts: list[Cover] = []
    left = k
    while left:
        herd = _Herd.of(space, candidates, ~taken, weights, centers, radius, rng)
        part = min(left, len(herd.own), left if len(candidates) <= WHOLE else _PART)
        places, gains = herd.greedy(part)
        chosen = herd.places[places]
        taken[chosen] = True
        parts.append(
            Cover(
                positions=candidates[chosen],
                gains=gains / max(total, 1e-12),
                covered=herd.known[places],
            )
        )
        centers = np.concatenate([centers, herd.vectors[places]])
        left -= part
    return Cover(
        positions=np.concatenate([part.positions for part in parts]),
        gains=np.concatenate([part.gains for part in parts]),
        covered=np.concatenate([part.covered for part in parts]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Herd:
    """Rows that may be picked (c,) and rows that are to be covered (t,).

    Attributes:
        places: Places of the former among all candidates.
        vectors: Their unit vectors (c, d).
        own: What each weighs beyond the targets (c,); 0 where it is a target itself.
        known: How well each is covered before the first pick (c,).
        targets: The unit vectors of the latter (t, d).
        weights: What each stands for (t,).
        covered: How well each is covered before the first pick (t,).
        radius: Distance at which similarity has fallen to 1/e.
        table: The similarities (c, t) if they are few enough to be kept, else ``None``.
    """

    places: Positions
    vectors: Matrix
    own: Vector
    known: Vector
    targets: Matrix
    weights: Vector
    covered: Vector
    radius: float
    table: Matrix | None

    @classmethod
    def of(
        cls,
        space: Space,
        candidates: Positions,
        free: NDArray[np.bool_],
        matter: Vector | None,
        centers: Matrix,
        radius: float,
        rng: np.random.Generator,
    ) -> _Herd:
        if len(candidates) <= WHOLE:
            every = space.at(candidates)
            covered = covered_by(every, centers, radius)
            weights = np.ones(len(every), dtype=np.float32) if matter is None else matter
            return cls(
                places=np.arange(len(every)), vectors=every, own=np.zeros_like(weights),
                known=covered, targets=every, weights=weights, covered=covered, radius=radius,
                table=_table(every, every, radius),
            )  # fmt: skip
        hashes = space.hashes[candidates]
        targets = draw_by_hash(hashes, TARGETS, rng)
        free[targets] = False
        places = _may_be_picked(hashes, free, matter, rng)
        vectors, ends = space.at(candidates[places]), space.at(candidates[targets])
        weights = np.ones(len(hashes), dtype=np.float32) if matter is None else matter
        share = np.float32((len(candidates) - 1) / TARGETS)
        return cls(
            places=places, vectors=vectors, own=weights[places],
            known=covered_by(vectors, centers, radius),
            targets=ends, weights=weights[targets] * share,
            covered=covered_by(ends, centers, radius), radius=radius,
            table=_table(vectors, ends, radius),
        )  # fmt: skip

    def greedy(self, k: int) -> tuple[Positions, NDArray[np.float64]]:
        """Pick ``k`` by the largest gain, lazily, as in ``herding.greedy``."""
        covered = self.covered.copy()
        known = covered if self.known is self.covered else self.known.copy()
        every = np.arange(len(self.places))
        bounds = self.gains(every, covered, known)
        fresh = np.zeros(len(bounds), dtype=np.int64)
        chosen, gains = np.empty(k, dtype=np.int64), np.empty(k)
        for at in range(k):
            pick = int(bounds.argmax())
            while fresh[pick] != at:
                block = stale(bounds, fresh, at, pick)
                bounds[block] = self.gains(block, covered, known)
                fresh[block] = at
                pick = int(bounds.argmax())
            chosen[at], gains[at] = pick, bounds[pick]
            bounds[pick] = -np.inf
            center = self.vectors[pick : pick + 1]
            reached = similarity(center, self.targets, self.radius)[0]
            np.maximum(covered, reached, out=covered)
            if known is not covered:
                reached = similarity(center, self.vectors, self.radius)[0]
                np.maximum(known, reached, out=known)
        return chosen, gains

    def gains(self, rows: Positions, covered: Vector, known: Vector) -> Vector:
        """What each of some candidates (r,) would cover in addition."""
        found = self.own[rows] * (1 - known[rows])

        def work(part: slice) -> None:
            at = rows[part]
            if self.table is None:
                more = similarity(self.vectors[at], self.targets, self.radius)
                more -= covered
            else:
                more = self.table[at] - covered
            np.maximum(more, 0, out=more)
            found[part] += times_vector(more, self.weights)

        each_part(work, len(rows), _TOGETHER, width=len(covered))
        return found


def _table(vectors: Matrix, targets: Matrix, radius: float) -> Matrix | None:
    if len(vectors) * len(targets) > KEPT:
        return None
    found = np.empty((len(vectors), len(targets)), dtype=np.float32)

    def work(rows: slice) -> None:
        found[rows] = similarity(vectors[rows], targets, radius)

    each_part(work, len(vectors), _TOGETHER, width=len(targets))
    return found


def _may_be_picked(
    hashes: Hashes, free: NDArray[np.bool_], matter: Vector | None, rng: np.random.Generator
) -> Positions:
    places = np.flatnonzero(free)
    if matter is None or len(places) <= SAMPLE:
        return places[draw_by_hash(hashes[places], min(SAMPLE, len(places)), rng)]
    even = places[draw_by_hash(hashes[places], SAMPLE // 2, rng)]
    free[even] = False
    rest = np.flatnonzero(free)
    drawn = draw_by_weight(hashes[rest], matter[rest], SAMPLE - len(even), rng)
    return np.concatenate([even, rest[drawn]])
