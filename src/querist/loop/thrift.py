"""What saves the machine work: batches that grow, and strategies that look at part of the pool."""

from __future__ import annotations

import numpy as np

from querist.catalog import Catalog, PolicySettings
from querist.loop.snapshot import Positions
from querist.schema import RoundPlan, Step

_STREAM = 14
# A batch that grew so often is larger than any pool.
_LAST_GROWTH = 60


def next_batch_size(catalog: Catalog, policy: PolicySettings | None = None) -> int:
    """How many the next round asks for: ``batch_size``, grown once for each round drawn so far.

    With growing batches the number of trainings rises with the logarithm of the labels.

    Args:
        catalog: The catalog.
        policy: What the round goes by; the project's by default.
    """
    chosen = policy or catalog.settings.policy
    if chosen.batch_growth == 1:
        return chosen.batch_size
    latest = catalog.records.rounds.stage()
    drawn = 0 if latest is None else latest[0] - (latest[1] in (Step.PLAN, Step.SELECT))
    grown = chosen.batch_size * chosen.batch_growth ** min(drawn, _LAST_GROWTH)
    # Beyond the pool there is nothing to ask.
    return min(round(grown), max(catalog.assets.count(), chosen.batch_size))


def looked_at(candidates: Positions, number: int, fixed: RoundPlan) -> Positions:
    """The candidates that the strategy of round ``number`` reads: all, or a random sub-pool."""
    size = max(fixed.sub_pool or len(candidates), fixed.batch_size)
    if size >= len(candidates):
        return candidates
    rng = np.random.default_rng([fixed.seed, number, _STREAM])
    return np.sort(rng.choice(candidates, size=size, replace=False))
