"""Probabilities for the labels that trained a model, by models that did not see them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Codes, Learner, Matrix
from querist.learners.checking import check_training


def out_of_fold(
    factory: Callable[[], Learner],
    X: Matrix,
    y: Codes,
    *,
    class_count: int,
    rng: np.random.Generator,
    folds: int = 5,
) -> NDArray[np.float32]:
    """Probabilities (n, C) for rows X (n, d), each by a model trained on the other folds.

    Classes are spread evenly over the folds. A class with one label is unknown to the model that
    predicts it: that row has probability 0 for it.

    Raises:
        InvalidInputError: as ``Learner.fit`` does.
    """
    rows, codes, _ = check_training(X, y, class_count)
    # Rows in random order, grouped by class, are dealt out in turn like cards.
    shuffled = rng.permutation(len(rows))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    fold = np.empty(len(rows), np.int64)
    fold[order] = np.arange(len(rows)) % folds
    found = np.zeros((len(rows), class_count), np.float32)
    for held in np.unique(fold).tolist():
        out = fold == held
        known = np.unique(codes[~out])
        if len(known) < 2:  # too few labels to train without these: nothing but their frequency
            found[np.ix_(out, known)] = 1.0
            continue
        learner = factory()
        learner.fit(rows[~out], codes[~out], class_count=class_count, rng=rng)
        found[out] = learner.predict_proba(rows[out])
    return found
