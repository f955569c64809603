"""Work on the rows of a table part by part, on as many threads as there are cores to use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Numbers below which threads cost more than they save.
_SERIAL = 1 << 19
# More threads only wait for memory.
_MOST_THREADS = 8
# Numbers of a product with a vector, below what BLAS starts threads of its own for.
_PRODUCT = 1 << 13
# The same for the multiplications of a product of two matrices.
_PRODUCTS = 1 << 18
# Columns of a piece of a product, and numbers of a vector above which pieces would be too thin.
_COLUMNS = 256
_WIDE = 256
# Rows of a part of a table of vectors, and numbers that a part's products may hold.
_ROWS = 4096
_HELD = 1 << 19


_THIS_THREAD = threading.local()


def each_part(work: Callable[[slice], None], count: int, step: int, *, width: int = 1) -> None:
    """Call ``work`` for slices of ``step`` rows that together are ``count`` rows.

    The calls may run at the same time and in any order, so each writes to rows of its own. They
    should not call BLAS on large blocks, which has threads of its own.

    Args:
        work: Does one part; lets go of the interpreter's lock for most of its time.
        count: Number of rows.
        step: Rows of a part.
        width: Numbers of a row, to tell whether threads are worth it.
    """
    parts = [slice(start, min(start + step, count)) for start in range(0, count, step)]
    threads = min(_threads(), len(parts))
    if threads < 2 or count * width < _SERIAL or getattr(_THIS_THREAD, "is_part", False):
        for part in parts:
            work(part)
        return

    def some(first: int) -> None:
        _THIS_THREAD.is_part = True
        for part in parts[first::threads]:
            work(part)

    with ThreadPoolExecutor(threads, thread_name_prefix="querist-parts") as pool:
        for done in [pool.submit(some, first) for first in range(threads)]:
            done.result()


def times_vector(block: NDArray[Any], vector: NDArray[Any]) -> NDArray[Any]:
    """``block @ vector`` for rows (n, d) in the calling thread alone, whatever their number."""
    small = max(_PRODUCT // len(vector), 1)
    whole = len(block) // small * small
    found = np.empty(len(block), dtype=np.result_type(block, vector))
    if whole:
        stacked = block[:whole].reshape(-1, small, len(vector))
        np.matmul(stacked, vector, out=found[:whole].reshape(-1, small))
    np.matmul(block[whole:], vector, out=found[whole:])
    return found


def squares_of(block: NDArray[Any]) -> NDArray[Any]:
    """``block.T @ block`` (d, d) for rows (n, d) in the calling thread, if d is at most 128."""
    wide = block.shape[1]
    size = max(_PRODUCTS // (wide * wide), 16)
    whole = len(block) // size * size
    rest = block[whole:]
    stacked = block[:whole].reshape(-1, size, wide)
    total = np.matmul(stacked.transpose(0, 2, 1), stacked).sum(axis=0)
    return np.asarray(total + rest.T @ rest)


def times_rows(a: NDArray[Any], b: NDArray[Any], out: NDArray[Any]) -> None:
    """Write ``a @ b.T`` (n, m) for rows (n, d) and (m, d) to ``out``, in the calling thread alone.

    Vectors of more than 256 numbers are left to BLAS and its threads.
    """
    wide = a.shape[1]
    if wide > _WIDE or len(a) * len(b) * wide <= _PRODUCTS:
        np.matmul(a, b.T, out=out)
        return
    size = max(_PRODUCTS // (_COLUMNS * wide), 1)
    whole = len(b) // _COLUMNS * _COLUMNS
    stacked = b[:whole].reshape(-1, _COLUMNS, wide).transpose(0, 2, 1)
    for start in range(0, len(a), size):
        rows = slice(start, start + size)
        if whole:
            places = out[rows, :whole].reshape(-1, len(stacked), _COLUMNS).transpose(1, 0, 2)
            np.matmul(a[rows], stacked, out=places)
        np.matmul(a[rows], b[whole:].T, out=out[rows, whole:])


def each_product(
    centers: NDArray[Any], table: NDArray[Any], work: Callable[[slice, NDArray[Any]], None]
) -> None:
    """Call ``work`` with slices of a table's rows (n, d) and their products with centers (m, d).

    The products come as (k, m, r) for k × r rows, so that what is done next runs along rows that
    lie together. BLAS gets pieces too small for threads of its own; where other programs use the
    same cores, its threads wait for each other many times longer than they work.
    """
    columns, wide = len(centers), table.shape[1]
    size = min(max(_PRODUCTS // (columns * wide), 16), 1024)
    step = max(min(_ROWS, _HELD // columns) // size, 1) * size

    def part(rows: slice) -> None:
        block = table[rows]
        whole = len(block) // size * size
        for start, stop, small in ((0, whole, size), (whole, len(block), len(block) - whole)):
            if stop > start:
                stacked = block[start:stop].reshape(-1, small, wide)
                products = np.matmul(centers, stacked.transpose(0, 2, 1))
                work(slice(rows.start + start, rows.start + stop), products)

    each_part(part, len(table), step, width=wide * columns)


@cache
def _threads() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(allowed or 1, _MOST_THREADS)
