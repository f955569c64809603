"""Times every strategy on a million rows against plain passes of numpy, and measures its memory.

Run as ``python -m benchmarks.selection_scale``. The floor of a strategy is made of passes over
the arrays that it reads, each one line of numpy that gives one number for each row:
``array.sum(axis=-1)``, for probabilities, for embeddings, or both where it reads both. A product
with a vector of ones gives the same numbers by BLAS, on all cores and several times as fast;
times are told in such products too, without a target. Strategies that look at each row once are
held against one pass, those that choose one row after the other against a pass for each pick. Each
strategy runs in a process of its own, with numpy's defaults; times and floors are taken in turn,
and the smallest of each count.

Herding is held against exact greedy by brute force on 10,000 rows, where it is made to work on
samples as it does on a million.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import querist
from benchmarks import selection_pools as pools
from benchmarks.reporting import Figure, report
from querist.strategies import create, names, scores, sparse_herding
from querist.strategies.base import Signal
from querist.strategies.coverage import Space, adaptive_radius
from querist.strategies.validation import check_pool

ROWS = 1_000_000
BATCH = 100
MEMORY = 2.0
# Seconds after which a strategy is not asked again.
PATIENCE = 10.0
CHECKED = 10_000
# Signals that hold something for each row.
READ = frozenset(Signal) - {Signal.HEAD, Signal.GRADIENT}
# Most passes over the arrays that a batch may take; strategies not named are told only.
ONE_PASS = {"margin": 3.0, "entropy": 3.0, "power-margin": 3.0}
MANY_PASSES = {
    "badge": 1.0 * BATCH,
    "coreset": 1.0 * BATCH,
    "bait": 1.0 * BATCH,
    "wkmeans": 1.0 * BATCH,
    "cluster-margin": 1.0 * BATCH,
    "maxherding": 60.0,
    "uherding": 60.0,
}
TARGETS = ONE_PASS | MANY_PASSES


def main() -> int:
    """Run the benchmark; 0 when every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", nargs="*", help="these strategies only; nothing is kept")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, folder = arguments.child
        print(json.dumps(measure(name, Path(folder), arguments.repeats)))
        return 0
    measured: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="querist-bench-") as folder:
        print(f"Writing {arguments.rows:,} rows", flush=True)
        pools.write(Path(folder), arguments.rows)
        for name in arguments.only or names():
            measured[name] = in_child(name, folder, arguments.repeats)
            words = ", ".join(f"{key} {value:.4g}" for key, value in measured[name].items())
            print(f"  {name}: {words}", flush=True)
        found = [*figures(measured)]
        for name in ("maxherding", "uherding"):
            if name in measured:
                found += [
                    against_exact(name, Path(folder), labels) for labels in (0, pools.LABELED)
                ]
    if arguments.only or arguments.rows != ROWS:
        print(*(f"  {figure.name}: {figure.value:.3f} {figure.unit}" for figure in found), sep="\n")
        return int(any(not figure.holds for figure in found))
    return report("selection_scale", found, details={"measured": measured, "rows": arguments.rows})


def figures(measured: dict[str, dict[str, float]]) -> Iterator[Figure]:
    """Passes and memory of each strategy, beside what they should be."""
    for name, values in measured.items():
        yield Figure(
            name=f"{name}, time",
            value=values["seconds"] / values["pass"],
            target=TARGETS.get(name),
            unit="passes",
            better="lower",
        )
    for name in (name for name in TARGETS if name in measured):
        yield Figure(
            name=f"{name}, time in products by BLAS",
            value=measured[name]["seconds"] / measured[name]["product"],
            unit="passes",
            better="lower",
        )
    for name, values in measured.items():
        yield Figure(
            name=f"{name}, memory",
            value=values["memory"],
            target=MEMORY,
            unit="x inputs",
            better="lower",
        )


