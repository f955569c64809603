"""The four error types of a model, told apart: which it is, the evidence, and the remedy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.clarity import concept_clarity
from querist.diagnostics.class_errors import rare_classes
from querist.diagnostics.outlying import outliers
from querist.diagnostics.sample import Learned, Sample
from querist.diagnostics.shift import data_distribution
from querist.errors import InvalidInputError
from querist.schema import Finding

# Rows of the sample, and training labels, that are looked at; of more so many are drawn.
MOST = 3_000


def error_types(
    sample: Sample,
    learned: Learned,
    *,
    counts: NDArray[np.int64] | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[Finding, ...]:
    """Outliers, data distribution, class frequency and concept clarity, by expected gain.

    They are looked for in this order, and what one of them explains is no evidence for the next:
    without the order each of them looks like the last.

    Args:
        sample: A random sample of labelled rows that the model did not learn from, with vectors.
        learned: The labels that it learned from, or some of them.
        counts: All labels of each class (C,) that it learned from; if ``None`` those given here.
        rng: Draws folds and groups; a fixed seed if ``None``.

    Raises:
        InvalidInputError: the vectors are missing or of another length.
    """
    if sample.embeddings is None or sample.embeddings.shape[1] != learned.embeddings.shape[1]:
        raise InvalidInputError(
            "The sample has no vectors, or vectors of another length than the training labels.",
            remedy="Give embeddings of one encoder for both.",
        )
    draws = rng or np.random.default_rng(0)
    if not len(sample.truth) or not len(learned.truth):
        return ()
    own = np.bincount(learned.truth, minlength=len(sample.classes))
    if len(sample.truth) > MOST:
        sample = sample.only(_drawn(len(sample.truth), draws))
    if len(learned.truth) > MOST:
        learned = learned.only(_drawn(len(learned.truth), draws))
    found, taken = outliers(sample, learned, draws)
    size = len(sample.truth)
    sample, learned = sample.only(~taken[:size]), learned.only(~taken[size:])
    shifted = data_distribution(sample, learned, draws)
    rare = [
        finding
        for finding in rare_classes(sample, own if counts is None else counts)
        if finding.evidence["class"] not in {other.evidence["class"] for other in shifted}
    ]
    explained = {finding.evidence["class"] for finding in [*shifted, *rare]}
    skip = np.array([name in explained for name in sample.classes], dtype=bool)
    unclear = concept_clarity(sample, learned, skip)
    return tuple(sorted([*found, *shifted, *rare, *unclear], key=lambda one: -one.severity))


def _drawn(count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    found = np.zeros(count, dtype=bool)
    found[rng.choice(count, size=MOST, replace=False)] = True
    return found
