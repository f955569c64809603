"""How likely each prediction is wrong, calibrated on labels that the model has not learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.autolabel import difficulty
from querist.catalog import Catalog, classifiers
from querist.errors import NotFoundError
from querist.learners import out_of_fold
from querist.learners.imported import IMPORTED
from querist.loop import snapshot
from querist.metrics import Calibrator, fit_calibrator
from querist.schema import Arm, ModelVersion

# With fewer labels held out, those that trained the model are judged out of fold as well.
_ENOUGH = 100
# Beyond this the refits of the folds would take minutes.
_MOST_REFITTED = 20_000
_STREAM = 21


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
    calibrator = _calibrator(catalog, model, probabilities)
    if calibrator is None:
        count = len(probabilities)
        return np.full(count, np.nan, np.float32), np.full(count, -1, np.int8)
    errors = 1 - calibrator.sureness(probabilities)
    earlier = [it for it in catalog.records.models.list(arm=Arm.ACTIVE) if it.id != model.id]
    before = None
    if earlier:
        try:
            before = catalog.predictions.summary(earlier[-1].id).difficulty
        except NotFoundError:  # it never predicted the pool
            before = None
    return errors.astype(np.float32), difficulty(errors, before=before)


def _calibrator(
    catalog: Catalog, model: ModelVersion, probabilities: NDArray[np.float32]
) -> Calibrator | None:
    """``None`` where no label says how often the model is wrong."""
    seen = snapshot.take(
        catalog, label_seq=model.label_seq, ontology_version=model.ontology_version
    )
    rng = np.random.default_rng([model.seed, model.label_seq, _STREAM])
    # What was never taught a label has seen none.
    trained = seen.training(Arm.ACTIVE) if model.label_count else np.zeros(0, np.int64)
    known = np.flatnonzero(seen.labeled[: len(probabilities)])
    held_out = np.setdiff1d(known, trained)
    truth, said = seen.codes[held_out], probabilities[held_out]
    # A model elsewhere cannot be fitted again without the labels that it has seen.
    refits = model.learner != IMPORTED and 1 < len(trained) <= _MOST_REFITTED
    if len(held_out) < _ENOUGH and refits:
        kind = classifiers(catalog, model.learner, model.parameters, model.encoder)
        judged = out_of_fold(
            kind.make,
            np.asarray(kind.rows[trained]),
            seen.codes[trained],
            class_count=len(model.classes),
            rng=rng,
        )
        truth = np.concatenate([truth, seen.codes[trained]])
        said = np.concatenate([said, judged])
    fits = truth < len(model.classes)
    return fit_calibrator(truth[fits], said[fits], rng) if fits.any() else None
