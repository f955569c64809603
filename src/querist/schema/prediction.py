"""Predictions: what a model version says about an asset."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from querist.schema.annotation import Value


class Difficulty(StrEnum):
    """How hard an asset is for the model, by its calibrated probability of error."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What one model version says about one asset.

    Attributes:
        asset_id: The asset.
        model_id: The model version.
        value: The most probable label.
        probabilities: One per class in ontology order, summing to one (classification only).
        confidence: Probability of ``value``, 0 to 1; higher is surer.
        margin: Best minus second-best probability, 0 to 1; lower is more uncertain.
    """

    asset_id: str
    model_id: str
    value: Value
    probabilities: tuple[float, ...]
    confidence: float
    margin: float
