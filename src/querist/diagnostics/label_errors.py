"""Labels that are probably wrong, by confident learning on out-of-fold probabilities."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from querist.diagnostics.sample import LEVEL, Sample
from querist.schema import Finding

FEWEST = 20


def suspected_label_errors(sample: Sample) -> list[Finding]:
    """One finding with all suspects, least credible first; half their share is the gain.

    Northcutt, Jiang and Chuang (2021), "Confident learning", pruned by noise rate. A model that
    hardly knows better than chance says nothing about labels; then nothing is found.
    """
    rows = suspects(sample)
    if not len(rows):
        return []
    # Confident learning also flags hard assets (of 1,500 clean Fashion-MNIST labels 117). A given
    # class that is no less probable than runners-up usually are is credible; that leaves 20.
    second, best = np.partition(sample.probabilities, -2, axis=1)[:, -2:].T
    agreed = sample.truth == sample.predicted
    usual = float(np.median(second[agreed] / best[agreed]))
    ratio = sample.probabilities[rows, sample.truth[rows]] / best[rows]
    order = np.argsort(ratio, kind="stable")
    order = order[ratio[order] < usual]
    rows, ratio = rows[order], ratio[order]
    if not len(rows):
        return []
    named = [sample.classes[code] for code in sample.truth[rows].tolist()]
    better = [sample.classes[code] for code in sample.predicted[rows].tolist()]
    count, of = len(rows), len(sample.truth)
    return [
        Finding(
            kind="label_error",
            title=f"{count} of {of} labels deserve a second look, first "
            f"{sample.ids[rows[0]]}: {named[0]}, probably {better[0]}.",
            evidence={"count": count, "of": of, "given": named, "suggested": better},
            remedy="Look at these labels again, from the first; mend or confirm each.",
            asset_ids=sample.ids_of(rows, -ratio),
            severity=50 * count / of,
        )
    ]


def suspects(sample: Sample) -> NDArray[np.int64]:
    """Rows whose labels are probably wrong, the least credible first: by self-confidence.

    That is the probability of the given class. Empty for fewer than 20 rows, or where the model
    hardly knows better than chance. Hard rows are among them too.
    """
    if len(sample.truth) < FEWEST or not _knows_the_classes(sample):
        return np.zeros(0, np.int64)
    rows = np.unique(_suspects(sample))
    own = sample.probabilities[rows, sample.truth[rows]]
    return np.asarray(rows[np.argsort(own, kind="stable")])


def _knows_the_classes(sample: Sample) -> bool:
    """Whether it agrees with more than half of the labels, and with more than chance would."""
    size, right = len(sample.truth), int((sample.predicted == sample.truth).sum())
    columns = len(sample.classes)
    shares = [np.bincount(c, minlength=columns) / size for c in (sample.truth, sample.predicted)]
    by_chance = scipy.special.bdtrc(right - 1, size, shares[0] @ shares[1])
    return bool(right > size / 2 and by_chance < LEVEL)


def _suspects(sample: Sample) -> NDArray[np.int64]:
    truth, table, count = sample.truth, sample.probabilities, len(sample.classes)
    sizes = np.bincount(truth, minlength=count)
    own = np.bincount(truth, weights=table[np.arange(len(truth)), truth], minlength=count)
    # An asset counts for a class where it reaches the mean of the assets labelled so.
    limits = np.divide(own, sizes, out=np.full(count, np.inf), where=sizes > 0)
    eligible = np.where(table >= limits, table, -1.0)
    known = eligible.max(axis=1) >= 0
    joint = np.zeros((count, count))
    np.add.at(joint, (truth[known], eligible[known].argmax(axis=1)), 1)
    totals = joint.sum(axis=1, keepdims=True)
    joint *= np.divide(sizes[:, None], totals, out=np.zeros_like(totals), where=totals > 0)
    np.fill_diagonal(joint, 0)
    chosen = [np.zeros(0, np.int64)]
    for a, b in np.argwhere(joint >= 0.5).tolist():
        rows = np.flatnonzero((truth == a) & (sample.predicted == b))
        margin = table[rows, b] - table[rows, a]
        chosen.append(rows[np.argsort(-margin, kind="stable")[: round(joint[a, b])]])
    return np.concatenate(chosen)