def in_child(name: str, folder: str, repeats: int) -> dict[str, float]:
    """What ``measure`` finds in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.selection_scale", "--child", name, folder]
    command += ["--repeats", str(repeats)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure(name: str, folder: Path, repeats: int) -> dict[str, float]:
    """Peak memory as a multiple of the input arrays, and seconds of a batch and of a pass."""
    wanted = signals(name)
    before = memory_of("VmRSS")
    given = pools.read(folder, wanted)
    size = sum(array.nbytes for array in given.values() if isinstance(array, np.ndarray))
    ask(name, given)
    memory = (memory_of("VmHWM") - before) / size
    # The head is the only signal in which a row is no row of the pool.
    arrays = [array for key, array in given.items() if key in READ]
    ones = [np.ones(array.shape[-1], dtype=array.dtype) for array in arrays]
    took, floor, product = [], [], []
    for _ in range(repeats):
        floor.append(min(timed(lambda: sums(arrays)) for _ in range(3)))
        product.append(min(timed(lambda: products(arrays, ones)) for _ in range(3)))
        took.append(timed(lambda: ask(name, given)))
        if sum(took) > PATIENCE:
            break
    return {
        "seconds": min(took),
        "pass": min(floor),
        "product": min(product),
        "memory": memory,
        "input_mb": size / 2**20,
    }


def signals(name: str) -> set[str]:
    """The signals that a strategy is given: those it needs, or the usual two if it needs none."""
    needs = {signal.value for signal in create(name).needs}
    if not needs:
        return {Signal.EMBEDDINGS.value, Signal.PROBABILITIES.value}
    # One number a row is no pool; the vectors behind it are held too.
    thin = {Signal.PREDICTIONS.value, Signal.COMMITTEE_PREDICTIONS.value}
    return needs | {Signal.EMBEDDINGS.value} if needs <= thin else needs


def against_exact(name: str, folder: Path, labels: int) -> Figure:
    """What a batch by samples of 10,000 rows covers, as a share of what exact greedy covers."""
    given = pools.read(folder, signals(name), "r")
    given = {key: given[key][:CHECKED] for key in given if key not in ("labeled", "labels")}
    labeled = np.arange(labels)
    # From a thousand rows on it shall work as it does on a million.
    whole, sparse_herding.WHOLE = sparse_herding.WHOLE, 1_000
    picks = ask(name, given | {"labeled": labeled, "labels": labeled % pools.CLASSES})
    sparse_herding.WHOLE = whole
    pool = check_pool(**given, labeled=labeled)
    space = Space.of(pool, pool.embeddings, np.random.default_rng(0))
    uncertain = name == "uherding"
    radius = adaptive_radius(space, labeled) if uncertain else 1.0
    weights = scores.margin(pool.probabilities) if uncertain else np.ones(CHECKED, np.float32)
    weights = weights[pool.candidates]
    x = space.at(pool.candidates)
    similar = np.exp(-(2 - 2 * np.minimum(x @ x.T, 1)) / np.float32(radius**2))
    near = space.at(labeled) @ x.T
    near = np.exp(-(2 - 2 * np.minimum(near, 1)) / np.float32(radius**2))
    start = near.max(axis=0, initial=0)
    best = start.copy()
    for _ in range(BATCH):
        gains = [np.maximum(rows - best, 0) @ weights for rows in np.array_split(similar, 100)]
        np.maximum(best, similar[np.concatenate(gains).argmax()], out=best)
    ours = np.maximum(start, similar[np.searchsorted(pool.candidates, picks.indices)].max(axis=0))
    return Figure(
        name=f"{name}, objective on {CHECKED:,} rows with {labels} labels",
        value=float((ours - start) @ weights / ((best - start) @ weights)),
        target=0.98,
        unit="of exact",
    )


def ask(name: str, given: dict[str, Any]) -> querist.strategies.Selection:
    """One batch."""
    return querist.query(name, BATCH, random_state=0, **given)


def sums(arrays: list[np.ndarray]) -> None:
    """One pass of numpy over some arrays: one number for each row of each."""
    for array in arrays:
        array.sum(axis=-1)


def products(arrays: list[np.ndarray], ones: list[np.ndarray]) -> None:
    """The same numbers by BLAS."""
    for array, vector in zip(arrays, ones, strict=True):
        np.matmul(array, vector)


def timed(call: Callable[[], object]) -> float:
    """Wall seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def memory_of(field: str) -> int:
    """Bytes of memory that this process holds (``VmRSS``) or has held at most (``VmHWM``).

    The peak that ``getrusage`` gives would count the parent's memory too.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    sys.exit(main())
