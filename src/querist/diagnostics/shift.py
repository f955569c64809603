"""Data distribution: a part of a class that the pool has and the training labels lack."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.chances import chance
from querist.diagnostics.cross_fit import Scores, cross_fitted
from querist.diagnostics.sample import LEVEL, Learned, Sample
from querist.metrics import wilson
from querist.schema import Batch, Finding, percent

# Rows of a class on either side below which nothing is said.
FEWEST = 8
# Parts of the training labels that lie beyond a limit by definition. The smaller one is surer of a
# group that lies far out, the larger one of a group that lies near.
BEYOND = (0.1, 0.05, 0.02, 0.0)
# Chance that the errors of the missing part are no more than elsewhere, and how many more there
# must be at least, as a share. The shift itself must be surer: what is odd is also wrong more.
DOUBT, WORSE = 0.05, 0.1


def data_distribution(sample: Sample, learned: Learned, rng: np.random.Generator) -> list[Finding]:
    """Classes of which a part looks like no training label, and is wrong more than the rest.

    For each class a linear domain classifier (ridge regression, cross-fitted) tells sampled rows
    from training labels. Rows beyond nearly all training labels are the missing part, if they are
    surely too many (over all classes and limits) and the model is wrong there more often. Comparing
    within a class leaves its frequency out; asking for more errors leaves out what a strategy did
    on purpose, which is to train on more of the hard ones.
    """
    assert sample.embeddings is not None
    count = len(sample.classes)
    found = []
    for code in range(count):
        here, there = sample.truth == code, learned.truth == code
        if here.sum() < FEWEST or there.sum() < FEWEST:
            continue
        scores, trained = cross_fitted(
            sample.embeddings[here], learned.embeddings[there], rng, main=True
        )
        beyond, p_value = _surest(scores, trained)
        p_value = min(1.0, count * p_value)
        rows, missing = np.flatnonzero(here), scores > np.quantile(trained, 1 - beyond)
        wrong = sample.predicted[rows] != code
        size, hits, rest = int(missing.sum()), int(wrong[missing].sum()), int((~missing).sum())
        others = int(wrong[~missing].sum())
        worse = float(chance(hits, size, others, rest))
        gap = hits / max(size, 1) - others / max(rest, 1)
        if p_value >= LEVEL or worse > DOUBT or gap < WORSE:
            continue
        found.append(_told(sample, code, rows, missing, wrong, (len(trained), beyond, p_value)))
    return sorted(found, key=lambda finding: -finding.severity)


def _surest(scores: Scores, trained: Scores) -> tuple[float, float]:
    """The part of the training beyond which sampled rows are most surely too many; that chance.

    Of rows that are exchangeable, the number beyond a given row of the others is hypergeometric.
    """
    n, m = len(scores), len(trained)
    limits = [float(np.quantile(trained, 1 - part)) for part in BEYOND]
    counts = np.array([((scores > limit).sum(), (trained > limit).sum()) for limit in limits])
    chances = chance(counts[:, 0], n, counts[:, 1], m)
    best = int(chances.argmin())
    return BEYOND[best], len(BEYOND) * float(chances[best])


def _told(
    sample: Sample,
    code: int,
    rows: NDArray[np.int64],
    missing: NDArray[np.bool_],
    wrong: NDArray[np.bool_],
    shift: tuple[int, float, float],
) -> Finding:
    trained, beyond, p_value = shift
    name, size = sample.classes[code], int(missing.sum())
    hits, others = int(wrong[missing].sum()), int(wrong[~missing].sum())
    usual = others / max(len(rows) - size, 1)
    low, high = wilson(hits, size)
    part = rows[missing]
    members = sample.ids_of(part, 1 - sample.probabilities[part, code])
    return Finding(
        kind="data_distribution",
        title=f"{percent(size / len(rows), 0)} of {name} look like none of its {trained} training "
        f"labels, and {hits} of these {size} are wrong.",
        evidence={
            "class": name,
            "missing": size,
            "of": len(rows),
            "training_labels": trained,
            "expected_share": beyond,
            "wrong": hits / size,
            "low": low,
            "high": high,
            "wrong_elsewhere": usual,
            "p_value": p_value,
        },
        remedy=f"Label {name} that look like these: take the next batch from where they come from.",
        asset_ids=members,
        members=members,
        severity=max(0.0, 100 * (hits - usual * size) / len(sample.truth)),
        batch=Batch(parts={"similar": 0.8, "margin": 0.2}, examples=members[::2]),
    )
