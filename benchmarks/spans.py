"""Spans: texts that active rounds need for the best span F1 that random ones come to.

Run: python -m benchmarks.spans [--seeds 5] [--data ../shared/data]

The texts are Debian's descriptions of packages with names of software, languages, standards,
platforms and cultures (``span_texts`` says how they were marked). Each seed draws a pool of 4,000
and 2,000 texts to test on; all arms begin with the same 50 random texts, ask 50 a round up to 600
and train the default learner, ``span-tagger``, anew. F1 counts exact spans of the right class, on
test texts of which some names are in no pool. A list of the names labelled so far is told beside.

The figure is, for each seed, the texts random needed for the highest F1 it came to over those that
the arm needed for the same, between rounds by interpolation. A text is no unit of work: long texts
take longer. So the characters read and the spans marked up to that F1 are told as well.

Seeds 100 to 102 chose the learner's defaults and how the texts were marked. The seeds here chose
nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.many_runs import ROOT, run_all
from benchmarks.reporting import Figure, report
from benchmarks.span_texts import CLASSES, Texts, load
from querist import query
from querist.learners import Inputs, Item, create_value_learner
from querist.metrics.savings import labels_at
from querist.schema import Media, SpansValue

FIRST_SEED = 200
POOL, TEST = 4_000, 2_000
START, BATCH, MOST = 50, 50, 600
TARGET = 1.3
CONTROL = "random"
HEADLINE = "auto"
# A strategy, and how the learner sums up its doubt where that is not the default.
ARMS = {
    CONTROL: (CONTROL, "mean"),
    HEADLINE: (HEADLINE, "mean"),
    "uncertainty-herding": ("uncertainty-herding", "mean"),
    "uncertainty": ("uncertainty", "mean"),
    "uncertainty, sum": ("uncertainty", "sum"),
}
CHOOSING = ("auto", "asset_doubt", "coverage", "herding", "sparse_herding", "two_views")
Rows = NDArray[np.int64]
Marks = set[tuple[str, int, int]]


def main() -> int:
    """Run all arms under paired seeds; 0 if the default reaches the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    runs = run_all(
        one_run,
        [(str(arguments.data), arm, seed) for arm in ARMS for seed in seeds],
        name="spans",
        code=[
            Path(__file__),
            Path(__file__).with_name("span_texts.py"),
            *sorted((ROOT / "src/querist/learners").glob("span_tagger*.py")),
            *(ROOT / f"src/querist/strategies/{name}.py" for name in CHOOSING),
        ],
        processes=1,
    )
    curves = {arm: [runs[str(arguments.data), arm, seed] for seed in seeds] for arm in ARMS}
    return report("spans", _figures(curves), details={"curves": curves, "texts": _told(arguments)})


def one_run(data: str, arm: str, seed: int) -> dict[str, list[float]]:
    """Texts, characters and spans labelled by each round, its F1 and recall of held-out names."""
    texts, vectors = _loaded(data)
    rng = np.random.default_rng(seed)
    pool = rng.permutation(texts.pool)[:POOL]
    test = rng.permutation(texts.test)[:TEST]
    strategy, aggregate = ARMS[arm]
    learner = create_value_learner("span-tagger", aggregate=aggregate)
    labeled = np.arange(START)
    found: dict[str, list[float]] = {}
    while True:
        rows = pool[labeled]
        values = [texts.values[row] for row in rows]
        learner.fit(_inputs(texts, vectors, rows), values, classes=CLASSES, rng=rng)
        said = learner.predict(_inputs(texts, vectors, test)).values
        measured = {
            "texts": len(rows),
            "characters": sum(len(texts.texts[row]) for row in rows),
            "spans": sum(len(value.spans) for value in values),
            **_quality(texts, test, [_marks(value) for value in said]),
            "list f1": _quality(texts, test, _listed(texts, rows, test))["f1"],
        }
        for name, value in measured.items():
            found.setdefault(name, []).append(value)
        if len(labeled) >= MOST:
            return found
        doubt = learner.predict(_inputs(texts, vectors, pool)).uncertainty
        picks = query(
            strategy,
            BATCH,
            embeddings=vectors[pool],
            uncertainty=doubt,
            labeled=labeled,
            random_state=np.random.default_rng([seed, len(labeled)]),
        )
        labeled = np.concatenate([labeled, picks.indices])


@cache
def _loaded(data: str) -> tuple[Texts, NDArray[np.float32]]:
    with np.load(Path(data) / "debian_packages_embeddings.npz") as file:
        return load(Path(data)), file["X"].astype(np.float32)


