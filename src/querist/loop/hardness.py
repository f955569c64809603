"""How likely each prediction is wrong, calibrated on labels that the model has not learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.autolabel import Judged, difficulty, errors_beside
from querist.catalog import Catalog, classifiers
from querist.errors import NotFoundError
from querist.learners import out_of_fold
from querist.learners.imported import IMPORTED
from querist.loop import snapshot
from querist.metrics import fit_calibrator
from querist.schema import Arm, ModelVersion

# With fewer labels held out, those that trained the model are judged out of fold as well.
_ENOUGH = 100
# Beyond this the refits of the folds would take minutes.
_MOST_REFITTED = 20_000
_STREAM = 21


def folds_of(count: int) -> int:
    """How many folds judge ``count`` labels: without a fifth of few labels a model is far worse."""
    return 10 if count < 1_000 else 5


def hardness(
    catalog: Catalog, model: ModelVersion, probabilities: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Calibrated probability of error (N,) and difficulty (N,) of the model's predictions.

    NaN and -1 where there is no label yet that could calibrate them.

    Args:
        catalog: The catalog.
        model: The model, as it was trained.
        probabilities: What it says about the pool (N, C), in catalog order.
    """
    errors = _errors(catalog, model, probabilities)
    if errors is None:
        count = len(probabilities)
        return np.full(count, np.nan, np.float32), np.full(count, -1, np.int8)
    earlier = [it for it in catalog.records.models.list(arm=Arm.ACTIVE) if it.id != model.id]
    before = None
    if earlier:
        try:
            before = catalog.predictions.summary(earlier[-1].id).difficulty
        except NotFoundError:  # it never predicted the pool
            before = None
    return errors.astype(np.float32), difficulty(errors, before=before)


def _errors(
    catalog: Catalog, model: ModelVersion, probabilities: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    """``None`` where no label says how often the model is wrong.

    What labels near an asset say is heard beside the model, where there are enough of them.
    """
    seen = snapshot.take(
        catalog, label_seq=model.label_seq, ontology_version=model.ontology_version
    )
    rng = np.random.default_rng([model.seed, model.label_seq, _STREAM])
    # What was never taught a label has seen none.
    trained = seen.training(Arm.ACTIVE) if model.label_count else np.zeros(0, np.int64)
    judged = _judged(catalog, model, probabilities, seen, trained, rng)
    if not len(judged.rows):
        return None
    learned = trained[seen.codes[trained] < len(model.classes)]
    try:
        vectors = catalog.embeddings.matrix(model.encoder)[: len(probabilities)]
        errors = errors_beside(vectors, probabilities, learned, seen.codes[learned], judged, rng)
    except NotFoundError:  # an asset without a vector: of a model elsewhere, or just added
        errors = None
    if errors is None:
        calibrator = fit_calibrator(judged.codes, judged.said, rng)
        errors = np.asarray(1 - calibrator.sureness(probabilities), np.float32)
    return errors


def _judged(
    catalog: Catalog,
    model: ModelVersion,
    probabilities: NDArray[np.float32],
    seen: snapshot.Snapshot,
    trained: snapshot.Positions,
    rng: np.random.Generator,
) -> Judged:
    """What the model says of labels that it has not learned, out of fold where they are few."""
    known = np.flatnonzero(seen.labeled[: len(probabilities)])
    rows = np.setdiff1d(known, trained)
    said = probabilities[rows]
    # A model elsewhere cannot be fitted again without the labels that it has seen.
    refits = model.learner != IMPORTED and 1 < len(trained) <= _MOST_REFITTED
    if len(rows) < _ENOUGH and refits:
        kind = classifiers(catalog, model.learner, model.parameters, model.encoder)
        again = out_of_fold(
            kind.make,
            np.asarray(kind.rows[trained]),
            seen.codes[trained],
            class_count=len(model.classes),
            rng=rng,
            folds=folds_of(len(trained)),
        )
        rows, said = np.concatenate([rows, trained]), np.concatenate([said, again])
    fits = seen.codes[rows] < len(model.classes)
    return Judged(rows=rows[fits], codes=seen.codes[rows[fits]], said=said[fits])
