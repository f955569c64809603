"""Models and vectors that were made elsewhere and came in as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError, NotFoundError
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.logistic_regression import LogisticRegressionLearner
from querist.schema import Media, TaskKind

IMPORTED = "imported"
_NAME = re.compile(r"[A-Za-z0-9._]{1,40}")


class ImportedLearner(LogisticRegressionLearner):
    """The stand-in of a model elsewhere: linear, learned from what its file says.

    It answers where the file says nothing: about assets that were added later, and where a label
    is to be judged by a model that has not seen it.

    Args:
        model: What people call the model.
    """

    name: ClassVar[str] = IMPORTED
    summary: ClassVar[str] = "Your own model elsewhere, by a file of its predictions"
    # What a file may tell of; the stand-in itself is there for single classes alone.
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(TaskKind) - {TaskKind.POLYGONS}

    def __init__(self, model: str = "") -> None:
        super().__init__()
        self._model = str(model)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``model``."""
        return {"model": self._model}


class ImportedEncoder:
    """Vectors that came in as a file; it can encode nothing itself.

    Args:
        vectors: What people call them.
        dimensions: Length d of a vector.
        version: Another one wherever the same asset has another vector.

    Raises:
        InvalidInputError: a name cannot be that of a folder, or d is below one.
    """

    name: ClassVar[str]
    media: ClassVar[Media]
    summary: ClassVar[str]
    needs_fit: ClassVar[bool] = False

    def __init__(self, vectors: str, dimensions: int, version: str = "1") -> None:
        for kind, text in (("name", vectors), ("version", str(version))):
            if not _NAME.fullmatch(text):
                raise InvalidInputError(
                    f"The {kind} {text!r} of the vectors cannot be that of a folder.",
                    remedy="Use up to 40 letters, digits, points and underscores.",
                )
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or dimensions < 1:
            raise InvalidInputError(
                f"Vectors cannot have {dimensions!r} dimensions.", remedy="Give 1 or more."
            )
        self._identity = EncoderIdentity(
            name=f"{IMPORTED}.{vectors}",
            version=str(version),
            preprocessing="file",
            dimensions=dimensions,
        )

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity, from its name and version alone."""
        return self._identity

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Nothing: the vectors are what they are."""

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Refuse: whoever made the file has to make the vectors of other assets too.

        Raises:
            NotFoundError: always, with the first asset that has none.
        """
        if not items:
            return np.zeros((0, self.identity.dimensions), np.float32)
        raise NotFoundError(
            f"{len(items):,} or more assets have no imported vector, the first is "
            f"{items[0].asset_id!r}.",
            remedy="Import vectors of them too, under the same name: "
            "querist import-embeddings FILE --name NAME",
        )

    def save(self, folder: Path) -> None:
        """Nothing: all there is stands in the settings."""

    def load(self, folder: Path) -> None:
        """Nothing: all there is stands in the settings."""


class ImportedImage(ImportedEncoder):
    """Vectors of images."""

    name = "imported-image"
    media = Media.IMAGE
    summary = "Your own vectors of images, from a file"


class ImportedText(ImportedEncoder):
    """Vectors of texts."""

    name = "imported-text"
    media = Media.TEXT
    summary = "Your own vectors of texts, from a file"


class ImportedTable(ImportedEncoder):
    """Vectors of table rows."""

    name = "imported-table"
    media = Media.TABLE
    summary = "Your own vectors of table rows, from a file"


IMPORTED_ENCODERS: Mapping[Media, type[ImportedEncoder]] = {
    kind.media: kind for kind in (ImportedImage, ImportedText, ImportedTable)
}
