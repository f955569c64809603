"""What saves the machine work: batches that grow, and strategies that look at part of the pool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from querist.catalog import Catalog, PolicySettings
from querist.loop import proxies, snapshot
from querist.loop.intake import open_encoder
from querist.loop.snapshot import Positions
from querist.schema import Arm, ModelVersion, Round, RoundPlan, Step

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


def spared(catalog: Catalog, arm: Arm, earlier: Sequence[Round]) -> ModelVersion | None:
    """The arm's newest model, where a training now is not worth it.

    It is not where a proxy may choose for the model instead (see ``querist.loop.proxies``), and
    where it is expected to change too little.

    Models without a third of the labels tell how far predictions move from two thirds of them to
    all; from n to m labels they move sqrt(2 - 2 n / m) times as far, as the variance of a fit falls
    with its labels. Both arms are trained, or not, by what the active arm would change.

    Returns:
        ``None`` where a training is due: by default, as nothing was read yet, or as classes or
        vectors are others than the model's.
    """
    policy = catalog.settings.policy
    least = policy.retrain_change
    if not least and policy.proxy is None:
        return None
    read = [it.advice.reading for it in earlier if it.advice is not None and it.advice.reading]
    model, active = (catalog.records.models.latest(it) for it in (arm, Arm.ACTIVE))
    if model is None or active is None or not _same_words(catalog, model):
        return None
    seen = snapshot.take(catalog)
    found = proxies.verdict(catalog, active, seen)
    if found is not None and found.may:
        return model
    if not least or not read:
        return None
    labels = len(seen.training(Arm.ACTIVE))
    moved = read[-1]["disagreement"]
    if moved is None or not labels:
        return None
    change = moved * max(2 - 2 * active.label_count / labels, 0.0) ** 0.5
    return model if change <= least else None


def _same_words(catalog: Catalog, model: ModelVersion) -> bool:
    """Whether the model speaks of the classes of now, and of the vectors of now."""
    known = catalog.records.ontologies.current()
    now = (known.names, known.version, open_encoder(catalog).identity.key)
    return (model.classes, model.ontology_version, model.encoder) == now


def looked_at(candidates: Positions, number: int, fixed: RoundPlan) -> Positions:
    """The candidates that the strategy of round ``number`` reads: all, or a random sub-pool."""
    size = max(fixed.sub_pool or len(candidates), fixed.batch_size)
    if size >= len(candidates):
        return candidates
    rng = np.random.default_rng([fixed.seed, number, _STREAM])
    return np.sort(rng.choice(candidates, size=size, replace=False))
