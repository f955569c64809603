"""Learners and encoders in a script of the project's folder: four functions, no server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from querist.learners.remote import LearnerElsewhere
from querist.learners.remote_encoders import EncoderElsewhere
from querist.learners.remote_items import CONTENT
from querist.learners.remote_model import Elsewhere
from querist.learners.remote_values import ValueLearnerElsewhere
from querist.learners.script_backend import ScriptBackend
from querist.schema import Media

SCRIPT = "script"


@dataclass(eq=False)
class InScript(Elsewhere):
    """A model that a Python file of the project's folder holds.

    Args:
        file: The file, by its path below the folder.
        python: The Python that runs it; ``None`` takes the one that runs Querist.
        folder: The project's; a project gives its own.
        seconds: The longest that a prediction may take, for some thousand rows or at most 1,024
            assets.
        train_seconds: The longest that a training may take.
    """

    file: str
    python: str | None = None
    folder: str = "."
    seconds: float = 60.0
    train_seconds: float = 600.0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it in the same folder."""
        return {key: value for key, value in asdict(self).items() if key != "folder"}

    def check_file(self) -> None:
        """Refuse a file that is not there, before anything starts it.

        Raises:
            UnavailableError: it is not there.
        """
        _ = self._backend.version

    @property
    def _backend(self) -> ScriptBackend:
        return ScriptBackend(
            file=self.file, python=self.python, folder=self.folder, seconds=self.seconds
        )


class ScriptLearner(LearnerElsewhere, InScript):
    """A model of one class behind three functions of a Python file: train, predict and state.

    Its parameters are those of ``InScript``.

    Example:
        >>> ScriptLearner("own_model.py").parameters["file"]
        'own_model.py'
    """

    name: ClassVar[str] = SCRIPT
    summary: ClassVar[str] = "Your own model, a Python file in the project's folder"


@dataclass(eq=False)
class ScriptValueLearner(ValueLearnerElsewhere, InScript):
    """A model of sets, numbers, boxes or spans behind three functions of a Python file.

    Args:
        file: As for ``InScript``; ``python``, ``folder``, ``seconds``, ``train_seconds`` likewise.
        send: ``content`` gives the texts, rows, or bytes of the pictures; ``ids`` only the ids.

    Example:
        >>> ScriptValueLearner("own_spans.py").parameters["send"]
        'content'
    """

    name: ClassVar[str] = SCRIPT
    summary: ClassVar[str] = ScriptLearner.summary
    send: str = CONTENT


class ScriptEncoder(EncoderElsewhere):
    """Vectors from the function ``embed`` of a Python file.

    Args:
        file: As for ``InScript``; ``python``, ``folder`` and ``seconds`` likewise.
        dimensions: Length d of its vectors.
        version: Change it whenever the same asset may get another vector.
        send: ``content`` gives the texts, rows, or bytes of the pictures; ``ids`` only the ids.

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
