"""Times every strategy on a million rows against plain passes of numpy, and measures its memory.

Run as ``python -m benchmarks.selection_scale``. The floor of a strategy is made of passes over
the arrays that it reads, each the cheapest product of numpy that gives one number for each row:
``P @ c`` for probabilities, ``X @ q`` for embeddings, both where it reads both. Strategies that
look at each row once are held against one pass, those that choose one row after the other against
a pass for each pick. Each strategy runs in a process of its own, with numpy's defaults; times and
floors are taken in turn, and the smallest of each count.
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
from querist.strategies import Signal, create, names

ROWS = 1_000_000
BATCH = 100
MEMORY = 2.0
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
    if arguments.only or arguments.rows != ROWS:
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
    arrays = [given[key] for key in ("embeddings", "probabilities", "committee") if key in given]
    one_pass = passes(arrays)
    took, floor = [], []
    for _ in range(repeats):
        floor.append(min(timed(one_pass) for _ in range(5)))
        took.append(timed(lambda: ask(name, given)))
    return {"seconds": min(took), "pass": min(floor), "memory": memory, "input_mb": size / 2**20}


def signals(name: str) -> set[str]:
    """The signals that a strategy is given: those it needs, or the usual two if it needs none."""
    needs = {signal.value for signal in create(name).needs}
    return needs or {Signal.EMBEDDINGS.value, Signal.PROBABILITIES.value}


def ask(name: str, given: dict[str, Any]) -> querist.strategies.Selection:
    """One batch."""
    return querist.query(name, BATCH, random_state=0, **given)


def passes(arrays: list[np.ndarray]) -> Callable[[], None]:
    """One pass over some arrays: one number for each row of each."""
    weights = [np.ones(array.shape[-1], dtype=array.dtype) for array in arrays]

    def one_pass() -> None:
        for array, weight in zip(arrays, weights, strict=True):
            np.matmul(array, weight)

    return one_pass


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
