"""Measure a model on the audit set, which no model ever trains on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, classifiers, disputed
from querist.errors import InvalidInputError
from querist.labeling import KnownLabels
from querist.labeling.known_labels import REMEDY
from querist.loop import snapshot, training, value_training
from querist.loop.budget import LabelCost, given_labels
from querist.loop.curve import Curve, curve, sentence
from querist.loop.headline import estimate, headline_of
from querist.loop.intake import open_encoder
from querist.loop.measuring import of_probabilities, of_values
from querist.loop.selecting import drawn_from
from querist.loop.snapshot import Snapshot
from querist.loop.value_comparing import hits_of
from querist.metrics import SavingMeasure, lure_accuracy, macro_f1, wilson
from querist.metrics.shares import share_of_counts
from querist.schema import Arm, Estimate, Evaluation, ModelVersion, Ontology, Round, TaskKind, Value
from querist.schema.measure import Measure, called
from querist.schema.wording import counted

# The stream of random numbers of the bootstrap.
_STREAM = 41


def evaluate(
    catalog: Catalog, model: ModelVersion, seen: Snapshot | None = None
) -> Evaluation | None:
    """The headline of the task and more with 95 % intervals; ``None`` without audit labels.

    ``None`` too where the headline is not defined on them, as R² of numbers that are all the same.

    Args:
        catalog: The catalog.
        model: The model.
        seen: The labels to measure it on; those of now by default.
    """
    seen = seen or snapshot.take(catalog)
    rows = snapshot.measures(catalog, seen, model)
    if not len(rows):
        return None
    if not training.classifies(catalog):
        return _of_values(catalog, model, seen, rows)
    truth = seen.codes[rows]
    table = training.predict(catalog, model, rows)
    predicted = table.argmax(axis=1)
    right = truth == predicted
    rng = np.random.default_rng([catalog.settings.policy.seed, model.label_seq, _STREAM])
    names = catalog.records.ontologies.current().names
    per_class = {
        name: proportion(right[truth == code])
        for code, name in enumerate(names)
        if (truth == code).any()
    }
    return Evaluation(
        arm=model.arm,
        model_id=model.id,
        labels=model.label_count,
        accuracy=proportion(right),
        macro_f1=float(macro_f1(truth, predicted)),
        per_class=per_class,
        measures=of_probabilities(truth, table, rng),
        before=before_training(catalog, model),
        audit_digest=training.labels_digest(
            [seen.ids[i] for i in rows.tolist()], np.array(names)[truth]
        ),
    )


def _of_values(
    catalog: Catalog, model: ModelVersion, seen: Snapshot, audited: snapshot.Positions
) -> Evaluation | None:
    rows, truth = value_training.labels_of(catalog, seen, audited)
    ontology = catalog.records.ontologies.current()
    headline = headline_of(ontology.task)
    if not len(rows):
        return None
    said = value_training.predict(catalog, model, rows)
    rng = np.random.default_rng([catalog.settings.policy.seed, model.label_seq, _STREAM])
    measures = of_values(ontology, truth, said, rng)
    found = estimate(measures, headline)
    if found is None:
        return None
    return Evaluation(
        arm=model.arm,
        model_id=model.id,
        labels=model.label_count,
        accuracy=found,
        macro_f1=measures["macro_f1"].value if "macro_f1" in measures else None,
        per_class=_recalls(ontology, truth, said),
        measures=measures,
        headline=headline,
        audit_digest=value_training.digest_of(seen, rows, truth),
    )


def curve_of(catalog: Catalog, rounds: Sequence[Round], cost: LabelCost, seen: Snapshot) -> Curve:
    """The learning curve of rounds that all speak of the classes of now."""
    headline = headline_of(catalog.settings.task)
    return curve(rounds, cost, headline, given=given_labels(catalog, seen))


def state(
    catalog: Catalog,
    found: Curve,
    labeled: int,
    saved: SavingMeasure | None = None,
    *,
    seen: Snapshot,
) -> str:
    """The state of the project in plain words, see ``curve.sentence``; why there is no curve."""
    if found.active:
        return sentence(found, labeled, saved, missing=_missing(catalog, seen))
    return f"{counted(labeled, 'label')}. {unmeasured(catalog)}"


def _missing(catalog: Catalog, seen: Snapshot) -> str:
    """How many members of the audit set measure nothing though they were answered, and why."""
    later = int(np.count_nonzero(seen.labeled & seen.measuring & seen.out_of_turn))
    again = len(seen.audit_asked_again())
    open_ = np.flatnonzero(seen.measuring & ~seen.answered & ~seen.passed & ~seen.undecided)
    tied = len(disputed(catalog, [seen.ids[i] for i in open_.tolist()]))
    told = {
        f"{counted(later, 'more counts', 'more count')} once those before them are answered": later,
        f"{counted(again, 'more is', 'more are')} asked again since classes changed": again,
        f"{counted(tied, 'more is', 'more are')} in dispute, likely hard ones": tied,
    }
    return "".join(f"; {words}" for words, count in told.items() if count)


def unmeasured(catalog: Catalog) -> str:
    """Why no model has been measured, in one sentence; of equal numbers what can be told."""
    seen, model = snapshot.take(catalog), catalog.records.models.latest(Arm.ACTIVE)
    if without_audit(catalog, seen):
        unset = not catalog.settings.policy.audit_size
        why = "as audit_size is 0" if unset else "as none was with the first round"
        return f"No audit set is drawn, {why}, so that no model is measured."
    rows = seen.audited()
    truth: list[Value] = []
    if catalog.settings.task is TaskKind.REGRESSION:
        rows, truth = value_training.labels_of(catalog, seen, rows)
    if model is None or not truth or len(set(truth)) > 1:
        return "No model has been measured on the audit set yet."
    rng = np.random.default_rng([catalog.settings.policy.seed, model.label_seq, _STREAM])
    said = value_training.predict(catalog, model, rows)
    measures = of_values(catalog.records.ontologies.current(), truth, said, rng)
    return (
        f"{called('r2')} is not defined where all numbers of the audit set are the same: "
        f"MAE {measures['mae'].value:.3g}, RMSE {measures['rmse'].value:.3g}, "
        f"audit of {len(truth):,}."
    )


def without_audit(catalog: Catalog, seen: Snapshot) -> bool:
    """Whether no audit set was drawn, nor will one be from the assets that are there."""
    drawn = any(it.plan is not None for it in catalog.records.rounds.list())
    return not seen.audit.any() and (drawn or not catalog.settings.policy.audit_size)


def audit_remedy(catalog: Catalog) -> str:
    """What to do where no audit label is there: whether there is an audit set decides."""
    seen, rounds = snapshot.take(catalog), catalog.records.rounds.list()
    if seen.audit.any():
        return "Answer the tasks of the audit set; a part of them comes with every round."
    if not rounds:
        unset = not catalog.settings.policy.audit_size
        first = "Set audit_size under [policy] above 0, then start" if unset else "Start"
        return f"{first} a round (querist next): the audit set is drawn with the first."
    return (
        "This project has no audit set, and none is drawn among assets that may have trained a "
        "model: begin a project with audit_size above 0 under [policy], and at least five assets, "
        "to measure models."
    )


def _recalls(ontology: Ontology, truth: list[Value], said: list[Value]) -> dict[str, Estimate]:
    """Of what there is of each class the share that the model says too; nothing of numbers."""
    if ontology.task is TaskKind.REGRESSION:
        return {}
    right, there, _ = np.split(hits_of(ontology, truth, said), 3, axis=1)
    found = {}
    for code, name in enumerate(ontology.names):
        if there[:, code].any():
            share = share_of_counts(right[:, code], there[:, code])
            found[name] = Estimate(
                value=share.value, low=share.low, high=share.high, count=share.count
            )
    return found


def before_training(catalog: Catalog, model: ModelVersion) -> Measure | None:
    """How right the model that chose a batch was on its candidates, from the batch's labels.

    LURE (Farquhar, Gal and Rainforth, 2021) needs the chance of every draw, which strategies that
    draw tell: ``random``, and ``power-margin`` with an ``even_share`` from 0.25 on. Assets that
    nobody could label leave nothing to measure: a batch that holds one has no estimate, nor has a
    batch of one.

    Args:
        catalog: The catalog.
        model: The active model that was trained on the batch.
    """
    if model.arm is not Arm.ACTIVE or model.round is None:
        return None
    round_ = catalog.records.rounds.get(model.round)
    drawn = catalog.records.rounds.selected(round=model.round, arm=Arm.ACTIVE)
    chances = [row.draw_chance for row in drawn if row.draw_chance is not None]
    if round_.plan is None or round_.plan.model_id is None or len(drawn) < 2:
        return None
    if len(chances) < len(drawn):
        return None
    seen = snapshot.take(catalog)
    rows = catalog.assets.positions([row.asset_id for row in drawn])
    if not seen.labeled[rows].all():
        return None
    chooser = catalog.records.models.get(round_.plan.model_id)
    right = training.predict(catalog, chooser, rows).argmax(axis=1) == seen.codes[rows]
    return lure_accuracy(right, chances, len(drawn_from(catalog, round_.number, round_.plan)))


def proportion(right: NDArray[np.bool_]) -> Estimate:
    """Share of ``True`` with its 95 % Wilson interval."""
    low, high = wilson(int(right.sum()), len(right))
    return Estimate(value=float(right.mean()), low=low, high=high, count=len(right))


def ceiling(catalog: Catalog) -> Evaluation | None:
    """What a model trained on every known label outside the audit set would reach on it.

    Only of single classes, and where ``oracle_column`` names known labels (demos, simulations);
    ``None`` elsewhere. Known labels of a retired class are left out, as everywhere.

    Raises:
        InvalidInputError: a class of known labels was split, so that they are not all known.
    """
    seen = snapshot.take(catalog)
    audit = seen.audited()
    if catalog.settings.oracle_column is None or not len(audit) or not training.classifies(catalog):
        return None
    names = catalog.records.ontologies.current().names
    known, said = KnownLabels(catalog).codes()
    split = next((one for one in said if one.split), None)
    if split is not None:
        raise InvalidInputError(split.reason, remedy=REMEDY)
    rows = np.flatnonzero((known >= 0) & ~seen.audit)
    wanted, encoder = catalog.settings.learner, open_encoder(catalog).identity.key
    kind = classifiers(catalog, wanted.name, wanted.parameters, encoder)
    learner = kind.make()
    rng = np.random.default_rng([catalog.settings.policy.seed, 40])
    learner.fit(kind.rows[rows], known[rows], class_count=len(names), rng=rng)
    predicted = learner.predict_proba(kind.rows[audit]).argmax(axis=1)
    truth = seen.codes[audit]
    return Evaluation(
        arm=Arm.ACTIVE,
        model_id="all-known-labels",
        labels=len(rows),
        accuracy=proportion(truth == predicted),
        macro_f1=float(macro_f1(truth, predicted)),
    )


def wrong_on_audit(catalog: Catalog) -> list[tuple[str, str, str]]:
    """What the newest active model gets wrong on the audit set, the surest mistake first.

    Nothing where a label is no single class.

    Returns:
        Triples of asset id, the true class, and the class the model says.
    """
    model = catalog.records.models.latest(Arm.ACTIVE)
    seen = snapshot.take(catalog)
    rows = seen.audited()
    if model is None or not len(rows) or not training.classifies(catalog):
        return []
    table = training.predict(catalog, model, rows)
    said = table.argmax(axis=1)
    order = np.argsort(-table.max(axis=1), kind="stable")
    names = catalog.records.ontologies.current().names
    return [
        (seen.ids[rows[i]], names[seen.codes[rows[i]]], names[said[i]])
        for i in order
        if said[i] != seen.codes[rows[i]]
    ]
