"""GLAD: how able each annotator is, how hard each item, and the labels that follow."""

from __future__ import annotations

import numpy as np

from querist.metrics.answers import Answers, Table
from querist.metrics.consensus import Consensus, majority_vote, normalized

_STEPS = 3
# Bound of the logarithm of an item's ease.
_MOST = 4.0


def glad(answers: Answers, *, tolerance: float = 1e-3, most: int = 100) -> Consensus:
    """The labels where an answer is right with chance 1 / (1 + exp(-ability × ease)).

    Whitehill et al. (2009), "Whose vote should count more"; a wrong answer is any other class with
    the same chance. EM with their normal priors: mean and variance 1 for the abilities, and for
    the logarithm of the ease of each item. Time O(iterations × R × C), memory O(R + n C).

    Args:
        answers: The answers.
        tolerance: It has come to rest when no posterior moves by more than this.
        most: Iterations at most.
    """
    posterior = majority_vote(answers).posterior
    ability, ease = np.ones(answers.annotator_count), np.ones(answers.item_count)
    converged, iterations = False, 0
    while not converged and iterations < most:
        believed = posterior[answers.items, answers.classes]
        ability, ease = _improved(answers, believed, ability, ease)
        renewed = _posterior(answers, posterior, _strength(answers, ability, ease))
        converged = float(np.abs(renewed - posterior).max()) <= tolerance
        posterior, iterations = renewed, iterations + 1
    right = _chance(_strength(answers, ability, ease))
    return Consensus(
        posterior=posterior,
        classes=posterior.argmax(axis=1),
        annotator_accuracy=answers.by_annotator(right),
        iterations=iterations,
        converged=converged,
    )


def _strength(answers: Answers, ability: Table, ease: Table) -> Table:
    """Ability × exp(log ease) of each answer (R,)."""
    found: Table = ability[answers.annotators] * np.exp(ease[answers.items])
    return found


def _improved(
    answers: Answers, believed: Table, ability: Table, ease: Table
) -> tuple[Table, Table]:
    """Abilities and log eases that make what is believed more likely, by Newton steps in turn."""
    m, n = answers.annotator_count, answers.item_count
    for _ in range(_STEPS):
        eases = np.exp(ease[answers.items])
        right = _chance(ability[answers.annotators] * eases)
        pull = np.bincount(answers.annotators, weights=(believed - right) * eases, minlength=m)
        bend = np.bincount(answers.annotators, weights=right * (1 - right) * eases**2, minlength=m)
        ability = ability + np.clip((pull + 1 - ability) / (bend + 1), -1, 1)
        strength = _strength(answers, ability, ease)
        right = _chance(strength)
        pull = np.bincount(answers.items, weights=(believed - right) * strength, minlength=n)
        # The part of the curvature that is never of the wrong sign (Fisher scoring).
        bend = np.bincount(answers.items, weights=right * (1 - right) * strength**2, minlength=n)
        ease = np.clip(ease + np.clip((pull + 1 - ease) / (bend + 1), -1, 1), -_MOST, _MOST)
    return ability, ease


def _chance(strength: Table) -> Table:
    return np.asarray(np.exp(-np.logaddexp(0, -strength)))


def _posterior(answers: Answers, posterior: Table, strength: Table) -> Table:
    shares = posterior[answers.per_item() > 0].mean(axis=0)
    right = -np.logaddexp(0, -strength)
    wrong = -np.logaddexp(0, strength) - np.log(max(answers.class_count - 1, 1))
    places = answers.items * answers.class_count + answers.classes
    size = answers.item_count * answers.class_count
    scores = np.bincount(places, weights=right - wrong, minlength=size)
    scores = scores.reshape(answers.item_count, answers.class_count)
    return normalized(scores + np.log(np.maximum(shares, 1e-300)))
