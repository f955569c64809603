"""Auto-labels of sets, spans and boxes: how often the promise is broken, and how much is labelled.

Run: python -m benchmarks.autolabel_values [--quick] [--draws 60]

Sets are what an article of Fashion-MNIST is (worn above or below, with long sleeves, on the foot,
opening …) on EfficientNet vectors, spans the names in Debian's descriptions (``span_texts``), boxes
the articles in composed scenes (``scenes``). Five models each are trained by the default learner on
1,000 (spans: 400, boxes: 600) random labels beside a pool of 8,000 (spans: 4,000, boxes: 3,000).
For each model 60 times 150 labels are drawn at random as an audit set, which calibrates, and 300
checks among what could then be accepted, as ``ask`` does. Draws of one model are independent, and
to each the promise applies: 100 in all were too few to tell a rate of 6 % from one of 2 %. A label
counts as wrong if anything in it is. The promise is an error rate of 5 % of sets and 20 % of spans
and boxes, 95 % sure. The true error of what is accepted is that over the rest of the pool.

It is told for both states of a project: the checks were answered after the model was trained, and
a later training has calibrated by them as well, each judged without itself. The oracle threshold
knows all labels and takes the largest set of the surest, in the same order, that keeps the promise.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import detection
from benchmarks.many_runs import ROOT, run_all
from benchmarks.reporting import Figure, report
from benchmarks.span_texts import CLASSES, load
from querist.autolabel import Claims, certify, fit_risk
from querist.autolabel.proposing import WIDER
from querist.learners import Guesses, Inputs, Item, create_value_learner
from querist.learners.detector import DetectorLearner
from querist.metrics import believed, calibration_error, is_right
from querist.schema import ClassesValue, Media, Value

RATES = {"sets": 0.05, "spans": 0.2, "boxes": 0.2}
MODELS, DRAWS, LEAST = 5, 60, 300
KINDS = {
    "above": (0, 2, 3, 4, 6),
    "below": (1, 3),
    "long sleeves": (2, 4, 6),
    "opens": (4, 5, 6),
    "on the foot": (5, 7, 9),
    "over the ankle": (9,),
    "carried": (8,),
}
POOL = {"sets": 8_000, "spans": 4_000, "boxes": 3_000}
TRAINED = {"sets": 1_000, "spans": 400, "boxes": 600}
AUDIT, ASKED = 150, 300
ALLOWED = 0.05
ROOM = ROOT / "src/querist"
CODE = [
    Path(__file__),
    ROOM / "autolabel/risk.py",
    ROOM / "autolabel/certificate.py",
    ROOM / "metrics/calibration.py",
    ROOM / "metrics/promises.py",
    ROOM / "metrics/rightness.py",
    *sorted((ROOM / "learners").glob("detector*.py")),
]

Rows = NDArray[np.int64]
Errors = NDArray[np.float64]


def main() -> int:
    """Count broken promises; 0 if at most 5 % of the draws break one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=DRAWS, help="for each of five models")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--quick", action="store_true", help="one model, three draws")
    arguments = parser.parse_args()
    models, draws = (1, 3) if arguments.quick else (MODELS, arguments.draws)
    pieces = [(str(arguments.data), kind, it, draws) for kind in POOL for it in range(models)]
    found = run_all(
        of_model, pieces, name="autolabel-values", code=CODE, processes=arguments.processes
    )
    figures = [Figure(name="draws of each kind", value=models * draws, target=LEAST)]
    details: dict[str, Any] = {}
    for kind in POOL:
        rows = [row for piece in pieces if piece[1] == kind for row in found[piece]]
        details[kind] = rows
        for state in ("before", "after"):
            states = [row[state] for row in rows]
            figures += _figures(f"{kind}, {state} a training", RATES[kind], states, draws)
    name = "autolabel_values_part" if arguments.quick else "autolabel_values"
    return report(name, figures, details=details)


def _figures(name: str, rate: float, rows: list[dict[str, float]], draws: int) -> list[Figure]:
    broken = np.array([row["error"] > rate for row in rows]).reshape(-1, draws).mean(axis=1)
    own = float(np.mean([row["coverage"] for row in rows]))
    oracle = float(np.mean([row["oracle"] for row in rows]))
    return [
        Figure(
            name=f"{name}: promises broken",
            value=float(broken.mean()),
            target=ALLOWED,
            better="lower",
        ),
        Figure(name=f"{name}: the same, of the worst model", value=float(broken.max())),
        Figure(name=f"{name}: share labelled", value=own),
        Figure(name=f"{name}: of what an oracle would", value=own / oracle if oracle else 0.0),
        Figure(name=f"{name}: calibration error", value=float(np.mean([r["ece"] for r in rows]))),
        Figure(name=f"{name}: error of all", value=float(np.mean([r["all"] for r in rows]))),
    ]


def of_model(data: str, kind: str, seed: int, draws: int) -> list[dict[str, Any]]:
    """Train one model, and draw checks of what it says many times."""
    rng = np.random.default_rng([seed, 77])
    said, truth, classes = _LEARNED[kind](data, rng)
    claims = Claims.of(said, classes)
    assert claims is not None
    return [
        _draw(claims, said.values, truth, RATES[kind], np.random.default_rng([seed, it]))
        for it in range(draws)
    ]


