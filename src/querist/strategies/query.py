"""Arrays in, positions out: the one call for people with their own loop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies.base import Gradient, Head, Selection, create
from querist.strategies.constrained import select_within
from querist.strategies.constraints import Constraints
from querist.strategies.validation import check_pool

RandomState = int | np.random.Generator | np.random.SeedSequence | None


def query(  # noqa: PLR0913 - one keyword for each array that a pool may have
    name: str,
    n: int,
    *,
    probabilities: ArrayLike | None = None,
    embeddings: ArrayLike | None = None,
    committee: ArrayLike | None = None,
    head: tuple[ArrayLike, ArrayLike] | Head | None = None,
    gradient: Gradient | None = None,
    multilabel_probabilities: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    committee_predictions: ArrayLike | None = None,
    labeled: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    uncertainty: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    constraints: Constraints | None = None,
    random_state: RandomState = None,
    **parameters: object,
) -> Selection:
    """Choose which ``n`` rows of a pool to label next.

        picks = querist.query("auto", n=10, probabilities=P, embeddings=E, labeled=idx, labels=y)
        picks.indices

    Args:
        name: The strategy; ``querist.strategies.names()`` lists them. ``auto`` needs no tuning.
        n: How many rows; fewer come back only when fewer are left, or within the constraints.
        probabilities: (N, C) over all rows, labelled ones too; ``None`` before two classes are
            known.
        embeddings: (N, d) over all rows, or ``None``.
        committee: (K, N, C), the probabilities of K models, for ``bald``, ``qbc`` and the like.
        head: Weights (C, d) and intercepts (C,) of a linear model over the embeddings.
        gradient: From vectors (m, d) to logits (m, C) and their gradients (m, C, d), for
            ``deepfool``.
        multilabel_probabilities: (N, C), the chance of each class by itself, where a row may have
            any number of classes.
        predictions: (N,), the numbers that a regression model predicts.
        committee_predictions: (K, N), the numbers that K regression models predict.
        labeled: Positions of the labelled rows, which are never returned.
        labels: Their classes, in the same order: columns of ``probabilities``, or names; with any
            number of classes a 0/1 matrix (L, C).
        targets: Their numbers (L,) in a regression.
        uncertainty: (N,), how unsure a model is of each row as a whole, where a label has parts
            (boxes, spans): 0 or more, higher is less sure.
        candidates: Positions that may be returned; all unlabelled rows if ``None``.
        class_names: Names of the columns of ``probabilities``, for labels, reasons and quotas;
            without them labels that are names are numbered in sorted order.
        constraints: What the batch must keep to: rows of a group, seconds, distances, classes.
        random_state: A seed or a generator; the same seed gives the same answer.
        **parameters: The strategy's own parameters.

    Returns:
        The batch in the order in which to ask.

    Raises:
        UnknownNameError: there is no such strategy; the nearest names are offered.
        MissingSignalError: the strategy needs an array that was not given.
        EmptyPoolError: nothing is left to choose from.
        InvalidInputError: an array, ``n`` or a parameter is wrong.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InvalidInputError(f"n is {n!r}.", remedy="Ask for at least one row.")
    strategy = create(name, **parameters)
    pool = check_pool(
        probabilities=probabilities,
        embeddings=embeddings,
        committee=committee,
        head=head,
        gradient=gradient,
        multilabel_probabilities=multilabel_probabilities,
        predictions=predictions,
        committee_predictions=committee_predictions,
        labeled=labeled,
        labels=_by_column(labels, class_names),
        targets=targets,
        uncertainty=uncertainty,
        candidates=candidates,
        class_names=class_names,
    )
    count, rng = min(int(n), len(pool.candidates)), _generator(random_state)
    if constraints is not None:
        return select_within(strategy, pool, count, constraints, rng)
    return strategy.select(pool, count, rng)


def _by_column(labels: ArrayLike | None, class_names: Sequence[str] | None) -> ArrayLike | None:
    """Labels that are names as the columns that have these names."""
    if labels is None or class_names is None:
        return labels
    given = np.asarray(labels)
    if given.dtype.kind not in "USO":
        return labels
    places = {name: place for place, name in enumerate(class_names)}
    for label in given.ravel().tolist():
        if label not in places:
            raise UnknownNameError.of("class in class_names", str(label), places)
    return np.array([places[label] for label in given.ravel().tolist()], dtype=np.int64)


def _generator(random_state: RandomState) -> np.random.Generator:
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"random_state is {random_state!r}.",
            remedy="Give a whole number from 0, a numpy Generator, or None.",
        ) from error
