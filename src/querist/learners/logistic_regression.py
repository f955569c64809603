"""The default learner: multinomial logistic regression on scaled vectors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import NEVER, Codes, Matrix
from querist.learners.checking import check_matrix, check_training, few_labels, unfitted
from querist.learners.one_thread import one_thread
from querist.learners.scaling import column_scales, one_hot
from querist.strategies.base import Head

# The length of a standardised row grows with its columns, so the same C fits wide rows more
# closely; this share of it a column keeps the fit alike from 2 columns to 2,000.
C_OVER_COLUMNS = 15.0
MAX_ITER = 300
PREDICT_ROWS = 65_536


class LogisticRegressionLearner:
    """Standardised features, then scikit-learn's L2-regularised logistic regression (lbfgs).

    Columns are brought to one width each, or, as far as that serves the labels better, by one
    scale for all: ``scaling.one_unit``.

    Args:
        C: Inverse strength of the regularisation, over 0; higher fits the labels more closely.
            ``None`` takes 15 / d for rows of d columns, at most 1.
        max_iter: Steps of the solver at most.

    Example:
        >>> learner = LogisticRegressionLearner()
        >>> X, y = np.array([[0.0], [1.0]], np.float32), np.array([0, 1])
        >>> learner.fit(X, y, class_count=3, rng=np.random.default_rng(0))
        >>> learner.predict_proba(X).shape
        (2, 3)
    """

    name: ClassVar[str] = "logistic-regression"
    summary: ClassVar[str] = "Linear, fast, well calibrated; the default on embeddings"
    paper: ClassVar[str] = "Cox 1958"

    def __init__(self, C: float | None = None, max_iter: int = MAX_ITER) -> None:
        if C is not None and not (math.isfinite(C) and C > 0):
            raise InvalidInputError(f"C is {C}.", remedy="Give a number over 0, such as 0.03.")
        if max_iter < 1:
            raise InvalidInputError(f"max_iter is {max_iter}.", remedy="Give 1 or more.")
        self._C = None if C is None else float(C)
        self._max_iter = int(max_iter)
        self._weights: Matrix | None = None  # (d, K), the scaling folded in
        self._intercept: Matrix = np.zeros(0, np.float32)  # (K,)
        self._present: Codes = np.zeros(0, np.int64)  # (K,)
        self._class_count = 0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``C`` and ``max_iter``."""
        return {"C": self._C, "max_iter": self._max_iter}

    def fit(
        self,
        X: Matrix,
        y: Codes,
        *,
        class_count: int,
        rng: np.random.Generator,  # noqa: ARG002 - the seam gives it, lbfgs needs none
    ) -> None:
        """Train on rows (n, d); the result depends on X and y alone, ``rng`` is not used.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
        """
        rows, codes, present = check_training(X, y, class_count)
        mean, scale = column_scales(rows, one_hot(codes))
        scaled = ((rows - mean) / scale).astype(np.float32)
        weights, intercept = coefficients(scaled, codes, C=self._C, max_iter=self._max_iter)
        if len(present) == 2:  # one column of log odds becomes two of logits
            weights = np.concatenate([np.zeros_like(weights), weights], axis=1)
            intercept = np.concatenate([np.zeros(1), intercept])
        weights = weights / scale[:, None]
        self._weights = weights.astype(np.float32)
        self._intercept = (intercept - mean @ weights).astype(np.float32)
        self._present = present
        self._class_count = class_count

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C); a class never seen gets 0.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if self._weights is None:
            raise unfitted(self.name)
        rows = check_matrix(X, dimensions=len(self._weights))
        found = np.zeros((len(rows), self._class_count), np.float32)
        for start in range(0, len(rows), PREDICT_ROWS):
            logits = rows[start : start + PREDICT_ROWS] @ self._weights + self._intercept
            logits -= logits.max(axis=1, keepdims=True)
            np.exp(logits, out=logits)
            logits /= logits.sum(axis=1, keepdims=True)
            found[start : start + PREDICT_ROWS, self._present] = logits
        return found

    def head(self) -> Head:
        """Weights (C, d) and intercepts (C,); a class never seen has an intercept out of reach.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._weights is None:
            raise unfitted(self.name)
        weights = np.zeros((self._class_count, len(self._weights)), np.float32)
        weights[self._present] = self._weights.T
        intercept = np.full(self._class_count, NEVER, np.float32)
        intercept[self._present] = self._intercept
        return Head(weights=weights, intercept=intercept)

    def save(self, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``learner.json``."""
        if self._weights is None:
            raise unfitted(self.name)
        state: dict[str, NDArray[Any]] = {
            "weights": self._weights,
            "intercept": self._intercept,
            "present": self._present,
        }
        arrays.write(folder, state, {"name": self.name, "class_count": self._class_count})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, facts = arrays.read(folder, self.name, ("weights", "intercept", "present"))
        self._weights = state["weights"]
        self._intercept = state["intercept"]
        self._present = state["present"]
        self._class_count = int(facts["class_count"])


def coefficients(
    scaled: Matrix, codes: Codes, *, C: float | None, max_iter: int = MAX_ITER
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (d, K) and intercepts (K,) of the logits of K classes; of two, the log odds (K = 1).

    Args:
        scaled: Standardised rows (n, d).
        codes: The class of each (n,), two or more of them.
        C: Inverse strength of the regularisation; ``None`` takes 15 / d, at most 1.
        max_iter: Steps of the solver at most.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    chosen = min(1.0, C_OVER_COLUMNS / scaled.shape[1]) if C is None else C
    model = LogisticRegression(C=chosen, max_iter=max_iter)
    with one_thread(), few_labels():
        # A fit stopped early is still a good model, and the steps are bounded on purpose;
        # `few_labels` puts the filters back.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(scaled, codes)
    return model.coef_.T, model.intercept_
