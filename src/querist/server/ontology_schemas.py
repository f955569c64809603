"""What goes over the wire about the ontology and its changes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from querist import schema
from querist.server.schemas import Request

ClassName = Annotated[str, Field(min_length=1, max_length=200)]


class RenameClass(Request):
    """Give a class another name; its labels count under the new one."""

    type: Literal["rename"]
    name: ClassName
    to: ClassName


class MergeClasses(Request):
    """Make one class of several; their labels all count as it."""

    type: Literal["merge"]
    names: list[ClassName] = Field(max_length=1000)
    into: ClassName


class SplitClass(Request):
    """Make several classes of one; its labels are asked for again."""

    type: Literal["split"]
    name: ClassName
    into: list[ClassName] = Field(max_length=1000)


class RetireClass(Request):
    """Let a class be given no more; its labels are kept, but nothing trains on them."""

    type: Literal["retire"]
    name: ClassName


class AddClass(Request):
    """Add a class at the end."""

    type: Literal["add"]
    name: ClassName


class RevertOntology(Request):
    """Go back to the classes of an earlier version."""

    type: Literal["revert"]
    version: int = Field(ge=1)


OntologyChange = Annotated[
    RenameClass | MergeClasses | SplitClass | RetireClass | AddClass | RevertOntology,
    Field(discriminator="type"),
]


class OntologyVersion(BaseModel):
    """One version of the ontology with the change that made it."""

    version: int
    classes: list[str]
    change: OntologyChange | None
    words: str = Field(description="The change in one sentence; empty without one.")
    author: str | None
    created_at: datetime


class OntologyHistory(BaseModel):
    """The ontology now, and all its versions, oldest first."""

    ontology: schema.Ontology
    versions: list[OntologyVersion]
    labels: dict[str, int] = Field(description="Labels that name each class now, if any do.")


class OntologyPreview(BaseModel):
    """What a change touches."""

    model_config = ConfigDict(from_attributes=True)
    words: str
    before: schema.Ontology
    after: schema.Ontology
    labels: int = Field(description="Labels that are read in another way.")
    undecided: int = Field(description="Of these, labels that are asked for again.")
    set_aside: int = Field(description="Of these, labels that are kept but count no more.")
    restored: int = Field(description="Of these, labels that count again.")
    tasks: int
    predictions: int
    models: int
    by_class: dict[str, int]


class PreviewRequest(Request):
    """A change to look at."""

    change: OntologyChange


class ChangeRequest(Request):
    """A change to carry out."""

    change: OntologyChange
    expected_version: int | None = Field(default=None, ge=1)
