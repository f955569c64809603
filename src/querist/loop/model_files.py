"""Predictions and vectors that were made elsewhere, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, Settings
from querist.engine.base import Progress, silent
from querist.errors import ConflictError, InvalidInputError, UnknownNameError
from querist.formats.score_tables import ScoreTable, read_scores
from querist.learners.imported import IMPORTED, IMPORTED_ENCODERS, ImportedLearner
from querist.loop import snapshot, training
from querist.loop.evaluating import evaluate
from querist.loop.hardness import hardness
from querist.loop.intake import embed, open_encoder
from querist.loop.value_files import import_values, positions_in_file
from querist.schema import Arm, Evaluation, ModelVersion, TaskKind, new_id

PROBABILITIES, LOGITS = "probabilities", "logits"
VECTORS = ("vectors", "vector", "embeddings", "embedding", "X")
# Rows that the stand-in learns from at most.
_LEARNED = 20_000
_SUM_TOLERANCE = 1e-3
_STREAM = 44
# Vectors that are stored at a time.
_PART = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPredictions:
    """What came in.

    Attributes:
        model: The model version that was made of the file.
        told: Assets that the file tells of.
        missing: Assets that it does not tell of; of single classes a stand-in answers for them.
        unknown_classes: Classes of the project that the file has no column for: probability 0.
        evaluation: How the model does on the audit set; ``None`` while that has no labels.
    """

    model: ModelVersion
    told: int
    missing: int
    unknown_classes: tuple[str, ...]
    evaluation: Evaluation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVectors:
    """What came in: the key of the encoder, new vectors, and their length."""

    encoder: str
    stored: int
    dimensions: int


def import_predictions(
    catalog: Catalog,
    source: Any,
    *,
    name: str = "",
    logits: bool = False,
    partial: bool = False,
    id_column: str | None = None,
    progress: Progress = silent,
) -> ImportedPredictions:
    """Make a model version of what a model elsewhere says about the assets.

    It is the newest model of the active arm, until the next training or import. Where the project's
    learner is ``imported`` nothing is trained here: each round ends with the newest import. It is
    taken to have learned the labels of the active arm so far: they calibrate nothing. Whoever
    trains it must leave out the audit set and the control arm, as an export tells them.

    Args:
        catalog: The catalog.
        source: Ids and one number for each class; see ``formats.score_tables.read_scores``. Boxes,
            spans, and perhaps sets and numbers, as labels: see
            ``formats.prediction_rows.read_prediction_rows``.
        name: What to call the model.
        logits: Whether the numbers are logits; an array of an ``.npz`` called so is.
        partial: Whether the file may leave out assets.
        id_column: The column with the ids; ``id`` or ``asset_id`` by default.
        progress: Told what is done, until the model is stored.

    Raises:
        InvalidInputError: a row sums not to one, a label fits not the task, or assets are left out.
        UnknownNameError: a column is no class of the project.
        NotFoundError: an id is no asset of the project.
    """
    if catalog.settings.task is not TaskKind.CLASSIFICATION:
        made, told = import_values(
            catalog, source, name=name, partial=partial, id_column=id_column, progress=progress
        )
        return ImportedPredictions(
            model=made,
            told=told,
            missing=catalog.assets.count() - told,
            unknown_classes=(),
            evaluation=evaluate(catalog, made),
        )
    table = read_scores(
        source, arrays=(PROBABILITIES, LOGITS), id_column=id_column, progress=progress
    )
    classes = catalog.records.ontologies.current().names
    columns = _columns(table, classes)
    shares = _shares(table, logits=logits or table.kind == LOGITS)
    rows = positions_in_file(catalog, table.ids)
    count = catalog.assets.count()
    missing = count - len(rows)
    if missing and not partial:
        raise InvalidInputError(
            f"The file tells of {len(rows):,} of {count:,} assets; {missing:,} are missing.",
            remedy="Predict them too, or allow it with --partial: a stand-in then answers for "
            "them.",
            missing=missing,
        )
    known = np.zeros((len(rows), len(classes)), np.float32)
    known[:, columns] = shares
    embed(catalog, progress=progress)
    progress(0, None, "Learning a stand-in from the file")
    model, learner = _stand_in(catalog, rows, known, name)
    found = np.zeros((count, len(classes)), np.float32)
    found[rows] = known
    if missing:
        left = np.setdiff1d(np.arange(count), rows)
        found[left] = learner.predict_proba(catalog.embeddings.matrix(model.encoder)[left])
    progress(0, None, "Judging how likely each prediction is wrong")
    errors, words = hardness(catalog, model, found)
    progress(0, None, f"Storing predictions of {count:,} assets")
    learner.save(catalog.folder / "models" / model.id)
    catalog.predictions.put(model.id, classes, found, errors=errors, difficulty=words)
    catalog.records.models.add(model)
    return ImportedPredictions(
        model=model,
        told=len(rows),
        missing=missing,
        unknown_classes=tuple(n for i, n in enumerate(classes) if i not in columns),
        evaluation=evaluate(catalog, model),
    )


def import_embeddings(
    catalog: Catalog,
    source: Any,
    *,
    name: str,
    version: str = "1",
    use: bool = True,
    id_column: str | None = None,
    progress: Progress = silent,
) -> ImportedVectors:
    """Store vectors that an encoder elsewhere made, under an identity of their own.

    Args:
        catalog: The catalog.
        source: Ids and numbers; see ``formats.score_tables.read_scores``.
        name: What to call the encoder.
        version: Another one wherever the same asset has another vector.
        use: Whether the project uses them from its next opening on; ``querist.toml`` is written.
        id_column: The column with the ids; ``id`` or ``asset_id`` by default.
        progress: Told what is done; vectors that were stored when it stops stay.

    Raises:
        NotFoundError: an id is no asset of the project.
        InvalidInputError: an asset would have no vector of this encoder.
        ConflictError: an asset has another vector of the same name and version.
    """
    table = read_scores(source, arrays=VECTORS, id_column=id_column, progress=progress)
    dimensions = table.values.shape[1]
    settings = {"vectors": name, "dimensions": dimensions, "version": version}
    kind = IMPORTED_ENCODERS[catalog.settings.media]
    identity = kind(name, dimensions, version).identity
    rows = positions_in_file(catalog, table.ids)
    left = set(catalog.embeddings.missing(identity.key))
    absent = left.difference(table.ids)
    if absent:
        raise InvalidInputError(
            f"{len(absent):,} of {catalog.assets.count():,} assets would have no vector, such as "
            f"{min(absent)!r}.",
            remedy="Give a vector for each asset: nearness to what is unknown has no meaning.",
            missing=len(absent),
        )
    vectors = _in_single(table)
    if len(left) < catalog.assets.count() and not left:
        _check_same(catalog.embeddings.matrix(identity.key)[rows], vectors, table.ids)
    for start in range(0, len(rows), _PART):
        progress(start, len(rows), "Storing vectors")
        part = slice(start, start + _PART)
        catalog.embeddings.put(identity, table.ids[part], vectors[part])
    if use:
        now = Settings.read(catalog.folder)
        learner = replace(now.learner, encoder=kind.name, encoder_parameters=settings)
        replace(now, learner=learner).write(catalog.folder)
    return ImportedVectors(encoder=identity.key, stored=len(left), dimensions=dimensions)


def _in_single(table: ScoreTable) -> NDArray[np.float32]:
    """The vectors as they are stored: with 32 bits a number."""
    most = float(np.finfo(np.float32).max)
    beyond = np.flatnonzero((np.abs(table.values) > most).any(axis=1))
    if beyond.size:
        raise InvalidInputError(
            f"The vector of {table.ids[beyond[0]]!r} has numbers beyond {most:.2g}, which 32 bits "
            "do not hold.",
            remedy="Scale the vectors: nearness and models do not depend on their unit.",
            count=beyond.size,
        )
    return table.values.astype(np.float32)


def _columns(table: ScoreTable, classes: Sequence[str]) -> list[int]:
    """Which class each column is: by name, or all in order where the file names none."""
    if table.columns is None:
        if table.values.shape[1] != len(classes):
            raise InvalidInputError(
                f"The file has {table.values.shape[1]} columns without names, the project "
                f"{len(classes)} classes.",
                remedy="Name the columns: an array called classes, or one column for each class.",
            )
        return list(range(len(classes)))
    place = {name: i for i, name in enumerate(classes)}
    strange = [name for name in table.columns if name not in place]
    if strange:
        raise UnknownNameError.of("class", strange[0], classes)
    if len(set(table.columns)) < len(table.columns):
        raise InvalidInputError("The file has a class twice.", remedy="Give each class one column.")
    return [place[name] for name in table.columns]


def _shares(table: ScoreTable, *, logits: bool) -> NDArray[np.float32]:
    values = table.values
    if logits:
        raised = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)
    total = values.sum(axis=1)
    wrong = np.flatnonzero((values < 0).any(axis=1) | (np.abs(total - 1) > _SUM_TOLERANCE))
    if len(wrong):
        first = int(wrong[0])
        raise InvalidInputError(
            f"{len(wrong):,} rows are no probabilities: that of {table.ids[first]!r} sums to "
            f"{total[first]:.4g}, its least number is {values[first].min():.4g}.",
            remedy="Give numbers of 0 or more that sum to one, or say that they are logits.",
            rows=len(wrong),
        )
    return np.asarray(values / total[:, None], np.float32)


def _stand_in(
    catalog: Catalog, rows: NDArray[np.int64], shares: NDArray[np.float32], name: str
) -> tuple[ModelVersion, ImportedLearner]:
    """The model version, and a linear model of the project's vectors that says much the same."""
    settings = catalog.settings
    seen = snapshot.take(catalog)
    trained = seen.training(Arm.ACTIVE)
    encoder = open_encoder(catalog).identity.key
    rng = np.random.default_rng([settings.policy.seed, seen.label_seq, _STREAM])
    chosen = np.sort(rng.choice(len(rows), min(_LEARNED, len(rows)), replace=False))
    # Classes drawn from the probabilities keep the stand-in as unsure as the model is.
    edges = np.cumsum(shares[chosen], axis=1)
    drawn = (rng.random((len(chosen), 1)) * edges[:, -1:] >= edges).sum(axis=1)
    if len(np.unique(drawn)) < 2:
        only = catalog.records.ontologies.current().names[int(drawn[0])]
        raise InvalidInputError(
            f"The predictions of {len(rows):,} assets say {only!r} only.",
            remedy="Predict more assets: what stands in for the model learns from two classes.",
        )
    learner = ImportedLearner(model=name)
    vectors = catalog.embeddings.matrix(encoder)[rows[chosen]]
    learner.fit(vectors, drawn.astype(np.int64), class_count=shares.shape[1], rng=rng)
    ontology = catalog.records.ontologies.current()
    model = ModelVersion(
        id=new_id("model"),
        arm=Arm.ACTIVE,
        round=None,
        learner=IMPORTED,
        parameters=dict(learner.parameters),
        encoder=encoder,
        classes=ontology.names,
        label_seq=seen.label_seq,
        label_count=len(trained),
        labels_digest=training.labels_digest(
            [seen.ids[i] for i in trained.tolist()], seen.codes[trained]
        ),
        seed=settings.policy.seed,
        ontology_version=ontology.version,
        fit_seconds=0.0,
        created_at=datetime.now(UTC),
    )
    return model, learner


def _check_same(known: NDArray[np.float32], given: NDArray[np.float32], ids: Sequence[str]) -> None:
    other = np.flatnonzero(~np.isclose(known, given, rtol=1e-3, atol=1e-5).all(axis=1))
    if len(other):
        raise ConflictError(
            f"{len(other):,} assets have another vector of this name and version, the first is "
            f"{ids[int(other[0])]!r}.",
            remedy="Give another --version: vectors of one identity never change.",
        )
