"""Consensus: one label of several opinions, when the last one is in, and again on request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, classifiers, drawn_by_chance, newest_vectors
from querist.catalog.records import Rule, Verdict
from querist.errors import InvalidInputError, NotFoundError
from querist.labeling.expected_errors import MOST_REFITTED, unseen_probabilities
from querist.labeling.votes import majority, most_frequent
from querist.learners.out_of_fold import out_of_fold
from querist.metrics import (
    Answers,
    Consensus,
    crowdlab,
    dawid_skene,
    glad,
    is_right,
    lean_crowd,
    majority_vote,
)
from querist.schema import (
    BY_PEOPLE,
    Action,
    Annotation,
    Arm,
    ClassValue,
    ConsensusMethod,
    ModelVersion,
    OntologyReading,
    Opinion,
    Role,
    TaskKind,
    Value,
    new_id,
)

# One stream of random numbers for each purpose; the loop has those from 10 on.
_FOLDS_STREAM = 50
# The methods in which a model has a voice.
_WITH_MODEL = (ConsensusMethod.CROWDLAB, ConsensusMethod.LEAN_CROWD)
# So many opinions weigh annotators well enough for one decision that somebody waits for.
_WEIGHED = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """What came of computing all consensus labels anew.

    Attributes:
        run: With this id it can be taken back.
        method: How.
        assets: Assets that have opinions.
        changed: Labels that were written, because they are new or different.
    """

    run: str
    method: ConsensusMethod
    assets: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a method would make of one asset: the label that holds, and the one it would write."""

    asset_id: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """Class opinions as codes, with what the codes stand for."""

    answers: Answers
    assets: Sequence[str]
    annotators: Sequence[str]
    names: Sequence[str]


def majority_rule(catalog: Catalog, ontology_version: int) -> Rule:
    """The rule at the moment when the last wanted opinion comes in."""
    reading = catalog.records.ontologies.reading(ontology_version)

    def decide(opinions: Sequence[Opinion]) -> Verdict | None:
        known = read_opinions(reading, opinions)
        return majority(known) if known else None

    return Rule(decide=decide, ontology_version=ontology_version)


def introduce(catalog: Catalog, method: ConsensusMethod = ConsensusMethod.MAJORITY) -> None:
    """Make the method known as the annotator in whose name it writes."""
    catalog.records.annotators.ensure(method.value, Role.MODEL)


def break_ties(catalog: Catalog, *asset_ids: str, at_end: bool = False) -> int:
    """Decide ties between classes by CROWDLAB, with the newest model as one more voice.

    Only where a model has predicted the asset, and only between the classes that tie; other ties
    stay without a label until a reviewer decides, and so do those on assets that chance drew: what
    measures a model must not be its own word. Annotators and model are weighed on assets of
    the same round, which it has not trained on: on those of the last opinions, or ``at_end`` of
    the round on all. Then also where it has, since a label holds on which another opinion was
    asked for, and models out of fold speak there, which takes their time.
    Returns how many labels were written.
    """
    reading = catalog.records.ontologies.reading()
    tied: dict[int, list[Opinion]] = defaultdict(list)
    said = catalog.records.opinions.of_assets(asset_ids)
    waited = catalog.records.opinions.awaited(asset_ids)
    measures = drawn_by_chance(catalog, asset_ids)
    for asset_id in asset_ids:
        held = read_opinions(reading, said.get(asset_id, ()))
        if held and majority(held) is None and asset_id not in waited | measures:
            tied[max(it.round for it in held)] += held
    model = catalog.records.models.latest(Arm.ACTIVE)
    if not tied or model is None or catalog.settings.task is not TaskKind.CLASSIFICATION:
        return 0
    verdicts: dict[str, Verdict] = {}
    for number, held in tied.items():
        newest = None if at_end else _WEIGHED
        among = catalog.records.opinions.standing(round=number, newest=newest)
        verdicts |= _tie_breaks(catalog, model, held, among, unseen=at_end)
    if not verdicts:
        return 0
    introduce(catalog, ConsensusMethod.CROWDLAB)
    version = catalog.records.ontologies.current().version
    return catalog.records.opinions.write(verdicts, run=new_id("tie"), ontology_version=version)


def recompute(catalog: Catalog, method: ConsensusMethod) -> Recomputed:
    """Make the labels of all assets that have opinions anew, by ``method`` over all of them.

    Where a model has a voice in it, assets that chance drew get the majority's, see ``break_ties``.
    Assets that still wait for an opinion, or that a person has decided, are left alone. New labels
    are appended; ``OpinionLog.take_back`` takes the run back.

    Raises:
        InvalidInputError: the method wants classes and the labels are of another kind, or, for
            CROWDLAB, there are too few assets or classes to train on.
    """
    introduce(catalog, method)
    assets, verdicts = _verdicts(catalog, method, catalog.records.opinions.standing())
    run = new_id("run")
    version = catalog.records.ontologies.current().version
    changed = catalog.records.opinions.write(verdicts, run=run, ontology_version=version)
    return Recomputed(run=run, method=method, assets=assets, changed=changed)


