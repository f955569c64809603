"""How far a model's word can be trusted: its reliability diagram on the audit set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.errors import ConflictError
from querist.loop.naming_models import ComparedModel, compared_model, version_of
from querist.loop.thresholding import audit_answers
from querist.metrics import Reliability, reliability_of_answers, reliability_of_classes

_STREAM = 47


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReliability:
    """One model's confidence beside how often it is right, on audit assets labelled by people.

    Attributes:
        model: Which.
        assets: Audit assets.
        diagram: What it claims, what is found, and the same after calibration.
    """

    model: ComparedModel
    assets: int
    diagram: Reliability


def model_reliability(catalog: Catalog, model: str | int) -> ModelReliability:
    """The reliability diagram of a model, of boxes with the half of their union shared.

    Args:
        catalog: The catalog.
        model: A round (``3``), its random labels (``3-control``), or the id of a model version.

    Raises:
        NotFoundError: there is no such round or model.
        InvalidInputError: answers of the task have no confidence.
        ConflictError: no audit label is there, or the model says nothing of the audit set.
    """
    version = version_of(catalog, model)
    answers = audit_answers(catalog, version)
    if not len(answers.said):
        raise ConflictError(
            "The model says nothing of the audit assets: there is no confidence to judge.",
            remedy="Label more assets that show something, then train.",
        )
    rng = np.random.default_rng([version.seed, version.label_seq, _STREAM])
    if answers.probabilities is None:
        found = reliability_of_answers(answers.right, answers.sure, answers.owners, rng)
    else:
        width = max(int(answers.truth.max()) + 1, answers.probabilities.shape[1])
        # Classes that joined after its training are never its answer.
        spare = width - answers.probabilities.shape[1]
        table = np.pad(answers.probabilities, ((0, 0), (0, spare)))
        found = reliability_of_classes(answers.truth, table, rng)
    return ModelReliability(
        model=compared_model(model, version), assets=answers.assets, diagram=found
    )
