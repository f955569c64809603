"""Outliers: groups of assets in whose labels there is no order, and assets far from all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.sample import Learned, Sample
from querist.diagnostics.slices import alike
from querist.metrics import wilson
from querist.schema import Batch, Finding, percent
from querist.strategies.geometry import Matrix, row_chunks, squared_distances

FEWEST = 15
# Labelled rows that are compared with each other.
MOST = 6_000
NEIGHBORS = 15
# A group is without order where its labels are spread over at least half of the classes, and
# neighbours and the model agree with a label hardly more often than chance.
SPREAD, ORDER = 1.7, 0.06
# What neighbours say of a row is so many times surer than whether the model is right on it.
NEIGHBOR_WEIGHT = 3
# Fewer odd rows than this part are what any data has.
LEAST_SHARE = 0.025
# Outliers are wrong so many times as often as the rest: where that is wrong half as often already,
# the classes overlap, and neighbours and the model agree little for that reason.
TIMES_WRONG = 2
# What is no outlier is learned sooner or later: errors last that so many models in a row made.
MODELS = 3


def outliers(
    sample: Sample, learned: Learned, rng: np.random.Generator
) -> tuple[list[Finding], NDArray[np.bool_]]:
    """Groups that belong to no class, and which rows of the sample and the training they take.

    The labels of such a group are scattered, its rows agree neither with their nearest labelled
    neighbours nor with the model more than chance would, and so no further label of it helps.
    Where earlier models are known its rows must also have stayed wrong, model after model, more
    often than others do: a part that labels teach is no outlier, however odd it looks now. Distance
    alone says nothing: foreign things lie close together as often as apart. Of twice the errors of
    the rest they must be sure, or it is the classes that overlap.
    """
    assert sample.embeddings is not None
    vectors = np.concatenate([sample.embeddings, learned.embeddings])
    labels = np.concatenate([sample.truth, learned.truth])
    taken = np.zeros(len(labels), dtype=bool)
    classes = np.bincount(labels, minlength=len(sample.classes)) / max(len(labels), 1)
    effective = 1 / max(float((classes**2).sum()), 1e-12)
    if len(labels) < 2 * NEIGHBORS or effective < 3 or len(labels) > MOST:
        return [], taken
    agreement = agreement_around(vectors, labels)
    right, judged = _right(sample, learned)
    group = alike(vectors, rng)
    for code in range(int(group.max()) + 1):
        rows = group == code
        if rows.sum() < FEWEST or not (rows & judged).any():
            continue
        shares = np.bincount(labels[rows], minlength=len(classes)) / rows.sum()
        by_chance = float((shares**2).sum())
        order = float(agreement[rows].mean()) - by_chance
        known = float(right[rows & judged].mean()) - by_chance
        weight = NEIGHBOR_WEIGHT * rows.sum() / (rows & judged).sum()
        found = (weight * order + known) / (weight + 1)
        odd = by_chance <= SPREAD / effective and found <= ORDER
        if odd and _may_last(sample, rows[: len(sample.truth)]):
            taken |= rows
    if taken.mean() < LEAST_SHARE or not _far_worse(sample, taken[: len(sample.truth)]):
        return [], np.zeros(len(labels), dtype=bool)
    return [_told(sample, learned, taken)], taken


def agreement_around(vectors: Matrix, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share (n,) of the 15 nearest other rows that have the same label."""
    centered = vectors - vectors.mean(axis=0)
    found = np.empty(len(labels))
    for rows in row_chunks(len(labels), len(labels)):
        table = squared_distances(centered[rows], centered)
        table[np.arange(len(table)), np.arange(rows.start, rows.stop)] = np.inf
        near = np.argpartition(table, NEIGHBORS, axis=1)[:, :NEIGHBORS]
        found[rows] = (labels[near] == labels[rows, None]).mean(axis=1)
    return found


def _right(sample: Sample, learned: Learned) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether a model that did not see the row agrees (n,), and where that is known (n,)."""
    right = sample.predicted == sample.truth
    if learned.out_of_fold is None:
        more = np.zeros(len(learned.truth), dtype=bool)
        return np.concatenate([right, more]), np.concatenate([np.ones_like(right), more])
    more = learned.out_of_fold.argmax(axis=1) == learned.truth
    return np.concatenate([right, more]), np.ones(len(right) + len(more), dtype=bool)


def _may_last(sample: Sample, mine: NDArray[np.bool_]) -> bool:
    """Whether more rows of the sample stayed wrong than elsewhere, or nothing is known of it."""
    stayed = sample.stayed_wrong(MODELS)
    if stayed is None or not mine.any() or mine.all():
        return True
    return bool(stayed[mine].mean() > stayed[~mine].mean())


def _far_worse(sample: Sample, mine: NDArray[np.bool_]) -> bool:
    """Whether the model errs surely more than twice as often on these rows as on the others.

    Where vectors say little of the classes, neighbours agree nowhere: then a group without order
    among its neighbours may be one that the model knows as well as any other.
    """
    if mine.all():
        return False
    wrong = sample.predicted != sample.truth
    low, _ = wilson(int(wrong[mine].sum()), int(mine.sum()))
    return low > TIMES_WRONG * float(wrong[~mine].mean())


def _persistence(sample: Sample, mine: NDArray[np.bool_]) -> dict[str, float | int]:
    stayed = sample.stayed_wrong(MODELS)
    if stayed is None:
        return {}
    low, high = wilson(int(stayed[mine].sum()), int(mine.sum()))
    return {
        "models": MODELS,
        "stayed_wrong": float(stayed[mine].mean()),
        "stayed_wrong_low": low,
        "stayed_wrong_high": high,
        "stayed_wrong_elsewhere": float(stayed[~mine].mean()) if (~mine).any() else 0.0,
    }


def _lasting_words(stayed: NDArray[np.bool_] | None, mine: NDArray[np.bool_]) -> str:
    if stayed is None:
        return ""
    return f", {int(stayed[mine].sum())} of them under each of the last {MODELS} models"


def _told(sample: Sample, learned: Learned, taken: NDArray[np.bool_]) -> Finding:
    size = len(sample.truth)
    mine, theirs = taken[:size], taken[size:]
    wrong = sample.predicted != sample.truth
    hits, count = int((wrong & mine).sum()), int(mine.sum())
    usual = float(wrong[~mine].mean()) if (~mine).any() else 0.0
    low, high = wilson(hits, count)
    rows = np.flatnonzero(mine)
    doubt = 1 - sample.probabilities[rows, sample.truth[rows]]
    stayed = sample.stayed_wrong(MODELS)
    members = sample.ids_of(rows, doubt if stayed is None else doubt + stayed[rows])
    trained = tuple(learned.ids[i] for i in np.flatnonzero(theirs).tolist())
    return Finding(
        kind="outliers",
        title=f"{int(taken.sum())} labelled assets ({percent(float(taken.mean()), 0)}) belong to "
        f"no class: their labels follow no order, and {hits} of {count} sampled ones are wrong"
        f"{_lasting_words(stayed, mine)}.",
        evidence={
            "outliers": int(taken.sum()),
            "of": len(taken),
            "in_training": int(theirs.sum()),
            "wrong": hits / max(count, 1),
            "low": low,
            "high": high,
            "wrong_elsewhere": usual,
            **_persistence(sample, mine),
        },
        remedy="Look at these: skip them in the catalog, or give them a class of their own.",
        asset_ids=(*members, *trained),
        members=members,
        severity=max(0.0, 100 * (hits - usual * count) / size),
        batch=Batch(parts={"guarded": 0.8, "random": 0.2}),
    )
