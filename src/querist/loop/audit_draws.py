"""Which assets measure the models: a uniform sample of the whole pool, whatever was added since."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog, in_random_order
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import Arm, RoundPlan, Selected

# The stream of who joins, and what sets that of who leaves apart from it.
_STREAM, _LEAVING = 12, 1
# The audit set is at most this share of the pool.
_MOST = 1 / 5
_HANDFUL = 1 / 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditChange:
    """What a round does to the audit set.

    Attributes:
        joining: How many of the assets that were added join it.
        retired: Who leaves with an answer, and trains nothing henceforth either: else each look
            at an older model would have to ask what it measures that a newer one has learned.
        released: Who leaves without one, and is as all others from here on.
        waiting: How many wait for an answer after that.
    """

    joining: int
    retired: tuple[str, ...]
    released: tuple[str, ...]
    waiting: int


def audit_change(catalog: Catalog, seen: Snapshot) -> AuditChange:
    """How the next round's audit set follows the pool, see ``followed``."""
    policy = catalog.settings.policy
    plans = [it.plan for it in catalog.records.rounds.list() if it.plan is not None]
    members, before = np.flatnonzero(seen.measuring), plans[-1].asset_count if plans else 0
    joining, leaving = followed(
        len(members),
        before,
        before + len(_may_join(seen, before)),
        wanted=policy.audit_size,
        rng=np.random.default_rng([policy.seed, len(plans), _STREAM, _LEAVING]),
    )
    tried = seen.answered | seen.undecided | seen.passed
    open_ = seen.measuring & ~seen.answered & ~seen.passed
    open_[members[leaving]] = False
    return AuditChange(
        joining=joining,
        retired=tuple(seen.ids[at] for at in members[leaving].tolist() if tried[at]),
        released=tuple(seen.ids[at] for at in members[leaving].tolist() if not tried[at]),
        waiting=joining + int(np.count_nonzero(open_)),
    )


def followed(
    members: int, before: int, count: int, *, wanted: int, rng: np.random.Generator
) -> tuple[int, Positions]:
    """How an audit set follows a pool that grows, so that it stays a uniform sample of all of it.

    It is as large as wanted, at most a fifth of the pool, and never shrinks. Of the assets added
    join as many as their share of the pool asks for, drawn at random, and of the others as many
    leave as make room for them. Where too few are in it for that, the new ones join at the rate of
    before: any of the others may have trained a model. Only a handful, up to a twentieth of the
    pool, may be left out of it whole, where too few were there for any audit set.

    Args:
        members: How many are in the audit set, a uniform sample of the pool of before.
        before: Assets in the pool when it was drawn.
        count: Assets in the pool now: those of before, and those that may join.
        wanted: How many shall measure.
        rng: Draws who leaves, and rounds.

    Returns:
        How many join, and which of the members leave.
    """
    added, size = count - before, max(members, min(wanted, int(count * _MOST)))
    if not before or not added:
        return 0 if before else size, np.empty(0, np.int64)
    # Rounded by chance: a pool that grows by a few assets a round would else never be followed.
    chance, share = rng.random(), size * before / count
    handful = not members and before <= count * _HANDFUL
    if share > members and not handful:
        return int(added * members / before + chance), np.empty(0, np.int64)
    staying = min(int(share + chance), members)
    leaving = rng.choice(members, members - staying, replace=False)
    return size - staying, np.sort(leaving)


def with_audit(catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> Positions:
    """Note in ``seen`` who joins and leaves in a round; returns who joins, in random order."""
    for names, mask, holds in (
        (fixed.audit_retired, seen.retired, True),
        (fixed.audit_released, seen.audit, False),
    ):
        left = set(names)
        mask[[i for i, it in enumerate(seen.ids) if it in left] if left else []] = holds
    earlier = catalog.records.rounds.get(number - 1).plan if number > 1 else None
    fresh = _may_join(seen, earlier.asset_count if earlier else 0)
    rng = np.random.default_rng([fixed.seed, number, _STREAM])
    joining = rng.choice(fresh, size=min(fixed.audit_size, len(fresh)), replace=False)
    seen.audit[joining] = True
    return np.asarray(joining)


def _may_join(seen: Snapshot, before: int) -> Positions:
    """Who may join: all at first, later those that were added and hold no label yet.

    What came with its label may have trained a model since, which it would be taken to measure.
    """
    fresh = np.arange(before, len(seen.ids))
    return fresh[~seen.answered[before:]] if before else fresh


def members_to_ask(
    catalog: Catalog, drawn: Iterable[Selected], fixed: RoundPlan, done: Collection[str]
) -> list[str]:
    """The audit set after a round's draw but what is done, in the order in which it is asked."""
    rounds = catalog.records.rounds
    left = {*rounds.audit_retired(), *fixed.audit_retired, *fixed.audit_released, *done}
    members = {*rounds.arm_ids(Arm.AUDIT), *(it.asset_id for it in drawn if it.arm is Arm.AUDIT)}
    return in_random_order(members - left, fixed.seed)
