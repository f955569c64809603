"""Fetch the arrays a diagnosis needs and hand them over."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.diagnostics import (
    ConfusionCell,
    Learned,
    Sample,
    confusions,
    diagnose,
    disputed_classes,
    error_types,
    lasting_disputes,
    merge_advice,
    slice_findings,
)
from querist.loop import snapshot, training
from querist.loop.columns import columns_of, split_columns, with_examples
from querist.loop.later_voices import later_voices
from querist.loop.remeasuring import GONE
from querist.loop.remedy_reports import remedy_report
from querist.loop.snapshot import Snapshot
from querist.loop.value_diagnosing import diagnose_values
from querist.schema import Arm, ClassValue, Finding, ModelVersion, Round

# Models before the newest that tell whether errors last.
EARLIER = 2
_STREAM = 60


def diagnose_round(catalog: Catalog, round_: Round) -> tuple[Finding, ...]:
    """What the round's active model gets wrong, why, and what to do about it.

    First whether an earlier remedy helped, then the error types, classes to merge and slices, then
    the rest. Of labels that are no single class weak classes and slices are told. Label errors are
    not looked for among the training labels: these were chosen because the model doubted them, and
    confident learning takes such doubt for errors (a tenth of the true labels of Fashion-MNIST).
    """
    assert round_.model_id is not None
    if not training.classifies(catalog):
        return diagnose_values(catalog, round_)
    model = catalog.records.models.get(round_.model_id)
    seen = snapshot.take(catalog)
    if not len(seen.audited()):
        return ()
    names = catalog.records.ontologies.current().names
    counts = np.bincount(seen.codes[seen.training(Arm.ACTIVE)], minlength=len(names))
    rng = np.random.default_rng([catalog.settings.policy.seed, round_.number, _STREAM])
    sample = replace(_sample(catalog, seen, model), earlier=_earlier(catalog, seen, round_))
    learned = _learned(catalog, seen, model)
    causes = error_types(sample, learned, counts=counts, rng=rng)
    disputed = disputed_classes(sample, *_opinions(catalog, names), causes)
    types = lasting_disputes(sample, *later_voices(catalog, names), disputed)
    merges = merge_advice(sample, rng)
    assert sample.embeddings is not None
    vectors = np.concatenate([sample.embeddings, learned.embeddings])
    columns = columns_of(catalog, [*sample.ids, *learned.ids], vectors, rng)
    own, theirs = split_columns(columns, len(sample.ids))
    slices = slice_findings(sample, own, learned, theirs, types)
    found = diagnose(
        truth=sample.truth,
        probabilities=sample.probabilities,
        classes=names,
        asset_ids=sample.ids,
        train_counts=counts,
        causes=(*types, *merges, *slices),
    )
    told = (with_examples(one, columns, model.encoder) for one in found)
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
    rows = seen.by_chance()
    return Sample.of(
        seen.codes[rows],
        training.predict(catalog, model, rows),
        catalog.records.ontologies.current().names,
        [seen.ids[i] for i in rows.tolist()],
        embeddings=catalog.embeddings.matrix(model.encoder)[rows],
    )


def _earlier(catalog: Catalog, seen: Snapshot, round_: Round) -> NDArray[np.int64]:
    """What the active models of earlier rounds say of the sample, as classes (R, n) of now."""
    rows = seen.by_chance()
    ids = [one.model_id for one in catalog.records.rounds.list() if one.number < round_.number]
    # A round that spared its training keeps the model of the one before: that is asked once.
    known = [it for it in dict.fromkeys(ids) if it is not None and it != round_.model_id]
    said = []
    for it in known[-EARLIER:]:
        # What a model said that is gone is known only of assets that it was asked about before.
        with contextlib.suppress(*GONE):
            table = training.predict(catalog, catalog.records.models.get(it), rows)
            said.append(table.argmax(axis=1))
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
