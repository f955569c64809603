"""What a trained learner tells a strategy beside probabilities: a committee of its kind, a head."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from querist.errors import MissingSignalError
from querist.learners.base import NEVER, Codes, Learner, LinearLearner, Matrix, SamplingLearner
from querist.learners.committee import bootstrap_committee, sampled_committee
from querist.strategies.base import Floats, Gradient, Head, Signal

# What a model of one class a row can tell.
OF_A_CLASSIFIER = frozenset({Signal.PROBABILITIES, Signal.COMMITTEE, Signal.HEAD, Signal.GRADIENT})
# What does not exist before a model is trained.
OF_A_MODEL = OF_A_CLASSIFIER | {Signal.UNCERTAINTY}


def model_signals(
    needs: Collection[Signal],
    learner: Learner,
    factory: Callable[[], Learner],
    pool: Matrix,
    labeled: Codes,
    labels: Codes,
    *,
    class_count: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Committee, head and gradient where they are needed, as arguments for ``check_pool``.

    A learner that can be sampled is its own committee; of others, models are trained on bootstrap
    draws of the labels.

    Args:
        needs: The signals that the strategy needs.
        learner: The trained model.
        factory: Makes an untrained learner of the same kind, for the committee.
        pool: Vectors of all rows (N, d).
        labeled: Positions of the labelled rows (L,).
        labels: Their classes (L,).
        class_count: Number of classes C.
        rng: Draws the committee's labels, or models.

    Raises:
        MissingSignalError: the strategy needs a head or a gradient and the learner is not linear,
            or a committee and the learner has nothing to draw.
        InvalidInputError: the committee would be too large.
    """
    found: dict[str, Any] = {}
    if Signal.HEAD in needs:
        found["head"] = linear_head(learner, class_count)
    if Signal.GRADIENT in needs:
        found["gradient"] = _gradient(linear_head(learner, class_count))
    if Signal.COMMITTEE in needs and isinstance(learner, SamplingLearner):
        found["committee"] = sampled_committee(learner, pool, class_count=class_count, rng=rng)
    elif Signal.COMMITTEE in needs:
        found["committee"] = bootstrap_committee(
            factory, pool[labeled], labels, pool, class_count=class_count, rng=rng
        )
    return found


def linear_head(learner: Learner, class_count: int) -> Head:
    """The last layer of a learner that is linear in its vectors, over C classes.

    Classes that joined after its training are never its answer.

    Raises:
        MissingSignalError: it is not linear.
    """
    if not isinstance(learner, LinearLearner):
        raise MissingSignalError(
            f"The strategy needs a linear head, which the learner {learner.name!r} does not have.",
            remedy="Choose the learner 'logistic-regression', or a strategy that needs no head.",
            signal=Signal.HEAD.value,
            learner=learner.name,
        )
    head = learner.head()
    new = max(class_count - len(head.weights), 0)
    return Head(
        weights=np.pad(head.weights, ((0, new), (0, 0))),
        intercept=np.pad(head.intercept, (0, new), constant_values=NEVER),
    )


def _gradient(head: Head) -> Gradient:
    def logits(vectors: Floats) -> tuple[Floats, Floats]:
        slopes = np.broadcast_to(head.weights, (len(vectors), *head.weights.shape))
        return vectors @ head.weights.T + head.intercept, slopes

    return logits
