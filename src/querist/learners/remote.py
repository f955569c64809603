"""Learners of one class whose model lives in a process of the user: vectors and scores travel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Codes, Matrix
from querist.learners.checking import check_training
from querist.learners.remote_backend import pack, unpack
from querist.learners.remote_model import ModelElsewhere, OverHttp

# Values of one request: 8 MiB of float32.
_VALUES = 1 << 21
_SUM_TOLERANCE = 1e-3


class LearnerElsewhere(ModelElsewhere):
    """A model of one class for each vector, of another process."""

    _ARRAYS: ClassVar[tuple[str, ...]] = ("present",)
    _present: Codes = np.zeros(0, np.int64)
    _class_count = 0

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Have a new model trained from scratch.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
            UnavailableError: the process hangs, refuses, or does not say that it is done.
        """
        rows, codes, present = check_training(X, y, class_count)
        told = {
            "vectors": pack(rows),
            "labels": codes.tolist(),
            "classes": present.tolist(),
            "seed": int(rng.integers(2**31)),
        }
        name = self._name_of((json.dumps(told) + self._backend.version).encode())
        self._train(name, told)
        self._model, self._present = name, present
        self._class_count, self._dimensions = class_count, rows.shape[1]

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C) in class order; a class never seen gets 0.

        Its shares may miss one by a thousandth, as rounded numbers do.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            UnavailableError: the process hangs, refuses, or answers what are no probabilities.
        """
        rows = self._trained_on(X)
        found = np.zeros((len(rows), self._class_count), np.float32)
        step = max(1, _VALUES // max(rows.shape[1], 1))
        for start in range(0, len(rows), step):
            found[start : start + step, self._present] = self._shares(rows[start : start + step])
        return found

    def _stored(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
        return {"present": self._present}, {"class_count": self._class_count}

    def _restore(self, kept: Mapping[str, Any]) -> None:
        self._present, self._class_count = kept["present"], int(kept["class_count"])

    def _shares(self, rows: Matrix) -> NDArray[np.float64]:
        """Shares (n, K) of the classes that the model has seen."""
        shape = len(rows), len(self._present)
        told = {"classes": self._present.tolist(), "vectors": pack(rows)}
        answer, tool = self._predict(told, numbers=shape[0] * shape[1])
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
            least = float(shares[row].min())
            wrongly = f"holds {least:.4g}" if least < 0 else f"sums to {total[row, 0]:.4g}"
            raise tool.failed(
                f"answered /predict with what are no probabilities: row {row} {wrongly}"
            )
        whole: NDArray[np.float64] = shares / total
        return whole


class RemoteLearner(LearnerElsewhere, OverHttp):
    """A model of one class behind three functions over HTTP: train, predict and state.

    Its parameters are those of ``OverHttp``.

    Example:
        >>> RemoteLearner("http://127.0.0.1:9000").parameters["url"]
        'http://127.0.0.1:9000'
    """

    name: ClassVar[str] = "remote"
    summary: ClassVar[str] = "Your own model, served over HTTP by a process of yours"
