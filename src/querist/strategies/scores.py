"""Scores of informativeness: pure functions of arrays, where higher means ask first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats
from querist.strategies.parts import each_part, times_vector

Values = NDArray[np.float32]

# Bytes of a part of a table, so that it and what is made of it stay in a core's cache.
_CHUNK_BYTES = 1 << 19
# Above so many columns whole rows are searched; below, one column after the other is faster.
_WIDE = 64
_TINY = np.finfo(np.float32).tiny
# By how much rows of a checked table may miss one, and a little for sums in float32.
_ROUNDING = 2.1e-3


def least_confidence(probabilities: Floats) -> Values:
    """1 - p(1) of each row (n,), 0 to 1 - 1/C.

    Lewis and Gale (1994), "A sequential algorithm for training text classifiers".
    """
    return _of_top_two(probabilities, lambda best, _: 1 - best)


def margin(probabilities: Floats) -> Values:
    """1 - (p(1) - p(2)) of each row (n,), 0 to 1.

    Scheffer, Decomain and Wrobel (2001), "Active hidden Markov models for information extraction";
    also known as breaking ties.
    """
    return _of_top_two(probabilities, lambda best, second: 1 - (best - second))


def ratio(probabilities: Floats) -> Values:
    """p(2) / p(1) of each row (n,), 0 to 1."""
    return _of_top_two(probabilities, lambda best, second: second / best)


def entropy(probabilities: Floats) -> Values:
    """-sum p log p of each row (n,), in nats, 0 to log C; 0 log 0 counts as 0.

    Shannon (1948), "A mathematical theory of communication". With many classes it spreads over
    tails that do not matter; prefer ``margin``.
    """
    count, columns = probabilities.shape
    found = np.empty(count, dtype=np.float32)
    ones = np.ones(columns, dtype=np.float32)

    def work(rows: slice) -> None:
        block = np.maximum(probabilities[rows], 0, dtype=np.float32)
        logs = np.maximum(block, _TINY)
        np.log(logs, out=logs)
        logs *= block
        found[rows] = np.maximum(-times_vector(logs, ones), 0)

    each_part(work, count, _rows(columns), width=columns)
    return found


def entropy_bound(probabilities: Floats) -> Values:
    """What the ``entropy`` of each row (n,) is at most, without a logarithm.

    A parabola lies above -p log p from 0 to 1 and touches it at p = 1/C, so that the bound is close
    where the entropy is high. The rows sum to one and hold nothing below 0, but for rounding.
    """
    count, columns = probabilities.shape
    # By how much the parabola bends, for p up to what rounding may make of 1.
    even, most = 1 / columns, 1.1
    bend = (most * np.log(columns * most) - most + even) / (most - even) ** 2
    slope = np.log(columns) - 1 + 2 * bend * even
    largest = 1 - bend * even + max(slope, 0) * (1 + _ROUNDING)
    found = np.empty(count, dtype=np.float32)
    bends = np.full(columns, -bend, dtype=np.float32)

    def work(rows: slice) -> None:
        block = np.square(probabilities[rows], dtype=np.float32)
        np.add(times_vector(block, bends), np.float32(largest), out=found[rows])

    each_part(work, count, _rows(columns), width=columns)
    return found


def top_two(probabilities: Floats) -> tuple[Values, Values]:
    """The largest and the second largest probability of each row, both (n,)."""
    first = np.empty(len(probabilities), dtype=np.float32)
    second = np.empty(len(probabilities), dtype=np.float32)

    def keep(rows: slice, best: Values, runner_up: Values) -> None:
        first[rows], second[rows] = best, runner_up

    _each_top_two(probabilities, keep)
    return first, second


def _of_top_two(probabilities: Floats, score: Callable[[Values, Values], Values]) -> Values:
    found = np.empty(len(probabilities), dtype=np.float32)

    def keep(rows: slice, best: Values, runner_up: Values) -> None:
        found[rows] = score(best, runner_up)

    _each_top_two(probabilities, keep)
    return found


def _each_top_two(probabilities: Floats, keep: Callable[[slice, Values, Values], None]) -> None:
    columns = probabilities.shape[1]
    find = _by_row if columns > _WIDE else _by_column
    each_part(
        lambda rows: keep(rows, *find(probabilities[rows])),
        len(probabilities),
        _rows(columns),
        width=columns,
    )


def _rows(columns: int) -> int:
    return max(_CHUNK_BYTES // (4 * columns), 1)


def _by_column(block: Floats) -> tuple[Values, Values]:
    # Columns that lie together are read several times as fast as those of the table itself.
    columns = np.ascontiguousarray(block.T, dtype=np.float32)
    best = np.maximum(columns[0], columns[1])
    runner_up = np.minimum(columns[0], columns[1])
    smaller = np.empty_like(best)
    for values in columns[2:]:
        np.minimum(best, values, out=smaller)
        np.maximum(runner_up, smaller, out=runner_up)
        np.maximum(best, values, out=best)
    return best, runner_up


def _by_row(block: Floats) -> tuple[Values, Values]:
    rest = np.array(block, dtype=np.float32)
    places = np.arange(len(rest)), rest.argmax(axis=1)
    best = rest[places]
    rest[places] = -np.inf
    return best, rest.max(axis=1)
