"""Plan a round and draw its assets; the same plan draws the same assets again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist._version import __version__
from querist.catalog import Catalog, PolicySettings, classifiers
from querist.errors import EmptyPoolError
from querist.labeling import Opinions
from querist.learners import OF_A_MODEL, model_signals
from querist.loop import proxies, snapshot, training
from querist.loop.answers import given_answers, unseen_probabilities
from querist.loop.audit_draws import audit_change, with_audit
from querist.loop.budget import affordable_batch
from querist.loop.intake import embed, open_encoder
from querist.loop.snapshot import Positions, Snapshot
from querist.loop.thrift import looked_at
from querist.loop.value_signals import (
    OF_A_VALUE_MODEL,
    pool_signals,
    started,
)
from querist.loop.wishes import NO_WISHES, Wishes, asked_for
from querist.schema import Arm, Role, RoundPlan, Selected
from querist.strategies import (
    UNLABELED,
    AsksAgain,
    Pool,
    Selection,
    Signal,
    Strategy,
    check_pool,
    create,
)

# One stream of random numbers for each purpose, so that a change in one moves no other.
# That of the audit set is 12 (`audit_draws`).
_STREAM = {Arm.ACTIVE: 10, Arm.CONTROL: 11}
_COMMITTEE_STREAM = 13
# Chooses which labels are asked about again where the round's strategy leaves that open.
SECOND_OPINIONS = "activelab"


def plan(
    catalog: Catalog,
    *,
    batch_size: int | None,
    wishes: Wishes = NO_WISHES,
    in_flight: Sequence[str] = (),
) -> RoundPlan:
    """Fix everything the next round depends on.

    Args:
        catalog: The catalog.
        batch_size: How many to ask for; that of the settings by default.
        wishes: What this batch shall have of its own.
        in_flight: Assets that people hold just now.

    Raises:
        EmptyPoolError: the project has no assets, or none that anybody could be asked about.
        BudgetSpentError: a budget pays for no further batch.
        InvalidInputError: ``batch_size`` is below one, or the finding has no batch.
        NotFoundError: there is no such finding, example or slice.
    """
    policy, wanted, strategy = asked_for(catalog, batch_size=batch_size, wishes=wishes)
    if not catalog.assets.count():
        raise EmptyPoolError(
            "The project has no assets yet.", remedy="Add some first: querist add FOLDER"
        )
    embed(catalog)
    model = training.up_to_date(catalog)
    learned = OF_A_MODEL | OF_A_VALUE_MODEL
    if model is None and training.trains(catalog) and strategy.needs & learned:
        # There is no model to go by yet: until there is, the default draws, which needs none.
        default = PolicySettings()
        policy = replace(policy, strategy=default.strategy, parameters=default.parameters)
    if model is None:
        policy = started(catalog, policy)
    # Whoever disagreed would be asked the same once more: a reviewer has to say.
    disputed = (it.asset_id for it in Opinions(catalog).disputes())
    people = [it for it in catalog.records.annotators.list() if it.active and it.role != Role.MODEL]
    seen = snapshot.take(catalog)
    audit = audit_change(catalog, seen)
    wanted = affordable_batch(catalog, policy, wanted, audit.waiting)
    fixed = RoundPlan(
        querist=__version__,
        batch_size=wanted,
        control_size=round(wanted * policy.control_share),
        audit_size=audit.joining,
        audit_retired=audit.retired,
        audit_released=audit.released,
        strategy=policy.strategy,
        parameters=policy.parameters,
        seed=policy.seed,
        encoder=open_encoder(catalog).identity.key,
        model_id=model.id if model else None,
        label_seq=catalog.records.labels.last_seq(),
        review_seq=catalog.records.reviews.last_seq(),
        ontology_version=catalog.records.ontologies.current().version,
        asset_count=len(seen.ids),
        overlap=policy.overlap,
        overlap_share=policy.overlap_share,
        class_overlap=policy.class_overlap,
        opinion_seq=catalog.records.opinions.last_seq(),
        annotators=len(people),
        again_share=policy.again_share,
        blind_share=policy.blind_share,
        skill=wishes.skill,
        class_skills=policy.class_skills,
        in_flight=tuple(sorted({*in_flight, *disputed})),
        remedy=wishes.remedy,
        sub_pool=policy.sub_pool,
        proxy=proxies.proxy_of(catalog, model),
    )
    left = audit.waiting or len(_free(seen, fixed))
    if not left and not _may_ask_again(catalog, seen, fixed):
        raise EmptyPoolError(
            "Nothing is left to ask: all is labelled, passed over, or waits for somebody.",
            remedy="Add assets: querist add FOLDER. Or stop here.",
        )
    return fixed


def _may_ask_again(catalog: Catalog, seen: Snapshot, fixed: RoundPlan) -> bool:
    """Whether the round may ask another opinion on an asset that holds a label."""
    wants = fixed.again_share or isinstance(create(fixed.strategy, **fixed.parameters), AsksAgain)
    if not wants or fixed.model_id is None or not training.classifies(catalog):
        return False
    return bool(len(given_answers(catalog, seen, fixed).again))


def draw(catalog: Catalog, number: int, fixed: RoundPlan) -> tuple[RoundPlan, list[Selected]]:
    """Draw the assets of round ``number``: audit first, then control, then active.

    Returns:
        The plan with digest and number of its candidates, and what was selected in order to ask.
    """
    seen = _look(catalog, number, fixed)
    audit = with_audit(catalog, seen, number, fixed)
    control = _draw_control(seen, number, fixed)
    digest = seen.digest(seen.candidates())
    active = _draw_active(catalog, seen, number, fixed)
    rest = int((~seen.audit).sum())
    rows = [
        *_random_rows(seen, Arm.AUDIT, number, audit, len(seen.ids), "Drawn at random to measure"),
        *_random_rows(seen, Arm.CONTROL, number, control, rest, "Drawn at random for comparison"),
        *active,
    ]
    return replace(fixed, candidates_digest=digest, candidate_count=len(_free(seen, fixed))), rows


def drawn_from(catalog: Catalog, number: int, fixed: RoundPlan) -> Positions:
    """Positions of the candidates that the strategy of a drawn round read."""
    seen = _look(catalog, number, fixed)
    with_audit(catalog, seen, number, fixed)
    return looked_at(_free(seen, fixed), number, fixed)


def labeled_before(catalog: Catalog, number: int, fixed: RoundPlan) -> set[str]:
    """The assets of the active arm that held a label when the round was planned."""
    seen = _look(catalog, number, fixed)
    return {seen.ids[i] for i in seen.given(Arm.ACTIVE).tolist()}


def _look(catalog: Catalog, number: int, fixed: RoundPlan) -> Snapshot:
    return snapshot.take(
        catalog,
        label_seq=fixed.label_seq,
        review_seq=fixed.review_seq,
        ontology_version=fixed.ontology_version,
        asset_count=fixed.asset_count,
        before_round=number,
    )


def _draw_control(seen: Snapshot, number: int, fixed: RoundPlan) -> Positions:
    # Assets the active arm has already labelled may be drawn too: leaving them out would make
    # the control sample the active arm's leftovers instead of a random sample of the pool.
    pool = np.flatnonzero(~seen.audit & ~seen.control)
    size = min(fixed.control_size, len(pool))
    return _rng(fixed, number, Arm.CONTROL).choice(pool, size=size, replace=False)


def _draw_active(catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> list[Selected]:
    strategy = create(fixed.strategy, **fixed.parameters)
    rng = _rng(fixed, number, Arm.ACTIVE)
    candidates = looked_at(_free(seen, fixed), number, fixed)
    decides = isinstance(strategy, AsksAgain)
    again = _Again.of(catalog, seen, number, fixed) if decides or fixed.again_share else None
    batches = []
    left = fixed.batch_size
    if again is not None and not decides:
        size = min(round(fixed.again_share * fixed.batch_size), len(again.rows))
        if size:
            relabel = create(SECOND_OPINIONS)
            assert isinstance(relabel, AsksAgain)
            pool = _pool(catalog, seen, number, fixed, relabel, again.rows, again)
            batches.append(relabel.with_answers(again.answers).select(pool, size, rng))
            left -= size
        again = None
    if again is not None and isinstance(strategy, AsksAgain):
        candidates = np.union1d(candidates, again.rows)
        strategy = strategy.with_answers(again.answers)
    if len(candidates) and left:
        pool = _pool(catalog, seen, number, fixed, strategy, candidates, again)
        batches.append(strategy.select(pool, min(left, len(candidates)), rng))
    return _rows(seen, number, batches)


def _free(seen: Snapshot, fixed: RoundPlan) -> Positions:
    """New assets that may be chosen: not those that waited for somebody when it was planned."""
    return np.setdiff1d(seen.candidates(), _in_flight(seen, fixed))


def _in_flight(seen: Snapshot, fixed: RoundPlan) -> Positions:
    held = set(fixed.in_flight)
    return np.array([i for i, it in enumerate(seen.ids) if it in held] if held else [], np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """Which labelled assets may be chosen, what is said of them, and what unseen models say."""

    rows: Positions
    answers: tuple[Positions, Positions, Positions]
    probabilities: NDArray[np.float32]

    @classmethod
    def of(cls, catalog: Catalog, seen: Snapshot, number: int, fixed: RoundPlan) -> _Again | None:
        """``None`` where there is nobody else to ask, or no classifier to doubt a label."""
        if not training.classifies(catalog):
            return None
        table = _probabilities(catalog, fixed, seen)
        if table is None:
            return None
        given = given_answers(catalog, seen, fixed)
        if not len(given.again):
            return None
        return cls(
            rows=given.again,
            answers=(given.rows, given.annotators, given.classes),
            probabilities=unseen_probabilities(catalog, seen, fixed, number, table),
        )


def _pool(
    catalog: Catalog,
    seen: Snapshot,
    number: int,
    fixed: RoundPlan,
    strategy: Strategy,
    candidates: Positions,
    again: _Again | None,
) -> Pool:
    classifies = training.classifies(catalog)
    # Without a model, what is labelled still says which parts of the pool are known.
    trained = seen.training(Arm.ACTIVE) if classifies else seen.given(Arm.ACTIVE)
    # So does what nobody could label, and what is being labelled: more of it can wait.
    elsewhere = np.union1d(np.flatnonzero(seen.passed & ~seen.audit), _in_flight(seen, fixed))
    labeled = np.setdiff1d(np.union1d(trained, elsewhere), candidates)
    n = len(seen.ids)
    names = catalog.records.ontologies.reading(fixed.ontology_version).ontology.names
    vectors = catalog.embeddings.matrix(fixed.encoder)[:n]
    if classifies:
        told = {
            "probabilities": (
                _probabilities(catalog, fixed, seen) if again is None else again.probabilities
            ),
            "labels": np.where(np.isin(labeled, trained), seen.codes[labeled], UNLABELED),
            **_beside(catalog, fixed, number, strategy.needs, seen),
        }
    else:
        told = pool_signals(catalog, seen, fixed, labeled)
    return check_pool(
        size=n,
        embeddings=vectors,
        labeled=labeled,
        candidates=candidates,
        class_count=len(names) or None,
        class_names=_class_names(catalog, fixed, names),
        **told,
    )


def _rows(seen: Snapshot, number: int, batches: Sequence[Selection]) -> list[Selected]:
    found: list[Selected] = []
    for batch in batches:
        inclusion, draws = batch.propensities, batch.draw_chances
        found += [
            Selected(
                round=number,
                arm=Arm.ACTIVE,
                asset_id=seen.ids[int(batch.indices[rank])],
                rank=len(found) + rank,
                score=float(batch.scores[rank]),
                propensity=None if inclusion is None else float(inclusion[rank]),
                reason=batch.reasons[rank],
                draw_chance=None if draws is None else float(draws[rank]),
            )
            for rank in range(len(batch.indices))
        ]
    return found


def _probabilities(
    catalog: Catalog, fixed: RoundPlan, seen: Snapshot
) -> NDArray[np.float32] | None:
    if fixed.model_id is None:
        return None
    if fixed.proxy is not None:
        return proxies.probabilities(catalog, fixed, seen)
    n, words = len(seen.ids), fixed.ontology_version
    return training.probabilities(catalog, fixed.model_id, at_least=n, ontology_version=words)[:n]


def _beside(
    catalog: Catalog,
    fixed: RoundPlan,
    number: int,
    needs: frozenset[Signal],
    seen: Snapshot,
) -> dict[str, Any]:
    """What the strategy needs of the model beside its probabilities, once there is one."""
    if fixed.model_id is None or not needs & (OF_A_MODEL - {Signal.PROBABILITIES}):
        return {}
    if fixed.proxy is not None:
        kind, learner = proxies.chooser(catalog, fixed, seen)
    else:
        model = catalog.records.models.get(fixed.model_id)
        kind = classifiers(catalog, model.learner, model.parameters, fixed.encoder)
        learner = training.load(catalog, model)
    trained = seen.training(Arm.ACTIVE)
    return model_signals(
        needs,
        learner,
        kind.make,
        kind.rows[: len(seen.ids)],
        trained,
        seen.codes[trained],
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
