"""Models that learn nothing here: predictions and vectors from elsewhere, and first guesses."""

from __future__ import annotations

from itertools import zip_longest
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from querist.loop import ImportedPredictions, ImportedVectors
from querist.schema import Role
from querist.server.auth import at_least
from querist.server.model_schemas import (
    EmbeddingsFileRequest,
    EmbeddingsRequest,
    EmbeddingsUpload,
    PredictionsFileRequest,
    PredictionsRequest,
    PredictionsUpload,
    ZeroShotRequest,
)
from querist.server.receiving import RAW_BODY, queue_upload
from querist.server.routers import router_of_members
from querist.server.schemas import Job
from querist.server.service import Served

router = router_of_members("models")
# Endings of the files that people send; what is in them is checked when they are read.
SCORES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq", ".npz")
PREDICTIONS = (*SCORES, ".json")


@router.post(
    "/predictions",
    operation_id="import_predictions",
    status_code=201,
    dependencies=[Depends(at_least(Role.MANAGER))],
)
def import_predictions(body: PredictionsRequest, service: Served) -> ImportedPredictions:
    """Make a model version of what a model elsewhere says about the assets."""
    told = body.model_dump(include={"ids", "classes", "probabilities", "logits", "labels"})
    labels = told.pop("labels")
    source: Any = {key: value for key, value in told.items() if value is not None}
    if labels is not None:
        pairs = zip_longest(body.ids, labels)
        source = [{"id": asset_id, "label": label} for asset_id, label in pairs]
    return service.project.models.import_predictions(source, name=body.name, partial=body.partial)


@router.post(
    "/embeddings",
    operation_id="import_embeddings",
    status_code=201,
    dependencies=[Depends(at_least(Role.OWNER))],
)
def import_embeddings(body: EmbeddingsRequest, service: Served) -> ImportedVectors:
    """Store vectors that an encoder elsewhere made; the project uses them from its next start."""
    source = {"ids": body.ids, "vectors": body.vectors}
    return service.project.models.import_embeddings(
        source, name=body.name, version=body.version, use=body.use
    )


@router.post(
    "/predictions/file",
    operation_id="import_predictions_file",
    status_code=202,
    dependencies=[Depends(at_least(Role.OWNER))],
)
def import_predictions_file(body: PredictionsFileRequest, service: Served) -> Job:
    """Make a model version of a file of predictions on the server's machine (a job)."""
    return Job.of(service.jobs.submit("import_predictions", _of_file(body)))


@router.post(
    "/embeddings/file",
    operation_id="import_embeddings_file",
    status_code=202,
    dependencies=[Depends(at_least(Role.OWNER))],
)
def import_embeddings_file(body: EmbeddingsFileRequest, service: Served) -> Job:
    """Store a file of vectors that lies on the server's machine (a job)."""
    return Job.of(service.jobs.submit("import_embeddings", _of_file(body)))


@router.post(
    "/predictions/upload",
    operation_id="upload_predictions",
    status_code=202,
    dependencies=[Depends(at_least(Role.MANAGER))],
    openapi_extra=RAW_BODY,
)
async def upload_predictions(
    request: Request, service: Served, told: Annotated[PredictionsUpload, Query()]
) -> Job:
    """Make a model version of a file of predictions that is the body (a job)."""
    return await queue_upload(
        request, service, "import_predictions", kinds=PREDICTIONS, **told.model_dump()
    )


@router.post(
    "/embeddings/upload",
    operation_id="upload_embeddings",
    status_code=202,
    dependencies=[Depends(at_least(Role.OWNER))],
    openapi_extra=RAW_BODY,
)
async def upload_embeddings(
    request: Request, service: Served, told: Annotated[EmbeddingsUpload, Query()]
) -> Job:
    """Store a file of vectors that is the body (a job)."""
    return await queue_upload(
        request, service, "import_embeddings", kinds=SCORES, **told.model_dump()
    )


@router.post(
    "/zero-shot",
    operation_id="guess_first",
    status_code=202,
    dependencies=[Depends(at_least(Role.MANAGER))],
)
def guess_first(body: ZeroShotRequest, service: Served) -> Job:
    """Guess classes by their names or by examples (a job), until the first training."""
    return Job.of(service.jobs.submit("zero_shot", body.model_dump(exclude_none=True)))


def _of_file(body: PredictionsFileRequest | EmbeddingsFileRequest) -> dict[str, Any]:
    return {"source": body.path, **body.model_dump(exclude={"path"})}
