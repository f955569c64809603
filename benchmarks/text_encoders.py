"""How well texts are told apart with words, with meaning, and with both side by side.

Run: python -m benchmarks.text_encoders [--seeds N] [--data ../shared/data]

One-line descriptions of Debian's packages, 35 sections as classes and the ten largest of them.
Each seed draws 4,000 texts as the pool and 2,000 to test on; words are learned from the pool. From
zero labels `auto`, or random, asks ten batches of 50, the default learner is trained after each.
Told is its test accuracy, mean over the batches and after the last, by paired seeds.
"""

from __future__ import annotations

import argparse
import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.many_runs import ROOT, run_all
from benchmarks.reporting import Figure, report
from querist import query
from querist.learners import Item, create_encoder, create_learner
from querist.schema import Media

ENCODERS = ("text-tfidf", "minilm", "minilm-words")
TASKS = {"35 sections": 35, "10 sections": 10}
ARMS = ("auto", "random")
POOL, TEST, ROUNDS, BATCH, SEEDS = 4_000, 2_000, 10, 50, 8

Codes = NDArray[np.int64]
Rows = NDArray[np.float32]


def main() -> int:
    """Run all; 0 if both side by side are nowhere below meaning alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    arguments = parser.parse_args()
    file = arguments.data / "debian_packages.csv"
    if not file.is_file():
        raise SystemExit(f"No data: {file} is missing. Give the folder with --data.")
    pieces = [
        (str(file), task, encoder, seed)
        for seed in range(arguments.seeds)
        for task in TASKS
        for encoder in ENCODERS
    ]
    code = [Path(__file__), ROOT / "src/querist/learners", ROOT / "src/querist/strategies"]
    done = run_all(curves, pieces, name="text_encoders", code=code)
    figures = [Figure(name="paired seeds", value=arguments.seeds, target=SEEDS)]
    details = {}
    for task in TASKS:
        for arm in ARMS:
            found = {
                encoder: np.array(
                    [done[str(file), task, encoder, seed][arm] for seed in range(arguments.seeds)]
                )
                for encoder in ENCODERS
            }
            for encoder, runs in found.items():
                name = f"{task}, {arm}, {encoder}"
                details[name] = runs.mean(axis=0).round(4).tolist()
                print(f"  {name:<36} mean {runs.mean():.4f}  last {runs[:, -1].mean():.4f}")
            gains = found["minilm-words"].mean(axis=1) - found["minilm"].mean(axis=1)
            last = found["minilm-words"][:, -1] - found["minilm"][:, -1]
            figures += [
                Figure(
                    name=f"{task}, {arm}: both above meaning", value=float(gains.mean()), target=0.0
                ),
                Figure(
                    name=f"{task}, {arm}: after the last batch",
                    value=float(last.mean()),
                    target=0.0,
                ),
                Figure(
                    name=f"{task}, {arm}: standard error",
                    value=float(gains.std(ddof=1) / np.sqrt(len(gains))),
                    better="lower",
                ),
            ]
    return report("text_encoders", figures, details={"accuracy by batch": details})


def curves(file: str, task: str, encoder: str, seed: int) -> dict[str, list[float]]:
    """Test accuracy after each batch of both arms, 0 to 1."""
    texts, classes = _texts(file, TASKS[task])
    order = np.random.default_rng([seed, 0]).permutation(len(texts))[: POOL + TEST]
    items = [Item(media=Media.TEXT, text=texts[i]) for i in order]
    made = create_encoder(encoder)
    made.fit(items[:POOL], np.random.default_rng(seed))
    vectors = made.encode(items)
    return {arm: _curve(vectors, classes[order], arm, seed) for arm in ARMS}


def _curve(vectors: Rows, classes: Codes, arm: str, seed: int) -> list[float]:
    rows, test = vectors[:POOL], vectors[POOL:]
    count = int(classes.max()) + 1
    labeled = np.empty(0, np.int64)
    table: Rows | None = None
    found = []
    for number in range(ROUNDS):
        picks = query(
            arm,
            n=BATCH,
            probabilities=table,
            embeddings=rows,
            labeled=labeled,
            labels=classes[labeled],
            random_state=np.random.default_rng([seed, 1, number]),
        ).indices
        labeled = np.concatenate([labeled, picks])
        model = create_learner("logistic-regression")
        model.fit(
            rows[labeled], classes[labeled], class_count=count, rng=np.random.default_rng(seed)
        )
        table = model.predict_proba(rows)
        found.append(float((model.predict_proba(test).argmax(axis=1) == classes[POOL:]).mean()))
    return found


@lru_cache
def _texts(file: str, largest: int) -> tuple[list[str], Codes]:
    """Texts of the largest classes, and their classes from 0."""
    with Path(file).open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    names, codes, counts = np.unique(
        [row["section"] for row in rows], return_inverse=True, return_counts=True
    )
    kept = np.argsort(-counts, kind="stable")[: min(largest, len(names))]
    wanted = np.flatnonzero(np.isin(codes, kept))
    return [rows[i]["text"] for i in wanted], np.searchsorted(np.sort(kept), codes[wanted])


if __name__ == "__main__":
    raise SystemExit(main())
