"""Concept clarity: two classes whose labels disagree even where the data are clearest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.sample import Learned, Sample, rows_of_classes
from querist.metrics import wilson
from querist.schema import Batch, Finding, percent
from querist.strategies.geometry import Matrix, row_chunks, squared_distances

# Labels of a pair below which nothing is said.
FEWEST = 24
# Other labels among the clearest that honest data may have: twice the share of all other pairs,
# within these limits; with two classes the upper one.
HONEST, LEAST_HONEST, TWICE = 0.1, 0.07, 2.0
DOUBT = 0.05
MOST = 5
# So many nearest labels of the pair must bear the model out.
NEIGHBORS = 5


def concept_clarity(
    sample: Sample, learned: Learned | None, skip: NDArray[np.bool_]
) -> list[Finding]:
    """Pairs of classes that people do not tell apart as the data do.

    All labels of two classes are ranked by the model's odds between the two; the half of each
    class's number that is ranked farthest to its side is the clearest. Other labels in there are
    no matter of a hard boundary: swapped labels, or a guideline that is read in two ways. Only
    ranks count, so it does not matter how sure the model is, nor that it learned the same noise.
    But a model that is too weak, a line where the classes lie in rings, is far off in places that
    are clear: a label counts only where most of its nearest labels say what the model says.
    There must surely be more of them than honest data have; what these have the other pairs tell.

    Args:
        sample: Rows the model did not learn from, with vectors.
        learned: Training labels; used where they have out-of-fold probabilities.
        skip: Classes (C,) whose errors have another reason.
    """
    assert sample.embeddings is not None
    truth, table, ids = sample.truth, sample.probabilities, list(sample.ids)
    vectors = sample.embeddings
    if learned is not None and learned.out_of_fold is not None:
        truth = np.concatenate([truth, learned.truth])
        table = np.concatenate([table, learned.out_of_fold])
        vectors = np.concatenate([vectors, learned.embeddings])
        ids += list(learned.ids)
    count = len(sample.classes)
    logs = np.log(np.maximum(table, 1e-12))
    rows = rows_of_classes(truth, FEWEST // 4)
    usable = [code for code in rows if not skip[code]]
    looked = [
        _clearest(truth, logs, rows, (a, b))
        for a, b in combinations(usable, 2)
        if len(rows[a]) + len(rows[b]) >= FEWEST
    ]
    hits, clear = sum(len(it.other) for it in looked), sum(it.clear for it in looked)
    pairs, found = count * (count - 1) // 2, []
    for it in looked:
        honest = _honest(hits - len(it.other), clear - it.clear)
        if pairs * _chance(len(it.other), it.clear, honest) >= DOUBT:
            continue  # fewer of them will be no surer
        other = it.other[_contradicted(vectors, truth, it.rows, it.other)]
        p_value = pairs * _chance(len(other), it.clear, honest)
        if p_value < DOUBT:
            doubtful = 2 * len(other) / len(truth)
            names = [ids[i] for i in other.tolist()]
            found.append(_told(sample, it, names, doubtful, (honest, p_value)))
    return sorted(found, key=lambda finding: -finding.severity)[:MOST]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Two classes: their rows, how many of these are the clearest, and the other labels there."""

    codes: tuple[int, int]
    rows: NDArray[np.int64]
    clear: int
    other: NDArray[np.int64]


def _clearest(
    truth: NDArray[np.int64],
    logs: NDArray[np.floating],
    rows: dict[int, NDArray[np.int64]],
    codes: tuple[int, int],
) -> _Pair:
    a, b = codes
    both = np.sort(np.concatenate([rows[a], rows[b]]))
    order = both[np.argsort(logs[both, a] - logs[both, b], kind="stable")]
    clear_b, clear_a = order[: len(rows[b]) // 2], order[len(order) - len(rows[a]) // 2 :]
    other = np.concatenate([clear_b[truth[clear_b] == a], clear_a[truth[clear_a] == b]])
    return _Pair(codes=codes, rows=both, clear=len(clear_a) + len(clear_b), other=other)


def _honest(hits: int, of: int) -> float:
    """Share of other labels that honest data would have here, by that of all other pairs."""
    return min(HONEST, max(LEAST_HONEST, TWICE * hits / of)) if of else HONEST


def _chance(hits: int, of: int, honest: float) -> float:
    from scipy.stats import binom

    return float(binom.sf(hits - 1, of, honest))


def _contradicted(
    vectors: Matrix,
    truth: NDArray[np.int64],
    rows: NDArray[np.int64],
    asked: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which of the labels ``asked`` (k,) most of the nearest labels in ``rows`` contradict.

    Each class counts by how rare it is among ``rows``: else the larger of two would always win.
    """
    known, counts = vectors[rows] - vectors[rows].mean(axis=0), np.bincount(truth[rows])
    place = np.searchsorted(rows, asked)
    found = np.empty(len(asked), dtype=bool)
    for part in row_chunks(len(asked), len(rows)):
        table = squared_distances(known[place[part]], known)
        table[np.arange(len(table)), place[part]] = np.inf
        near = rows[np.argpartition(table, NEIGHBORS, axis=1)[:, :NEIGHBORS]]
        same = (truth[near] == truth[asked[part], None]).sum(axis=1)
        own = counts[truth[asked[part]]]
        found[part] = same / own < (NEIGHBORS - same) / (len(rows) - own)
    return found


def _told(
    sample: Sample,
    pair: _Pair,
    other: list[str],
    doubtful: float,
    test: tuple[float, float],
) -> Finding:
    a, b = (sample.classes[code] for code in pair.codes)
    honest, p_value = test
    clear = pair.clear
    low, high = wilson(len(other), clear)
    inside = np.isin(sample.truth, pair.codes)
    rows = np.flatnonzero(inside)
    members = sample.ids_of(rows, 1 - sample.probabilities[rows, sample.truth[rows]])
    return Finding(
        kind="concept_clarity",
        title=f"{a} and {b} are not labelled alike: even where the data are clearest, "
        f"{len(other)} of {clear} labels ({percent(len(other) / clear, 0)}) say the other.",
        evidence={
            "classes": [a, b],
            "other_labels": len(other),
            "of": clear,
            "share": len(other) / clear,
            "low": low,
            "high": high,
            "expected_at_most": honest,
            "p_value": p_value,
        },
        remedy=f"Say in the guideline what tells {a} from {b}, look at these labels again, "
        "and merge the two if nobody can tell.",
        asset_ids=tuple(other),
        members=members,
        severity=100 * doubtful,
        batch=Batch(parts={"similar": 0.5, "margin": 0.5}, examples=members[::2]),
    )
