"""One decision about one asset, as it is given, before anything is checked."""

from __future__ import annotations

from dataclasses import dataclass

from querist.labeling.values import Label
from querist.schema import Action, Origin, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an annotator says about an asset; the fields are the arguments of ``Labels.submit``."""

    action: Action
    asset_id: str
    label: Label | None = None
    annotator: str
    expected_version: int | None
    seconds: float | None
    submission_id: str | None
    task_id: int | None
    reason: str | None = None
    origin: Origin = Origin.PERSON
    prelabel: Value | None = None
    model_id: str | None = None
    ontology_version: int | None = None
