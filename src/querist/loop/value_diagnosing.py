"""What a model of sets, boxes or spans does worst: its weak classes, as findings."""

from __future__ import annotations

import numpy as np

from querist.catalog import Catalog
from querist.diagnostics import WeakClass, weak_classes
from querist.loop import snapshot, value_training
from querist.loop.value_comparing import hits_of
from querist.schema import Finding, Round, TaskKind

_TOLD = (TaskKind.MULTI_LABEL, TaskKind.BOXES, TaskKind.SPANS)
_MOST_ASSETS = 50


def diagnose_values(catalog: Catalog, round_: Round) -> tuple[Finding, ...]:
    """Classes that the round's active model surely does worse than the others, the weakest first.

    On labels that chance drew and no model learned: the audit set and the control arm.
    """
    ontology = catalog.records.ontologies.current()
    if ontology.task not in _TOLD or round_.model_id is None:
        return ()
    seen = snapshot.take(catalog)
    drawn = seen.labeled & (seen.audit | (seen.control & ~seen.active)) & ~seen.checks
    rows, truth = value_training.labels_of(catalog, seen, np.flatnonzero(drawn))
    if not len(rows):
        return ()
    model = catalog.records.models.get(round_.model_id)
    hits = hits_of(ontology, truth, value_training.predict(catalog, model, rows))
    ids = [seen.ids[at] for at in rows.tolist()]
    return tuple(
        _finding(weak, hits, ontology.names, ids) for weak in weak_classes(hits, ontology.names)
    )


def _finding(
    weak: WeakClass, hits: np.ndarray, classes: tuple[str, ...], ids: list[str]
) -> Finding:
    right, there, said = np.split(hits, 3, axis=1)
    recall = weak.measure == "recall"
    whole = there if recall else said
    misses = whole[:, weak.code] - right[:, weak.code]
    worst = np.argsort(-misses, kind="stable")[: min(int((misses > 0).sum()), _MOST_ASSETS)]
    name = classes[weak.code]
    told = (
        f"finds {weak.value:.0%} of {name!r}, {weak.rest:.0%} of the other classes"
        if recall
        else f"is right in {weak.value:.0%} of what it calls {name!r}, {weak.rest:.0%} elsewhere"
    )
    remedy = (
        f"Label more assets with {name!r}: start with those the model doubts (querist next)."
        if recall
        else f"Look at what is taken for {name!r}, and say in its description what is none."
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
        severity=100 * (weak.rest - weak.value) * weak.count / max(float(whole.sum()), 1.0),
        members=tuple(ids[at] for at in np.flatnonzero(whole[:, weak.code]).tolist()),
    )
