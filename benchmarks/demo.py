"""Labels that active rounds need on the demo's data for 95 % of full-data accuracy, against random.

Run: python -m benchmarks.demo [--seeds 8] [--batch 50] [--strategy auto]

Each seed draws a pool of 4,500 of the demo's 6,000 articles. Accuracy is measured on the official
10,000 test articles of Fashion-MNIST (Debian's dataset-fashion-mnist): on the 1,500 that the pool
leaves, the luck of single articles moves the first passing of the target by a hundred labels.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.reporting import Figure, report
from querist.experiments import (
    CONTROL,
    ImageSet,
    LabeledData,
    SimulationSettings,
    labeled_data,
    load_demo,
    load_fashion_mnist,
    run_simulation,
)
from querist.learners import Item, create_encoder, default_encoder
from querist.metrics import labels_to_reach
from querist.schema import Media

TARGET = 0.95
MOST_LABELS = 4_000
POOL = 4_500
TEST = 10_000
Arrays = tuple[NDArray[np.float32], NDArray[np.int64]]


def main() -> int:
    """Run both arms under paired seeds and compare the labels they need; 0 if the target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--strategy", default="auto")
    arguments = parser.parse_args()

    start = time.perf_counter()
    pool, test = vectors(load_demo()), vectors(_official_test())
    print(f"{len(pool[0]):,} + {len(test[0]):,} articles as vectors: {_since(start)}")
    result = merged(
        [
            until_both_passed(drawn(pool, test, seed), arguments.strategy, arguments.batch)
            for seed in range(arguments.seeds)
        ]
    )
    rows = [_needed(result, arguments.strategy, seed) for seed in range(arguments.seeds)]
    for row in rows:
        print("  seed {seed}: active {active:.0f}, random {control:.0f} labels".format(**row))
    active, control = (float(np.mean([row[arm] for row in rows])) for arm in ("active", "control"))
    print(f"{arguments.seeds} paired seeds in {_since(start)}")
    return report(
        "demo",
        [
            Figure(name="paired seeds", value=arguments.seeds, target=8),
            Figure(
                name="labels needed, active over random",
                value=active / control,
                target=0.5,
                better="lower",
            ),
            # Told only: less noisy than first passings, whose luck favours the flatter curve.
            Figure(
                name="the same, read from the mean curves",
                value=_on_mean_curve(result, arguments.strategy) / _on_mean_curve(result, CONTROL),
            ),
            Figure(name="labels needed, active", value=active, unit="labels"),
            Figure(name="labels needed, random", value=control, unit="labels"),
            Figure(
                name="full-data accuracy",
                value=100 * float(np.mean(result["full"])),
                unit="%",
            ),
        ],
        details={
            "seeds": rows,
            "strategy": arguments.strategy,
            "batch": arguments.batch,
            "pool": POOL,
            "test": len(test[0]),
        },
    )


def vectors(images: ImageSet) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The articles as the packaged default encoder sees their image files, and their classes."""
    encoder = create_encoder(default_encoder(Media.IMAGE))
    items = [Item(media=Media.IMAGE, data=_png(pixels)) for pixels in images.images]
    return encoder.encode(items), images.labels


def _official_test() -> ImageSet:
    """The official test set, with the demo's classes."""
    every = load_fashion_mnist()
    assert tuple(every.class_names) == tuple(load_demo().class_names)
    return replace(every, images=every.images[-TEST:], labels=every.labels[-TEST:])


def drawn(pool: Arrays, test: Arrays, seed: int) -> LabeledData:
    """The data of a seed: its own pool, and the same test rows for all."""
    rows = np.random.default_rng([seed, 60]).permutation(len(pool[0]))[:POOL]
    return labeled_data(
        np.concatenate([pool[0][rows], test[0]]),
        np.concatenate([pool[1][rows], test[1]]),
        split=np.repeat([0, 1], [POOL, len(test[0])]),
        name=f"demo, seed {seed}",
    )


def until_both_passed(data: LabeledData, strategy: str, batch: int) -> dict[str, Any]:
    """Simulate one seed with more and more rounds until both arms reached the target."""
    labels = 1_000
    while True:
        settings = SimulationSettings(
            strategies=(strategy,), batch_size=batch, rounds=labels // batch, seeds=1
        )
        result = run_simulation(data, settings, progress=_show)
        found = merged([result])
        if None not in _needed(found, strategy, 0).values():
            return result
        if labels >= MOST_LABELS:
            raise SystemExit(f"{data.name} is below {TARGET:.0%} after {labels:,} labels.")
        labels = min(2 * labels, MOST_LABELS)


def merged(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One-seed results side by side: full-data accuracy and runs by seed."""
    return {
        "full": [result["data"]["full_data_accuracy"][0] for result in results],
        "runs": [
            {**run, "seed": seed} for seed, result in enumerate(results) for run in result["runs"]
        ],
    }


def _needed(result: dict[str, Any], strategy: str, seed: int) -> dict[str, Any]:
    target = TARGET * result["full"][seed]
    runs = {run["strategy"]: run for run in result["runs"] if run["seed"] == seed}
    return {
        "seed": seed,
        "active": labels_to_reach(runs[strategy]["labels"], runs[strategy]["accuracy"], target),
        "control": labels_to_reach(runs[CONTROL]["labels"], runs[CONTROL]["accuracy"], target),
    }


def _on_mean_curve(result: dict[str, Any], strategy: str) -> float:
    """Labels at which the seeds' mean share of full-data accuracy passes the target."""
    full = result["full"]
    runs = [run for run in result["runs"] if run["strategy"] == strategy]
    shortest = min(len(run["accuracy"]) for run in runs)
    shares = [np.array(run["accuracy"][:shortest]) / full[run["seed"]] for run in runs]
    found = labels_to_reach(runs[0]["labels"][:shortest], np.mean(shares, axis=0), TARGET)
    return float("nan") if found is None else found


def _png(pixels: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", compress_level=1)
    return stream.getvalue()


def _show(done: int, total: int | None = None, message: str = "") -> None:
    print(f"\r  {done}/{total} {message:<24}", end="", file=sys.stderr, flush=True)


def _since(start: float) -> str:
    return f"{time.perf_counter() - start:.1f} s"


if __name__ == "__main__":
    raise SystemExit(main())
