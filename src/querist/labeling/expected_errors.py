"""How likely each label is wrong, by a model that has not learned from it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, classifiers
from querist.errors import InvalidInputError, NotFoundError, StorageError
from querist.learners import out_of_fold
from querist.metrics import believed, is_right
from querist.schema import Arm, ModelVersion, Origin, TaskKind

# Beyond this the refits of the folds would take minutes; the model's own word has to do.
MOST_REFITTED = 20_000
FOLDS = 5
_STREAM = 50


def expected_errors(
    catalog: Catalog, asset_ids: Sequence[str], classes: Sequence[str | None], seqs: Sequence[int]
) -> NDArray[np.float64]:
    """1 - the probability of the given class (n,); higher is more doubtful.

    Labels that the newest model may have learned from are judged out of fold: by five models of
    its kind, each trained without the labels it judges. Later labels are judged by the model
    itself, which has not seen them. NaN where no model can tell: before the first one, and for
    assets it has not seen.

    Of sets, boxes and spans the model's own answer is wrong with its calibrated probability e. A
    label that says the same is wrong as likely as that; another one with the higher of e and 1 - e,
    since it is neither likelier than the model's answer nor right where that is.

    Args:
        catalog: The catalog.
        asset_ids: The assets (n,).
        classes: The given classes (n,), in the words of the newest ontology.
        seqs: Entries of the label log (n,).
    """
    found = np.full(len(asset_ids), np.nan)
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None or not len(asset_ids):
        return found
    if catalog.settings.task is not TaskKind.CLASSIFICATION:
        return _of_values(catalog, model, asset_ids)
    reading = catalog.records.ontologies.reading()
    code_of = {name: code for code, name in enumerate(reading.ontology.names)}
    codes = np.array([code_of.get(name or "", -1) for name in classes])
    rows = np.asarray(catalog.assets.positions(list(asset_ids)), dtype=np.int64)
    try:
        spoken = catalog.predictions.count(model.id)
    except NotFoundError:
        return found
    told = np.flatnonzero((codes >= 0) & (rows < spoken))
    made_under = reading.made_under(model)
    said = catalog.predictions.probabilities_at(model.id, rows[told])
    said = reading.probabilities(said, model.classes, made_under)
    found[told] = 1 - said[np.arange(len(told)), codes[told]]
    learned = told[np.asarray(seqs)[told] <= model.label_seq]
    if 1 < len(learned) <= MOST_REFITTED and len(np.unique(codes[learned])) > 1:
        judged, probabilities = _out_of_fold(catalog, model)
        order = np.argsort(judged)
        at = order[np.searchsorted(judged, rows[learned], sorter=order).clip(max=len(judged) - 1)]
        known = judged[at] == rows[learned]
        said = reading.probabilities(probabilities[at[known]], model.classes, made_under)
        found[learned[known]] = 1 - said[np.arange(len(said)), codes[learned[known]]]
    return found


def _of_values(
    catalog: Catalog, model: ModelVersion, asset_ids: Sequence[str]
) -> NDArray[np.float64]:
    found = np.full(len(asset_ids), np.nan)
    ratings = catalog.value_ratings.get(model.id)
    if ratings is None:
        return found
    reading = catalog.records.ontologies.reading()
    rows = catalog.assets.positions(list(asset_ids))
    told = np.flatnonzero(rows < len(ratings.error))
    places = rows[told].tolist()
    said = catalog.value_predictions.values(model.id, places)
    objects = ratings.objects_of(places)
    labels = {it.asset_id: it for it in catalog.records.labels.currents()}
    for at, guess, mine in zip(told.tolist(), said, objects, strict=True):
        entry, row = labels.get(asset_ids[at]), int(rows[at])
        if guess is None or entry is None or entry.value is None:
            continue
        answer = believed(guess, ratings.object_error[mine])
        now = reading.value(answer, reading.made_under(model))
        given = reading.value(entry.value, entry.ontology_version)
        error = float(ratings.error[row])
        same = now is not None and given is not None and is_right(now, given)
        found[at] = error if same else max(error, 1 - error)
    return found


_Judged = tuple[NDArray[np.int64], NDArray[np.float32]]


def unseen_probabilities(catalog: Catalog, model: ModelVersion) -> _Judged:
    """Rows (n,) of labelled assets and what five models without their labels say (n, C).

    Columns are the classes that ``model`` knows. Fitted once a model.

    Raises:
        InvalidInputError: there are too few labels to learn from, or more than 20,000, or a label
            is no single class.
    """
    if catalog.settings.task is not TaskKind.CLASSIFICATION:
        raise InvalidInputError(
            f"Only labels of one class are doubted; the task is {catalog.settings.task.value!r}.",
            remedy="Let somebody review the labels, or ask for several opinions.",
        )
    if model.label_count > MOST_REFITTED:
        raise InvalidInputError(
            f"The model has learned from {model.label_count} labels.",
            remedy=f"Up to {MOST_REFITTED} are judged out of fold; review the doubtful ones.",
        )
    return _out_of_fold(catalog, model)


def _out_of_fold(catalog: Catalog, model: ModelVersion) -> _Judged:
    """Rows and their probabilities, fitted once a model and kept in the project's cache."""
    path = catalog.folder / "cache" / "out_of_fold" / f"{model.id}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            return kept["rows"], kept["probabilities"]
    except OSError:
        made = _fit(catalog, model)
        _keep(path, *made)
        return made


def _fit(catalog: Catalog, model: ModelVersion) -> _Judged:
    states = catalog.records.labels.states(upto=model.label_seq)
    reading = catalog.records.ontologies.reading(model.ontology_version)
    code_of = {name: code for code, name in enumerate(model.classes)}
    pairs = []
    for i, asset_id in enumerate(states.asset_ids):
        said = states.classes[i]
        name = said and reading.name(said, states.ontology_versions[i])
        if name in code_of and states.origins[i] != Origin.MODEL:
            pairs.append((asset_id, code_of[name]))
    rows = np.asarray(catalog.assets.positions([asset_id for asset_id, _ in pairs]))
    codes = np.array([code for _, code in pairs], dtype=np.int64)
    kind = classifiers(catalog, model.learner, model.parameters, model.encoder)
    probabilities = out_of_fold(
        kind.make,
        np.asarray(kind.rows[rows]),
        codes,
        class_count=len(model.classes),
        rng=np.random.default_rng([model.seed, model.label_seq, _STREAM]),
        folds=FOLDS,
    )
    return rows, probabilities


def _keep(path: Path, rows: NDArray[np.int64], probabilities: NDArray[np.float32]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            np.savez(file, rows=rows, probabilities=probabilities)
        os.replace(file.name, path)
    except OSError as error:
        raise StorageError(
            f"{str(path)!r} cannot be written: {error.strerror}.",
            remedy="Free some space; the folder may be deleted at any time.",
        ) from error
