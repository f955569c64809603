"""Model versions: which learner, trained on which labels, seeing which embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from querist.schema.task import Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One trained model.

    Attributes:
        id: Its id, also its folder under ``models/`` and its table under ``predictions/``.
        arm: The arm whose labels trained it.
        round: The round it belongs to; ``None`` for a training outside any round.
        learner: Name of the learner.
        parameters: The learner's parameters.
        encoder: Key of the embeddings it saw.
        classes: The class names in column order.
        label_seq: Last entry of the label log it could see.
        label_count: Number of labels that trained it.
        labels_digest: SHA-256 over the (asset, class) pairs that trained it, in order of asset.
        seed: Seed of the training.
        ontology_version: The ontology of ``classes``; ``None`` where it was not kept.
        fit_seconds: Wall time of the training.
        created_at: UTC.
    """

    id: str
    arm: Arm
    round: int | None
    learner: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    encoder: str
    classes: tuple[str, ...]
    label_seq: int
    label_count: int
    labels_digest: str
    seed: int
    fit_seconds: float
    created_at: datetime
    ontology_version: int | None = None
