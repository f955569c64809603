"""The newest model as an ML backend: what Label Studio asks of one, in its words."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from querist.errors import AuthenticationError
from querist.loop import serving
from querist.outside.label_studio_values import check_offers
from querist.schema import Arm, Role
from querist.server.auth import Claim, check_role
from querist.server.routers import open_router
from querist.server.service import Served

MOST_TASKS = 1_000


def connected(request: Request, service: Served) -> None:
    """Let in who connects the tool: an API token as the password, or as a bearer token.

    Raises:
        AuthenticationError: no token, or one that is wrong or expired.
        PermissionDeniedError: it is neither a manager's nor an owner's.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            secret = ""
    elif scheme.lower() != "bearer":
        secret = ""
    if not secret:
        raise AuthenticationError(
            "The request carries no token.",
            remedy="Choose basic authentication there, with an API token as the password.",
        )
    person = Claim(secret=secret, kind="api").verified(service.project.catalog.records)
    check_role(person, Role.MANAGER)


router = open_router("ml-backend", below="/ml-backend", needs=[Depends(connected)])


class Asked(BaseModel):
    """What all calls may carry; the rest is not looked at."""

    model_config = ConfigDict(extra="ignore")


class SetupRequest(Asked):
    """The labeling interface of the project there."""

    schema_: str = Field(alias="schema", max_length=1 << 20)


class PredictRequest(Asked):
    """Tasks to predict."""

    tasks: Annotated[list[dict[str, Any]], Field(max_length=MOST_TASKS)]
    label_config: Annotated[str, Field(max_length=1 << 20)]


class Health(BaseModel):
    """It is there."""

    status: str = "UP"


class ModelAnswer(BaseModel):
    """The model that would answer now."""

    model_version: str | None


class Predictions(ModelAnswer):
    """A prediction for each task, in order; an empty result where nothing is said."""

    results: list[dict[str, Any]]


@router.get("/health", operation_id="check_ml_backend")
def check_ml_backend() -> Health:
    """Whether it is there."""
    return Health()


@router.post("/setup", operation_id="set_up_ml_backend")
def set_up_ml_backend(body: SetupRequest, service: Served) -> ModelAnswer:
    """Whether the interface asks for what the model says, all classes, and which model that is."""
    catalog = service.project.catalog
    ontology = catalog.records.ontologies.current()
    interface = serving.Interface.of(body.schema_, ontology)
    check_offers(body.schema_, interface.control, ontology)
    model = catalog.records.models.latest(Arm.ACTIVE)
    return ModelAnswer(model_version=model.id if model else None)


@router.post("/predict", operation_id="predict_tasks")
def predict_tasks(body: PredictRequest, service: Served) -> Predictions:
    """What the newest model says of the tasks."""
    results, version = serving.answer(service.project.catalog, body.tasks, body.label_config)
    return Predictions(results=results, model_version=version)


@router.post("/webhook", operation_id="notice_event", status_code=201)
def notice_event() -> dict[str, Any]:
    """Taken note of: labels come in by the workforce's webhook, and rounds train."""
    return {}
