"""Fetch the arrays a diagnosis needs and hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.diagnostics import (
    ConfusionCell,
    Learned,
    Sample,
    alike,
    confusions,
    diagnose,
    disputed_classes,
    error_types,
    merge_advice,
    middles,
    slice_findings,
)
from querist.loop import snapshot, training
from querist.loop.remedies import remedy_report
from querist.loop.snapshot import Snapshot
from querist.loop.value_diagnosing import diagnose_values
from querist.schema import Arm, ClassValue, Finding, ModelVersion, Round
from querist.strategies.clusters import assign

# The column of the example that an asset is more like than any other: groups of alike assets.
MOST_LIKE = "the most similar example"
# Models before the newest that tell whether errors last.
EARLIER = 2
_STREAM = 60


def diagnose_round(catalog: Catalog, round_: Round) -> tuple[Finding, ...]:
    """What the round's active model gets wrong, why, and what to do about it.

    First whether an earlier remedy helped, then the error types, classes to merge and slices, then
    the rest. Of sets, boxes and spans only the weak classes are told. Label errors are not looked
    for among the training labels: these were chosen because the model doubted them, and confident
    learning takes such doubt for errors (a tenth of the true labels of Fashion-MNIST).
    """
    assert round_.model_id is not None
    if not training.classifies(catalog):
        return diagnose_values(catalog, round_)
    model = catalog.records.models.get(round_.model_id)
    seen = snapshot.take(catalog)
    rows = seen.audited()
    if not len(rows):
        return ()
    names = catalog.records.ontologies.current().names
    counts = np.bincount(seen.codes[seen.training(Arm.ACTIVE)], minlength=len(names))
    rng = np.random.default_rng([catalog.settings.policy.seed, round_.number, _STREAM])
    sample = replace(_sample(catalog, seen, model), earlier=_earlier(catalog, seen, round_))
    learned = _learned(catalog, seen, model)
    causes = error_types(sample, learned, counts=counts, rng=rng)
    types = disputed_classes(sample, *_opinions(catalog, names), causes)
    merges = merge_advice(sample, rng)
    columns = _columns(catalog, sample, learned, rng)
    size = len(sample.ids)
    slices = slice_findings(
        sample,
        {name: values[:size] for name, values in columns.items()},
        learned,
        {name: values[size:] for name, values in columns.items()},
        types,
    )
    found = diagnose(
        truth=seen.codes[rows],
        probabilities=training.predict(catalog, model, rows),
        classes=names,
        asset_ids=[seen.ids[i] for i in rows],
        train_counts=counts,
        causes=(*types, *merges, *slices),
    )
    examples = sorted({str(name) for name in columns[MOST_LIKE].tolist()})
    told = (_with_examples(one, examples, model.encoder) for one in found)
    return (*remedy_report(catalog, round_), *told)


def round_confusions(catalog: Catalog, round_: Round) -> list[ConfusionCell]:
    """What the round's active model takes for what, on labels that chance drew; none without one.

    Labels are those of now, so that a mended label leaves its cell.
    """
    if round_.model_id is None or not training.classifies(catalog):
        return []
    model = catalog.records.models.get(round_.model_id)
    return confusions(_sample(catalog, snapshot.take(catalog), model))


def _sample(catalog: Catalog, seen: Snapshot, model: ModelVersion) -> Sample:
    """Labels that chance drew and the active model did not learn: of audit and control."""
    rows = np.setdiff1d(np.flatnonzero(seen.labeled), seen.training(Arm.ACTIVE))
    return Sample.of(
        seen.codes[rows],
        training.predict(catalog, model, rows),
        catalog.records.ontologies.current().names,
        [seen.ids[i] for i in rows.tolist()],
        embeddings=catalog.embeddings.matrix(model.encoder)[rows],
    )


def _earlier(catalog: Catalog, seen: Snapshot, round_: Round) -> NDArray[np.int64]:
    """What the active models of earlier rounds say of the sample, as classes (R, n) of now."""
    rows = np.setdiff1d(np.flatnonzero(seen.labeled), seen.training(Arm.ACTIVE))
    ids = [one.model_id for one in catalog.records.rounds.list() if one.number < round_.number]
    # A round that spared its training keeps the model of the one before: that is asked once.
    known = [it for it in dict.fromkeys(ids) if it is not None and it != round_.model_id]
    said = [
        training.predict(catalog, catalog.records.models.get(it), rows).argmax(axis=1)
        for it in known[-EARLIER:]
    ]
    return np.array(said, dtype=np.int64).reshape(len(said), len(rows))


def _learned(catalog: Catalog, seen: Snapshot, model: ModelVersion) -> Learned:
    rows = seen.training(Arm.ACTIVE)
    return Learned.of(
        seen.codes[rows],
        catalog.embeddings.matrix(model.encoder)[rows],
        [seen.ids[i] for i in rows.tolist()],
    )


def _opinions(catalog: Catalog, names: Sequence[str]) -> tuple[list[str], list[int]]:
    """What annotators say of assets that several were asked about: assets and classes (k,)."""
    reading = catalog.records.ontologies.reading()
    code_of = {name: code for code, name in enumerate(names)}
    assets, codes = [], []
    for one in catalog.records.opinions.standing():
        said = one.value.name if isinstance(one.value, ClassValue) else None
        name = None if said is None else reading.name(said, one.ontology_version)
        if name in code_of:
            assets.append(one.asset_id)
            codes.append(code_of[name])
    return assets, codes


def _columns(
    catalog: Catalog, sample: Sample, learned: Learned, rng: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    """What is known of the rows of both, by name: metadata, and the example each is most like."""
    assets = catalog.assets.get_many([*sample.ids, *learned.ids])
    # The known labels must not explain anything: people would not have them.
    names = sorted({name for asset in assets for name in asset.metadata} - {_oracle(catalog)})
    found = {name: _column([asset.metadata.get(name) for asset in assets]) for name in names}
    assert sample.embeddings is not None
    vectors = np.concatenate([sample.embeddings, learned.embeddings])
    examples = sorted(middles(vectors, alike(vectors, rng)).tolist(), key=lambda i: assets[i].id)
    ids = np.array([assets[i].id for i in examples])
    return {**found, MOST_LIKE: ids[assign(vectors, vectors[examples])]}


def _with_examples(finding: Finding, examples: Sequence[str], encoder: str) -> Finding:
    """A slice of alike assets with all that tells whether another asset belongs to it."""
    columns = [one["column"] for one in finding.evidence.get("where", ())]
    if MOST_LIKE not in columns:
        return finding
    evidence = {**finding.evidence, "examples": list(examples), "encoder": encoder}
    return replace(finding, evidence=evidence)


def _oracle(catalog: Catalog) -> str:
    return catalog.settings.oracle_column or ""


def _column(values: list[Any]) -> NDArray[np.generic]:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) for value in known):
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array(["" if value is None else str(value) for value in values])
