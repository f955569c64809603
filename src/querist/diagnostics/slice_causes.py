"""Slices of a sample as findings: the rule, how wrong it is, and which error type it is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.chances import chance, stratified_chance
from querist.diagnostics.sample import LEVEL, Learned, Sample
from querist.diagnostics.slices import Losses, Predicate, Slice, find_slices
from querist.metrics import mean_of_shares, wilson
from querist.schema import Batch, Finding

Columns = Mapping[str, NDArray[np.generic]]

# How a mean loss is told, by the name of the measure that it is lost of.
LOSSES = {
    "f1": "assets have a mean F1 of {here:.2f}, {elsewhere:.2f} elsewhere",
    "closeness": "assets are off by {off:.2f} of the labels' spread, {off_elsewhere:.2f} elsewhere",
}
_FEWER = "Label more of these: training has fewer than the pool."
_UNKNOWN = "Look at these, and label more like them."

# Part of a slice's errors that a cause must hold to be that of the slice.
MOSTLY = 0.5
MOST = 5


def slice_findings(
    sample: Sample,
    columns: Columns,
    learned: Learned,
    learned_columns: Columns,
    causes: Sequence[Finding],
) -> list[Finding]:
    """Up to five slices of the sample, each with its cause where one is known.

    The cause is the error type that most of the slice's errors belong to; else it is data
    distribution if training has surely less of the slice, class by class, than the sample (Mantel
    and Haenszel, 1959). Other slices are told without a cause.

    Args:
        sample: A random sample that the model did not learn from.
        columns: What is known of its rows, by name.
        learned: Labels that it learned from.
        learned_columns: The same of these.
        causes: What ``error_types`` found.
    """
    wrong = sample.predicted != sample.truth
    found = find_slices(wrong, columns)[:MOST]
    return [
        _told(sample, one, *_cause(sample, one, learned, learned_columns, causes)) for one in found
    ]


def loss_slices(
    losses: Losses,
    ids: Sequence[str],
    columns: Columns,
    learned_columns: Columns,
    *,
    measure: str,
) -> list[Finding]:
    """Up to five slices where a model that is more or less right loses surely more than elsewhere.

    The cause is data distribution where training has surely less of the slice than the sample
    (Fisher's exact test); other slices are told without one.

    Args:
        losses: How wrong the model is of each row of a random sample (n,), 0 to 1.
        ids: Their assets (n,).
        columns: What is known of them, by name.
        learned_columns: The same of the assets that it learned from.
        measure: What is lost, a key of ``LOSSES``.
    """
    told = []
    for found in find_slices(losses, columns)[:MOST]:
        there = found.holds(learned_columns)
        missed = len(there) - int(there.sum()), len(there)
        out = len(ids) - len(found.rows), len(ids)
        fewer = len(there) > 0 and float(chance(*missed, *out)) < LEVEL
        examples = tuple(ids[i] for i in found.rows[::2].tolist())
        batch = Batch(parts={"similar": 0.7, "uncertainty": 0.3}, examples=examples)
        cause = ("data_distribution", _FEWER) if fewer else (None, _UNKNOWN)
        told.append(_told_of_losses(losses, ids, found, (*cause, batch), measure))
    return told


def _cause(
    sample: Sample,
    found: Slice,
    learned: Learned,
    learned_columns: Columns,
    causes: Sequence[Finding],
) -> tuple[str | None, str, Batch | None]:
    """The error type, the remedy, and its batch."""
    wrong = {sample.ids[i] for i in found.rows[: found.errors].tolist()}
    for cause in causes:
        if len(wrong & {*cause.asset_ids, *cause.members}) >= MOSTLY * len(wrong):
            return cause.kind, cause.remedy, cause.batch
    examples = tuple(sample.ids[i] for i in found.rows[::2].tolist())
    batch = Batch(parts={"similar": 0.7, "margin": 0.3}, examples=examples)
    if _rarer_in_training(sample, found, learned, learned_columns):
        return "data_distribution", _FEWER, batch
    return None, _UNKNOWN, batch


def _rarer_in_training(
    sample: Sample, found: Slice, learned: Learned, learned_columns: Columns
) -> bool:
    count = len(sample.classes)
    inside = np.zeros(len(sample.truth), dtype=bool)
    inside[found.rows] = True
    there = found.holds(learned_columns)
    hits, other = (
        np.bincount(codes[rows], minlength=count)
        for codes, rows in ((sample.truth, inside), (learned.truth, there))
    )
    of, others = (np.bincount(codes, minlength=count) for codes in (sample.truth, learned.truth))
    return stratified_chance(hits, of, other, others) < LEVEL


def _told(
    sample: Sample, found: Slice, cause: str | None, remedy: str, batch: Batch | None
) -> Finding:
    title = f"Where {found.rule}, {found.errors} of {len(found.rows)} are wrong."
    interval = wilson(found.errors, len(found.rows))
    return _finding(sample.ids, found, (cause, remedy, batch), title, interval)


def _told_of_losses(
    losses: Losses,
    ids: Sequence[str],
    found: Slice,
    mended: tuple[str | None, str, Batch | None],
    measure: str,
) -> Finding:
    words = LOSSES[measure].format(
        here=1 - found.share,
        elsewhere=1 - found.elsewhere,
        off=found.share,
        off_elsewhere=found.elsewhere,
    )
    lost = mean_of_shares(losses[found.rows])
    title = f"Where {found.rule}, {len(found.rows)} {words}."
    told = _finding(ids, found, mended, title, (lost.low, lost.high))
    return replace(told, evidence={**told.evidence, "measure": measure})


def _finding(
    names: Sequence[str],
    found: Slice,
    mended: tuple[str | None, str, Batch | None],
    title: str,
    interval: tuple[float, float],
) -> Finding:
    cause, remedy, batch = mended
    ids = tuple(names[i] for i in found.rows.tolist())
    return Finding(
        kind="slice",
        title=title,
        evidence={
            "rule": found.rule,
            "cause": cause,
            "wrong": found.share,
            "low": interval[0],
            "high": interval[1],
            "wrong_elsewhere": found.elsewhere,
            "count": len(ids),
            "p_value": found.p_value,
            "where": [_plain(one) for one in found.predicates],
        },
        remedy=remedy,
        asset_ids=ids[: found.errors],
        members=ids,
        severity=found.gain,
        batch=batch,
    )


def _plain(one: Predicate) -> dict[str, str | float | None]:
    """A predicate as plain values; an end that is open is ``None``."""
    if one.low is None or one.high is None:
        return {"column": one.column, "words": one.words}
    low, high = (end if np.isfinite(end) else None for end in (one.low, one.high))
    return {"column": one.column, "low": low, "high": high}
