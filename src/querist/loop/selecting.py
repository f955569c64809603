"""Plan a round and draw its assets; the same plan draws the same assets again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.catalog.records import NewTask
from querist.errors import EmptyPoolError, InvalidInputError
from querist.learners import OF_A_MODEL, create_learner, model_signals
from querist.loop import snapshot, training
from querist.loop.intake import embed, open_encoder
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import Arm, RoundPlan, Selected
from querist.strategies import Signal, check_pool, create

# One stream of random numbers for each purpose, so that a change in one moves no other.
_STREAM = {Arm.ACTIVE: 10, Arm.CONTROL: 11, Arm.AUDIT: 12}
_COMMITTEE_STREAM = 13
_OVERLAP_STREAM = 14
_SPREAD_STREAM = 15


def plan(catalog: Catalog, *, batch_size: int | None) -> RoundPlan:
    """Fix everything the next round depends on.

    Raises:
        EmptyPoolError: the project has no assets.
        InvalidInputError: ``batch_size`` is below one.
    """
    policy = catalog.settings.policy
    wanted = policy.batch_size if batch_size is None else batch_size
    if wanted < 1:
        raise InvalidInputError(
            f"The batch size is {wanted}.", remedy="Ask for at least one asset."
        )
    if not catalog.assets.count():
        raise EmptyPoolError(
            "The project has no assets yet.", remedy="Add some first: querist add FOLDER"
        )
    embed(catalog)
    model = training.up_to_date(catalog)
    return RoundPlan(
        batch_size=wanted,
        control_size=round(wanted * policy.control_share),
        audit_size=_audit_top_up(catalog),
        strategy=policy.strategy,
        parameters=policy.parameters,
        seed=policy.seed,
        encoder=open_encoder(catalog).identity.key,
        model_id=model.id if model else None,
        label_seq=catalog.records.labels.last_seq(),
        review_seq=catalog.records.reviews.last_seq(),
        ontology_version=catalog.records.ontologies.current().version,
        asset_count=catalog.assets.count(),
        overlap=policy.overlap,
        overlap_share=policy.overlap_share,
    )


def _audit_top_up(catalog: Catalog) -> int:
    """How many of the assets added since the last round join the audit set.

    The first draw takes ``audit_size`` of all assets, at most a fifth of them; later additions
    join at the same rate, so that the audit set stays a uniform sample of the whole pool.
    """
    count = catalog.assets.count()
    plans = [r.plan for r in catalog.records.rounds.list() if r.plan is not None]
    if not plans:
        return min(catalog.settings.policy.audit_size, count // 5)
    before = plans[-1].asset_count
    members = len(catalog.records.rounds.arm_ids(Arm.AUDIT))
    return round((count - before) * members / before) if before else 0


def draw(catalog: Catalog, number: int, fixed: RoundPlan) -> tuple[RoundPlan, list[Selected]]:
    """Draw the assets of round ``number``: audit first, then control, then active.

    Returns:
        The plan with the digest of its candidates, and what was selected in the order to ask.
    """
    seen = snapshot.take(
        catalog,
        label_seq=fixed.label_seq,
        review_seq=fixed.review_seq,
        ontology_version=fixed.ontology_version,
        asset_count=fixed.asset_count,
        before_round=number,
    )
    audit = _draw_audit(catalog, seen, number, fixed)
    seen.audit[audit] = True
    control = _draw_control(seen, number, fixed)
    candidates = seen.candidates()
    active = _draw_active(catalog, seen, number, fixed)
    rows = [
        *_random_rows(seen, Arm.AUDIT, number, audit, len(seen.ids), "Drawn at random to measure"),
        *_random_rows(
            seen,
            Arm.CONTROL,
            number,
            control,
            int((~seen.audit).sum()),
            "Drawn at random for comparison",
        ),
        *active,
    ]
    return replace(fixed, candidates_digest=seen.digest(candidates)), rows


def overlap(tasks: Sequence[NewTask], number: int, fixed: RoundPlan) -> list[NewTask]:
    """The tasks of round ``number``, of which the plan's share wants several opinions."""
    if fixed.overlap < 2:
        return list(tasks)
    rng = np.random.default_rng([fixed.seed, number, _OVERLAP_STREAM])
    size = round(fixed.overlap_share * len(tasks))
    drawn = set(rng.choice(len(tasks), size=size, replace=False).tolist())
    return [
        replace(task, opinions=fixed.overlap) if i in drawn else task
        for i, task in enumerate(tasks)
    ]


def spread(number: int, fixed: RoundPlan, gold_share: float) -> np.random.Generator | None:
    """What draws the gaps between the ids of the tasks, where gold questions may join them."""
    if not gold_share:
        return None
    return np.random.default_rng([fixed.seed, number, _SPREAD_STREAM])