def _inputs(texts: Texts, vectors: NDArray[np.float32], rows: Rows) -> Inputs:
    return Inputs(
        asset_ids=[str(row) for row in rows],
        vectors=vectors[rows],
        items=lambda places: [
            Item(media=Media.TEXT, text=texts.texts[row]) for row in rows[list(places)]
        ],
    )


def _marks(value: Any) -> Marks:
    assert isinstance(value, SpansValue)
    return {(part.name, part.span.start, part.span.end) for part in value.spans}


def _quality(texts: Texts, rows: Rows, said: list[Marks]) -> dict[str, float]:
    """Micro F1 of exact spans, and the share of the entities with held-out names that is found."""
    right = there = told = new = new_found = 0
    for row, marks in zip(rows, said, strict=True):
        true = _marks(texts.values[row])
        right, there, told = right + len(true & marks), there + len(true), told + len(marks)
        held_out = {
            (part.name, part.span.start, part.span.end)
            for part in texts.values[row].spans
            if texts.is_new(row, part.span)
        }
        new, new_found = new + len(held_out), new_found + len(held_out & marks)
    return {"f1": 2 * right / max(there + told, 1), "held-out recall": new_found / max(new, 1)}


def _listed(texts: Texts, labeled: Rows, rows: Rows) -> list[Marks]:
    """What a list of all labelled names finds by itself, each in its most frequent class."""
    names: dict[str, Counter[str]] = {}
    for row in labeled:
        for part in texts.values[row].spans:
            name = texts.texts[row][part.span.start : part.span.end].lower()
            names.setdefault(name, Counter())[part.name] += 1
    classes = {name: count.most_common(1)[0][0] for name, count in names.items()}
    pattern = _pattern(classes)
    return [
        {
            (classes[found.group()], found.start(), found.end())
            for found in pattern.finditer(texts.texts[row].lower())
        }
        for row in rows
    ]


def _pattern(classes: dict[str, str]) -> re.Pattern[str]:
    """Any of the names as whole words, the longest first."""
    names = sorted(map(re.escape, classes), key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(names)})(?![^\W_])") if names else re.compile("$^")


def _figures(curves: dict[str, list[dict[str, list[float]]]]) -> list[Figure]:
    """What random needs over what each arm needs for random's best F1, in texts and in work."""
    found = [Figure(name="paired seeds", value=len(curves[CONTROL]), target=5)]
    for arm in ARMS:
        if arm == CONTROL:
            continue
        pairs = list(zip(curves[arm], curves[CONTROL], strict=True))
        for unit in ("texts", "characters", "spans"):
            gains = [_gain(ours, control, unit) for ours, control in pairs]
            wanted = TARGET if (arm, unit) == (HEADLINE, "texts") else None
            name = f"{arm}: {unit} random needs over its own"
            found.append(Figure(name=name, value=float(np.mean(gains)), target=wanted))
        apart = [np.mean(ours["f1"]) - np.mean(control["f1"]) for ours, control in pairs]
        found.append(Figure(name=f"{arm}: mean F1 over random's", value=float(np.mean(apart))))
    for arm in (CONTROL, HEADLINE):
        for what in ("f1", "list f1", "held-out recall"):
            last = float(np.mean([run[what][-1] for run in curves[arm]]))
            found.append(Figure(name=f"{arm}: {what} with {MOST:,} texts", value=last))
    return found


def _gain(ours: dict[str, list[float]], control: dict[str, list[float]], unit: str) -> float:
    """Random's texts, characters or spans over ours at the highest F1 that random comes to.

    An arm that never comes there counts as if it did with all its texts.
    """
    level = np.array([[max(control["f1"])]])
    needed = [
        labels_at(np.array(run[unit]), np.maximum.accumulate([run["f1"]], axis=1), level)[0, 0]
        for run in (control, ours)
    ]
    return float(needed[0] / needed[1])


def _told(arguments: argparse.Namespace) -> dict[str, Any]:
    """How many texts and entities there are."""
    texts, _ = _loaded(str(arguments.data))
    parts = [(row, part) for row, value in enumerate(texts.values) for part in value.spans]
    return {
        "in pools": len(texts.pool),
        "for tests": len(texts.test),
        "entities": dict(Counter(part.name for _, part in parts)),
        "with held-out names": sum(texts.is_new(row, part.span) for row, part in parts),
    }


if __name__ == "__main__":
    sys.exit(main())
