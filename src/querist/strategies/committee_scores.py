"""Scores of disagreement in a committee (K, n, C): pure functions, higher means ask first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.geometry import row_chunks
from querist.strategies.parts import each_part, times_rows

Values = NDArray[np.float64]

# Numbers of a part of a joint table that a thread works on: few enough to stay in its cache.
_PART = 1 << 17


def consensus_kl(committee: Floats, rows: Positions) -> Values:
    """Mean KL divergence of the members from their mean, in nats: the same as BALD.

    H(mean p) - mean H(p), 0 to log C. McCallum and Nigam (1998), "Employing EM and pool-based
    active learning"; Houlsby et al. (2011), "Bayesian active learning for classification".

    Args:
        committee: Class probabilities (K, N, C).
        rows: Positions to score (n,).
    """
    found = np.empty(len(rows))
    for part, block in _blocks(committee, rows):
        found[part] = entropy(block.mean(axis=0)) - entropy(block).mean(axis=0)
    return np.maximum(found, 0)


def soft_vote_entropy(committee: Floats, rows: Positions) -> Values:
    """Entropy of the members' mean, in nats, 0 to log C."""
    found = np.empty(len(rows))
    for part, block in _blocks(committee, rows):
        found[part] = entropy(block.mean(axis=0))
    return found


def vote_entropy(committee: Floats, rows: Positions) -> Values:
    """Entropy of the shares of votes, in nats; Dagan and Engelson (1995)."""
    found = np.empty(len(rows))
    for part, block in _blocks(committee, rows):
        found[part] = entropy(_votes(block))
    return found


def variation_ratio(committee: Floats, rows: Positions) -> Values:
    """One minus the share of members that vote for the most voted class; Freeman (1965)."""
    found = np.empty(len(rows))
    for part, block in _blocks(committee, rows):
        found[part] = 1 - _votes(block).max(axis=1)
    return found


def predictive_information(committee: Floats, rows: Positions, targets: Positions) -> Values:
    """EPIG: mean information in nats that a row's label gives about the targets' labels.

    The mean over targets x* of KL(p(y, y*) || p(y) p(y*)) with p(y, y*) = mean_k p_k(y) p_k(y*),
    which is H(y) + mean H(y*) - mean H(y, y*). Time O(n M K C²), memory bounded by chunks.

    Args:
        committee: Class probabilities (K, N, C).
        rows: Positions to score (n,).
        targets: Positions to be informed about (M,).
    """
    members, _, classes = committee.shape
    ends = committee[:, targets].astype(np.float64)
    apart = float(entropy(ends.mean(axis=0)).mean())
    ends /= members
    found = np.empty(len(rows))
    # With many classes the pairs of one row and all targets alone would be too many.
    few = max(_PART // classes**2, 1)

    def work(part: slice) -> None:
        block = committee[:, rows[part]].astype(np.float64)
        flat = block.reshape(members, -1).T
        pairs = np.zeros(block.shape[1])
        for start in range(0, len(targets), few):
            some = ends[:, start : start + few].reshape(members, -1)
            joint = np.empty((len(flat), some.shape[1]))
            times_rows(flat, some.T, joint)
            pairs += entropy(joint.reshape(block.shape[1], -1))
        found[part] = entropy(block.mean(axis=0)) + apart - pairs / len(targets)

    width = classes * classes * len(targets)
    each_part(work, len(rows), max(_PART // width, 1), width=width)
    return np.maximum(found, 0)


def entropy(table: NDArray[np.floating]) -> Values:
    """-sum p log p over the last axis; 0 log 0 counts as 0."""
    safe = np.where(table > 0, table, 1).astype(np.float64, copy=False)
    found: Values = -np.einsum("...i,...i->...", safe, np.log(safe))
    return found


def _votes(block: Values) -> Values:
    choice = block.argmax(axis=2)
    shares = np.zeros(block.shape[1:])
    places = np.arange(block.shape[1])
    # A loop over members, of whom there are few, and not over rows.
    for member in choice:
        shares[places, member] += 1
    return shares / len(block)


def _blocks(committee: Floats, rows: Positions) -> Iterator[tuple[slice, Values]]:
    for part in row_chunks(len(rows), 4 * committee.shape[0] * committee.shape[2]):
        yield part, committee[:, rows[part]].astype(np.float64)
