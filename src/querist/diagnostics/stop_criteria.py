"""The single stopping criteria of the literature, each one function of the rounds' readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np

from querist.diagnostics.stop_readings import StopReading

WINDOW = 3

# How far a criterion is from stopping: it stops once this is at most its threshold.
Distance = Callable[[Sequence[StopReading]], float]


def stabilizing_predictions(readings: Sequence[StopReading]) -> float:
    """One minus the mean kappa of the last three pairs of consecutive models; 0.01 is usual.

    Bloodgood and Vijay-Shanker (2009), "A method for stopping active learning based on stabilizing
    predictions and the need for user-adjustable stopping".
    """
    last = [it.agreement for it in readings[-WINDOW:] if it.agreement is not None]
    return 1 - float(np.mean(last)) if len(last) == WINDOW else np.inf


def classification_change(readings: Sequence[StopReading]) -> float:
    """Share of the stop set whose class changed in the last round; 0 is usual.

    Zhu, Wang and Hovy (2008), "Learning a stopping criterion for active learning for word sense
    disambiguation and text classification".
    """
    last = readings[-1].changed
    return np.inf if last is None else last


def overall_uncertainty(readings: Sequence[StopReading]) -> float:
    """Mean chance of error by the model's own word; 0.01 is usual (Zhu et al., 2010)."""
    return readings[-1].uncertainty


def batch_error(readings: Sequence[StopReading]) -> float:
    """Share of the last batch that the model had wrong before; 0.1 is usual (Zhu et al., 2008)."""
    last = readings[-1].batch_right
    return np.inf if last is None else 1 - last


def greatest_confidence(readings: Sequence[StopReading]) -> float:
    """Least entropy in the batch; 0.001 nats is usual (Zhu and Hovy, 2007)."""
    last = readings[-1].surest
    return np.inf if last is None else last


def uncertainty_variance(readings: Sequence[StopReading]) -> float:
    """How much the mean uncertainty rose at most in the last two rounds; -0.001 is usual.

    The falling uncertainty of Ghayoomi (2010), "Using variance as a stopping criterion for active
    learning of frame assignment", on the mean.
    """
    last = [it.uncertainty for it in readings[-WINDOW:]]
    return float(np.diff(last).max()) if len(last) == WINDOW else np.inf


def performance_convergence(readings: Sequence[StopReading]) -> float:
    """Change, over three rounds, of the accuracy the model claims for itself.

    Laws and Schütze (2008), "Stopping criteria for active learning of named entity recognition".
    """
    last = [it.uncertainty for it in readings[-WINDOW:]]
    return abs(last[-1] - last[0]) if len(last) == WINDOW else np.inf


def out_of_fold_error(readings: Sequence[StopReading]) -> float:
    """Change, over three rounds, of the error on labels that a model had not learned."""
    last = [it.unseen_right for it in readings[-WINDOW:] if it.unseen_right is not None]
    return abs(last[-1] - last[0]) if len(last) == WINDOW else np.inf


def committee_disagreement(readings: Sequence[StopReading]) -> float:
    """Share of the stop set on which models of part of the labels disagree, over three rounds."""
    last = [it.disagreement for it in readings[-WINDOW:] if it.disagreement is not None]
    return float(np.mean(last)) if len(last) == WINDOW else np.inf


# By name: how far it is, and the threshold that is usual.
CRITERIA = MappingProxyType(
    {
        "stabilizing predictions": (stabilizing_predictions, 0.01),
        "classification change": (classification_change, 0.0),
        "overall uncertainty": (overall_uncertainty, 0.01),
        "batch error": (batch_error, 0.1),
        "greatest confidence": (greatest_confidence, 0.001),
        "uncertainty variance": (uncertainty_variance, -0.001),
        "performance convergence": (performance_convergence, 5e-5),
        "out-of-fold error": (out_of_fold_error, 0.001),
        "committee disagreement": (committee_disagreement, 0.02),
    }
)
