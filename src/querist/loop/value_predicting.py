"""What models of sets, boxes and spans say of the pool, and how likely each of it is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.autolabel import UNKNOWN, Claims, difficulty, fit_risk
from querist.catalog import Catalog, inputs_of, value_learner
from querist.catalog.value_predictions import Said, ValueTable
from querist.catalog.value_ratings import ValueRatings
from querist.engine.base import Progress, silent
from querist.errors import InvalidInputError
from querist.learners import Guesses, ValueLearner
from querist.learners.imported import IMPORTED
from querist.loop import snapshot, value_training
from querist.loop.snapshot import Positions, Snapshot
from querist.metrics import BELIEVED
from querist.schema import Arm, ModelVersion, TaskKind, Value

# With fewer labels held out, sets that trained the model are judged out of fold as well.
_ENOUGH = 100
# Beyond this the refits of the folds would take minutes.
_MOST_REFITTED = 20_000
_FOLDS = 5
_STREAM, _FOLD_STREAM = 22, 23


def predict_pool(
    catalog: Catalog,
    model: ModelVersion,
    learner: ValueLearner,
    progress: Progress = silent,
) -> None:
    """Let a model speak of all assets, and keep what it says and how likely that is wrong."""
    claims: list[Claims | None] = []

    def parts() -> Iterator[Guesses]:
        count = len(catalog.embeddings.matrix(model.encoder))
        size = value_training.PART[catalog.settings.media]
        for start in range(0, count, size):
            progress(start, count, "Predicting the pool")
            rows = np.arange(start, min(start + size, count))
            said = learner.predict(inputs_of(catalog, model.encoder, rows))
            claims.append(Claims.of(said, model.classes))
            yield said

    catalog.value_predictions.put(model.id, model.classes, parts())
    told = [it for it in claims if it is not None]
    if len(told) == len(claims):
        rate(catalog, model, Claims.joined(told))


def signals(catalog: Catalog, model_id: str, *, at_least: int) -> ValueTable:
    """What a model says of n ≥ ``at_least`` assets; those added since are predicted.

    A model elsewhere has said nothing of these: it is as unsure of them as of any asset.
    """
    known = catalog.value_predictions.count(model_id)
    if known < at_least:
        model = catalog.records.models.get(model_id)
        if model.learner == IMPORTED:
            keep_import(catalog, model, *_kept(catalog, model, known))
        else:
            predict_pool(catalog, model, value_training.load(catalog, model))
    return catalog.value_predictions.table(model_id)


def keep_import(catalog: Catalog, model: ModelVersion, rows: Positions, said: Guesses) -> None:
    """Keep what a model elsewhere says of the assets at ``rows``; of the others it says nothing.

    Args:
        catalog: The catalog.
        model: The model version.
        rows: Positions (n,), ascending, at least one.
        said: What it says of these.
    """
    count = catalog.assets.count()
    values: list[Value | None] = [None] * count
    for at, value in zip(rows.tolist(), said.values, strict=True):
        values[at] = value
    doubt = np.full(count, said.uncertainty.max(), dtype=np.float32)
    doubt[rows] = said.uncertainty
    chances = None
    if said.probabilities is not None:
        chances = np.tile(said.probabilities.mean(axis=0), (count, 1)).astype(np.float32)
        chances[rows] = said.probabilities
    whole = Said(values=values, uncertainty=doubt, probabilities=chances)
    catalog.value_predictions.put(model.id, model.classes, [whole])
    claims = Claims.of(said, model.classes)
    if claims is not None:
        rate(catalog, model, claims.spread(rows, count), told=rows)


def _kept(catalog: Catalog, model: ModelVersion, known: int) -> tuple[Positions, Guesses]:
    """The assets that an import told of, and what it said of them."""
    table = catalog.value_predictions.table(model.id)
    found = catalog.value_predictions.values(model.id, range(known))
    rows = np.array([at for at, it in enumerate(found) if it is not None], dtype=np.int64)
    return rows, Guesses(
        values=[it for it in found if it is not None],
        uncertainty=np.array(table.uncertainty[rows]),
        probabilities=None if table.probabilities is None else np.array(table.probabilities[rows]),
    )


def rate(
    catalog: Catalog, model: ModelVersion, claims: Claims, *, told: Positions | None = None
) -> None:
    """Keep how likely each label and object is wrong, where enough labels can tell.

    Calibrated on labels that the model has not learned: the audit set, the control arm and checks
    of auto-labels, and of sets, where these are few, also out of fold on those that trained it.

    Args:
        catalog: The catalog.
        model: The model; what it says of the pool is stored.
        claims: How sure it claims to be of the pool, in catalog order.
        told: Positions that it says something of; all by default.
    """
    rows = np.arange(len(claims.doubt)) if told is None else told
    seen = snapshot.take(
        catalog, label_seq=model.label_seq, ontology_version=model.ontology_version
    )
    held_out = _held_out(catalog, model, seen, claims, rows)
    known = held_out
    if len(held_out.rows) < _ENOUGH and catalog.settings.task is TaskKind.MULTI_LABEL:
        known = _Judged.joined([held_out, *_out_of_fold(catalog, model, seen)])
    rng = np.random.default_rng([model.seed, model.label_seq, _STREAM])
    fitted = fit_risk(known.claims, known.said, known.truth, rng)
    if fitted is None:
        return
    risk, left_out = fitted
    errors, objects = risk.of_assets(claims), risk.of_objects(claims)
    errors[held_out.rows] = left_out[: len(held_out.rows)]
    words = np.full(len(objects), UNKNOWN, dtype=np.int8)
    answer = objects <= BELIEVED
    words[answer] = difficulty(objects[answer])
    before = _before(catalog, model, len(claims.doubt))
    grades = np.full(len(errors), UNKNOWN, dtype=np.int8)
    grades[rows] = difficulty(errors[rows], before=before[rows])
    blank = np.full(len(errors), np.nan, dtype=np.float32)
    blank[rows] = errors[rows]
    named_counts, named = claims.answered(answer)
    ratings = ValueRatings(
        error=blank,
        difficulty=grades,
        counts=claims.counts,
        object_error=objects.astype(np.float32),
        object_difficulty=words,
        named_counts=named_counts,
        named=named,
    )
    catalog.value_ratings.put(model.id, ratings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Rows of the pool, what was said of each unseen, its label, and the claims in that."""

    rows: Positions
    said: Sequence[Value]
    truth: Sequence[Value]
    claims: Claims

    @classmethod
    def joined(cls, parts: Sequence[_Judged]) -> _Judged:
        return cls(
            rows=np.concatenate([it.rows for it in parts]),
            said=[value for it in parts for value in it.said],
            truth=[value for it in parts for value in it.truth],
            claims=Claims.joined([it.claims for it in parts]),
        )


