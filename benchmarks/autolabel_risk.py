"""Auto-labels under a promise: how often it is broken, how much is labelled, what an audit catches.

Run: python -m benchmarks.autolabel_risk [--quick] [--draws 100] [--large 100]

In each draw 1,000 (or 3,000) people's labels are spent as a project spends them: half of them on a
random draw from a pool of 20,000, half on a random draw from what the labeler then thinks it could
accept. All of them train the labeler and certify it, each left out. The promise is an error rate of
2 % on Fashion-MNIST and 10 % on 35 sections of Debian packages (MiniLM), 95 % sure. The true error
of what is accepted is that over the unlabelled rest.

The images go through the packaged back-bone (frozen EfficientNet-Lite0) as they do in a project of
images, at 224 pixels; the vectors take minutes once and are kept under `artifacts/benchmarks`
(extra `vision`, Debian's dataset-fashion-mnist). Beside them stand, without a target for coverage,
the same images as seen at 64 pixels and brought to 128 directions, with 1,000 labels: with poor
vectors the labeler errs early, and little can be proved by so few (docs/decisions/0017).

The oracle threshold knows all labels: it takes the largest set of the surest, in the order of the
same labeler, whose error rate is the promised one. Beside it stands what such an oracle would take
by the confidence of the default learner, logistic regression, trained on as many random labels (in
a tenth of the draws).

The shift is planted in a project: assets are added that look like another class than they are,
after the random labels that certify were given. The audit asks 20 labels a look, by the public API.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fashion_vectors import fashion_vectors
from benchmarks.many_runs import run_all
from benchmarks.reporting import Figure, report
from querist import Project
from querist.autolabel import certify, suggest
from querist.autolabel.proposing import WIDER
from querist.learners import create_learner

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / "src/querist/autolabel"
PROMISES = ROOT / "src/querist/metrics/promises.py"
CODE = [
    Path(__file__),
    ROOT / "benchmarks/fashion_vectors.py",
    ROOM / "labeler.py",
    ROOM / "certificate.py",
    PROMISES,
]
DATA = Path("../shared/data")
IMAGES, POOR_VECTORS = "fashion_mnist", "fashion_mnist at 64 px"
FILES = {POOR_VECTORS: "fashion_mnist_embeddings", "debian_packages": "debian_packages_embeddings"}
RATES = {IMAGES: 0.02, POOR_VECTORS: 0.02, "debian_packages": 0.1}
NAMES = {1_000: [*RATES], 3_000: [IMAGES, "debian_packages"]}
WANTED = {1_000: 0.75, 3_000: 0.9}
POOL = 20_000
LEAST_DRAWS, ORACLE_EVERY = 100, 10
ALLOWED = 0.05

Codes = NDArray[np.int64]
Vectors = NDArray[np.float32]


def main() -> int:
    """Measure both data sets and the planted shift; 0 if every target is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=LEAST_DRAWS, help="with 1,000 labels")
    parser.add_argument("--large", type=int, default=LEAST_DRAWS, help="with 3,000 labels")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the embeddings")
    parser.add_argument("--quick", action="store_true", help="three draws of 1,000 labels")
    arguments = parser.parse_args()

    start = time.perf_counter()
    draws = {1_000: 3 if arguments.quick else arguments.draws}
    if not arguments.quick:
        draws[3_000] = arguments.large
    data = str(arguments.data)
    fashion_vectors(POOL)  # made once, here and not in each process
    pieces = [
        (data, name, count, draw)
        for count, many in draws.items()
        for name in NAMES[count]
        for draw in range(many)
    ]
    found = run_all(
        one_draw, pieces, name="autolabel-risk", code=CODE, processes=arguments.processes
    )
    figures = [
        Figure(name=f"draws of {count:,} labels", value=many, target=LEAST_DRAWS)
        for count, many in draws.items()
    ]
    details: dict[str, Any] = {}
    for count, many in draws.items():
        for name in NAMES[count]:
            rows = [found[data, name, count, draw] for draw in range(many)]
            figures += _figures(f"{name}, {count:,} labels", name, count, rows)
            details[f"{name}, {count}"] = rows
    asked, caught, held = planted_shift()
    figures += [
        Figure(name="shift: rolled back", value=float(caught), target=1.0),
        Figure(name="shift: labels left of the set", value=held, target=0.0, better="lower"),
        Figure(name="shift: labels audited until then", value=asked),
    ]
    print(f"{len(pieces)} draws in {time.perf_counter() - start:.0f} s")
    name = "autolabel_risk_part" if arguments.quick else "autolabel_risk"
    return report(name, figures, details=details)


def one_draw(data: str, name: str, count: int, draw: int) -> dict[str, float]:
    """Coverage, true error and what both oracles accept, of one draw of labels."""
    X, y = _data(data, name)
    rate, rng = RATES[name], np.random.default_rng([count, draw])
    labeled, region = _spend(X, y, count, rate, rng)
    said = suggest(X, labeled, y[labeled], class_count=int(y.max()) + 1, rng=rng)
    wrong = said.codes != y
    rest = np.setdiff1d(np.arange(len(y)), labeled)
    checks = labeled[region[labeled]]
    others = said.errors[rest[region[rest]]]
    promise = certify(said.errors[checks], wrong[checks], max_error=rate, others=others)
    threshold = -1.0 if promise.threshold is None else promise.threshold
    accepted = rest[region[rest] & (said.errors[rest] <= threshold)]
    row = {
        "coverage": len(accepted) / len(rest),
        "error": float(wrong[accepted].mean()) if len(accepted) else 0.0,
        "own_oracle": _oracle(said.errors[rest], wrong[rest], rate),
    }
    if draw % ORACLE_EVERY == 0:
        row["oracle"] = _model_oracle(X, y, count, rate, np.random.default_rng([count, draw]))
    return row