def _draw(
    claims: Claims,
    said: Sequence[Value],
    truth: list[Value],
    rate: float,
    rng: np.random.Generator,
) -> dict[str, dict[str, float]]:
    """Coverage and error of one draw of the audit set and of checks."""
    count = len(truth)
    audit = np.sort(rng.choice(count, AUDIT, replace=False))
    errors, answers = _rated(claims, said, truth, audit, rng)
    order = np.argsort(errors, kind="stable")
    expected = np.cumsum(errors[order]) / np.arange(1, count + 1)
    region = np.zeros(count, dtype=bool)
    region[order[: max(int((expected <= WIDER * rate).sum()), 1)]] = True
    free = np.setdiff1d(np.flatnonzero(region), audit)
    asked = rng.choice(free, min(ASKED, len(free)), replace=False)
    known = np.union1d(audit, asked)
    later = _rated(claims, said, truth, known, rng)
    return {
        "before": _accepted(errors, answers, truth, region, known, rate),
        "after": _accepted(*later, truth, region, known, rate),
    }


def _rated(
    claims: Claims, said: Sequence[Value], truth: list[Value], known: Rows, rng: np.random.Generator
) -> tuple[Errors, list[Value]]:
    """Errors (n,) of all assets, those known judged without their label, and the answers."""
    mine = np.isin(np.arange(len(truth)), known)
    rows = np.flatnonzero(mine).tolist()
    fitted = fit_risk(claims.rows(mine), [said[i] for i in rows], [truth[i] for i in rows], rng)
    assert fitted is not None
    risk, left_out = fitted
    errors = risk.of_assets(claims)
    errors[mine] = left_out
    parts = np.split(risk.of_objects(claims), np.cumsum(claims.counts)[:-1])
    return errors, [believed(value, part) for value, part in zip(said, parts, strict=True)]


def _accepted(
    errors: Errors,
    answers: list[Value],
    truth: list[Value],
    region: NDArray[np.bool_],
    known: Rows,
    rate: float,
) -> dict[str, float]:
    wrong = np.array([not is_right(a, b) for a, b in zip(answers, truth, strict=True)])
    checks = known[region[known]]
    rest = np.setdiff1d(np.arange(len(truth)), known)
    others = errors[rest[region[rest]]]
    promise = certify(errors[checks], wrong[checks], max_error=rate, others=others)
    limit = -1.0 if promise.threshold is None else promise.threshold
    chosen = rest[region[rest] & (errors[rest] <= limit)]
    ordered = wrong[rest][np.argsort(errors[rest], kind="stable")]
    rates = np.cumsum(ordered) / np.arange(1, len(rest) + 1)
    kept = np.flatnonzero(rates <= rate)
    return {
        "coverage": len(chosen) / len(rest),
        "error": float(wrong[chosen].mean()) if len(chosen) else 0.0,
        "oracle": (int(kept[-1]) + 1) / len(rest) if len(kept) else 0.0,
        "ece": calibration_error(~wrong[rest], 1 - errors[rest]).value,
        "all": float(wrong[rest].mean()),
    }


def _sets(data: str, rng: np.random.Generator) -> tuple[Guesses, list[Value], list[str]]:
    X, y = _articles(data)
    order = rng.permutation(len(X))
    trained, pool = np.split(order[: TRAINED["sets"] + POOL["sets"]], [TRAINED["sets"]])
    names = list(KINDS)

    def sets(rows: Rows) -> list[Value]:
        return [ClassesValue(names=tuple(n for n in names if y[i] in KINDS[n])) for i in rows]

    learner = create_value_learner("label-sets")
    learner.fit(_inputs(X[trained], None, trained), sets(trained), classes=names, rng=rng)
    return learner.predict(_inputs(X[pool], None, pool)), sets(pool), names


def _spans(data: str, rng: np.random.Generator) -> tuple[Guesses, list[Value], list[str]]:
    texts = _texts(data)
    order = rng.permutation(texts.pool)
    trained, pool = np.split(order[: TRAINED["spans"] + POOL["spans"]], [TRAINED["spans"]])
    values = [texts.values[i] for i in trained]
    learner = create_value_learner("span-tagger")
    nothing = np.zeros((len(texts.texts), 1), np.float32)
    inputs = _inputs(nothing[trained], texts.texts, trained)
    learner.fit(inputs, values, classes=CLASSES, rng=rng)
    said = learner.predict(_inputs(nothing[pool], texts.texts, pool))
    return said, [texts.values[i] for i in pool], list(CLASSES)


def _boxes(_: str, rng: np.random.Generator) -> tuple[Guesses, list[Value], list[str]]:
    known = detection.data()
    scenes = [*known.pool, *known.test]
    order = rng.permutation(len(scenes))
    trained, pool = np.split(order[: TRAINED["boxes"] + POOL["boxes"]], [TRAINED["boxes"]])
    chosen, rest = ([scenes[at] for at in rows.tolist()] for rows in (trained, pool))
    learner = DetectorLearner(size=detection.SIZE, mirror=False, device="cpu")
    truth = [detection.label_of(it) for it in chosen]
    learner.fit(detection.inputs_of(chosen), truth, classes=detection.CLASSES, rng=rng)
    said = learner.predict(detection.inputs_of(rest))
    return said, [detection.label_of(it) for it in rest], list(detection.CLASSES)


_LEARNED = {"sets": _sets, "spans": _spans, "boxes": _boxes}


def _inputs(vectors: NDArray[np.float32], texts: Any, rows: Rows) -> Inputs:
    return Inputs(
        asset_ids=[str(row) for row in rows],
        vectors=vectors,
        items=lambda places: [Item(media=Media.TEXT, text=texts[rows[at]]) for at in places],
    )


@cache
def _articles(data: str) -> tuple[NDArray[np.float32], Rows]:
    with np.load(Path(data) / "fashion_mnist_embeddings.npz") as held:
        return held["X"].astype(np.float32), held["y"].astype(np.int64)


@cache
def _texts(data: str) -> Any:
    return load(Path(data))


if __name__ == "__main__":
    raise SystemExit(main())
