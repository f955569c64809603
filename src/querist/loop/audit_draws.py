"""Which assets measure the models: a uniform sample of the whole pool, whatever was added since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import Arm, RoundPlan

# Streams of random numbers beside those of `selecting`.
_JOINING, _LEAVING = 12, 14
# The audit set is at most this share of the pool.
_MOST = 1 / 5


@dataclass(frozen=True, slots=True)
class AuditChange:
    """What a round does to the audit set: how many join, and which assets leave."""

    joining: int
    leaving: tuple[str, ...] = ()


def audit_change(catalog: Catalog) -> AuditChange:
    """How the next round's audit set follows the pool, see ``followed``."""
    policy = catalog.settings.policy
    plans = [it.plan for it in catalog.records.rounds.list() if it.plan is not None]
    return followed(
        catalog.records.rounds.arm_ids(Arm.AUDIT),
        plans[-1].asset_count if plans else 0,
        catalog.assets.count(),
        wanted=policy.audit_size,
        rng=np.random.default_rng([policy.seed, len(plans), _LEAVING]),
    )


def followed(
    members: Sequence[str], before: int, count: int, *, wanted: int, rng: np.random.Generator
) -> AuditChange:
    """How an audit set follows a pool that grows, so that it stays a uniform sample of all of it.

    It is as large as wanted, at most a fifth of the pool, and never shrinks. Of the assets added
    join as many as their share of the pool asks for, drawn at random, and of the others as many
    leave as make room for them. Where too few are in it for that, the new ones join at the rate of
    before: any of the others may have trained a model.

    Args:
        members: The audit set, a uniform sample of the pool of before.
        before: Assets in the pool when it was drawn.
        count: Assets in the pool now, of which the first are those of before.
        wanted: How many shall measure.
        rng: Draws who leaves, and rounds.
    """
    added, size = count - before, max(len(members), min(wanted, int(count * _MOST)))
    if not before or not added:
        return AuditChange(0 if before else size)
    # Rounded by chance: a pool that grows by a few assets a round would else never be followed.
    chance = rng.random()
    if size * before / count > len(members) + 0.5:
        return AuditChange(int(added * len(members) / before + chance))
    staying = min(int(size * before / count + chance), len(members))
    leaving = rng.choice(len(members), len(members) - staying, replace=False)
    return AuditChange(size - staying, tuple(members[i] for i in np.sort(leaving)))


def draw_audit(catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> Positions:
    """Positions of the assets that join the audit set in a round, in random order."""
    earlier = catalog.records.rounds.get(number - 1).plan if number > 1 else None
    start = earlier.asset_count if earlier else 0
    fresh = np.arange(start, len(seen.ids))
    size = min(fixed.audit_size, len(fresh))
    return np.random.default_rng([fixed.seed, number, _JOINING]).choice(fresh, size, replace=False)


def with_audit(catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> Positions:
    """Note in ``seen`` who leaves and who joins in a round; returns who joins."""
    left = set(fixed.audit_leaving)
    if left:
        seen.audit[[i for i, it in enumerate(seen.ids) if it in left]] = False
    joining = draw_audit(catalog, seen, number, fixed)
    seen.audit[joining] = True
    return joining
