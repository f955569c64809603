"""One label from several annotators, and how good each of them is: majority and Dawid-Skene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.errors import InvalidInputError
from querist.metrics.answers import Answers, Codes, Table

# Numbers in all confusion tables together: 1 GiB.
_LIMIT = 1 << 27
_TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Consensus:
    """What several annotators say together.

    Attributes:
        posterior: Probability of each class for each item (n, C); the shares of the classes where
            an item has no answer.
        classes: The consensus of each item (n,).
        annotator_accuracy: Chance that an answer of each annotator is right (M,); NaN without any.
        annotator_confusion: For each annotator (M, C, C) the chance of each answer (column) given
            the true class (row), where the method knows it.
        iterations: How often the estimate was renewed.
        converged: Whether it had come to rest.
    """

    posterior: Table
    classes: Codes
    annotator_accuracy: Table
    annotator_confusion: Table | None = None
    iterations: int = 0
    converged: bool = True


def majority_vote(answers: Answers) -> Consensus:
    """The class answered most often; of equals the one that is more frequent over all items.

    ``annotator_accuracy`` is the share of answers that equal the consensus, which counts the
    annotator's own vote too.
    """
    votes = answers.votes()
    shares = votes.sum(axis=0) / votes.sum()
    count = votes.sum(axis=1, keepdims=True)
    posterior = np.where(count > 0, votes / np.maximum(count, 1), shares)
    # Shares are below one vote, so they decide between equals only.
    classes = (votes + shares / 2).argmax(axis=1)
    right = (answers.classes == classes[answers.items]).astype(np.float64)
    return Consensus(
        posterior=posterior, classes=classes, annotator_accuracy=answers.by_annotator(right)
    )


def dawid_skene(
    answers: Answers, *, smoothing: float = 1.0, tolerance: float = 1e-6, most: int = 500
) -> Consensus:
    """The most likely confusion table of each annotator, and the classes that follow from them.

    Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", from the majority vote on. Time O(iterations × R × C), memory O((n + M C) C).

    Args:
        answers: The answers.
        smoothing: Answers that each row of a confusion table, and the class shares, are taken to
            have had before, spread evenly; above 0.
        tolerance: It has come to rest when no posterior moves by more than this.
        most: Iterations at most.

    Raises:
        InvalidInputError: smoothing is not above 0, or the tables would be too large.
    """
    if not smoothing > 0:
        raise InvalidInputError(f"smoothing is {smoothing}.", remedy="Give a number above 0.")
    size = answers.annotator_count * answers.class_count**2
    if size > _LIMIT:
        raise InvalidInputError(
            f"{answers.annotator_count} annotators with {answers.class_count} classes have "
            f"confusion tables of {size:.1e} numbers, more than {_LIMIT:.1e}.",
            remedy="Use majority_vote, crowdlab or glad, which keep one number for an annotator.",
        )
    posterior = majority_vote(answers).posterior
    converged, iterations = False, 0
    while True:
        shares, confusion = _tables(answers, posterior, smoothing)
        renewed = _posterior(answers, shares, confusion)
        moved = float(np.abs(renewed - posterior).max())
        posterior, iterations = renewed, iterations + 1
        converged = moved <= tolerance
        if converged or iterations >= most:
            break
    own = np.einsum("kcc,c->k", confusion, shares)
    active = np.bincount(answers.annotators, minlength=answers.annotator_count) > 0
    return Consensus(
        posterior=posterior,
        classes=posterior.argmax(axis=1),
        annotator_accuracy=np.where(active, own, np.nan),
        annotator_confusion=confusion,
        iterations=iterations,
        converged=converged,
    )


def _tables(answers: Answers, posterior: Table, smoothing: float) -> tuple[Table, Table]:
    m, c = answers.annotator_count, answers.class_count
    answered = answers.per_item() > 0
    shares = posterior[answered].sum(axis=0) + smoothing / c
    shares /= shares.sum()
    cells = answers.annotators * c + answers.classes
    confusion = np.empty((m, c, c))
    for true in range(c):
        weights = posterior[answers.items, true]
        confusion[:, true] = np.bincount(cells, weights=weights, minlength=m * c).reshape(m, c)
    confusion += smoothing / c
    confusion /= confusion.sum(axis=2, keepdims=True)
    return shares, confusion


def _posterior(answers: Answers, shares: Table, confusion: Table) -> Table:
    logs = np.log(np.maximum(confusion, _TINY))
    scores = np.empty((answers.item_count, answers.class_count))
    for true in range(answers.class_count):
        each = logs[answers.annotators, true, answers.classes]
        scores[:, true] = np.bincount(answers.items, weights=each, minlength=answers.item_count)
    return normalized(scores + np.log(shares))


def normalized(scores: Table) -> Table:
    """Probabilities (n, C) from their logarithms up to a constant for each row."""
    found: Table = np.exp(scores - scores.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return found
