"""Learners of one class whose model lives in a process of the user: vectors and scores travel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.learners import arrays
from querist.learners.base import Codes, Matrix
from querist.learners.checking import check_matrix, check_training, unfitted
from querist.learners.remote_backend import (
    Backend,
    Served,
    check_model,
    check_seconds,
    pack,
    unpack,
)

# Values of one request: 8 MiB of float32.
_VALUES = 1 << 21
_SUM_TOLERANCE = 1e-3


class LearnerElsewhere:
    """A model behind three functions of another process: train, predict and state.

    That process keeps the models under the names that Querist gives them; here only the name is
    stored. A name is made of all that the model was trained on, so a training that is asked for
    twice may be answered by the model that is there.

    Args:
        backend: The way to it.
        train_seconds: The longest that a training may take.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str]
    summary: ClassVar[str]

    def __init__(self, backend: Served, train_seconds: float) -> None:
        check_seconds(train_seconds)
        self._backend = backend
        self._train_seconds = train_seconds
        self._model: str | None = None
        self._present: Codes = np.zeros(0, np.int64)
        self._class_count = self._dimensions = 0

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Have a new model trained from scratch.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
            UnavailableError: the process hangs, refuses, or does not say that it is done.
        """
        rows, codes, present = check_training(X, y, class_count)
        body = {
            "vectors": pack(rows),
            "labels": codes.tolist(),
            "classes": present.tolist(),
            "seed": int(rng.integers(2**31)),
        }
        made_of = json.dumps(body) + self._backend.version
        name = hashlib.sha256(made_of.encode()).hexdigest()[:24]
        asked = {"model": name, **body}
        answer, tool = self._backend.ask("/train", asked, seconds=self._train_seconds)
        check_model(answer, name, tool, "/train")
        self._model, self._present = name, present
        self._class_count, self._dimensions = class_count, rows.shape[1]

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C) in class order; a class never seen gets 0.

        Its shares may miss one by a thousandth, as rounded numbers do.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            UnavailableError: the process hangs, refuses, or answers what are no probabilities.
        """
        if self._model is None:
            raise unfitted(self.name)
        rows = check_matrix(X, dimensions=self._dimensions)
        found = np.zeros((len(rows), self._class_count), np.float32)
        step = max(1, _VALUES // max(rows.shape[1], 1))
        for start in range(0, len(rows), step):
            found[start : start + step, self._present] = self._shares(rows[start : start + step])
        return found

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
        facts = {
            "name": self.name,
            "model": self._model,
            "class_count": self._class_count,
            "dimensions": self._dimensions,
        }
        arrays.write(folder, {"present": self._present}, facts)

    def load(self, folder: Path) -> None:
        """Read the name of the model; the process is asked when it shall predict.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, facts = arrays.read(folder, self.name, ("present",))
        self._present = state["present"]
        self._class_count = int(facts["class_count"])
        self._dimensions = int(facts["dimensions"])
        self._model = str(facts["model"])

    def _shares(self, rows: Matrix) -> NDArray[np.float64]:
        """Shares (n, K) of the classes that the model has seen."""
        shape = len(rows), len(self._present)
        asked = {
            "model": self._model,
            "classes": self._present.tolist(),
            "vectors": pack(rows),
        }
        answer, tool = self._backend.ask("/predict", asked, numbers=shape[0] * shape[1])
        if "logits" in answer:
            logits = unpack(answer, "logits", shape, tool, "/predict")
            raised = np.exp(logits - logits.max(axis=1, keepdims=True))
            scaled: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
            return scaled
        shares = unpack(answer, "probabilities", shape, tool, "/predict")
        total = shares.sum(axis=1, keepdims=True)
        wrong = (shares < 0).any(axis=1) | (np.abs(total[:, 0] - 1) > _SUM_TOLERANCE)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise tool.failed(
                f"answered /predict with what are no probabilities: row {row} is below 0 or sums "
                f"to {total[row, 0]:.4g}"
            )
        whole: NDArray[np.float64] = shares / total
        return whole


class RemoteLearner(LearnerElsewhere):
    """A model behind three functions over HTTP: train, predict and state.

    Args:
        url: Where the model is served.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token.
        seconds: The longest that a prediction may take, for some thousand rows.
        train_seconds: The longest that a training may take.

    Example:
        >>> RemoteLearner("http://127.0.0.1:9000").parameters["url"]
        'http://127.0.0.1:9000'

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str] = "remote"
    summary: ClassVar[str] = "Your own model, served over HTTP by a process of yours"

    def __init__(
        self,
        url: str,
        token: str | None = None,
        seconds: float = 60.0,
        train_seconds: float = 600.0,
    ) -> None:
        super().__init__(Backend(url=url, token=token, seconds=seconds), train_seconds)
        self._parameters = {
            "url": url,
            "token": token,
            "seconds": seconds,
            "train_seconds": train_seconds,
        }

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it; a token is named by where it is found."""
        return self._parameters
