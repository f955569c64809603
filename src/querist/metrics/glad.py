"""GLAD: how able each annotator is, how hard each item, and the labels that follow."""

from __future__ import annotations

import numpy as np

from querist.metrics.answers import Answers, Table
from querist.metrics.consensus import Consensus, majority_vote, normalized

_STEPS = 10


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
    state = np.ones(answers.annotator_count + answers.item_count)
    converged, iterations = False, 0
    while not converged and iterations < most:
        believed = posterior[answers.items, answers.classes]
        state = _improved(answers, believed, state)
        renewed = _posterior(answers, posterior, _strength(answers, state))
        converged = float(np.abs(renewed - posterior).max()) <= tolerance
        posterior, iterations = renewed, iterations + 1
    right = 1 / (1 + np.exp(-_strength(answers, state)))
    return Consensus(
        posterior=posterior,
        classes=posterior.argmax(axis=1),
        annotator_accuracy=answers.by_annotator(right),
        iterations=iterations,
        converged=converged,
    )


def _strength(answers: Answers, state: Table) -> Table:
    """Ability × ease of each answer (R,)."""
    ability, ease = state[: answers.annotator_count], state[answers.annotator_count :]
    found: Table = ability[answers.annotators] * np.exp(ease[answers.items])
    return found


def _improved(answers: Answers, believed: Table, start: Table) -> Table:
    """Abilities and log eases that make what is believed more likely, by L-BFGS."""
    from scipy.optimize import minimize

    m = answers.annotator_count
    spread = np.log(max(answers.class_count - 1, 1))

    def lost(state: Table) -> tuple[float, Table]:
        ease = np.exp(state[m:])[answers.items]
        strength = state[:m][answers.annotators] * ease
        value = believed @ np.logaddexp(0, -strength)
        value += (1 - believed) @ (np.logaddexp(0, strength) + spread)
        slope = 1 / (1 + np.exp(-strength)) - believed
        by_annotator = np.bincount(answers.annotators, weights=slope * ease, minlength=m)
        by_item = np.bincount(answers.items, weights=slope * strength, minlength=answers.item_count)
        gradient = np.concatenate([by_annotator, by_item]) + state - 1
        return float(value + 0.5 * np.square(state - 1).sum()), gradient

    bounds = [(-20.0, 20.0)] * m + [(-4.0, 4.0)] * answers.item_count
    done = minimize(
        lost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _STEPS}
    )
    return np.asarray(done.x, dtype=np.float64)


def _posterior(answers: Answers, posterior: Table, strength: Table) -> Table:
    shares = posterior[answers.per_item() > 0].mean(axis=0)
    right = -np.logaddexp(0, -strength)
    wrong = -np.logaddexp(0, strength) - np.log(max(answers.class_count - 1, 1))
    places = answers.items * answers.class_count + answers.classes
    size = answers.item_count * answers.class_count
    scores = np.bincount(places, weights=right - wrong, minlength=size)
    scores = scores.reshape(answers.item_count, answers.class_count)
    return normalized(scores + np.log(np.maximum(shares, 1e-300)))