def preview(catalog: Catalog, method: ConsensusMethod) -> list[Change]:
    """The labels that ``recompute`` would change, by asset id; nothing is written."""
    said = catalog.records.opinions.standing()
    _, verdicts = _verdicts(catalog, method, said)
    opinions = {it.submission_id for it in said}
    labels, waiting = labels_and_waiting(catalog, list(verdicts))
    found = []
    for asset_id, verdict in sorted(verdicts.items()):
        held = labels.get(asset_id)
        before = held.value if held else None
        by_people = held is not None and before is not None and held.origin in BY_PEOPLE
        # A first label that became an opinion holds until others outvote it.
        opened = held is not None and held.submission_id in opinions
        if (by_people and not opened) or asset_id in waiting:
            continue
        # As ``OpinionLog.write``: a first label that says the same holds.
        same = before is not None and verdict.value is not None and is_right(before, verdict.value)
        if not (before == verdict.value or (opened and same)):
            found.append(Change(asset_id=asset_id, before=before, after=verdict.value))
    return found


def settle_round(catalog: Catalog, number: int) -> None:
    """Make labels of all opinions of a round that is over, also where some are missing.

    Once more it does nothing, so that a killed process can be followed by another.
    """
    asset_ids = sorted({it.asset_id for it in catalog.records.opinions.standing(round=number)})
    if not asset_ids:
        return
    introduce(catalog)
    open_ = _unsettled(catalog, asset_ids)
    version = catalog.records.ontologies.current().version
    catalog.records.opinions.settle(open_, majority_rule(catalog, version))
    break_ties(catalog, *open_, at_end=True)
    method = catalog.settings.policy.consensus
    if method is not ConsensusMethod.MAJORITY:
        recompute(catalog, method)


def labels_and_waiting(
    catalog: Catalog, asset_ids: Sequence[str]
) -> tuple[dict[str, Annotation], set[str]]:
    """The last entry of each of the assets that has one, and those that still want an opinion."""
    with catalog.records.moment():
        labels = {it.asset_id: it for it in catalog.records.labels.currents_of(asset_ids)}
        return labels, catalog.records.opinions.awaited(asset_ids)


def votes_of(catalog: Catalog, opinions: Sequence[Opinion]) -> Votes | None:
    """The opinions that name one class of the ontology, as codes; ``None`` without any."""
    reading = catalog.records.ontologies.reading()
    names = reading.ontology.names
    code = {name: i for i, name in enumerate(names)}
    said = [
        (it.asset_id, it.annotator, code[it.value.name])
        for it in read_opinions(reading, opinions)
        if isinstance(it.value, ClassValue) and it.value.name in code
    ]
    if not said:
        return None
    assets, items = np.unique([it[0] for it in said], return_inverse=True)
    annotators, who = np.unique([it[1] for it in said], return_inverse=True)
    answers = Answers.of(items, who, [it[2] for it in said], class_count=len(names))
    return Votes(
        answers=answers, assets=assets.tolist(), annotators=annotators.tolist(), names=names
    )


def read_opinions(reading: OntologyReading, opinions: Sequence[Opinion]) -> list[Opinion]:
    """The opinions in the classes of now, without labels of which nobody knows what they are."""
    if reading.plain:
        return list(opinions)
    found = []
    for it in opinions:
        value = None if it.value is None else reading.value(it.value, it.ontology_version)
        if value is not None or it.value is None:
            found.append(replace(it, value=value, ontology_version=reading.ontology.version))
    return found


def unseen_table(catalog: Catalog, model: ModelVersion, votes: Votes) -> NDArray[np.float64] | None:
    """What ``model`` says of the assets of the votes (n, C), out of fold where it has learned them.

    ``None`` where it has not predicted all of them.
    """
    return _probabilities(catalog, model, votes, unseen=True)


def _verdicts(
    catalog: Catalog, method: ConsensusMethod, opinions: Sequence[Opinion]
) -> tuple[int, dict[str, Verdict]]:
    """How many assets have opinions, and what the method says of those it decides."""
    held = read_opinions(catalog.records.ontologies.reading(), opinions)
    by_asset = defaultdict(list)
    for opinion in held:
        by_asset[opinion.asset_id].append(opinion)
    if method is ConsensusMethod.MAJORITY:
        found, measures = dict[str, Verdict](), set(by_asset)
    else:
        found = _computed(catalog, method, held)
        measures = drawn_by_chance(catalog, [*found]) if method in _WITH_MODEL else set()
    others = {asset_id: it for asset_id, it in found.items() if asset_id not in measures}
    by_people = {asset_id: majority(by_asset[asset_id]) for asset_id in measures}
    return len(by_asset), others | {it: said for it, said in by_people.items() if said is not None}