def planted_shift() -> tuple[int, bool, int]:
    """A project whose later assets look like another class than they are.

    Returns:
        Labels audited until the set was rolled back, whether it was, and labels that are left.
    """
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 4_000)
    centers = 3 * np.eye(4, 8)
    vectors = centers[codes] + rng.normal(size=(len(codes), 8))
    # They have the looks of the next class; a person sees what they are.
    late = np.arange(len(codes)) >= 3_200
    vectors[late] += centers[(codes[late] + 1) % 4] - centers[codes[late]]
    rows = [
        {"id": f"a{i}", **{f"x{j}": float(v) for j, v in enumerate(vector)}, "truth": "abcd"[code]}
        for i, (vector, code) in enumerate(zip(vectors, codes, strict=True))
    ]
    truth = {row["id"]: row["truth"] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        project = Project.create(
            Path(folder) / "shift",
            media="table",
            classes=list("abcd"),
            oracle_column="truth",
            policy={"audit_size": 400, "batch_size": 40},
        )
        with project:
            project.add(rows[:3_200])
            project.oracle(3)
            project.next_round(20)
            # Asked checks would confine the set to assets that were there: the audit set does not.
            project.add(rows[3_200:])
            project.autolabel.accept(max_error=0.05)
            return _audit(project, truth)


def _audit(project: Project, truth: dict[str, str]) -> tuple[int, bool, int]:
    found = project.autolabel.history()[-1]
    for _ in range(50):
        found = project.autolabel.audit(20)[-1]
        if found.rolled_back_at is not None:
            break
        for item in project.queue.next("ana", 1_000).items:
            project.labels.submit(
                item.asset.id, truth[item.asset.id], annotator="ana", task_id=item.task.id
            )
    return found.answered, found.rolled_back_at is not None, found.holding


def _spend(
    X: Vectors, y: Codes, count: int, rate: float, rng: np.random.Generator
) -> tuple[Codes, NDArray[np.bool_]]:
    """Labelled positions, and where anything may be accepted."""
    first = rng.permutation(len(y))[: count // 2]
    said = suggest(X, first, y[first], class_count=int(y.max()) + 1, rng=rng)
    order = np.argsort(said.errors, kind="stable")
    expected = np.cumsum(said.errors[order]) / np.arange(1, len(order) + 1)
    region = np.zeros(len(y), dtype=bool)
    region[order[: max(int((expected <= WIDER * rate).sum()), 1)]] = True
    left = np.setdiff1d(np.flatnonzero(region), first)
    more = rng.choice(left, min(count - len(first), len(left)), replace=False)
    return np.concatenate([first, more]), region


def _oracle(errors: NDArray[np.float32], wrong: NDArray[np.bool_], rate: float) -> float:
    """Share of the largest set of the surest that errs at most with the rate."""
    order = np.argsort(errors, kind="stable")
    fits = np.flatnonzero(np.cumsum(wrong[order]) <= rate * np.arange(1, len(order) + 1))
    return float(fits[-1] + 1) / len(order) if len(fits) else 0.0


def _model_oracle(X: Vectors, y: Codes, count: int, rate: float, rng: np.random.Generator) -> float:
    chosen = rng.permutation(len(y))
    labeled, rest = chosen[:count], chosen[count:]
    learner = create_learner("logistic-regression")
    learner.fit(X[labeled], y[labeled], class_count=int(y.max()) + 1, rng=rng)
    said = learner.predict_proba(X[rest])
    return _oracle(1 - said.max(axis=1), said.argmax(axis=1) != y[rest], rate)


def _figures(title: str, name: str, count: int, rows: list[dict[str, float]]) -> list[Figure]:
    coverage = np.array([row["coverage"] for row in rows])
    errors = np.array([row["error"] for row in rows])
    model = np.mean([row["oracle"] for row in rows if "oracle" in row])
    own = np.mean([row["own_oracle"] for row in rows])
    return [
        Figure(
            name=f"{title}: promise broken",
            value=float((errors > RATES[name]).mean()),
            target=ALLOWED,
            better="lower",
        ),
        Figure(
            name=f"{title}: coverage over that of an oracle threshold",
            value=float(coverage.mean() / own),
            target=None if name == POOR_VECTORS else WANTED[count],
        ),
        Figure(
            name=f"{title}: coverage of an oracle with logistic regression",
            value=float(model),
        ),
        Figure(name=f"{title}: coverage", value=float(coverage.mean())),
        Figure(name=f"{title}: nothing accepted", value=float((coverage == 0).mean())),
    ]


@lru_cache(maxsize=1)
def _data(data: str, name: str) -> tuple[Vectors, Codes]:
    """A random pool of 20,000 rows."""
    if name == IMAGES:
        return fashion_vectors(POOL)
    path = Path(data) / f"{FILES[name]}.npz"
    if not path.is_file():
        raise SystemExit(f"No data: {path} is missing. Give the folder with --data.")
    with np.load(path) as held:
        X, y = held["X"].astype(np.float32), held["y"].astype(np.int64)
    chosen = np.random.default_rng(0).permutation(len(y))[:POOL]
    return X[chosen], y[chosen]


if __name__ == "__main__":
    raise SystemExit(main())
