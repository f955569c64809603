"""What all learners share whose model lives in a process of the user: its way, limits and name."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from querist.learners import arrays
from querist.learners.base import Matrix
from querist.learners.checking import check_matrix, unfitted, unreadable
from querist.learners.remote_backend import Backend, Blamed, Served, check_model, check_seconds


class Elsewhere(ABC):
    """A learner that asks a process of the user. Its parameters are the fields of a dataclass.

    Raises:
        InvalidInputError: one of the parameters cannot be used.
    """

    train_seconds: float

    def __post_init__(self) -> None:
        _ = self._backend  # its making checks what it is made of
        check_seconds(self.train_seconds)

    @property
    @abstractmethod
    def _backend(self) -> Served:
        """The way to the process."""


@dataclass(eq=False)
class OverHttp(Elsewhere):
    """A model that is served over HTTP.

    Args:
        url: Where the model is served.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token.
        seconds: The longest that a prediction may take, for some thousand rows or at most 1,024
            assets.
        train_seconds: The longest that a training may take.
    """

    url: str
    token: str | None = None
    seconds: float = 60.0
    train_seconds: float = 600.0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it; a token is named by where it is found."""
        return asdict(self)

    @property
    def _backend(self) -> Backend:
        return Backend(url=self.url, token=self.token, seconds=self.seconds)


class ModelElsewhere(Elsewhere):
    """A model behind three functions of another process: train, predict and state.

    That process keeps the models under the names that Querist gives them; here only the name is
    stored. A name is made of all that the model was trained on, so a training that is asked for
    twice may be answered by the model that is there.

    A learner of one kind of label adds what travels in training, how an answer is read, and what
    is stored beside the name: ``_stored``, ``_restore`` and the names of its arrays in ``_ARRAYS``.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    _ARRAYS: ClassVar[tuple[str, ...]] = ()
    _model: str | None = None
    _dimensions = 0

    def save(self, folder: Path) -> None:
        """Ask the process to keep the model, and write down its name.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            UnavailableError: the process does not keep it.
        """
        if self._model is None:
            raise unfitted(self.name)
        answer, tool = self._backend.ask("/state", {"model": self._model})
        check_model(answer, self._model, tool, "/state")
        stored, facts = self._stored()
        told = {"name": self.name, "model": self._model, "dimensions": self._dimensions}
        arrays.write(folder, stored, {**told, **facts})

    def load(self, folder: Path) -> None:
        """Read the name of the model; the process is asked when it shall predict.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        stored, facts = arrays.read(folder, self.name, self._ARRAYS)
        try:
            self._restore({**facts, **stored})
            self._dimensions, self._model = int(facts["dimensions"]), str(facts["model"])
        except KeyError as error:  # of the learner of other labels, which has the same name
            raise unreadable(self.name, folder, error) from error

    @abstractmethod
    def _stored(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
        """Arrays and facts that are stored beside the model's name."""

    @abstractmethod
    def _restore(self, kept: Mapping[str, Any]) -> None:
        """Take back the arrays and facts that ``_stored`` gave."""

    @staticmethod
    def _name_of(*made_of: bytes) -> str:
        """The name of a model that is trained on ``made_of``."""
        return hashlib.sha256(b"".join(made_of)).hexdigest()[:24]

    def _train(self, name: str, told: Mapping[str, Any]) -> tuple[dict[str, Any], Blamed]:
        """What the process answers when it has trained the model, or taken a part of the labels."""
        asked = {"model": name, **told}
        answer, tool = self._backend.ask("/train", asked, seconds=self.train_seconds)
        check_model(answer, name, tool, "/train")
        return answer, tool

    def _trained_on(self, X: Matrix) -> Matrix:
        """Vectors (n, d) as the model knows them.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if self._model is None:
            raise unfitted(self.name)
        return check_matrix(X, dimensions=self._dimensions)

    def _predict(self, told: Mapping[str, Any], numbers: int) -> tuple[dict[str, Any], Blamed]:
        """What the process answers where so many ``numbers`` are awaited."""
        return self._backend.ask("/predict", {"model": self._model, **told}, numbers=numbers)
