"""What a model of sets, numbers, boxes or spans does worst: weak classes and slices."""

from __future__ import annotations

import numpy as np

from querist.catalog import Catalog
from querist.diagnostics import WeakClass, loss_slices, weak_classes
from querist.errors import NotFoundError
from querist.loop import snapshot, value_training
from querist.loop.columns import Columns, columns_of, split_columns, with_examples
from querist.loop.headline import measure_of_assets
from querist.loop.remedy_reports import remedy_report
from querist.loop.snapshot import Positions, Snapshot
from querist.loop.value_comparing import hits_of, quality_of
from querist.schema import (
    Arm,
    Batch,
    Finding,
    ModelVersion,
    Ontology,
    Round,
    TaskKind,
    Value,
    percent,
)

_MOST_ASSETS = 50
_STREAM = 61


def diagnose_values(catalog: Catalog, round_: Round) -> tuple[Finding, ...]:
    """What an earlier remedy did, then weak classes and slices, the most to gain first.

    On labels that chance drew and no model learned: the audit set and the control arm.
    """
    ontology = catalog.records.ontologies.current()
    if round_.model_id is None:
        return ()
    seen = snapshot.take(catalog)
    drawn = seen.labeled & (seen.audit | (seen.control & ~seen.active)) & ~seen.checks
    rows, truth = value_training.labels_of(catalog, seen, np.flatnonzero(drawn))
    if not len(rows):
        return ()
    model = catalog.records.models.get(round_.model_id)
    said = value_training.predict(catalog, model, rows)
    found = [
        *_weak(ontology, truth, said, [seen.ids[at] for at in rows.tolist()]),
        *_slices(catalog, round_, model, seen, rows, quality_of(ontology, truth, said)),
    ]
    found.sort(key=lambda one: -one.severity)
    return (*remedy_report(catalog, round_), *found)


def _weak(
    ontology: Ontology, truth: list[Value], said: list[Value], ids: list[str]
) -> list[Finding]:
    if ontology.task is TaskKind.REGRESSION:
        return []
    hits = hits_of(ontology, truth, said)
    names = ontology.names
    return [_finding(weak, hits, names, ids) for weak in weak_classes(hits, names)]


def _slices(
    catalog: Catalog,
    round_: Round,
    model: ModelVersion,
    seen: Snapshot,
    rows: Positions,
    quality: np.ndarray,
) -> list[Finding]:
    trained = seen.training(Arm.ACTIVE)
    ids = [seen.ids[at] for at in rows.tolist()]
    rng = np.random.default_rng([catalog.settings.policy.seed, round_.number, _STREAM])
    try:
        vectors = catalog.embeddings.matrix(model.encoder)[np.concatenate([rows, trained])]
    except NotFoundError:  # an asset without a vector: of a model elsewhere, or just added
        return []
    whose = [*ids, *(seen.ids[at] for at in trained.tolist())]
    columns: Columns = columns_of(catalog, whose, vectors, rng)
    own, theirs = split_columns(columns, len(ids))
    measure = measure_of_assets(catalog.settings.task)
    found = loss_slices(1 - quality, ids, own, theirs, measure=measure)
    return [with_examples(one, columns, model.encoder) for one in found]


def _finding(
    weak: WeakClass, hits: np.ndarray, classes: tuple[str, ...], ids: list[str]
) -> Finding:
    right, there, said = np.split(hits, 3, axis=1)
    recall = weak.measure == "recall"
    whole = there if recall else said
    misses = whole[:, weak.code] - right[:, weak.code]
    worst = np.argsort(-misses, kind="stable")[: min(int((misses > 0).sum()), _MOST_ASSETS)]
    members = tuple(ids[at] for at in np.flatnonzero(whole[:, weak.code]).tolist())
    name = classes[weak.code]
    share, rest = percent(weak.value, 0), percent(weak.rest, 0)
    told = (
        f"finds {share} of {name}, {rest} of the other classes"
        if recall
        else f"is right in {share} of what it calls {name}, {rest} elsewhere"
    )
    remedy = (
        f"Label more assets with {name}: some like these, and some that the model doubts."
        if recall
        else f"Look at what is taken for {name}, and say in its description what is none."
    )
    return Finding(
        kind="weak_class",
        title=f"The model {told}.",
        evidence={
            "class": name,
            "measure": weak.measure,
            "value": weak.value,
            "low": weak.low,
            "high": weak.high,
            "rest": weak.rest,
            "count": weak.count,
            "assets": weak.assets,
        },
        remedy=remedy,
        asset_ids=tuple(ids[at] for at in worst.tolist()),
        batch=_more_like(members) if recall else None,
        severity=100 * (weak.rest - weak.value) * weak.count / max(float(whole.sum()), 1.0),
        members=members,
    )


def _more_like(members: tuple[str, ...]) -> Batch:
    """Half of it like every second asset of a class: the others measure whether that helped."""
    return Batch(parts={"similar": 0.5, "uncertainty": 0.5}, examples=members[::2])
