"""The experiment on real pictures: what `auto` is worth beside random, by the experiment itself.

Run: python -m benchmarks.experiment [--quick]

4,000 articles of Fashion-MNIST as vectors of EfficientNet-Lite0, all labels known, 500 of them the
audit set; `auto` and random in batches of 20, ten rounds, eight repetitions. Run twice with two
repetitions, the figures must be the same.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.reporting import Figure, report
from querist.project import Project

DATA = Path("../shared/data/fashion_mnist_embeddings.npz")
NAMES = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "boot",
)
ROWS = 4_000


def main() -> int:
    """Measure; 0 if the boost is surely above one and the experiment repeats."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="two repetitions, no target")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder) / "p")
        with Project.open(Path(folder) / "p") as project:
            project.next_round(20)
            twice = [project.experiments.run(seeds=2, rounds=3) for _ in range(2)]
            found = project.experiments.run(seeds=2 if quick else 8)
    boost, gain = found.result.boost, found.result.gain.accuracy
    assert boost is not None
    assert gain is not None
    print(found.sentence)
    return report(
        "experiment",
        [
            Figure(name="efficiency boost", value=boost.times.value, unit="times"),
            Figure(
                name="efficiency boost, low end",
                value=boost.times.low,
                target=None if quick else 1.0,
                unit="times",
            ),
            Figure(name="gain at 200 labels", value=100 * gain.value, unit="points"),
            Figure(
                name="runs again with the same figures",
                value=float(twice[0].id == twice[1].id and twice[0].result == twice[1].result),
                target=1.0,
            ),
        ],
        details={"sentence": found.sentence, "digests": dict(found.digests)},
    )


def _make(folder: Path) -> None:
    with np.load(DATA) as stored:
        X, y = stored["X"][:ROWS].astype(np.float32), stored["y"][:ROWS].tolist()
    ids = [f"a{i}" for i in range(len(X))]
    rows = [{"id": i, "x": 0.0, "known": NAMES[c]} for i, c in zip(ids, y, strict=True)]
    with Project.create(
        folder,
        media="table",
        classes=NAMES,
        oracle_column="known",
        policy={"batch_size": 20, "audit_size": 500},
    ) as project:
        project.add(rows, metadata_columns=["known"])
        project.models.import_embeddings({"ids": ids, "vectors": X}, name="lite0")


if __name__ == "__main__":
    raise SystemExit(main())
