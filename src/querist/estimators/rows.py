"""The rows of X, whatever holds them: an array, a sparse matrix, a frame, or texts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import validate_data

from querist.errors import InvalidInputError


def checked(owner: Any, X: Any, *, reset: bool) -> Any:
    """``X`` as the wrapped estimator should get it.

    A frame of pandas or polars stays one, with its columns of any kind, as does an array with words
    in it, and texts stay texts: what is wrong in them only the wrapped estimator can know.
    Everything else becomes an array or a sparse matrix of numbers, without NaN unless the wrapped
    estimator takes NaN.
    """
    if is_frame(X) or _holds_words(X):
        validate_data(owner, X, skip_check_array=True, reset=reset)
    elif _is_texts(X):
        X = np.array([*X], dtype=object)
    else:
        finite = not takes_nan(owner.estimator)
        X = validate_data(owner, X, accept_sparse="csr", ensure_all_finite=finite, reset=reset)
    if not X.shape[0]:
        raise InvalidInputError("X has no rows.", remedy="Give at least one row.")
    return X


def is_frame(X: Any) -> bool:
    """Whether ``X`` is a frame of pandas or polars."""
    return hasattr(X, "columns") and hasattr(X, "shape")


def taken(X: Any, rows: NDArray[np.int64]) -> Any:
    """The rows (k,) of ``X``, held as ``X`` is."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def takes_nan(estimator: Any) -> bool:
    """Whether the wrapped estimator says that it takes NaN; of a pipeline its first step counts."""
    first = estimator.steps[0][1] if isinstance(estimator, Pipeline) else estimator
    return hasattr(first, "fit") and bool(get_tags(first).input_tags.allow_nan)


def _holds_words(X: Any) -> bool:
    words = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OU"
    return words and any(isinstance(value, str) for value in X.flat)


def _is_texts(X: Any) -> bool:
    if isinstance(X, str) or not (isinstance(X, list | tuple) or hasattr(X, "dtype")):
        return False
    if getattr(X, "ndim", 1) != 1 or getattr(getattr(X, "dtype", None), "kind", "O") in "fiubc":
        return False
    return len(X) > 0 and all(isinstance(value, str) for value in X)
