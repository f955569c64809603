"""What goes over the wire about models and vectors that were made elsewhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from querist.server.schemas import MAX_ID, Request
from querist.server.values import Value

Ids = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MAX_ID)]],
    Field(min_length=1, max_length=1_000_000),
]


FilePath = Annotated[str, Field(min_length=1, max_length=4_096)]


class PredictionsRequest(Request):
    """What a model says: one row an asset, one number a class, or a label an asset."""

    ids: Ids
    classes: list[str] | None = Field(default=None, max_length=10_000)
    probabilities: list[list[float]] | None = None
    logits: list[list[float]] | None = None
    labels: list[Value | float | list[str]] | None = Field(
        default=None, description="Where labels are no single class, boxes and spans with scores."
    )
    name: str = Field(default="", max_length=200)
    partial: bool = False


Words = Annotated[str, Field(min_length=1, max_length=10_000)]
Examples = Annotated[list[Annotated[str, Field(max_length=MAX_ID)]], Field(max_length=1_000)]


class ZeroShotRequest(Request):
    """What tells of the classes: words in place of their names, or assets that show them."""

    describe: dict[str, Words] | None = Field(default=None, max_length=10_000)
    examples: dict[str, Examples] | None = Field(default=None, max_length=10_000)


class EmbeddingsRequest(Request):
    """Vectors of an encoder elsewhere: one row an asset."""

    ids: Ids
    vectors: list[list[float]]
    name: str = Field(min_length=1, max_length=40)
    version: str = Field(default="1", min_length=1, max_length=40)
    use: bool = True


class PredictionsFileRequest(Request):
    """A file of predictions on the server's machine."""

    path: FilePath
    name: str = Field(default="", max_length=200)
    logits: bool = False
    partial: bool = False


FileName = Annotated[
    str, Field(min_length=1, max_length=255, description="Its ending tells what the body is.")
]


class PredictionsUpload(Request):
    """A file of predictions as the body."""

    filename: FileName
    name: str = Field(default="", max_length=200)
    logits: bool = False
    partial: bool = False


class EmbeddingsUpload(Request):
    """A file of vectors as the body."""

    filename: FileName
    name: str = Field(min_length=1, max_length=40)
    version: str = Field(default="1", min_length=1, max_length=40)
    use: bool = True


class EmbeddingsFileRequest(Request):
    """A file of vectors on the server's machine."""

    path: FilePath
    name: str = Field(min_length=1, max_length=40)
    version: str = Field(default="1", min_length=1, max_length=40)
    use: bool = True
