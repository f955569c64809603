"""A model's probabilities and several annotators as one likelihood: labels, and who is how good."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from querist.metrics.answers import Answers, Table
from querist.metrics.consensus import Consensus, normalized
from querist.metrics.crowdlab import checked_probabilities

# Temperatures among which the one is taken that makes the answers most likely.
_TEMPERATURES = np.geomspace(0.4, 4, 11)
# What is believed of an annotator before the first answer, and how many answers that is worth.
_BEFORE, _WORTH = 0.75, 4.0
_MOST_SURE = 0.999
_TINY = 1e-6


def lean_crowd(
    answers: Answers, probabilities: ArrayLike, *, tolerance: float = 1e-4, most: int = 100
) -> Consensus:
    """The posterior where a model's probabilities are what is believed before any answer.

    An annotator is right with a chance of their own and else answers any other class; chances and
    posterior are found in turn by EM (Raykar et al., 2010, "Learning from crowds"; Branson, Van
    Horn and Perona, 2017, "Lean crowdsourcing"). Every answer says something about its annotator,
    also where nobody else answered, so that whom to trust does not hang on the few, often hard,
    items that were asked twice. The probabilities are brought to the temperature that makes the
    answers most likely. Time O(iterations × (R + n C)), memory O(R + n C).

    Args:
        answers: The answers.
        probabilities: Of a model that did not see the answers to the item (n, C): out of fold.
        tolerance: It has come to rest when no chance moves by more than this.
        most: Iterations at most.

    Raises:
        InvalidInputError: there is not one row of probabilities for each item.
    """
    raw = np.log(np.maximum(checked_probabilities(answers, probabilities), _TINY))
    chances = np.full(answers.annotator_count, _BEFORE)
    logs, iterations, converged = raw, 0, False
    while not converged and iterations < most:
        logs = np.log(np.maximum(normalized(raw / temperature(answers, raw, chances)), _TINY))
        posterior = _posterior(answers, logs, chances)
        renewed = _chances(answers, posterior)
        converged = float(np.abs(renewed - chances).max()) <= tolerance
        chances, iterations = renewed, iterations + 1
    posterior = _posterior(answers, logs, chances)
    return Consensus(
        posterior=posterior,
        classes=posterior.argmax(axis=1),
        annotator_accuracy=answers.by_annotator(posterior[answers.items, answers.classes]),
        iterations=iterations,
        converged=converged,
    )


def temperature(answers: Answers, logs: Table, chances: Table) -> float:
    """T at which p^(1/T), seen through the annotators' mistakes, makes the answers most likely.

    Args:
        answers: The answers.
        logs: Logarithms of the probabilities (n, C).
        chances: How often each annotator is right (M,).
    """
    right = chances[answers.annotators]
    wrong = (1 - right) / max(answers.class_count - 1, 1)

    def likelihood(warmth: float) -> float:
        own = normalized(logs / warmth)[answers.items, answers.classes]
        return float(np.log(right * own + wrong * (1 - own)).sum())

    return float(max(_TEMPERATURES.tolist(), key=likelihood))


def _posterior(answers: Answers, logs: Table, chances: Table) -> Table:
    weights = np.log(chances * max(answers.class_count - 1, 1) / (1 - chances))
    places = answers.items * answers.class_count + answers.classes
    votes = np.bincount(places, weights=weights[answers.annotators], minlength=logs.size)
    return normalized(logs + votes.reshape(logs.shape))


def _chances(answers: Answers, posterior: Table) -> Table:
    size = answers.annotator_count
    believed = posterior[answers.items, answers.classes]
    total = np.bincount(answers.annotators, weights=believed, minlength=size)
    count = np.bincount(answers.annotators, minlength=size)
    found = (total + _BEFORE * _WORTH) / (count + _WORTH)
    return np.clip(found, 1 / (answers.class_count + 1), _MOST_SURE)
