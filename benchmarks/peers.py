"""Strategies of scikit-activeml, asked for a batch as Querist's own are, and what they reached."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import RESULTS

VERSION = "1.0.1"
KEPT = RESULTS / "label_efficiency_peers.json"
NAMES = tuple(
    f"skactiveml {name}" for name in ("margin", "badge", "typiclust", "falcun", "maxherding")
)
# These three rank by a model's probabilities; the other two look at the rows alone.
WITH_MODEL = frozenset(f"skactiveml {name}" for name in ("margin", "badge", "falcun"))

# Mean accuracy over the rounds, by data set, arm and seed.
Means = dict[str, dict[str, dict[int, float]]]


def choose(
    name: str,
    X: NDArray[np.float32],
    labeled: NDArray[np.int64],
    labels: NDArray[np.int64],
    *,
    class_count: int,
    n: int,
    seed: int,
) -> NDArray[np.int64]:
    """``n`` rows of ``X`` (N, d) to label next; fewer when fewer are left.

    The model of those that need one is the benchmark's own, fitted to the labeled rows.
    """
    _check_installed()
    from skactiveml.classifier import SklearnClassifier
    from sklearn.linear_model import LogisticRegression

    y = np.full(len(X), np.nan)
    y[labeled] = labels
    options: dict[str, Any] = {"batch_size": min(n, len(X) - len(labeled))}
    with warnings.catch_warnings():
        # Such as k-means finding fewer clusters than asked among equal rows.
        warnings.simplefilter("ignore")
        if name in WITH_MODEL:
            model = LogisticRegression(C=1.0, max_iter=300)
            model = SklearnClassifier(model, classes=np.arange(class_count)).fit(X, y)
            options |= {"clf": model, "fit_clf": False}
        return np.asarray(_create(name, seed).query(X, y, **options), dtype=np.int64)


def load(protocol: Mapping[str, Any]) -> Means:
    """What was kept under this protocol; nothing if it was another."""
    if not KEPT.is_file():
        return {}
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    if kept["protocol"] != dict(protocol):
        return {}
    return {
        name: {arm: {int(seed): mean for seed, mean in runs.items()} for arm, runs in arms.items()}
        for name, arms in kept["means"].items()
    }


def save(
    protocol: Mapping[str, Any], done: Mapping[tuple[str, str, int], float], names: dict[str, str]
) -> Means:
    """Add finished runs, by file, arm and seed, and return all that is kept now.

    Args:
        protocol: How they were run.
        done: Their mean accuracies.
        names: The data set of each file.
    """
    means = load(protocol)
    for (file, arm, seed), mean in done.items():
        means.setdefault(names[file], {}).setdefault(arm, {})[seed] = mean
    if done:
        body = {"protocol": dict(protocol), "scikit-activeml": VERSION, "means": means}
        KEPT.write_text(_lines_by_arm(body), encoding="utf-8")
    return means


def _lines_by_arm(body: Mapping[str, Any]) -> str:
    """JSON whose innermost objects stand on one line each."""
    text = json.dumps({**body, "means": {}}, indent=1)
    sets = ",\n".join(
        f'  "{name}": {{\n'
        + ",\n".join(f'   "{arm}": {json.dumps(runs)}' for arm, runs in sorted(arms.items()))
        + "\n  }"
        for name, arms in sorted(body["means"].items())
    )
    return text.replace('"means": {}', f'"means": {{\n{sets}\n }}') + "\n"


def _create(name: str, seed: int) -> Any:
    from skactiveml import pool

    if name == "skactiveml margin":
        return pool.UncertaintySampling(method="margin_sampling", random_state=seed)
    kinds = {
        "skactiveml badge": pool.Badge,
        "skactiveml typiclust": pool.TypiClust,
        "skactiveml falcun": pool.Falcun,
        "skactiveml maxherding": pool.MaxHerding,
    }
    return kinds[name](random_state=seed)


def _check_installed() -> None:
    try:
        found = version("scikit-activeml")
    except PackageNotFoundError:
        found = "not installed"
    if found != VERSION:
        raise SystemExit(
            f"The peers are scikit-activeml {VERSION}, and it is {found}. "
            "Install the extra: pip install -e '.[bench]'"
        )
