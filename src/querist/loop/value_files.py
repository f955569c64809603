"""Sets, numbers, boxes and spans that a model elsewhere says, from files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.engine.base import Progress, reporting
from querist.errors import InvalidInputError, NotFoundError, QueristError
from querist.formats.prediction_rows import PredictionRow, holds_labels, read_prediction_rows
from querist.formats.score_tables import read_scores
from querist.labeling.values import as_value, of_body
from querist.learners import Guesses
from querist.learners.imported import IMPORTED
from querist.learners.label_sets import sets_of_chances
from querist.learners.value_base import doubt_of_shapes
from querist.loop import snapshot, value_training
from querist.loop.intake import embed, open_encoder
from querist.loop.picture_files import asset_ids
from querist.loop.value_predicting import keep_import
from querist.metrics import Shapes, confidences
from querist.schema import (
    Arm,
    Bounds,
    ClassesValue,
    ModelVersion,
    NumberValue,
    TaskKind,
    Value,
    cut_to,
    new_id,
)

# What the columns of a table of numbers may be called.
_NUMBER, _DOUBT = ("number", "label", "prediction"), "uncertainty"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a file tells: catalog positions (n,), ascending, and the guesses of these assets."""

    rows: NDArray[np.int64]
    guesses: Guesses


def import_values(
    catalog: Catalog,
    source: Any,
    *,
    name: str,
    partial: bool,
    id_column: str | None,
    progress: Progress,
) -> tuple[ModelVersion, int]:
    """Make a model version of the labels that a model elsewhere gives; arguments as above it.

    Returns:
        The model, which is the newest of the active arm, and how many assets the file tells of.
    """
    told = _read(catalog, source, id_column, progress)
    count = catalog.assets.count()
    missing = count - len(told.rows)
    if missing and not partial:
        raise InvalidInputError(
            f"The file tells of {len(told.rows):,} of {count:,} assets; {missing:,} are missing.",
            remedy="Predict them too, or allow it with --partial: nothing is suggested for them.",
            missing=missing,
        )
    embed(catalog, progress=progress)
    model = _version(catalog, name)
    progress(0, None, f"Storing what is said of {len(told.rows):,} assets")
    keep_import(catalog, model, told.rows, told.guesses)
    folder = catalog.folder / "models" / model.id
    folder.mkdir(parents=True, exist_ok=True)
    catalog.records.models.add(model)
    return model, len(told.rows)


def positions_in_file(catalog: Catalog, ids: Sequence[str]) -> NDArray[np.int64]:
    """Catalog positions (n,) of the assets that a file tells of, each once.

    Raises:
        NotFoundError: ids are no assets of the project.
        InvalidInputError: an asset comes twice.
    """
    places = catalog.assets.index().known(ids)
    strange = [ids[at] for at in np.flatnonzero(places < 0).tolist()]
    if strange:
        raise NotFoundError(
            f"{len(strange):,} ids of the file are no assets of the project, such as "
            f"{', '.join(map(repr, strange[:3]))}.",
            remedy="Leave them out, or add the assets first; nothing was imported.",
            unknown=len(strange),
        )
    if len(np.unique(places)) < len(places):
        raise InvalidInputError(
            "Two rows of the file are of the same asset.", remedy="Give each asset once."
        )
    return places


def _version(catalog: Catalog, name: str) -> ModelVersion:
    seen = snapshot.take(catalog)
    rows, values = value_training.labels_of(catalog, seen, seen.training(Arm.ACTIVE))
    ontology = catalog.records.ontologies.current()
    return ModelVersion(
        id=new_id("model"),
        arm=Arm.ACTIVE,
        round=None,
        learner=IMPORTED,
        parameters={"model": name},
        encoder=open_encoder(catalog).identity.key,
        classes=ontology.names,
        label_seq=seen.label_seq,
        label_count=len(rows),
        labels_digest=value_training.digest_of(seen, rows, values),
        seed=catalog.settings.policy.seed,
        ontology_version=ontology.version,
        fit_seconds=0.0,
        created_at=datetime.now(UTC),
    )


def _read(catalog: Catalog, source: Any, id_column: str | None, progress: Progress) -> _Told:
    task = catalog.settings.task
    if task is TaskKind.POLYGONS:
        raise InvalidInputError(
            "Predictions of polygons cannot be imported.",
            remedy="Import the labels instead: querist import FILE.",
        )
    if holds_labels(source):
        rows_read = read_prediction_rows(source, id_column=id_column, progress=progress)
        return _of_labels(catalog, rows_read, progress)
    if task in (TaskKind.BOXES, TaskKind.SPANS):
        raise InvalidInputError(
            f"Predictions of {task.value} are labels, one a row.",
            remedy="Give JSONL or Parquet with id and label, as an export has them, or COCO's "
            "results as .json; see docs/own-models.md.",
        )
    table = read_scores(
        source, arrays=("probabilities", "numbers"), id_column=id_column, progress=progress
    )
    rows = positions_in_file(catalog, table.ids)
    order = np.argsort(rows)
    values = table.values[order].astype(np.float32)
    make = _of_chances if task is TaskKind.MULTI_LABEL else _of_numbers
    return _Told(rows=rows[order], guesses=make(catalog, table.columns, values))


