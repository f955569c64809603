"""Labels that active rounds need on the demo's data for 95 % of full-data accuracy, against random.

Run: python -m benchmarks.demo [--seeds 8] [--batch 50] [--strategy auto]
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.reporting import Figure, report
from querist.experiments import (
    CONTROL,
    LabeledData,
    SimulationSettings,
    labeled_data,
    load_demo,
    run_simulation,
)
from querist.learners import Item, create_encoder, default_encoder
from querist.metrics import labels_to_reach
from querist.schema import Media

TARGET = 0.95
MOST_LABELS = 4_000


def main() -> int:
    """Run both arms under paired seeds and compare the labels they need; 0 if the target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--strategy", default="auto")
    arguments = parser.parse_args()

    start = time.perf_counter()
    data = demo_vectors()
    print(f"{len(data.y):,} articles as {data.X.shape[1]} numbers: {_since(start)}")
    result = until_both_passed(data, arguments.strategy, arguments.batch, arguments.seeds)
    rows = [_needed(result, arguments.strategy, seed) for seed in range(arguments.seeds)]
    for row in rows:
        print("  seed {seed}: active {active:.0f}, random {control:.0f} labels".format(**row))
    active, control = (float(np.mean([row[arm] for row in rows])) for arm in ("active", "control"))
    print(f"{arguments.seeds} paired seeds in {_since(start)}")
    comparison = {row["strategy"]: row for row in result["comparison"]}[arguments.strategy]
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
                value=100 * result["data"]["full_data_accuracy_mean"],
                unit="%",
            ),
        ],
        details={
            "seeds": rows,
            "strategy": arguments.strategy,
            "batch": arguments.batch,
            "rounds": result["settings"]["rounds"],
            "pool": result["data"]["pool"],
            "test": result["data"]["test"],
            "aulc_gain": comparison["aulc_gain"],
            "gain_ci": comparison["gain_ci"],
        },
    )


def demo_vectors() -> LabeledData:
    """The demo's articles as the packaged default encoder sees their image files."""
    images = load_demo()
    encoder = create_encoder(default_encoder(Media.IMAGE))
    items = [Item(media=Media.IMAGE, data=_png(pixels)) for pixels in images.images]
    if encoder.needs_fit:
        encoder.fit(items, np.random.default_rng(0))
    return labeled_data(encoder.encode(items), images.labels, name="demo")


def until_both_passed(data: LabeledData, strategy: str, batch: int, seeds: int) -> dict[str, Any]:
    """Simulate with more and more rounds until both arms reached the target under every seed."""
    labels = 1_000
    while True:
        settings = SimulationSettings(
            strategies=(strategy,), batch_size=batch, rounds=labels // batch, seeds=seeds
        )
        result = run_simulation(data, settings, progress=_show)
        rows = [_needed(result, strategy, seed) for seed in range(seeds)]
        missing = sum(value is None for row in rows for value in row.values())
        if not missing:
            return result
        if labels >= MOST_LABELS:
            raise SystemExit(f"{missing} runs are below {TARGET:.0%} after {labels:,} labels.")
        labels = min(2 * labels, MOST_LABELS)
        print(f"{missing} runs are below the target; again with {labels:,} labels")


def _needed(result: dict[str, Any], strategy: str, seed: int) -> dict[str, Any]:
    target = TARGET * result["data"]["full_data_accuracy"][seed]
    runs = {run["strategy"]: run for run in result["runs"] if run["seed"] == seed}
    return {
        "seed": seed,
        "active": labels_to_reach(runs[strategy]["labels"], runs[strategy]["accuracy"], target),
        "control": labels_to_reach(runs[CONTROL]["labels"], runs[CONTROL]["accuracy"], target),
    }


def _on_mean_curve(result: dict[str, Any], strategy: str) -> float:
    """Labels at which the seeds' mean share of full-data accuracy passes the target."""
    full = result["data"]["full_data_accuracy"]
    runs = [run for run in result["runs"] if run["strategy"] == strategy]
    curve = np.mean([np.array(run["accuracy"]) / full[run["seed"]] for run in runs], axis=0)
    found = labels_to_reach(runs[0]["labels"], curve, TARGET)
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
