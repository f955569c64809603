"""Concept clarity from people: two classes between which annotators disagree about one asset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    told = list(found)
    several = table.sum(axis=1) > 1
    split = (table > 0).sum(axis=1) > 1
    pairs = list(combinations(np.flatnonzero(table.any(axis=0)).tolist(), 2))
    new = []
    for a, b in pairs:
        inside = several & (table[:, [a, b]].sum(axis=1) == table.sum(axis=1))
        disputed = inside & split
        hits, of = int(disputed.sum()), int(inside.sum())
        others, rest = int((split & several & ~inside).sum()), int((several & ~inside).sum())
        surely = _tail(hits, of) * len(pairs)
        if of < FEWEST or surely >= DOUBT or (rest and chance(hits, of, others, rest) >= DOUBT):
            continue
        ids = [names[i] for i in np.flatnonzero(disputed).tolist()]
        at = _place(told, sample.classes[a], sample.classes[b])
        if at is not None:
            more = {"disputed": hits, "asked_twice": of}
            told[at] = replace(told[at], evidence={**told[at].evidence, **more})
        else:
            new.append(_told(sample, (a, b), ids, of, surely))
    return told + sorted(new, key=lambda one: -one.severity)[:MOST]


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


def _told(
    sample: Sample, pair: tuple[int, int], ids: list[str], of: int, p_value: float
) -> Finding:
    a, b = (sample.classes[code] for code in pair)
    rows = np.flatnonzero(np.isin(sample.truth, pair))
    members = sample.ids_of(rows, 1 - sample.probabilities[rows, sample.truth[rows]])
    share = len(ids) / of
    low, high = wilson(len(ids), of)
    return Finding(
        kind="concept_clarity",
        title=f"People do not agree on {a} and {b}: of {of} assets that two or more looked at, "
        f"{len(ids)} ({percent(share, 0)}) were called both.",
        evidence={
            "classes": [a, b],
            "disputed": len(ids),
            "asked_twice": of,
            "of": of,
            "share": share,
            "low": low,
            "high": high,
            "expected_at_most": HONEST,
            "p_value": p_value,
        },
        remedy=f"Say in the guideline what tells {a} from {b}, settle these together, "
        "and merge the two if nobody can tell.",
        asset_ids=tuple(ids),
        members=members,
        # Of a dispute between two, one is wrong.
        severity=50 * share * len(rows) / max(len(sample.truth), 1),
        batch=Batch(parts={"similar": 0.5, "margin": 0.5}, examples=members[::2]),
    )
