"""Greedy coverage of a pool of any size: exact for small pools, on two samples of larger ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.coverage import FIRST_RADIUS, Cover, Space
from querist.strategies.geometry import Hashes, Matrix, Vector, draw_by_hash, draw_by_weight
from querist.strategies.herding import covered_by, similarity, stale
from querist.strategies.parts import each_part, times_vector

# Candidates up to which all of them are compared with all others.
WHOLE = 12_288
# Above that: candidates that may be picked, and rows that stand for all that is to be covered.
SAMPLE = 8_192
TARGETS = 3_072
# More of the latter, by which the best few candidates are told apart before each pick.
JUDGES = 16_384
_FINALISTS = 32
# Candidates that are judged at once.
_BLOCK = 8
_LEAST = np.float32(1e-12)
# Similarities that are kept and not made again whenever they are needed: 128 MiB.
KEPT = 1 << 25
# Picks from one pair of samples before the next is drawn.
_PART = 1_024
# Similarities that a thread works on at once.
_TOGETHER = 1 << 16


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
    ``TARGETS`` stand for all, so that the gain is an unbiased estimate of the true one, in which
    what a pick covers of itself is exact. The candidates with the highest estimates are estimated
    again by ``JUDGES``, for the highest of many estimates is most of all a lucky one.

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
        part = min(left, len(herd.places), left if len(candidates) <= WHOLE else _PART)
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
class _Ends:
    """Rows that are to be covered (t,), and what candidates (c,) would cover of them.

    Attributes:
        vectors: Their unit vectors (t, d).
        weights: What each stands for (t,).
        covered: How well each is covered (t,); kept up to date.
        own: What each candidate weighs beyond what these rows say (c,).
        table: The similarities (c, t) if they are few enough to be kept, else ``None``.
    """

    vectors: Matrix
    weights: Vector
    covered: Vector
    own: Vector
    table: Matrix | None

    @classmethod
    def drawn(
        cls, drawn: Positions, vectors: Matrix, covered: Vector, matter: Vector, places: Positions
    ) -> _Ends:
        """Some drawn of all rows, which stand for all; what a candidate weighs itself is exact."""
        share = np.float32(len(matter) / len(drawn))
        own = matter[places] * (1 - share * np.isin(places, drawn))
        return cls(
            vectors=vectors, weights=matter[drawn] * share, covered=covered, own=own, table=None
        )

    def gains(self, rows: Positions, vectors: Matrix, known: Vector, radius: float) -> Vector:
        """What each of some candidates (r,) would cover in addition."""
        found = self.own[rows] * (1 - known[rows])

        def work(part: slice) -> None:
            at = rows[part]
            if self.table is None:
                more = similarity(vectors[at], self.vectors, radius)
                more -= self.covered
            else:
                more = self.table[at] - self.covered
            np.maximum(more, 0, out=more)
            found[part] += times_vector(more, self.weights)

        width = len(self.covered)
        each_part(work, len(rows), max(_TOGETHER // width, 1), width=width)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Herd:
    """Rows that may be picked (c,) and rows that are to be covered.

    Attributes:
        places: Places of the former among all candidates.
        vectors: Their unit vectors (c, d).
        known: How well each is covered before the first pick (c,).
        targets: The latter.
        judges: More of the latter, the targets first; ``None`` where the targets are all there are.
        radius: Distance at which similarity has fallen to 1/e.
    """

    places: Positions
    vectors: Matrix
    known: Vector
    targets: _Ends
    judges: _Ends | None
    radius: float

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
        weights = np.ones(len(candidates), dtype=np.float32) if matter is None else matter
        if len(candidates) <= WHOLE:
            every = space.at(candidates)
            known = covered_by(every, centers, radius)
            ends = _Ends(
                vectors=every, weights=weights, covered=known.copy(),
                own=np.zeros_like(weights), table=_table(every, every, radius),
            )  # fmt: skip
            places = np.arange(len(every))
            return cls(
                places=places, vectors=every, known=known, targets=ends, judges=None, radius=radius
            )
        hashes = space.hashes[candidates]
        drawn = draw_by_hash(hashes, min(JUDGES, len(hashes)), rng)
        places = _may_be_picked(hashes, free, matter, rng)
        vectors, others = space.at(candidates[places]), space.at(candidates[drawn])
        covered = covered_by(others, centers, radius)
        # Parts of the same arrays, so that what covers a judge covers the target that it is.
        targets, judges = (
            _Ends.drawn(drawn[:count], others[:count], covered[:count], weights, places)
            for count in (TARGETS, JUDGES)
        )
        return cls(
            places=places, vectors=vectors, known=covered_by(vectors, centers, radius),
            targets=replace(targets, table=_table(vectors, targets.vectors, radius)),
            judges=judges, radius=radius,
        )  # fmt: skip

    def greedy(self, k: int) -> tuple[Positions, NDArray[np.float64]]:
        """Pick ``k`` by the largest gain, lazily, as in ``herding.greedy``."""
        known = self.known.copy()
        last = self.targets if self.judges is None else self.judges
        bounds = self._gains(self.targets, np.arange(len(self.places)), known)
        fresh = np.zeros(len(bounds), dtype=np.int64)
        luck = np.ones(len(bounds), dtype=np.float32)
        limits = np.full(len(bounds), np.inf, dtype=np.float32)
        chosen, gains = np.empty(k, dtype=np.int64), np.empty(k)
        for at in range(k):
            best = self._finalists(bounds, fresh, at, known, luck)
            if self.judges is not None:
                best = self._judged(best, limits, known)
                # Otherwise the same lucky few would come up before every pick.
                luck[best] *= np.maximum(bounds[best], _LEAST) / np.maximum(limits[best], _LEAST)
                bounds[best] = limits[best]
            pick = int(best[bounds[best].argmax()])
            chosen[at], gains[at] = pick, bounds[pick]
            bounds[pick] = -np.inf
            center = self.vectors[pick : pick + 1]
            reached = similarity(center, last.vectors, self.radius)[0]
            np.maximum(last.covered, reached, out=last.covered)
            if self.judges is not None:
                reached = similarity(center, self.vectors, self.radius)[0]
                np.maximum(known, reached, out=known)
        return chosen, gains

    def _judged(self, best: Positions, limits: Vector, known: Vector) -> Positions:
        """Those of the finalists that were judged anew, the one with the largest gain among them.

        What a candidate was judged to gain before some picks is a limit of what it gains now.
        """
        best = best[np.argsort(-limits[best], kind="stable")]
        for start in range(0, len(best), _BLOCK):
            block = best[start : start + _BLOCK]
            if start and limits[block[0]] <= limits[best[:start]].max():
                return best[:start]
            limits[block] = self._gains(self.judges or self.targets, block, known)
        return best

    def _finalists(
        self, bounds: Vector, fresh: NDArray[np.int64], at: int, known: Vector, luck: Vector
    ) -> Positions:
        """The candidate with the largest gain, or those few that are to be told apart."""
        count = 1 if self.judges is None else min(_FINALISTS, len(bounds) - at)
        while True:
            best = np.array([bounds.argmax()])
            if count > 1:
                best = np.argpartition(-bounds, count - 1)[:count]
            old = best[fresh[best] != at]
            if not len(old):
                return best
            block = stale(bounds, fresh, at, int(old[0]))
            bounds[block] = self._gains(self.targets, block, known) / luck[block]
            fresh[block] = at

    def _gains(self, ends: _Ends, rows: Positions, known: Vector) -> Vector:
        return ends.gains(rows, self.vectors, known, self.radius)


def _table(vectors: Matrix, targets: Matrix, radius: float) -> Matrix | None:
    if len(vectors) * len(targets) > KEPT:
        return None
    found = np.empty((len(vectors), len(targets)), dtype=np.float32)

    def work(rows: slice) -> None:
        found[rows] = similarity(vectors[rows], targets, radius)

    each_part(work, len(vectors), max(_TOGETHER // len(targets), 1), width=len(targets))
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
