"""Mean accuracy of a strategy over 15 rounds from zero labels, against random and five peers.

Run: python -m benchmarks.label_efficiency [--quick] [--strategy auto] [--seeds N] [--peers]

Logistic regression (C = 1) on standardised rows, pool 4,000, test 2,000 (a third of a smaller set),
batch max(10, classes), paired seeds. Data: two pools of embeddings and 32 tabular sets. The smaller
a set, the more the luck of one split weighs (a standard error of .014 with 8 seeds on 35 test
rows), so sets of fewer than 1,500 rows, which are cheap, get 24 seeds, and the others 8.

What random and the peers (scikit-activeml 1.0.1, extra `bench`) reach does not depend on Querist's
strategies: it is kept in `results/label_efficiency_peers.json`, by seed, under the same splits and
the same learner. `--peers` runs what is missing there. Finished runs of the strategy are kept too,
until its code changes.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.many_runs import ROOT, run_all
from benchmarks.reporting import Figure, report
from querist import query
from querist.strategies import Signal, create

DATA = Path("../shared/data")
EMBEDDINGS = {
    "fashion": "fashion_mnist_embeddings.npz",
    "debian": "debian_packages_embeddings.npz",
}
# Above the best of seven peer strategies measured under the same protocol (.6105 and .5623).
TARGETS = {"fashion": 0.6300, "debian": 0.5650}
LEAST_GAIN, LEAST_SETS = -0.005, 20
LEAST_SEEDS, SEEDS_OF_SMALL_SETS, SMALL_SET = 8, 24, 1_500
CONTROL = "random"
POOL, TEST, ROUNDS, LEAST_BATCH = 4_000, 2_000, 15, 10
PROTOCOL = {"pool": POOL, "test": TEST, "rounds": ROUNDS, "C": 1.0}

Codes = NDArray[np.int64]
Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Pool (n, d) and test (t, d) of one seed, standardised by the pool; classes from 0."""

    X: Rows
    y: Codes
    test_rows: Rows
    test_classes: Codes
    class_count: int


def main() -> int:
    """Run the strategy under the seeds of its rivals on all sets; 0 if every target holds."""
    arguments = _arguments()
    files = _wanted_files(arguments)
    seeds = {
        name: range(arguments.first_seed, arguments.first_seed + _count(file, arguments))
        for name, file in files.items()
    }
    start = time.perf_counter()
    rivals = peers.load(PROTOCOL)
    arms = (CONTROL, *peers.NAMES) if arguments.peers else (CONTROL,)
    missing = [
        (str(files[name]), arm, seed)
        for name, arm, seed in _pieces(seeds, arms)
        if seed not in rivals.get(name, {}).get(arm, {})
    ]
    code = [Path(__file__), Path(peers.__file__)]
    done = run_all(mean_accuracy, missing, name="label_efficiency_peers", code=code)
    rivals = peers.save(PROTOCOL, done, {str(file): name for name, file in files.items()})
    ours = run_all(
        mean_accuracy,
        [(str(files[name]), arm, seed) for name, arm, seed in _pieces(seeds, [arguments.strategy])],
        name="label_efficiency",
        code=[Path(__file__), ROOT / "src/querist/strategies"],
    )
    found = {}
    for name, file in files.items():
        chosen = [ours[str(file), arguments.strategy, seed] for seed in seeds[name]]
        found[name] = compared(rivals[name], chosen, seeds[name])
        row = "random {random:.4f}  chosen {chosen:.4f}  gain {gain:+.4f} ± {error:.4f}"
        print(f"  {name:<14} " + row.format(**found[name]), flush=True)
    print(f"{len(ours)} runs in {time.perf_counter() - start:.0f} s")
    whole = len(files) == len(data_files(arguments.data))
    return report(
        # A part of the sets must not pass for the whole.
        "label_efficiency" if whole else "label_efficiency_part",
        figures(found, min(len(chosen) for chosen in seeds.values())),
        details={
            "strategy": arguments.strategy,
            "seeds": {name: [chosen[0], chosen[-1]] for name, chosen in seeds.items()},
            "protocol": PROTOCOL,
            "sets": found,
        },
    )


