"""Pairs each strategy with the one of scikit-activeml: time in turn, and memory of each alone.

Run as ``python -m benchmarks.selection_peers``; ``make bench NAME=selection-peers`` installs the
peer first. Both get the same 100,000 rows, the same labelled ones, and probabilities that are
ready: the peer's model only hands them out, so that no time for predictions counts on either side.
Where the peer holds N × N numbers the pool has 10,000 rows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import querist
from benchmarks import selection_pools as pools
from benchmarks.reporting import Figure, report
from benchmarks.selection_scale import BATCH, memory_of, timed

ROWS = 100_000
# Three of the peer's strategies hold all distances: 80 GB at 100,000 rows.
FEW_ROWS = 10_000
TARGET = 3.0
# Our name, the peer's class, its parameters, and what it takes beside X and y.
PEERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "random": ("RandomSampling", {}, ""),
    "margin": ("UncertaintySampling", {"method": "margin_sampling"}, "clf"),
    "entropy": ("UncertaintySampling", {"method": "entropy"}, "clf"),
    "least-confidence": ("UncertaintySampling", {"method": "least_confident"}, "clf"),
    "badge": ("Badge", {}, "clf"),
    "coreset": ("CoreSet", {}, ""),
    "typiclust": ("TypiClust", {}, ""),
    "falcun": ("Falcun", {}, "clf"),
    "dropquery": ("DropQuery", {"n_dropout_samples": 3}, "linear"),
    "qbc": ("QueryByCommittee", {"method": "vote_entropy"}, "ensemble"),
    "bald": ("GreedyBALD", {}, "ensemble"),
    "gsx": ("GreedySamplingX", {}, ""),
    "discriminative": ("DiscriminativeAL", {}, "discriminator"),
    "probcover": ("ProbCover", {}, ""),
    "maxherding": ("MaxHerding", {}, ""),
}
SQUARE = frozenset({"probcover", "maxherding", "gsx"})
SIGNALS = {
    "": {"embeddings"},
    "discriminator": {"embeddings"},
    "clf": {"embeddings", "probabilities"},
    "linear": {"embeddings", "head"},
    "ensemble": {"embeddings", "committee"},
}


def main() -> int:
    """Run the benchmark; 0 when every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="these strategies only; nothing is kept")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, side, folder = arguments.child
        print(json.dumps(measure(name, side, Path(folder), arguments.repeats)))
        return 0
    measured: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="querist-bench-") as folder:
        for rows in (ROWS, FEW_ROWS):
            (Path(folder) / str(rows)).mkdir()
            pools.write(Path(folder) / str(rows), rows)
        for name in arguments.only or PEERS:
            measured[name] = pair(name, Path(folder), arguments.repeats)
            words = ", ".join(f"{key} {value:.4g}" for key, value in measured[name].items())
            print(f"  {name}: {words}", flush=True)
    found = [*figures(measured)]
    if arguments.only:
        return int(any(not figure.holds for figure in found))
    return report("selection_peers", found, details={"measured": measured})


def figures(measured: dict[str, dict[str, float]]) -> Iterator[Figure]:
    """How many times as fast as the peer, and memory as a share of the peer's."""
    for name, values in measured.items():
        rows = f"{values['rows']:,.0f} rows"
        yield Figure(name=f"{name}, {rows}", value=values["faster"], target=TARGET, unit="x faster")
    for name, values in measured.items():
        yield Figure(
            name=f"{name}, memory",
            value=values["our_mb"] / values["their_mb"],
            target=1.0,
            unit="of peer's",
            better="lower",
        )


def pair(name: str, folder: Path, repeats: int) -> dict[str, float]:
    """The median ratio of times taken in turn, and the memory of either side by itself."""
    rows = FEW_ROWS if name in SQUARE else ROWS
    found: dict[str, float] = {"rows": rows}
    for side in ("ours", "theirs", "both"):
        command = [sys.executable, "-m", "benchmarks.selection_peers", "--child", name, side]
        command += [str(folder / str(rows)), "--repeats", str(repeats)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found |= json.loads(done.stdout)
    return found


def measure(name: str, side: str, folder: Path, repeats: int) -> dict[str, float]:
    """Peak memory above the inputs of one side, or the ratio of times of both."""
    _, _, kind = PEERS[name]
    given = pools.read(folder, SIGNALS[kind])
    ours, theirs = our_call(name, given), their_call(name, given)
    if side != "both":
        # What a first, small call loads counts on neither side.
        before = memory_of("VmRSS")
        (ours if side == "ours" else theirs)()
        key = "our_mb" if side == "ours" else "their_mb"
        return {key: max((memory_of("VmHWM") - before) / 2**20, 0.1)}
    ours()
    ratios, our_seconds, their_seconds = [], [], []
    for _ in range(repeats):
        our_seconds.append(timed(ours))
        their_seconds.append(timed(theirs))
        ratios.append(their_seconds[-1] / our_seconds[-1])
        if their_seconds[-1] > 20:
            break
    return {
        "faster": statistics.median(ratios),
        "our_seconds": statistics.median(our_seconds),
        "their_seconds": statistics.median(their_seconds),
    }


def our_call(name: str, given: dict[str, Any]) -> Callable[[], object]:
    """A batch by Querist, with the signals that the strategy needs."""
    needs = {signal.value for signal in querist.strategies.create(name).needs} or {"embeddings"}
    arrays = {key: given[key] for key in (needs | {"labeled", "labels"}) & given.keys()}
    return lambda: querist.query(name, BATCH, random_state=0, **arrays)


def their_call(name: str, given: dict[str, Any]) -> Callable[[], object]:
    """A batch by scikit-activeml."""
    from skactiveml import pool
    from skactiveml.classifier import SklearnClassifier
    from sklearn.linear_model import LogisticRegression

    from benchmarks.peer_models import Linear, Ready

    kind, parameters, takes = PEERS[name]
    x = given["embeddings"]
    y = np.full(len(x), np.nan)
    y[given["labeled"]] = given["labels"]
    free = np.isnan(y)
    more: dict[str, Any] = {}
    if takes == "clf":
        more = {"clf": Ready.of(given["probabilities"][free]), "fit_clf": False}
    elif takes == "linear":
        more = {"clf": Linear.of(given["head"]), "fit_clf": False}
    elif takes == "ensemble":
        members = [Ready.of(member[free]) for member in given["committee"]]
        more = {"ensemble": members, "fit_ensemble": False}
    elif takes == "discriminator":
        more = {"discriminator": SklearnClassifier(LogisticRegression(), classes=[0, 1])}
    strategy = getattr(pool, kind)(random_state=0, **parameters)

    def call() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return strategy.query(x, y, batch_size=BATCH, **more)

    return call


if __name__ == "__main__":
    sys.exit(main())
