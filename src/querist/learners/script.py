"""Learners and encoders in a script of the project's folder: four functions, no server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from querist.learners.remote import LearnerElsewhere
from querist.learners.remote_encoders import EncoderElsewhere
from querist.learners.remote_items import CONTENT
from querist.learners.remote_values import ValueLearnerElsewhere
from querist.learners.script_backend import ScriptBackend
from querist.schema import Media

SCRIPT = "script"


class ScriptLearner(LearnerElsewhere):
    """A model behind three functions of a Python file: train, predict and state.

    Args:
        file: The file, by its path below the folder.
        python: The Python that runs it; ``None`` takes the one that runs Querist.
        folder: The project's; a project gives its own.
        seconds: The longest that a prediction may take, for some thousand rows.
        train_seconds: The longest that a training may take.

    Example:
        >>> ScriptLearner("own_model.py").parameters["file"]
        'own_model.py'

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str] = SCRIPT
    summary: ClassVar[str] = "Your own model, a Python file in the project's folder"

    def __init__(
        self,
        file: str,
        python: str | None = None,
        folder: str = ".",
        seconds: float = 60.0,
        train_seconds: float = 600.0,
    ) -> None:
        backend = ScriptBackend(file=file, python=python, folder=folder, seconds=seconds)
        super().__init__(backend, train_seconds)
        self._parameters = {
            "file": file,
            "python": python,
            "seconds": seconds,
            "train_seconds": train_seconds,
        }

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it in the same folder."""
        return self._parameters


class ScriptValueLearner(ValueLearnerElsewhere):
    """A model of sets, numbers, boxes or spans behind three functions of a Python file.

    Args:
        file: As for ``ScriptLearner``; ``python``, ``folder`` and ``train_seconds`` likewise.
        python: See there.
        folder: See there.
        seconds: The longest that a prediction may take, for at most 1,024 assets.
        train_seconds: See there.
        send: ``content`` gives the texts, rows, or bytes of the pictures; ``ids`` only the ids.

    Example:
        >>> ScriptValueLearner("own_spans.py").parameters["send"]
        'content'

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str] = SCRIPT
    summary: ClassVar[str] = ScriptLearner.summary

    def __init__(
        self,
        file: str,
        python: str | None = None,
        folder: str = ".",
        seconds: float = 60.0,
        train_seconds: float = 600.0,
        send: str = CONTENT,
    ) -> None:
        backend = ScriptBackend(file=file, python=python, folder=folder, seconds=seconds)
        super().__init__(backend, train_seconds, send)
        self._parameters = {
            "file": file,
            "python": python,
            "seconds": seconds,
            "train_seconds": train_seconds,
            "send": send,
        }

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it in the same folder."""
        return self._parameters


class ScriptEncoder(EncoderElsewhere):
    """Vectors from the function ``embed`` of a Python file.

    Args:
        file: As for ``ScriptLearner``; ``python``, ``folder`` and ``seconds`` likewise.
        dimensions: Length d of its vectors.
        version: Change it whenever the same asset may get another vector.
        send: ``content`` gives the texts, rows, or bytes of the pictures; ``ids`` only the ids.
        python: See there.
        folder: See there.
        seconds: See there.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    def __init__(
        self,
        file: str,
        dimensions: int,
        version: str = "1",
        send: str = CONTENT,
        python: str | None = None,
        folder: str = ".",
        seconds: float = 60.0,
    ) -> None:
        backend = ScriptBackend(file=file, python=python, folder=folder, seconds=seconds)
        super().__init__(backend, dimensions, version, send)


class ScriptImage(ScriptEncoder):
    """Pictures."""

    name = "script-image"
    media = Media.IMAGE
    summary = "Your own vectors of images, by a Python file in the project's folder"


class ScriptText(ScriptEncoder):
    """Texts."""

    name = "script-text"
    media = Media.TEXT
    summary = "Your own vectors of texts, by a Python file in the project's folder"


class ScriptTable(ScriptEncoder):
    """Rows of a table."""

    name = "script-table"
    media = Media.TABLE
    summary = "Your own vectors of table rows, by a Python file in the project's folder"