def data_files(folder: Path) -> dict[str, Path]:
    """The data sets by name, embeddings first.

    Raises:
        SystemExit: the folder or one of the pools of embeddings is not there.
    """
    files = {name: folder / file for name, file in EMBEDDINGS.items()}
    missing = [str(file) for file in files.values() if not file.is_file()]
    tabular = sorted((folder / "tabular").glob("*.npz"))
    if missing or not tabular:
        lacking = missing[0] if missing else f"{folder / 'tabular'}/*.npz"
        raise SystemExit(f"No data: {lacking} is missing. Give the folder with --data.")
    return files | {file.stem: file for file in tabular}


def measure(file: Path, strategy: str, seeds: Sequence[int]) -> dict[str, float]:
    """Mean accuracy over rounds and seeds of both arms, and the gain with its standard error."""
    random = {seed: mean_accuracy(str(file), CONTROL, seed) for seed in seeds}
    chosen = [mean_accuracy(str(file), strategy, seed) for seed in seeds]
    return compared({CONTROL: random}, chosen, seeds)


def mean_accuracy(file: str, arm: str, seed: int) -> float:
    """Mean test accuracy over the rounds of one run, 0 to 1."""
    return float(np.mean(accuracies(split_by_seed(*_load(file), seed), arm, seed)))


def compared(
    rivals: Mapping[str, Mapping[int, float]], chosen: Sequence[float], seeds: Sequence[int]
) -> dict[str, float]:
    """Means over the seeds, the paired gain over random, and the rivals that ran all seeds."""
    means = {
        arm: float(np.mean([runs[seed] for seed in seeds]))
        for arm, runs in rivals.items()
        if all(seed in runs for seed in seeds)
    }
    gains = np.array(chosen) - [rivals[CONTROL][seed] for seed in seeds]
    error = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else float("nan")
    return {
        "chosen": float(np.mean(chosen)),
        "gain": float(gains.mean()),
        "error": error,
        **means,
    }


def split_by_seed(X: Rows, y: Codes, seed: int) -> Split:
    """At most 2,000 rows, a third at most, for testing; of the others up to 4,000 as the pool."""
    order = np.random.default_rng([seed, 0]).permutation(len(X))
    tested = min(TEST, len(X) // 3)
    test, pool = order[:tested], order[tested : tested + POOL]
    mean, scale = X[pool].mean(axis=0), X[pool].std(axis=0)
    scale[scale == 0] = 1
    return Split(
        X=(X[pool] - mean) / scale,
        y=y[pool],
        test_rows=(X[test] - mean) / scale,
        test_classes=y[test],
        class_count=int(y.max()) + 1,
    )


def accuracies(split: Split, arm: str, seed: int) -> list[float]:
    """Test accuracy after each round, 0 to 1; fewer rounds where the pool ends before."""
    batch = max(LEAST_BATCH, split.class_count)
    labeled = np.empty(0, dtype=np.int64)
    table: Rows | None = None
    found = []
    for number in range(ROUNDS):
        if len(labeled) == len(split.X):
            break
        # An arm that cannot do without a model starts with the control's random batch.
        now = CONTROL if table is None and _waits(arm) else arm
        picks = _choose(split, now, labeled, table, n=batch, seed=[seed, 1, number])
        labeled = np.concatenate([labeled, picks])
        table, predicted = _fit(split, labeled)
        found.append(float((predicted == split.test_classes).mean()))
    return found


def figures(found: Mapping[str, Mapping[str, float]], seeds: int) -> list[Figure]:
    """The figures with targets: two pools of embeddings, and the tabular sets together."""
    tabular = [row for name, row in found.items() if name not in EMBEDDINGS]
    told = [Figure(name="paired seeds", value=seeds, target=LEAST_SEEDS)]
    told += [
        Figure(name=f"{name}, mean accuracy", value=found[name]["chosen"], target=target)
        for name, target in TARGETS.items()
        if name in found
    ]
    if tabular:
        gains = np.array([row["gain"] for row in tabular])
        told += [
            Figure(name="tabular sets", value=len(gains), target=LEAST_SETS),
            Figure(name="tabular, mean gain", value=float(gains.mean()), target=1e-9),
            Figure(name="tabular, worst gain", value=float(gains.min()), target=LEAST_GAIN),
            Figure(name="tabular, sets not below random", value=int((gains >= 0).sum())),
            *_beside_peers(tabular),
        ]
    return told


def _beside_peers(tabular: Sequence[Mapping[str, float]]) -> list[Figure]:
    """Mean gains on the sets that all peers ran, and how far the chosen arm is above the best."""
    shared = [row for row in tabular if all(name in row for name in peers.NAMES)]
    if len(shared) < len(tabular):
        print(f"All peers ran on {len(shared)} tabular sets; --peers runs what is missing.")
    if not shared:
        return []
    gains = {
        name: float(np.mean([row[name] - row[CONTROL] for row in shared])) for name in peers.NAMES
    }
    ours = float(np.mean([row["gain"] for row in shared]))
    return [
        Figure(name="tabular sets beside all peers", value=len(shared), target=LEAST_SETS),
        Figure(name="there, mean gain", value=ours),
        *(Figure(name=f"there, mean gain of {name}", value=gain) for name, gain in gains.items()),
        Figure(name="there, above the best peer", value=ours - max(gains.values()), target=0.0),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, help="for all sets; by their size if left out")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--strategy", default="auto")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--only", nargs="+", metavar="SET", help="these sets alone")
    parser.add_argument("--quick", action="store_true", help="two seeds, every fourth tabular set")
    parser.add_argument("--peers", action="store_true", help="run the peers where not yet kept")
    return parser.parse_args()


