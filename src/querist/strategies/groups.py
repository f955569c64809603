"""Groups in the rows of a pool: whether there are any that a typical row could stand for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.coverage import Space
from querist.strategies.geometry import Matrix, unit_rows

# Rows and columns that are looked at, nearest rows of each, and how often columns are parted.
_ROWS, _COLUMNS = 1_000, 2_000
_LEAST_ROWS = 40
_NEAREST, _NEAREST_SHARE = 10, 0.05
_SPLITS = 4
# Columns that say the same, or the opposite, would tell the nearness in both halves.
_SAME = 0.99
# From so many dimensions on the rows with most neighbours are often only those near the middle
# (Radovanović, Nanopoulos and Ivanović, 2010, "Hubs in space"); in few they lie in dense places.
_MANY_DIMENSIONS = 20.0
# Where at least half of the columns have two values each, as those of categories have, it takes
# fewer: the row with most neighbours has the common value in each, and none of the rare ones.
_DIMENSIONS_OF_CATEGORIES, _LEAST_SHARE_OF_CATEGORIES = 6.0, 0.5
_LEAST_AGREEMENT = 0.4


def grouped(space: Space, candidates: Positions) -> bool:
    """Whether rows that are near in half of the columns are near in the other half, too.

    Where they are not, although there are many dimensions, columns vary each on its own: there are
    no groups, and a row with many neighbours stands for nothing but the middle of the pool. With
    few dimensions, or few rows, groups are taken for granted; six dimensions are many where most
    columns have two values.

    Args:
        space: The vectors.
        candidates: Positions of the pool (m,).
    """
    if space.rows.shape[1] < _DIMENSIONS_OF_CATEGORIES or len(candidates) < _LEAST_ROWS:
        return True
    rows = _distinct(_some_rows(space, candidates))
    categories = _two_valued(rows).mean() >= _LEAST_SHARE_OF_CATEGORIES if rows.size else False
    many = _DIMENSIONS_OF_CATEGORIES if categories else _MANY_DIMENSIONS
    if dimensions(rows) < many:
        return True
    return agreement(rows) >= _LEAST_AGREEMENT


def dimensions(rows: Matrix) -> float:
    """The number of directions in which centred rows (n, d) vary, each counted by its share.

    The participation ratio (sum of the eigenvalues)² / (sum of their squares), 1 to d.
    """
    gram = rows @ rows.T
    total = float(np.trace(gram))
    return total**2 / max(float(np.square(gram).sum()), 1e-30) if total > 0 else 1.0


def agreement(rows: Matrix) -> float:
    """How near, in half of the columns, those rows are that are nearest in the other half.

    The mean cosine to them as a share of that to the nearest rows there, over fixed partitions:
    about 0 where columns have nothing to do with each other, 1 where both halves say the same.

    Args:
        rows: Centred rows (n, d), d at least 2.
    """
    near = min(_NEAREST, max(1, int(_NEAREST_SHARE * len(rows))))
    shares = []
    for split in range(_SPLITS):
        # No draw of the caller's: the same pool says the same.
        order = np.random.default_rng(split).permutation(rows.shape[1])
        half = len(order) // 2
        here, there = (_cosines(rows[:, part]) for part in (order[:half], order[half:]))
        told = np.take_along_axis(there, _nearest(here, near), axis=1).mean()
        most = np.take_along_axis(there, _nearest(there, near), axis=1).mean()
        shares.append(float(told / most) if most > 0 else 0.0)
    return float(np.mean(shares))


def _some_rows(space: Space, candidates: Positions) -> Matrix:
    """At most 1,000 rows and 2,000 columns of a pool, centred, of largest size 1.

    They are the same in any order of the pool, and their squares neither overflow nor vanish.
    """
    chosen = candidates
    if len(candidates) > _ROWS:
        chosen = candidates[np.argsort(space.hashes[candidates], kind="stable")[:_ROWS]]
    columns = np.arange(space.rows.shape[1])
    if len(columns) > _COLUMNS:
        columns = columns[:: -(-len(columns) // _COLUMNS)]
    rows = np.asarray(space.rows[chosen], dtype=np.float32)[:, columns]
    centred = rows - rows.mean(axis=0, dtype=np.float64)
    largest = np.abs(centred).max(initial=0)
    return np.asarray(centred / (largest if largest > 0 else 1), dtype=np.float32)


def _distinct(rows: Matrix) -> Matrix:
    """The columns that vary, one of each set of columns that say the same."""
    lengths = np.linalg.norm(rows, axis=0)
    rows = rows[:, lengths > 1e-6 * max(float(lengths.max(initial=0)), 1e-6)]
    turned = rows / np.linalg.norm(rows, axis=0)
    same = np.triu(np.abs(turned.T @ turned) > _SAME, k=1)
    return rows[:, ~same.any(axis=0)]


def _two_valued(rows: Matrix) -> NDArray[np.bool_]:
    """Which columns (d,) hold two values only."""
    found: NDArray[np.bool_] = ((rows == rows.min(axis=0)) | (rows == rows.max(axis=0))).all(axis=0)
    return found


def _cosines(rows: Matrix) -> Matrix:
    vectors = unit_rows(rows)
    table: Matrix = vectors @ vectors.T
    np.fill_diagonal(table, -1)
    return table


def _nearest(cosines: Matrix, count: int) -> NDArray[np.int64]:
    return np.argpartition(-cosines, count - 1, axis=1)[:, :count]
