"""What was saved over random: every round's models answer the whole audit set once more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import UnavailableError
from querist.loop import snapshot, training
from querist.metrics import SavingMeasure, measure_saving
from querist.schema import Arm, Evaluation, Round

_STREAM = 42


def measured_saving(catalog: Catalog, rounds: Sequence[Round]) -> SavingMeasure | None:
    """What the active arm saved over the whole curve, with the interval of its label ratio.

    What each round has stored will not do: it was measured on as much of the audit set as was
    labelled then, and sets of unlike size do not make one curve. The interval is that of a paired
    bootstrap over the audit set as it is labelled now: every model of both arms answers the same
    assets. Rounds that brought an arm no label are one point of it, that of the newest model. Time
    O(models), each loaded once.

    Returns:
        ``None`` without both curves, where nobody knows yet (see ``measure_saving``), where a
        label is no single class: then an asset is not just right or wrong; and where a model
        elsewhere no longer answers.
    """
    seen = snapshot.take(catalog)
    rows = seen.audited()
    measured = {
        arm: _of_new_labels([e for round_ in rounds for e in round_.evaluations if e.arm is arm])
        for arm in (Arm.ACTIVE, Arm.CONTROL)
    }
    if not len(rows) or not all(measured.values()) or not training.classifies(catalog):
        return None
    truth = seen.codes[rows]

    def right(model_id: str) -> NDArray[np.bool_]:
        model = catalog.records.models.get(model_id)
        return np.asarray(training.predict(catalog, model, rows).argmax(axis=1) == truth)

    try:
        answers = {
            arm: np.array([right(it.model_id) for it in found]) for arm, found in measured.items()
        }
    except UnavailableError:  # another learner has taken over: the round does not wait for that one
        return None
    labels = {arm: [e.labels for e in found] for arm, found in measured.items()}
    return measure_saving(
        labels[Arm.ACTIVE],
        answers[Arm.ACTIVE],
        labels[Arm.CONTROL],
        answers[Arm.CONTROL],
        np.random.default_rng([catalog.settings.policy.seed, seen.label_seq, _STREAM]),
        commonest=float(np.bincount(truth).max()) / len(truth),
    )


def _of_new_labels(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Without those that the next one follows with as many labels: no label came between them."""
    following = [*evaluations[1:], None]
    return [
        one
        for one, after in zip(evaluations, following, strict=True)
        if after is None or after.labels != one.labels
    ]
