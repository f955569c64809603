"""Vectors and distances in bounded memory: float32, in chunks, never N × N."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.parts import each_part, times_rows

Matrix = NDArray[np.float32]
Vector = NDArray[np.float32]
Hashes = NDArray[np.uint64]

# Numbers held at once by one chunk of a distance table: 8 MiB.
CHUNK = 1 << 21
# Numbers of a part of it that a thread works on.
_PART = 1 << 17


def unit_rows(vectors: Floats) -> Matrix:
    """The rows (n, d) scaled to length one; rows of length zero stay zero."""
    x: Matrix = np.array(vectors, dtype=np.float32)
    # Divided by the largest first, so that the squares of huge rows cannot overflow.
    x /= _not_zero(np.abs(x).max(axis=1, initial=0))[:, None]
    x /= _not_zero(np.sqrt(squared_norms(x)))[:, None]
    return x


def squared_norms(x: Matrix) -> Vector:
    """Squared lengths of the rows (n,)."""
    norms: Vector = np.einsum("ij,ij->i", x, x)
    return norms


def squared_distances(a: Matrix, b: Matrix) -> Matrix:
    """Squared Euclidean distances (n, m) between the rows of ``a`` and ``b``, never negative."""
    table = np.empty((len(a), len(b)), dtype=np.result_type(a, b))
    lengths, others = squared_norms(a)[:, None], squared_norms(b)

    def work(rows: slice) -> None:
        part = table[rows]
        times_rows(a[rows], b, part)
        part *= -2
        part += lengths[rows]
        part += others
        np.maximum(part, 0, out=part)

    each_part(work, len(a), max(_PART // max(len(b), 1), 1), width=len(b) * a.shape[1])
    return table


def row_chunks(count: int, width: int) -> Iterator[slice]:
    """Slices over ``count`` rows such that rows × ``width`` stays within ``CHUNK`` numbers."""
    step = max(CHUNK // max(width, 1), 1)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


def nearest_squared(a: Matrix, b: Matrix) -> Vector:
    """Squared distance of each row of ``a`` (n,) to its nearest row of ``b``; inf if b is empty."""
    found = np.full(len(a), np.inf, dtype=np.float32)
    if len(b):
        for rows in row_chunks(len(a), len(b)):
            found[rows] = squared_distances(a[rows], b).min(axis=1)
    return found


def content_hashes(rows: Floats, positions: Positions) -> Hashes:
    """A number for each of the ``positions`` (n,) that depends on the row's numbers alone.

    Whole numbers wrap around exactly, so the order of the rows cannot change a hash.
    """
    width = rows.shape[1]
    weights = np.random.default_rng(width).integers(0, 2**64, size=width, dtype=np.uint64)
    weights |= np.uint64(1)
    found = np.empty(len(positions), dtype=np.uint64)
    for part in row_chunks(len(positions), 4 * width):
        # + 0 turns -0.0 into 0.0, so that equal numbers have equal bits.
        numbers = rows[as_slice(positions[part])].astype(np.float32, copy=False) + np.float32(0)
        found[part] = np.einsum("ij,j->i", numbers.view(np.uint32), weights)
    return found


def as_slice(positions: Positions) -> Positions | slice:
    """Sorted positions as a slice where they lie side by side, which reads a table in place."""
    if len(positions) and positions[-1] - positions[0] == len(positions) - 1:
        return slice(int(positions[0]), int(positions[-1]) + 1)
    return positions


def draw_by_hash(hashes: Hashes, k: int, rng: np.random.Generator) -> Positions:
    """``k`` places drawn at random by the hashes: the same rows in any order of the pool."""
    return _smallest(_mixed(hashes ^ rng.integers(0, 2**64, dtype=np.uint64)), k)


def draw_by_weight(hashes: Hashes, weights: Vector, k: int, rng: np.random.Generator) -> Positions:
    """``k`` places drawn in proportion to weight, one by one and none twice, by the hashes.

    Efraimidis and Spirakis (2006): those whose exponential waiting times end first.
    """
    numbers = _mixed(hashes ^ rng.integers(0, 2**64, dtype=np.uint64)) >> np.uint64(11)
    waits = -np.log((numbers + np.float64(0.5)) * 2.0**-53)
    return _smallest(waits / np.maximum(weights, 1e-12), k)


def _smallest(keys: NDArray[Any], k: int) -> Positions:
    places = np.argpartition(keys, k - 1)[:k] if 0 < k < len(keys) else np.arange(len(keys))[:k]
    return places[np.argsort(keys[places], kind="stable")]


def _not_zero(values: Vector) -> Vector:
    return np.where(values > 0, values, np.float32(1))


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # The finaliser of SplitMix64 (Steele, Lea and Flood, 2014); unsigned products wrap around.
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
