"""Nearness to one vector a class: the mean of its examples, or what its name says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.learners import arrays
from querist.learners.base import Codes, Matrix
from querist.learners.checking import check_matrix, check_training, unfitted

PROTOTYPES = "prototypes"
# Where no example can be left out to learn how much nearness is worth.
_SCALE = 10.0
_SCALES = np.geomspace(0.5, 500.0, 31)
_PREDICT_ROWS = 65_536


class PrototypeLearner:
    """Softmax of the cosine between a centred row and the prototype of each class.

    Snell, Swersky and Zemel (2017), "Prototypical networks for few-shot learning", with cosines.
    It needs one example a class. How steep the softmax is, is learned from examples that are left
    out one by one, where classes have two or more.
    """

    name: ClassVar[str] = PROTOTYPES
    summary: ClassVar[str] = "Nearness to the mean of a class's examples, from one example on"
    paper: ClassVar[str] = "Snell et al. 2017"

    def __init__(self) -> None:
        self._prototypes: Matrix | None = None  # (K, d), of length one
        self._center: Matrix = np.zeros(0, np.float32)  # (d,)
        self._scale = _SCALE
        self._present: Codes = np.zeros(0, np.int64)  # (K,)
        self._class_count = 0

    @classmethod
    def of(
        cls, prototypes: Matrix, present: Codes, center: Matrix, *, class_count: int, scale: float
    ) -> PrototypeLearner:
        """A learner with given prototypes (K, d) of the classes ``present`` (K,).

        Args:
            prototypes: One vector a class, on the scale of centred rows; none is zero.
            present: Their classes, ascending.
            center: What is taken off each row (d,).
            class_count: Classes in all.
            scale: How steep the softmax is.
        """
        made = cls()
        made._prototypes = unit(prototypes)
        made._present = np.asarray(present, np.int64)
        made._center = np.asarray(center, np.float32)
        made._class_count, made._scale = class_count, float(scale)
        return made

    @property
    def parameters(self) -> Mapping[str, Any]:
        """None: everything is learned."""
        return {}

    def fit(
        self,
        X: Matrix,
        y: Codes,
        *,
        class_count: int,
        rng: np.random.Generator,  # noqa: ARG002 - the seam gives it, means need none
    ) -> None:
        """Take the mean of each class's rows (n, d).

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
        """
        rows, codes, present = check_training(X, y, class_count)
        sums = np.zeros((len(present), rows.shape[1]))
        np.add.at(sums, codes_in(codes, present), rows)
        counts = np.bincount(codes_in(codes, present), minlength=len(present))
        self._center = (sums / counts[:, None]).mean(axis=0).astype(np.float32)
        near = unit(rows - self._center)
        sums = np.zeros_like(sums)
        np.add.at(sums, codes_in(codes, present), near)
        self._prototypes = unit(sums.astype(np.float32))
        self._present, self._class_count = present, class_count
        self._scale = _left_out_scale(near, codes_in(codes, present), sums, counts)

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C); a class without a prototype gets 0.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if self._prototypes is None:
            raise unfitted(self.name)
        rows = check_matrix(X, dimensions=self._prototypes.shape[1])
        found = np.zeros((len(rows), self._class_count), np.float32)
        for start in range(0, len(rows), _PREDICT_ROWS):
            part = slice(start, start + _PREDICT_ROWS)
            near = unit(rows[part] - self._center) @ self._prototypes.T
            found[part, self._present] = softmax(self._scale * near)
        return found

    def save(self, folder: Path) -> None:
        """Write the prototypes.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._prototypes is None:
            raise unfitted(self.name)
        state: dict[str, NDArray[Any]] = {
            "prototypes": self._prototypes,
            "center": self._center,
            "present": self._present,
        }
        facts = {"name": self.name, "class_count": self._class_count, "scale": self._scale}
        arrays.write(folder, state, facts)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, facts = arrays.read(folder, self.name, ("prototypes", "center", "present"))
        self._prototypes = state["prototypes"]
        self._center, self._present = state["center"], state["present"]
        self._class_count, self._scale = int(facts["class_count"]), float(facts["scale"])


def unit(rows: Matrix) -> Matrix:
    """The rows (n, d) at length one; a row of zeros stays one."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1), np.float32)


def softmax(logits: Matrix) -> Matrix:
    """Shares (n, K) that sum to one."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def codes_in(codes: Codes, present: Codes) -> Codes:
    """Where each class stands among those present, ascending."""
    return np.searchsorted(present, codes).astype(np.int64)


def _left_out_scale(
    near: Matrix, codes: Codes, sums: NDArray[np.float64], counts: NDArray[np.int64]
) -> float:
    """The scale with the least log loss of rows left out of their prototype; of several alone."""
    alone = counts[codes] > 1
    if not alone.any():
        return _SCALE
    rows, own = near[alone], codes[alone]
    cosines = rows @ unit(sums.astype(np.float32)).T
    without = unit((sums[own] - rows).astype(np.float32))
    at = np.arange(len(rows))
    cosines[at, own] = (rows * without).sum(axis=1)
    losses = [
        -np.log(np.maximum(softmax(scale * cosines)[at, own], 1e-12)).mean() for scale in _SCALES
    ]
    return float(_SCALES[int(np.argmin(losses))])
