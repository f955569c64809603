"""What a strategy asks of a pool: the signal, or an error that says how to provide it."""

from __future__ import annotations

from querist.errors import MissingSignalError
from querist.strategies.base import Floats, Head, Pool, Signal

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
}


def need_probabilities(pool: Pool, strategy: str) -> Floats:
    """The probabilities (N, C).

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.probabilities is None:
        raise _missing(strategy, Signal.PROBABILITIES)
    return pool.probabilities


def need_embeddings(pool: Pool, strategy: str) -> Floats:
    """The embeddings (N, d).

    Raises:
        MissingSignalError: the pool has none; says how to provide them.
    """
    if pool.embeddings is None:
        raise _missing(strategy, Signal.EMBEDDINGS)
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


def _missing(strategy: str, signal: Signal) -> MissingSignalError:
    return MissingSignalError(
        f"The strategy {strategy!r} needs {signal.value}=, which was not given.",
        remedy=_HOW[signal],
        strategy=strategy,
        signal=signal.value,
    )
