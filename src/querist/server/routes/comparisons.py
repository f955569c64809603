"""Models side by side: two of them on the audit set, one at a confidence, one asset in both."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from querist.loop import (
    ComparedModel,
    Comparison,
    Doubt,
    DoubtState,
    Fate,
    ModelReliability,
    Thresholds,
    fate_assets,
    nameable,
    said_of,
)
from querist.schema import Role, to_json
from querist.server.auth import at_least
from querist.server.round_schemas import AssetSaid
from querist.server.routers import router_of_members
from querist.server.schemas import Job
from querist.server.service import Served

router = router_of_members("rounds", needs=[Depends(at_least(Role.REVIEWER))])

Name = Annotated[str, Query(min_length=1, max_length=200)]


@router.get("/models", operation_id="list_models")
def list_models(service: Served) -> list[ComparedModel]:
    """All models that can be compared, the newest first: of rounds, of random labels, others."""
    return nameable(service.project.catalog)


@router.get("/comparison", operation_id="compare_models")
def compare_models(first: Name, second: Name, service: Served) -> Comparison:
    """Two models on the same audit assets; differences are paired and have intervals."""
    return service.project.rounds.compare(first, second)


@router.get("/comparison/asset", operation_id="compare_asset", response_model=AssetSaid)
def compare_asset(
    id: Annotated[str, Query(min_length=1, max_length=512)],
    first: Name,
    second: Name,
    service: Served,
) -> Any:
    """What people and both models say of one asset."""
    return to_json(said_of(service.project.catalog, id, first, second))


@router.get("/thresholds", operation_id="get_thresholds")
def get_thresholds(
    model: Name,
    service: Served,
    confidence: Annotated[float, Query(ge=0, le=1)] = 0.5,
    overlap: Annotated[float, Query(gt=0, lt=1)] = 0.5,
) -> Thresholds:
    """One model if only answers of a confidence count; of boxes at an overlap (IoU)."""
    return service.project.rounds.thresholds(model, confidence=confidence, overlap=overlap)


@router.get("/thresholds/assets", operation_id="list_threshold_assets")
def list_threshold_assets(
    model: Name,
    name: Name,
    fate: Fate,
    service: Served,
    confidence: Annotated[float, Query(ge=0, le=1)] = 0.5,
    overlap: Annotated[float, Query(gt=0, lt=1)] = 0.5,
) -> list[str]:
    """Audit assets with boxes of a class that were matched, missed, confused or spurious.

    Those with most such boxes come first.
    """
    catalog = service.project.catalog
    return fate_assets(catalog, model, name, fate, confidence=confidence, overlap=overlap)


@router.get("/reliability", operation_id="get_reliability")
def get_reliability(model: Name, service: Served) -> ModelReliability:
    """How often one model is right beside how sure it claims to be; also after calibration."""
    return service.project.rounds.reliability(model)


@router.get("/asset/doubt", operation_id="get_asset_doubt")
def get_asset_doubt(
    id: Annotated[str, Query(min_length=1, max_length=512)],
    service: Served,
    source: Annotated[Literal["models", "views"], Query()] = "models",
) -> Doubt:
    """Why the newest model is unsure of an asset: the data's part, and what it has not learned.

    It trains nothing: 409 ``not_fitted`` until the models that tell it are there.
    """
    (found,) = service.project.models.doubts([id], source=source, trains=False)
    return found


@router.get("/doubt", operation_id="get_doubt_state")
def get_doubt_state(service: Served) -> DoubtState:
    """Whether the newest model's doubt by models can be told, and at once."""
    return service.project.models.doubt_state()


@router.post("/doubt", operation_id="prepare_doubt", status_code=202)
def post_doubt(service: Served) -> Job:
    """Train the models that tell the newest model's doubt (a job), once a model."""
    return Job.of(service.jobs.submit("doubt"))