def _held_out(
    catalog: Catalog, model: ModelVersion, seen: Snapshot, claims: Claims, told: Positions
) -> _Judged:
    """The labels that the model has not learned."""
    known = np.intersect1d(np.flatnonzero(seen.labeled), told)
    rows, truth = value_training.labels_of(
        catalog,
        seen,
        np.setdiff1d(known, seen.training(Arm.ACTIVE)),
        ontology_version=model.ontology_version,
    )
    found = catalog.value_predictions.values(model.id, rows.tolist())
    return _Judged(
        rows=rows,
        said=[it for it in found if it is not None],
        truth=truth,
        claims=claims.rows(np.isin(np.arange(len(claims.doubt)), rows)),
    )


def _out_of_fold(catalog: Catalog, model: ModelVersion, seen: Snapshot) -> Iterator[_Judged]:
    """The labels that trained the model, judged by models that have not learned them."""
    trained = seen.training(Arm.ACTIVE)
    # A model elsewhere cannot be fitted again without the labels that it has seen.
    if model.learner == IMPORTED or not _FOLDS < len(trained) <= _MOST_REFITTED:
        return
    rows, truth = value_training.labels_of(
        catalog, seen, trained, ontology_version=model.ontology_version
    )
    rng = np.random.default_rng([model.seed, model.label_seq, _FOLD_STREAM])
    fold = rng.permutation(len(rows)) % _FOLDS
    for held in range(_FOLDS):
        learner = value_learner(catalog, model.learner, model.parameters)
        rest, mine = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        known = [truth[at] for at in rest.tolist()]
        try:
            inputs = inputs_of(catalog, model.encoder, rows[rest])
            learner.fit(inputs, known, classes=model.classes, rng=rng)
        except InvalidInputError:  # too few labels to train without these
            continue
        said = learner.predict(inputs_of(catalog, model.encoder, rows[mine]))
        claims = Claims.of(said, model.classes)
        if claims is not None:
            right = [truth[at] for at in mine.tolist()]
            yield _Judged(rows=rows[mine], said=said.values, truth=right, claims=claims)


def _before(catalog: Catalog, model: ModelVersion, count: int) -> NDArray[np.int8]:
    """The words (n,) that the model before gave."""
    earlier = [it for it in catalog.records.models.list(arm=Arm.ACTIVE) if it.id != model.id]
    found = catalog.value_ratings.get(earlier[-1].id) if earlier else None
    words = np.full(count, UNKNOWN, dtype=np.int8)
    if found is not None:
        held = found.difficulty[:count]
        words[: len(held)] = held
    return words
