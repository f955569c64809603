"""What a strategy asks of a pool: the signal, or an error that says how to provide it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies.base import UNLABELED, Floats, Gradient, Head, Pool, Positions, Signal

_HOW = {
    Signal.PROBABILITIES: (
        "Pass probabilities=model.predict_proba(X), an (N, C) array over all rows; before two "
        "classes are labelled use 'auto', 'random' or a coverage strategy such as 'maxherding'."
    ),
    Signal.EMBEDDINGS: (
        "Pass embeddings=, an (N, d) array with a vector for each row, for example the scaled "
        "features or the output of an encoder."
    ),
    Signal.COMMITTEE: (
        "Pass committee=, a (K, N, C) array of the class probabilities of K models or K dropout "
        "passes over all rows, for example np.stack([t.predict_proba(X) for t in forest])."
    ),
    Signal.HEAD: (
        "Pass head=(W, b), the weights (C, d) and intercepts (C,) of a linear model over the "
        "embeddings, for example head=(model.coef_, model.intercept_)."
    ),
    Signal.GRADIENT: (
        "Pass gradient=, a callable that takes vectors (m, d) and returns the model's logits "
        "(m, C) and their gradients by the vectors (m, C, d), for example made with torch.func."
    ),
    Signal.MULTILABEL_PROBABILITIES: (
        "Pass multilabel_probabilities=, an (N, C) array with the chance that a row has each "
        "class, for example OneVsRestClassifier(model).fit(X, Y).predict_proba(X)."
    ),
    Signal.PREDICTIONS: (
        "Pass predictions=model.predict(X), an (N,) array over all rows; before a model is trained "
        "use 'gsx', 'lcmd' or 'random'."
    ),
    Signal.COMMITTEE_PREDICTIONS: (
        "Pass committee_predictions=, a (K, N) array of the numbers that K models predict for all "
        "rows, for example np.stack([tree.predict(X) for tree in forest.estimators_])."
    ),
    Signal.UNCERTAINTY: (
        "Pass uncertainty=, an (N,) array of how unsure the model is of each row as a whole, 0 or "
        "more, for example the mean entropy over its boxes or words; before a model is trained use "
        "'auto', 'random' or 'maxherding'."
    ),
}


def need_probabilities(pool: Pool, asking: str, *, kind: str = "strategy") -> Floats:
    """The probabilities (N, C); ``kind`` is what is ``asking``, a strategy or a constraint.

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.probabilities is None:
        raise _missing(asking, Signal.PROBABILITIES, kind)
    return pool.probabilities


def need_labels_of_columns(pool: Pool, strategy: str, columns: int) -> tuple[Positions, Positions]:
    """The rows whose class is known (K,), and their classes (K,), each a column.

    Raises:
        InvalidInputError: a class is beyond the columns of the probabilities.
    """
    known = pool.labels != UNLABELED
    labels = pool.labels[known]
    most = int(labels.max(initial=0))
    if most >= columns:
        raise InvalidInputError(
            f"A label is the class {most}, but the probabilities have {columns} columns, and "
            f"{strategy!r} goes by the column of each label.",
            remedy="Give a column for each class, zeros for one the model has not seen; of labels "
            "that are names give class_names= too.",
            strategy=strategy,
            label=most,
        )
    return pool.labeled[known], labels


def need_embeddings(pool: Pool, asking: str, *, kind: str = "strategy") -> Floats:
    """The embeddings (N, d); ``kind`` is what is ``asking``, a strategy or a constraint.

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.embeddings is None:
        raise _missing(asking, Signal.EMBEDDINGS, kind)
    return pool.embeddings


def need_committee(pool: Pool, strategy: str) -> Floats:
    """The probabilities of each member (K, N, C).

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.committee is None:
        raise _missing(strategy, Signal.COMMITTEE)
    return pool.committee


def need_head(pool: Pool, strategy: str) -> Head:
    """The last layer of the model over the embeddings.

    Raises:
        MissingSignalError: the pool has none; says how to provide it.
    """
    if pool.head is None:
        raise _missing(strategy, Signal.HEAD)
    return pool.head


def need_gradient(pool: Pool, strategy: str) -> Gradient:
    """The logits and gradients of the model over the embeddings, as a callable.

    Raises:
        MissingSignalError: the pool has none; says how to provide it.
    """
    if pool.gradient is None:
        raise _missing(strategy, Signal.GRADIENT)
    return pool.gradient


def need_multilabel_probabilities(pool: Pool, strategy: str) -> Floats:
    """The chance that a row has each class (N, C).

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.multilabel_probabilities is None:
        raise _missing(strategy, Signal.MULTILABEL_PROBABILITIES)
    return pool.multilabel_probabilities


def need_predictions(pool: Pool, strategy: str) -> Floats:
    """The predicted numbers (N,).

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.predictions is None:
        raise _missing(strategy, Signal.PREDICTIONS)
    return pool.predictions


def need_committee_predictions(pool: Pool, strategy: str) -> Floats:
    """The numbers that each member predicts (K, N).

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.committee_predictions is None:
        raise _missing(strategy, Signal.COMMITTEE_PREDICTIONS)
    return pool.committee_predictions


def need_uncertainty(pool: Pool, strategy: str) -> NDArray[np.float64]:
    """How unsure the model is of each row as a whole (N,).

    Raises:
        MissingSignalError: the pool has none; says how to provide it.
    """
    if pool.uncertainty is None:
        raise _missing(strategy, Signal.UNCERTAINTY)
    return pool.uncertainty


def need_targets(pool: Pool, strategy: str) -> NDArray[np.float64]:
    """The numbers of the labelled rows (L,); NaN where unknown.

    Raises:
        MissingSignalError: rows are labelled, and the pool has none; says how to provide them.
    """
    if pool.targets is None and len(pool.labeled):
        raise MissingSignalError(
            f"The strategy {strategy!r} needs targets=, which was not given.",
            remedy="Pass targets=y[labeled], the number of each labelled row (L,).",
            strategy=strategy,
            signal="targets",
        )
    return np.zeros(0) if pool.targets is None else pool.targets


def _missing(asking: str, signal: Signal, kind: str = "strategy") -> MissingSignalError:
    return MissingSignalError(
        f"The {kind} {asking!r} needs {signal.value}=, which was not given.",
        remedy=_HOW[signal],
        **{kind: asking},
        signal=signal.value,
    )
