"""Scores of informativeness: pure functions of arrays, where higher means ask first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats

_CHUNK_BYTES = 1 << 19


def least_confidence(probabilities: Floats) -> NDArray[np.float32]:
    """1 - p(1) of each row (n,), 0 to 1 - 1/C.

    Lewis and Gale (1994), "A sequential algorithm for training text classifiers".
    """
    return 1 - top_two(probabilities)[0]


def margin(probabilities: Floats) -> NDArray[np.float32]:
    """1 - (p(1) - p(2)) of each row (n,), 0 to 1.

    Scheffer, Decomain and Wrobel (2001), "Active hidden Markov models for information extraction";
    also known as breaking ties.
    """
    best, second = top_two(probabilities)
    return 1 - (best - second)


def ratio(probabilities: Floats) -> NDArray[np.float32]:
    """p(2) / p(1) of each row (n,), 0 to 1."""
    best, second = top_two(probabilities)
    return second / best


def entropy(probabilities: Floats) -> NDArray[np.float32]:
    """-sum p log p of each row (n,), in nats, 0 to log C; 0 log 0 counts as 0.

    Shannon (1948), "A mathematical theory of communication". With many classes it spreads over
    tails that do not matter; prefer ``margin``.
    """
    found = np.empty(len(probabilities), dtype=np.float32)
    for rows, block in _chunks(probabilities):
        safe = np.where(block > 0, block, 1)
        found[rows] = -np.einsum("ij,ij->i", safe, np.log(safe))
    return np.maximum(found, 0)


def top_two(probabilities: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The largest and the second largest probability of each row, both (n,)."""
    first = np.empty(len(probabilities), dtype=np.float32)
    second = np.empty(len(probabilities), dtype=np.float32)
    for rows, block in _chunks(probabilities):
        best = block[:, 0].copy()
        runner_up = np.zeros_like(best)
        # Column by column is several times faster than a partition of many short rows.
        for column in range(1, block.shape[1]):
            values = block[:, column]
            np.maximum(runner_up, np.minimum(best, values), out=runner_up)
            np.maximum(best, values, out=best)
        first[rows], second[rows] = best, runner_up
    return first, second


def _chunks(table: Floats) -> Iterator[tuple[slice, Floats]]:
    step = max(_CHUNK_BYTES // max(table.shape[1] * table.itemsize, 1), 1)
    for start in range(0, len(table), step):
        yield slice(start, start + step), table[start : start + step]