def _wanted_files(arguments: argparse.Namespace) -> dict[str, Path]:
    files = data_files(arguments.data)
    if arguments.quick:
        files = dict(item for at, item in enumerate(files.items()) if at < 2 or at % 4 == 0)
    if arguments.only:
        unknown = sorted(set(arguments.only) - set(files))
        if unknown:
            raise SystemExit(f"No data set {unknown[0]!r}; there are {', '.join(files)}.")
        files = {name: files[name] for name in arguments.only}
    return files


def _count(file: Path, arguments: argparse.Namespace) -> int:
    """How many seeds a set gets."""
    if arguments.quick:
        return 2
    if arguments.seeds:
        return int(arguments.seeds)
    return SEEDS_OF_SMALL_SETS if len(_load(str(file))[0]) < SMALL_SET else LEAST_SEEDS


def _pieces(seeds: Mapping[str, range], arms: Iterable[str]) -> list[tuple[str, str, int]]:
    return [(name, arm, seed) for name in seeds for seed in seeds[name] for arm in arms]


@lru_cache(maxsize=2)
def _load(file: str) -> tuple[Rows, Codes]:
    with np.load(file, allow_pickle=False) as stored:
        y = np.unique(stored["y"], return_inverse=True)[1].astype(np.int64)
        return stored["X"].astype(np.float32), y


def _waits(arm: str) -> bool:
    if arm in peers.NAMES:
        return arm in peers.WITH_MODEL
    return Signal.PROBABILITIES in create(arm).needs


def _choose(
    split: Split, arm: str, labeled: Codes, table: Rows | None, *, n: int, seed: list[int]
) -> Codes:
    labels = split.y[labeled]
    if arm in peers.NAMES:
        number = int(np.random.default_rng(seed).integers(2**31))
        return peers.choose(
            arm, split.X, labeled, labels, class_count=split.class_count, n=n, seed=number
        )
    rng = np.random.default_rng(seed)
    known: dict[str, Any] = {"probabilities": table, "embeddings": split.X}
    return query(arm, n=n, labeled=labeled, labels=labels, random_state=rng, **known).indices


def _fit(split: Split, labeled: Codes) -> tuple[Rows | None, Codes]:
    """Probabilities (n, C) over the pool, ``None`` below two classes, and the test's classes."""
    from sklearn.linear_model import LogisticRegression

    known = np.unique(split.y[labeled])
    if len(known) < 2:
        return None, np.full(len(split.test_classes), known[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=1.0, max_iter=300).fit(split.X[labeled], split.y[labeled])
    table = np.zeros((len(split.X), split.class_count), dtype=np.float32)
    table[:, known] = model.predict_proba(split.X)
    return table, model.predict(split.test_rows)


if __name__ == "__main__":
    raise SystemExit(main())
