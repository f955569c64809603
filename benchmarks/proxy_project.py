"""What a proxy saves in a whole project: seconds in the ledger and accuracy, with it and without.

A part of `benchmarks.compute`. Every project goes through the public API from its first asset to
the last of eight rounds of 60, asked by margin; once the model chooses for itself, and once there
is `proxy = "logistic-regression"`. At the end the model is trained on all labels, as the docs say.
Both have the same assets and seed. Seconds are those of the processor for all rounds and the last
training, which other load of the machine moves little. Those of the ledger are kept beside: train,
predict, select and the models of part of the labels behind the advice; the check of the proxy and
its own trainings are booked as selection. Accuracy is that of the last model on the 800 assets kept
for audit.

`pictures`: 4,000 vectors of Fashion-MNIST and a network of two layers, for which the linear model
is a good proxy. `table`: `phoneme` and boosted trees, where it is a poor one (.76 against .86):
does the check let it choose, and at what price? Each project is kept when it ends, until the code
that decides changes.
"""

from __future__ import annotations

import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import querist
from benchmarks.many_runs import run_all
from benchmarks.reporting import Figure
from querist.loop import training
from querist.loop.compute import KINDS
from querist.project import Project
from querist.schema import Arm

PROXY = "logistic-regression"
ROUNDS, BATCH, AUDIT, ASSETS = 8, 60, 800, 4_000
# The file of each source, and what learns.
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "pictures": (
        "fashion_mnist_embeddings.npz",
        {
            "name": "sklearn:neural_network.MLPClassifier",
            "parameters": {"hidden_layer_sizes": [256, 128]},
        },
    ),
    "table": ("tabular/phoneme.npz", {"name": "hist-gradient-boosting"}),
}
PACKAGE = Path(querist.__file__).parent
# What learns, chooses and checks in these projects; when it changes, all is run again.
DECIDES = (
    "loop/proxies.py",
    "loop/thrift.py",
    "loop/training.py",
    "loop/stop_evidence.py",
    "diagnostics/proxy.py",
    "learners/sklearn_learner.py",
    "learners/logistic_regression.py",
)


def measured(data: Path, seeds: int, details: dict[str, Any]) -> list[Figure]:
    """Figures of all projects; pairs of what is missing are run first."""
    pieces = [
        (source, str(data), seed, proxy)
        for seed in range(seeds)
        for source in SOURCES
        for proxy in (True, False)
    ]
    code = [Path(__file__), *(PACKAGE / place for place in DECIDES)]
    found = run_all(one_project, pieces, name="proxy", code=code, processes=1)
    figures: list[Figure] = []
    for source in SOURCES:
        by, alone = (
            [found[source, str(data), seed, proxy] for seed in range(seeds)]
            for proxy in (True, False)
        )
        details[f"proxy project: {source}"] = {"with": by, "without": alone}
        figures += _figures(f"proxy project, {source}", by, alone)
    return figures


def one_project(source: str, data: str, seed: int, proxy: bool) -> dict[str, Any]:
    """One project from its first asset to its last model: seconds, trainings, accuracy."""
    _import_all(source, data)
    return _answered(source, data, seed, proxy, ROUNDS, ASSETS)


@cache
def _import_all(source: str, data: str) -> None:
    """A small project before the first one of a process, which would pay for all imports."""
    _answered(source, data, 0, True, 2, 4 * BATCH)


def _answered(
    source: str, data: str, seed: int, proxy: bool, rounds: int, assets: int
) -> dict[str, Any]:
    vectors, classes = drawn(Path(data), source, seed, assets)
    names = [f"class {code}" for code in range(int(classes.max()) + 1)]
    policy: dict[str, Any] = {
        "batch_size": BATCH,
        "audit_size": min(AUDIT, assets // 5),
        "control_share": 0.0,
        "strategy": "margin",
        "seed": seed,
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        Project.create(
            Path(folder) / "p",
            media="table",
            classes=names,
            oracle_column="known",
            learner=SOURCES[source][1],
            policy=policy | ({"proxy": PROXY} if proxy else {}),
        ) as project,
    ):
        project.add(
            [
                {"id": f"row-{i}", "known": names[code]}
                | {f"x{column}": value for column, value in enumerate(row)}
                for i, (row, code) in enumerate(
                    zip(vectors.tolist(), classes.tolist(), strict=True)
                )
            ],
            id_column="id",
            metadata_columns=["known"],
        )
        project.embed()
        start = time.process_time()
        project.oracle(rounds)
        found = _told(project, classes)
        return found | {"processor": time.process_time() - start}


def drawn(
    data: Path, source: str, seed: int, assets: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors (n, d) of so many assets, and their classes (n,)."""
    with np.load(data / SOURCES[source][0], allow_pickle=False) as stored:
        X, y = stored["X"].astype(np.float32), np.unique(stored["y"], return_inverse=True)[1]
    rows = np.random.default_rng([seed, 70]).permutation(len(y))[:assets]
    return X[rows], y[rows].astype(np.int64)


def _told(project: Project, classes: NDArray[np.int64]) -> dict[str, Any]:
    catalog = project.catalog
    rounds = project.rounds.list()
    latest = catalog.records.models.latest(Arm.ACTIVE)
    assert latest is not None
    model = latest
    if model.label_seq < catalog.records.labels.last_seq():
        model = project.train()
    position = {asset_id: at for at, asset_id in enumerate(catalog.assets.ids())}
    audit = np.array([position[it] for it in catalog.records.rounds.arm_ids(Arm.AUDIT)])
    said = training.predict(catalog, model, audit).argmax(axis=1)
    used = project.status().compute
    return {
        "seconds": {kind: sum(getattr(it, kind) for it in used.rounds) for kind in KINDS},
        "accuracy": float((said == classes[audit]).mean()),
        "labels": model.label_count,
        "trainings": len(catalog.records.models.list(arm=Arm.ACTIVE)),
        "chosen by the proxy": sum(it.plan is not None and it.plan.proxy == PROXY for it in rounds),
    }


def _figures(name: str, by: list[dict[str, Any]], alone: list[dict[str, Any]]) -> list[Figure]:
    seconds = np.array([[it["processor"] for it in arm] for arm in (by, alone)])
    gains = np.array(
        [one["accuracy"] - other["accuracy"] for one, other in zip(by, alone, strict=True)]
    )
    found = [
        Figure(name=f"{name}: seconds without", value=float(seconds[1].mean()), unit="s"),
        Figure(
            name=f"{name}: seconds of those without",
            value=float(seconds[0].sum() / seconds[1].sum()),
            better="lower",
        ),
        Figure(name=f"{name}: rounds it chose", value=_mean(by, "chosen by the proxy")),
        Figure(name=f"{name}: trainings", value=_mean(by, "trainings")),
        Figure(name=f"{name}: accuracy without", value=_mean(alone, "accuracy")),
        Figure(name=f"{name}: accuracy above that", value=float(gains.mean())),
    ]
    if len(gains) > 1:
        error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
        found.append(Figure(name=f"{name}: its standard error", value=error, better="lower"))
    return found


def _mean(runs: list[dict[str, Any]], key: str) -> float:
    return float(np.mean([it[key] for it in runs]))
