"""Concept clarity from people: two classes between which annotators disagree about one asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.diagnostics.chances import chance
from querist.diagnostics.clarity import DOUBT, HONEST, MOST
from querist.diagnostics.sample import Sample
from querist.errors import InvalidInputError
from querist.metrics import wilson
from querist.schema import Batch, Finding, percent

# Assets with opinions of two annotators below which nothing is said of a pair of classes.
FEWEST = 10

# The evidence of a dispute that lasts.
LASTING = ("stays_disputed", "settled_before", "model_takes_for_other", "model_asked")
_FIRST_A_RULE = "Agree on the rule before more is labelled: settling single assets has not helped."

Codes = NDArray[np.int64]


def disputed_classes(
    sample: Sample, assets: Sequence[str], said: ArrayLike, found: Sequence[Finding] = ()
) -> list[Finding]:
    """Pairs of classes between which annotators disagree more than anywhere else.

    Of the assets on which two annotators or more said one class or the other and nothing else,
    surely more than a tenth must be disputed, and surely a larger share than of all other assets
    with two opinions. It is told what they say and no more: a shared mistake is no dispute.

    Args:
        sample: Labelled rows, by which the gain is measured.
        assets: The asset of each opinion (k,).
        said: Its class (k,), a position in the sample's classes.
        found: Findings already there; a pair that is told in one gets the dispute as evidence.

    Returns:
        ``found`` with the disputes, those already told first.

    Raises:
        InvalidInputError: the lengths differ, or a class is out of range.
    """
    told = list(found)
    new = []
    for one in _disputes(sample, assets, said):
        at = _place(told, *one.names)
        if at is not None:
            more = {"disputed": len(one.ids), "asked_twice": one.of}
            told[at] = replace(told[at], evidence={**told[at].evidence, **more})
        else:
            new.append(_told(sample, one))
    return told + sorted(new, key=lambda one: -one.severity)[:MOST]


def lasting_disputes(
    sample: Sample, assets: Sequence[str], said: ArrayLike, found: Sequence[Finding] = ()
) -> list[Finding]:
    """Pairs of classes that people still disagree on after their assets were settled.

    The test is that of ``disputed_classes``, on assets that a consensus or a review had settled
    and that somebody spoke of again; beside it stands how often the model takes one for the other.

    Args:
        sample: Labelled rows that the model did not learn from.
        assets: The asset of each voice (k,).
        said: What was settled, and what was said since: classes (k,).
        found: Findings already there; a pair that is told in one gets the evidence and the remedy.

    Returns:
        ``found`` with the disputes that last, those already told first.

    Raises:
        InvalidInputError: the lengths differ, or a class is out of range.
    """
    told = list(found)
    new = []
    for one in _disputes(sample, assets, said):
        at = _place(told, *one.names)
        lasting = _lasting(sample, one)
        if at is None:
            new.append(lasting)
            continue
        more = {name: lasting.evidence[name] for name in LASTING}
        told[at] = replace(
            told[at],
            evidence={**told[at].evidence, **more},
            remedy=f"{told[at].remedy} {_FIRST_A_RULE}",
        )
    return told + sorted(new, key=lambda one: -one.severity)[:MOST]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dispute:
    pair: tuple[int, int]
    names: tuple[str, str]
    ids: list[str]
    of: int
    p_value: float


def _disputes(sample: Sample, assets: Sequence[str], said: ArrayLike) -> Iterator[_Dispute]:
    codes = np.asarray(said, dtype=np.int64)
    count = len(sample.classes)
    if codes.shape != (len(assets),) or (
        len(codes) and not 0 <= codes.min() <= codes.max() < count
    ):
        raise InvalidInputError(
            f"{len(assets)} opinions with classes {codes.shape} do not fit {count} classes.",
            remedy="Give one position in the list of classes for each opinion.",
        )
    names, table = _tallies(assets, codes, count)
    several = table.sum(axis=1) > 1
    split = (table > 0).sum(axis=1) > 1
    pairs = list(combinations(np.flatnonzero(table.any(axis=0)).tolist(), 2))
    for a, b in pairs:
        inside = several & (table[:, [a, b]].sum(axis=1) == table.sum(axis=1))
        disputed = inside & split
        hits, of = int(disputed.sum()), int(inside.sum())
        others, rest = int((split & several & ~inside).sum()), int((several & ~inside).sum())
        surely = _tail(hits, of) * len(pairs)
        if of < FEWEST or surely >= DOUBT or (rest and chance(hits, of, others, rest) >= DOUBT):
            continue
        yield _Dispute(
            pair=(a, b),
            names=(sample.classes[a], sample.classes[b]),
            ids=[names[i] for i in np.flatnonzero(disputed).tolist()],
            of=of,
            p_value=surely,
        )


def _tallies(assets: Sequence[str], codes: Codes, count: int) -> tuple[list[str], Codes]:
    """The assets (m,), and how often each class was said of each (m, C)."""
    names, places = np.unique(np.asarray(assets, dtype=np.str_), return_inverse=True)
    table = np.bincount(places * count + codes, minlength=len(names) * count)
    return names.tolist(), table.reshape(len(names), count)


def _tail(hits: int, of: int) -> float:
    from scipy.stats import binom

    return float(binom.sf(hits - 1, of, HONEST))


def _place(found: Sequence[Finding], a: str, b: str) -> int | None:
    pair = sorted([a, b])
    for at, one in enumerate(found):
        if one.kind == "concept_clarity" and sorted(one.evidence["classes"]) == pair:
            return at
    return None


def _told(sample: Sample, found: _Dispute) -> Finding:
    a, b = found.names
    rows, share = _rows(sample, found), len(found.ids) / found.of
    members = sample.ids_of(rows, 1 - sample.probabilities[rows, sample.truth[rows]])
    return Finding(
        kind="concept_clarity",
        title=f"People do not agree on {a} and {b}: of {found.of} assets that two or more looked "
        f"at, {len(found.ids)} ({percent(share, 0)}) were called both.",
        evidence={
            "classes": [a, b],
            "disputed": len(found.ids),
            "asked_twice": found.of,
            **_doubt_of(found),
        },
        remedy=f"Say in the guideline what tells {a} from {b}, settle these together, "
        "and merge the two if nobody can tell.",
        asset_ids=tuple(found.ids),
        members=members,
        # Of a dispute between two, one is wrong.
        severity=50 * share * len(rows) / max(len(sample.truth), 1),
        batch=Batch(parts={"similar": 0.5, "margin": 0.5}, examples=members[::2]),
    )


def _lasting(sample: Sample, found: _Dispute) -> Finding:
    """More labels would be as disputed, so there is no batch."""
    a, b = found.names
    rows, share = _rows(sample, found), len(found.ids) / found.of
    other = np.where(sample.truth[rows] == found.pair[0], found.pair[1], found.pair[0])
    return Finding(
        kind="concept_clarity",
        title=f"{a} and {b} stay disputed: of {found.of} assets that were settled and looked at "
        f"again, {len(found.ids)} ({percent(share, 0)}) were called the other then.",
        evidence={
            "classes": [a, b],
            "stays_disputed": len(found.ids),
            "settled_before": found.of,
            "model_takes_for_other": int((sample.predicted[rows] == other).sum()),
            "model_asked": len(rows),
            **_doubt_of(found),
        },
        remedy=f"{_FIRST_A_RULE} Say in the guideline what tells {a} from {b}, "
        "and merge the two if nobody can tell.",
        asset_ids=tuple(found.ids),
        members=tuple(sample.ids[i] for i in rows.tolist()),
        severity=50 * share * len(rows) / max(len(sample.truth), 1),
    )


def _rows(sample: Sample, found: _Dispute) -> Codes:
    return np.flatnonzero(np.isin(sample.truth, found.pair))


def _doubt_of(found: _Dispute) -> dict[str, float]:
    low, high = wilson(len(found.ids), found.of)
    return {
        "of": found.of,
        "share": len(found.ids) / found.of,
        "low": low,
        "high": high,
        "expected_at_most": HONEST,
        "p_value": found.p_value,
    }