def _of_chances(
    catalog: Catalog, columns: Sequence[str] | None, values: NDArray[np.float32]
) -> Guesses:
    """Sets by the chance of each class; one without a column is never said."""
    ontology = catalog.records.ontologies.current()
    if columns is None and values.shape[1] != len(ontology.names):
        raise InvalidInputError(
            f"The file has {values.shape[1]} columns without names, the project "
            f"{len(ontology.names)} classes.",
            remedy="Name the columns.",
        )
    chances = np.zeros((len(values), len(ontology.names)), np.float32)
    places = [ontology.index(name) for name in columns or ontology.names]
    chances[:, places] = values
    _check_chances(chances)
    return sets_of_chances(chances, ontology.names)


def _of_numbers(_: Catalog, columns: Sequence[str] | None, values: NDArray[np.float32]) -> Guesses:
    names = list(columns or _NUMBER[:1])
    at = next((names.index(name) for name in _NUMBER if name in names), None)
    if at is None or values.shape[1] != len(names):
        raise InvalidInputError(
            f"The file has the columns {', '.join(names)}.",
            remedy=f"Call the number {_NUMBER[0]}, and how unsure it is {_DOUBT}.",
        )
    doubt = values[:, names.index(_DOUBT)] if _DOUBT in names else np.zeros(len(values), np.float32)
    _check_doubt(doubt)
    numbers = [NumberValue(number=float(number)) for number in values[:, at]]
    return Guesses(values=numbers, uncertainty=np.ascontiguousarray(doubt))


def _of_labels(catalog: Catalog, rows: Sequence[PredictionRow], progress: Progress) -> _Told:
    places = positions_in_file(catalog, asset_ids(catalog, [row.asset for row in rows]))
    ordered = [rows[at] for at in np.argsort(places).tolist()]
    bounds = _bounds(catalog, places)
    chances = _chances_of(catalog, ordered)
    if chances is not None:
        said = sets_of_chances(chances, catalog.records.ontologies.current().names)
    values = [
        _value(catalog, row, bounds[at])
        if row.label is not None or chances is None
        else said.values[at]
        for at, row in enumerate(reporting(ordered, progress, "Checking labels", len(ordered)))
    ]
    doubt = np.array(
        [
            row.uncertainty if row.uncertainty is not None else _doubt(value)
            for row, value in zip(ordered, values, strict=True)
        ],
        dtype=np.float32,
    )
    if chances is not None and all(row.uncertainty is None for row in ordered):
        doubt = said.uncertainty
    _check_doubt(doubt)
    guesses = Guesses(values=values, uncertainty=doubt, probabilities=chances)
    return _Told(rows=np.sort(places), guesses=guesses)


def _chances_of(catalog: Catalog, rows: Sequence[PredictionRow]) -> NDArray[np.float32] | None:
    """The chance (n, C) of each class, for sets; a set without scores is taken to be sure."""
    ontology = catalog.records.ontologies.current()
    if ontology.task is not TaskKind.MULTI_LABEL:
        return None
    chances = np.zeros((len(rows), len(ontology.names)), np.float32)
    for at, row in enumerate(rows):
        if row.scores is None:
            value = _value(catalog, row)
            assert isinstance(value, ClassesValue)
            chances[at, [ontology.index(name) for name in value.names]] = 1
            continue
        for name, score in row.scores.items():
            # Parquet fills in what other rows tell of.
            chances[at, ontology.index(name)] = 0 if score is None else score
    _check_chances(chances)
    return chances


def _bounds(catalog: Catalog, places: NDArray[np.int64]) -> Sequence[Bounds | None]:
    """How far the assets at n places reach, by catalog position; only where labels are shapes."""
    if catalog.settings.task not in (TaskKind.BOXES, TaskKind.SPANS):
        return [None] * len(places)
    ids = catalog.assets.ids()
    return catalog.assets.bounds([ids[at] for at in np.sort(places).tolist()])


def _value(catalog: Catalog, row: PredictionRow, bounds: Bounds | None = None) -> Value:
    ontology = catalog.records.ontologies.current()
    label = row.label
    try:
        if isinstance(label, Mapping):
            label = of_body(label, ontology.task)
        value = as_value(label, ontology)
        if isinstance(value, Shapes):
            _check_confidences(confidences(value))
        if bounds is not None:
            value = cut_to(value, bounds)
    except QueristError as problem:
        raise type(problem)(
            f"In {row.where}: {problem.message}", remedy=f"{problem.remedy} Nothing was imported."
        ) from problem
    return value


def _doubt(value: Value) -> float:
    """Of shapes how far each is from being sure; of a number nothing is known."""
    return doubt_of_shapes(value) if isinstance(value, Shapes) else 0.0


def _check_chances(chances: NDArray[np.float32]) -> None:
    wrong = np.flatnonzero(~((chances >= 0) & (chances <= 1)).all(axis=1))
    if len(wrong):
        raise InvalidInputError(
            f"{len(wrong):,} rows hold a chance that is not between 0 and 1, such as "
            f"{chances[wrong[0]].max():.4g}.",
            remedy="In a set each class has a chance of its own, from 0 to 1.",
        )


def _check_confidences(sure: NDArray[np.float64]) -> None:
    if not ((sure >= 0) & (sure <= 1)).all():
        raise InvalidInputError(
            f"A confidence is {sure[~((sure >= 0) & (sure <= 1))][0]:.4g}.",
            remedy="Give numbers from 0 to 1.",
        )


def _check_doubt(doubt: NDArray[np.float32]) -> None:
    if not (np.isfinite(doubt) & (doubt >= 0)).all():
        raise InvalidInputError(
            "An uncertainty is below 0, NaN or infinite.", remedy="Give 0 or more."
        )
