"""Any strategy within constraints: it is asked again until the batch is full or nothing fits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from querist.strategies.base import Pool, Positions, Selection, Strategy
from querist.strategies.constraints import (
    Constraints,
    Mask,
    check_distance,
    group_codes,
    quota_masks,
    seconds,
)
from querist.strategies.knapsack import by_worth, fits, least_costs
from querist.strategies.mixture import after_picks
from querist.strategies.spacing import Spacing

# Rows asked for each one wanted, where seconds must be weighed against scores.
_TO_WEIGH = 4


def select_within(
    strategy: Strategy, pool: Pool, n: int, constraints: Constraints, rng: np.random.Generator
) -> Selection:
    """Up to ``n`` rows that keep to the constraints, quotas first.

    The strategy is asked for what is missing; what does not fit is left out, rows that cannot fit
    any more are no candidates next time, and earlier picks count as labelled with a class that is
    not known. Either half of what is missing is found, or the strategy is asked for twice as many,
    so it is asked no more than about log2(n) + log2(N) times for each quota and for the rest.

    Returns:
        The batch. It is shorter than ``n`` only where nothing more fits, and ``note`` says why.
        Its propensities are not known.

    Raises:
        InvalidInputError: a constraint does not fit the pool.
        MissingSignalError: a constraint needs an array that was not given.
    """
    room = _Room(pool, constraints)
    phases: list[tuple[Mask | None, int]] = [*quota_masks(constraints, pool, n), (None, n)]
    found: list[Selection] = []
    missed = 0
    for at, (only, count) in enumerate(phases):
        wanted = count if only is not None else n - room.count
        later = [(mask, more) for mask, more in phases[at + 1 :] if mask is not None]
        picks = _phase(strategy, room, only, wanted, room.reserve(later), rng)
        missed += 0 if only is None else wanted - sum(len(part.indices) for part in picks)
        found += picks
    return Selection(
        indices=np.concatenate([room.none, *(part.indices for part in found)]),
        scores=np.concatenate([np.zeros(0), *(part.scores for part in found)]),
        reasons=tuple(reason for part in found for reason in part.reasons),
        note=" ".join([*(part.note for part in found[:1]), *room.told(n, missed)]),
    )


def _phase(
    strategy: Strategy,
    room: _Room,
    only: Mask | None,
    wanted: int,
    reserve: float,
    rng: np.random.Generator,
) -> list[Selection]:
    found: list[Selection] = []
    factor = 1
    while wanted and len(free := room.free(only, reserve)):
        count = min(len(free), factor * wanted)
        picks = strategy.select(replace(room.pool, candidates=free), count, rng)
        if count < len(free) and room.must_weigh(picks.indices, free, wanted, reserve):
            factor *= _TO_WEIGH
            continue
        places = room.take(picks, free, wanted, reserve)
        if len(places):
            found.append(_part(picks, places))
        if 2 * len(places) < wanted:
            factor *= 2
        wanted -= len(places)
    return found


class _Room:
    """What the constraints leave open while a batch grows.

    Attributes:
        pool: The pool, with the picks so far counted as labelled.
        count: How many rows were picked.
    """

    def __init__(self, pool: Pool, constraints: Constraints) -> None:
        check_distance(constraints, pool)
        self.pool = pool
        self.count = 0
        self.none = pool.candidates[:0]
        self._groups = group_codes(constraints, pool)
        self._costs = seconds(constraints, pool)
        self._left = float(constraints.budget_seconds or 0)
        self._most = constraints.max_per_group or 0
        self._open = np.zeros(pool.size, dtype=bool)
        self._open[pool.candidates] = True
        self._closed = {"in groups that are full": 0, "too near to others": 0}
        self._in_group = np.zeros(0 if self._groups is None else self._groups.max() + 1, np.int64)
        self._spacing: Spacing | None = None
        self._limit = 0.0
        if constraints.min_distance is not None and pool.embeddings is not None:
            self._spacing = Spacing(pool.embeddings, constraints.metric == "cosine")
            self._limit = self._spacing.limit(constraints.min_distance)

    def free(self, only: Mask | None, reserve: float) -> Positions:
        """The candidates that still fit, sorted; of one predicted class if a mask is given."""
        open_now = self._open if only is None else self._open & only
        rows = np.flatnonzero(open_now)
        return rows if self._costs is None else rows[self._costs[rows] <= self._left - reserve]

    def reserve(self, later: list[tuple[Mask, int]]) -> float:
        """Seconds that the quotas still to come need at least."""
        if self._costs is None:
            return 0.0
        cheapest = (np.sort(self._costs[self._open & mask])[:count] for mask, count in later)
        return sum(float(costs.sum()) for costs in cheapest)

    def must_weigh(self, asked: Positions, free: Positions, wanted: int, reserve: float) -> bool:
        """Whether the strategy must name more rows, for these cost too much together."""
        if self._costs is None:
            return False
        budget = self._left - reserve
        costs = self._costs[asked]
        if costs[:wanted].sum() <= budget:
            return False
        reachable = fits(self._costs[free], budget, wanted)
        return len(asked) < _TO_WEIGH * wanted or (reachable and not fits(costs, budget, wanted))

    def take(self, picks: Selection, free: Positions, wanted: int, reserve: float) -> Positions:
        """Take up to ``wanted`` of the picks that fit together; their places, in order."""
        rows = picks.indices
        order, least = np.arange(len(rows)), np.zeros(wanted + 1)
        if self._costs is not None:
            # No row may take the seconds that the rest of the batch needs at least.
            least = reserve + least_costs(self._costs[free], self._left - reserve, wanted)
            order = by_worth(picks.scores, self._costs[rows], self._left - reserve, wanted)
        gaps, who = np.full(len(rows), np.inf), rows
        if self._spacing is not None:
            gaps, who = self._spacing.nearest(rows, self.pool.labeled)
        taken: list[int] = []
        blockers: set[int] = set()
        for place in order.tolist():
            row = int(rows[place])
            if len(taken) == wanted:
                break
            if not self._affords(row, float(least[wanted - len(taken) - 1])):
                continue
            if gaps[place] < self._limit:
                blockers.add(int(who[place]))
                self._close("too near to others", rows[[place]])
                continue
            taken.append(place)
            self._count_in(row)
            if self._spacing is not None:
                apart = self._spacing.between(rows, rows[[place]])[:, 0]
                who = np.where(apart < gaps, row, who)
                gaps = np.minimum(apart, gaps)
        places = np.array(taken, dtype=np.int64)
        self.pool = after_picks(self.pool, rows[places])
        self._close_near(np.array(sorted(blockers), dtype=np.int64))
        return places

    def told(self, n: int, missed: int) -> list[str]:
        """Sentences on why the batch is short, or a quota is not met; none if all is well."""
        found = []
        if missed:
            found.append(f"The quotas lack {missed} rows: no more such candidates fit.")
        if self.count < n:
            reasons = [f"{count} are {why}" for why, count in self._closed.items() if count]
            dear = 0 if self._costs is None else int(self._open.sum())
            reasons += [f"{dear} cost more than is left of the budget"] if dear else []
            why = ", ".join(reasons) or "none is left"
            found.append(f"{self.count} of {n} rows: of the other candidates {why}.")
        return found

    def _affords(self, row: int, reserve: float) -> bool:
        dear = self._costs is not None and self._costs[row] > self._left - reserve
        return bool(self._open[row]) and not dear

    def _count_in(self, row: int) -> None:
        self.count += 1
        self._open[row] = False
        if self._costs is not None:
            self._left -= float(self._costs[row])
        if self._groups is not None:
            group = self._groups[row]
            self._in_group[group] += 1
            if self._in_group[group] == self._most:
                self._close("in groups that are full", np.flatnonzero(self._groups == group))

    def _close_near(self, blockers: Positions) -> None:
        # Only rows that stood in the way are compared with the whole pool, all copies at once.
        if self._spacing is not None and len(blockers):
            rows = np.flatnonzero(self._open)
            near = self._spacing.within(rows, blockers, self._limit)
            self._close("too near to others", rows[near])

    def _close(self, why: str, rows: Positions) -> None:
        self._closed[why] += int(self._open[rows].sum())
        self._open[rows] = False


def _part(picks: Selection, places: Positions) -> Selection:
    return Selection(
        indices=picks.indices[places],
        scores=picks.scores[places],
        reasons=tuple(picks.reasons[place] for place in places.tolist()),
        note=picks.note,
    )