def _computed(
    catalog: Catalog, method: ConsensusMethod, held: Sequence[Opinion]
) -> dict[str, Verdict]:
    if catalog.settings.task is not TaskKind.CLASSIFICATION:
        raise InvalidInputError(
            f"The method {method.value!r} wants one class an asset; the task is "
            f"{catalog.settings.task.value!r}.",
            remedy="Use the method 'majority'.",
        )
    votes = votes_of(catalog, held)
    if votes is None:
        return {}
    found = _consensus(catalog, method, votes)
    return {
        asset_id: Verdict(
            action=Action.LABEL,
            value=ClassValue(name=votes.names[code]),
            annotator=method.value,
        )
        for asset_id, code in zip(votes.assets, found.classes.tolist(), strict=True)
    }


def _consensus(catalog: Catalog, method: ConsensusMethod, votes: Votes) -> Consensus:
    if method is ConsensusMethod.DAWID_SKENE:
        return dawid_skene(votes.answers)
    if method is ConsensusMethod.GLAD:
        return glad(votes.answers)
    model = catalog.records.models.latest(Arm.ACTIVE)
    key = model.encoder if model else newest_vectors(catalog)
    if key is None:
        raise InvalidInputError("The assets have no embeddings.", remedy="Run querist embed.")
    learner = catalog.settings.learner
    kind = classifiers(catalog, learner.name, learner.parameters, key)
    probabilities = out_of_fold(
        kind.make,
        kind.rows[catalog.assets.positions(list(votes.assets))],
        majority_vote(votes.answers).classes,
        class_count=len(votes.names),
        rng=np.random.default_rng([catalog.settings.policy.seed, _FOLDS_STREAM]),
    )
    combine = crowdlab if method is ConsensusMethod.CROWDLAB else lean_crowd
    return combine(votes.answers, probabilities)


def _tie_breaks(
    catalog: Catalog,
    model: ModelVersion,
    held: Sequence[Opinion],
    among: Sequence[Opinion],
    *,
    unseen: bool,
) -> dict[str, Verdict]:
    """The verdict on each asset that ``held`` opinions tie on, weighed ``among`` the others too."""
    by_asset = defaultdict(list)
    for it in held:
        by_asset[it.asset_id].append(it)
    votes = votes_of(catalog, [*held, *(it for it in among if it.asset_id not in by_asset)])
    if votes is None:
        return {}
    probabilities = _probabilities(catalog, model, votes, unseen=unseen)
    if probabilities is None:
        return {}
    posteriors = crowdlab(votes.answers, probabilities).posterior
    row = {asset_id: at for at, asset_id in enumerate(votes.assets)}
    code = {name: at for at, name in enumerate(votes.names)}
    found = {}
    for asset_id, said in by_asset.items():
        best = most_frequent([it.value for it in said if it.value is not None])
        codes = [code[it.name] for it in best if isinstance(it, ClassValue) and it.name in code]
        if not codes or asset_id not in row:
            continue
        posterior = posteriors[row[asset_id]]
        chosen = max(codes, key=lambda it: (posterior[it], -it))
        found[asset_id] = Verdict(
            action=Action.LABEL,
            value=ClassValue(name=votes.names[chosen]),
            annotator=ConsensusMethod.CROWDLAB.value,
        )
    return found


def _unsettled(catalog: Catalog, asset_ids: Sequence[str]) -> list[str]:
    """The assets on which no label holds that is more than one of the opinions on them."""
    held = {
        it.asset_id: it.submission_id
        for it in catalog.records.labels.currents_of(asset_ids)
        if it.value is not None
    }
    opinions = catalog.records.opinions.among(list(held.values()))
    return [it for it in asset_ids if it not in held or held[it] in opinions]


def _probabilities(
    catalog: Catalog, model: ModelVersion, votes: Votes, *, unseen: bool
) -> NDArray[np.float64] | None:
    try:
        known = catalog.predictions.count(model.id)
    except NotFoundError:
        return None
    rows = catalog.assets.positions(list(votes.assets))
    if rows.max() >= known:
        return None
    table = catalog.predictions.probabilities_at(model.id, rows)
    if unseen and model.label_count <= MOST_REFITTED:
        judged, said = unseen_probabilities(catalog, model)
        _, ours, theirs = np.intersect1d(rows, judged, return_indices=True)
        table[ours] = said[theirs]
    reading = catalog.records.ontologies.reading()
    table = reading.probabilities(table, model.classes, reading.made_under(model))
    return np.asarray(table, dtype=np.float64)