def _draw_audit(catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> Positions:
    earlier = catalog.records.rounds.get(number - 1).plan if number > 1 else None
    start = earlier.asset_count if earlier else 0
    fresh = np.arange(start, len(seen.ids))
    size = min(fixed.audit_size, len(fresh))
    return _rng(fixed, number, Arm.AUDIT).choice(fresh, size=size, replace=False)


def _draw_control(seen: Snapshot, number: int, fixed: RoundPlan) -> Positions:
    # Assets the active arm has already labelled may be drawn too: leaving them out would make
    # the control sample the active arm's leftovers instead of a random sample of the pool.
    pool = np.flatnonzero(~seen.audit & ~seen.control)
    size = min(fixed.control_size, len(pool))
    return _rng(fixed, number, Arm.CONTROL).choice(pool, size=size, replace=False)


def _draw_active(catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> list[Selected]:
    candidates = seen.candidates()
    if not len(candidates):
        return []
    learns = training.trains(catalog)
    # Without a model, what is labelled still says which parts of the pool are known.
    labeled = seen.training(Arm.ACTIVE) if learns else seen.given(Arm.ACTIVE)
    labels = seen.codes[labeled] if learns else None
    n = len(seen.ids)
    names = catalog.records.ontologies.reading(fixed.ontology_version).ontology.names
    strategy = create(fixed.strategy, **fixed.parameters)
    vectors = catalog.embeddings.matrix(fixed.encoder)[:n]
    pool = check_pool(
        size=n,
        probabilities=_probabilities(catalog, fixed, n),
        embeddings=vectors,
        labeled=labeled,
        labels=labels,
        candidates=candidates,
        class_count=len(names) or None,
        class_names=_class_names(catalog, fixed, names),
        **_beside(catalog, fixed, number, strategy.needs, vectors, labeled, seen.codes[labeled]),
    )
    batch = strategy.select(
        pool, min(fixed.batch_size, len(candidates)), _rng(fixed, number, Arm.ACTIVE)
    )
    chances: Sequence[float | None] = (
        [None] * len(batch.indices)
        if batch.propensities is None
        else [float(p) for p in batch.propensities]
    )
    return [
        Selected(
            round=number,
            arm=Arm.ACTIVE,
            asset_id=seen.ids[int(position)],
            rank=rank,
            score=float(score),
            propensity=chance,
            reason=reason,
        )
        for rank, (position, score, chance, reason) in enumerate(
            zip(batch.indices, batch.scores, chances, batch.reasons, strict=True)
        )
    ]


def _probabilities(catalog: Catalog, fixed: RoundPlan, n: int) -> NDArray[np.float32] | None:
    if fixed.model_id is None:
        return None
    return training.probabilities(
        catalog, fixed.model_id, at_least=n, ontology_version=fixed.ontology_version
    )[:n]


def _beside(
    catalog: Catalog,
    fixed: RoundPlan,
    number: int,
    needs: frozenset[Signal],
    vectors: NDArray[np.float32],
    labeled: Positions,
    labels: Positions,
) -> dict[str, Any]:
    """What the strategy needs of the model beside its probabilities, once there is one."""
    if fixed.model_id is None or not needs & (OF_A_MODEL - {Signal.PROBABILITIES}):
        return {}
    model = catalog.records.models.get(fixed.model_id)
    return model_signals(
        needs,
        training.load(catalog, model),
        lambda: create_learner(model.learner, **model.parameters),
        vectors,
        labeled,
        labels,
        class_count=len(catalog.records.ontologies.reading(fixed.ontology_version).ontology.names),
        rng=np.random.default_rng([fixed.seed, number, _COMMITTEE_STREAM]),
    )


def _class_names(catalog: Catalog, fixed: RoundPlan, names: Sequence[str]) -> Sequence[str] | None:
    if fixed.model_id is None:
        return None
    # By the names it learned, so that a replay says the same; later classes have later columns.
    learned = catalog.records.models.get(fixed.model_id).classes
    return [*learned, *names[len(learned) :]]


def _random_rows(
    seen: Snapshot, arm: Arm, number: int, drawn: Positions, out_of: int, reason: str
) -> Iterable[Selected]:
    share = len(drawn) / out_of if out_of else None
    for rank, position in enumerate(drawn.tolist()):
        yield Selected(
            round=number,
            arm=arm,
            asset_id=seen.ids[position],
            rank=rank,
            score=None,
            propensity=share,
            reason=f"{reason}, one of {len(drawn)}.",
        )


def _rng(fixed: RoundPlan, number: int, arm: Arm) -> np.random.Generator:
    return np.random.default_rng([fixed.seed, number, _STREAM[arm]])
