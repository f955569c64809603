"""CROWDLAB: a model's probabilities and several annotators weighed into one label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError
from querist.metrics.answers import Answers, Table
from querist.metrics.consensus import Consensus, majority_vote, normalized

_LEAST = 1e-6
_TINY = 1e-15
_HALVINGS = 60
# Items with several answers from which on annotators are judged by each other: fewer say little.
_SHARED = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights:
    """How much the model and each annotator are trusted, beyond always saying the commonest class.

    Attributes:
        annotators: Weight of each annotator (M,), above 0, at most 1.
        model: Weight of the model, above 0; it grows with the root of the answers per item.
        agreement: How often an answer equals the consensus, on items with several answers.
    """

    annotators: Table
    model: float
    agreement: float


def crowdlab(answers: Answers, probabilities: ArrayLike) -> Consensus:
    """The weighted mean of the model's probabilities and what each annotator's answer implies.

    Goh, Tkachenko and Mueller (2022), "CROWDLAB: supervised learning to infer consensus labels
    and quality scores for data with multiple annotators". Where fewer than 20 items have several
    answers, which say too little about the annotators, all annotators count alike.
    ``annotator_accuracy`` is the share of an annotator's answers that equal the consensus.

    Args:
        answers: The answers.
        probabilities: Of a model that did not see the answers to the item (n, C): out of fold.

    Raises:
        InvalidInputError: there is not one row of probabilities for each item.
    """
    p = checked_probabilities(answers, probabilities)
    weights = weights_of(answers, p)
    if (answers.per_item() > 1).sum() < _SHARED:
        # Little but the model speaks against an answer, and its guesses must not outvote them all.
        weights = replace(weights, annotators=np.ones_like(weights.annotators), agreement=1.0)
    posterior = weighed(answers, p, weights)
    classes = posterior.argmax(axis=1)
    right = (answers.classes == classes[answers.items]).astype(np.float64)
    return Consensus(
        posterior=posterior, classes=classes, annotator_accuracy=answers.by_annotator(right)
    )


def weights_of(answers: Answers, probabilities: Table) -> Weights:
    """The weights of the paper: one minus the error, as a share of the commonest class's error.

    An annotator's error is the share of other annotators' answers to the same items that differ.
    Who shares no item with others is trusted like the others are on average. Where fewer than 20
    items are shared, each annotator is compared with the model instead.
    """
    votes = answers.votes()
    count = answers.per_item()
    consensus = majority_vote(answers).classes
    shared = np.flatnonzero(count > 1)
    own = probabilities.argmax(axis=1)
    if len(shared) >= _SHARED:
        more = count[answers.items] > 1
        same = votes[answers.items, answers.classes] - 1
        agrees = _share(answers, np.where(more, same, 0), np.maximum(count[answers.items] - 1, 0))
        right = answers.classes == consensus[answers.items]
        per_item = np.bincount(answers.items, weights=right, minlength=answers.item_count)
        agreement = float((per_item[shared] / count[shared]).mean())
        model_right = float((own[shared] == consensus[shared]).mean())
    else:
        shared = np.flatnonzero(count)
        agrees = answers.by_annotator((answers.classes == own[answers.items]).astype(np.float64))
        agreement = model_right = float(np.mean(answers.classes == own[answers.items]))
    commonest = np.bincount(consensus[shared], minlength=answers.class_count).max() / len(shared)
    worst = max(1 - float(commonest), _LEAST)
    trust = np.maximum(1 - (1 - agrees) / worst, _LEAST)
    trust = np.where(np.isnan(trust), np.nanmean(trust), trust)
    often = np.sqrt(len(answers.items) / max(int((count > 0).sum()), 1))
    return Weights(
        annotators=trust,
        model=float(max(1 - (1 - model_right) / worst, _LEAST) * often),
        agreement=agreement,
    )


def weighed(answers: Answers, probabilities: Table, weights: Weights) -> Table:
    """The posterior (n, C): the probabilities where an item has no answer."""
    classes = answers.class_count
    trust = weights.annotators[answers.annotators]
    other = (1 - weights.agreement) / max(classes - 1, 1)
    places = answers.items * classes + answers.classes
    cells = np.bincount(places, weights=trust, minlength=answers.item_count * classes)
    cells = cells.reshape(answers.item_count, classes)
    total = cells.sum(axis=1, keepdims=True)
    found: Table = weights.model * probabilities
    found += (weights.agreement - other) * cells + other * total
    found /= found.sum(axis=1, keepdims=True)
    return found


def softened(answers: Answers, probabilities: Table) -> float:
    """The temperature T at which p^(1/T) is nearest to the shares of the annotators' answers.

    It minimises the cross-entropy over all answers, which is convex in 1/T, by bisection of its
    slope (Guo et al., 2017, "On calibration of modern neural networks"); T lies in 0.05 to 20.
    """
    logs = np.log(np.maximum(probabilities, _TINY))
    given = logs[answers.items, answers.classes]

    def rises(sharpness: float) -> bool:
        expected = np.einsum("ij,ij->i", normalized(sharpness * logs), logs)
        return bool(expected[answers.items].sum() > given.sum())

    low, high = 0.05, 20.0
    for _ in range(_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if rises(middle) else (middle, high)
    return 1 / high


def checked_probabilities(answers: Answers, probabilities: ArrayLike) -> Table:
    """The probabilities (n, C) as float64.

    Raises:
        InvalidInputError: there is not one finite row for each item.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.shape != (answers.item_count, answers.class_count) or not np.isfinite(p).all():
        raise InvalidInputError(
            f"The probabilities have the shape {p.shape}, for {answers.item_count} items and "
            f"{answers.class_count} classes.",
            remedy="Give one finite row for each item, with one column for each class.",
        )
    return p


def _share(answers: Answers, part: Table, whole: Table) -> Table:
    size = answers.annotator_count
    total = np.bincount(answers.annotators, weights=whole, minlength=size)
    found = np.full(size, np.nan)
    agreed = np.bincount(answers.annotators, weights=part, minlength=size)
    np.divide(agreed, total, out=found, where=total > 0)
    return found
