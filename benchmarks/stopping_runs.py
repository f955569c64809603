"""Trajectories for stopping criteria: each recorded once, from no label to the whole pool.

A run is one data set and one seed. Even seeds ask by `auto`, odd ones by margin; every second pair
of seeds asks equal batches, the others batches that grow with the labels, so that no criterion can
lean on one schedule. After each round the default learner is trained, and three models that each
miss a third of the labels: what all of them say about a fixed stop set, the next batch and the
rows kept for testing is stored under `artifacts/benchmarks/stopping`, of another learner in a
folder of its own there. Beside each run lie the votes
of three models that miss other thirds, so that it can be read twice. As many runs again have later
seeds: on them no rule was ever chosen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency import data_files
from benchmarks.many_runs import KEPT, run_all
from querist import query
from querist.learners import create_learner

FOLDER = KEPT / "stopping"
LEARNER = "logistic-regression"
POOL, TEST, STOP_SET, FOLDS = 4_000, 5_000, 1_000, 3
SMALL, SEEDS, SEEDS_OF_SMALL = 1_500, 8, 16
GROWTH, EQUAL_BATCHES, LEAST_BATCH = 0.12, 40, 5
# Streams of the first thirds that models miss, and of the other ones.
FIRST, OTHER = 3, 5
WIDE, EQUAL_BATCHES_OF_WIDE = 100, 20

Rows = NDArray[np.float32]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One run of R rounds; classes C, stop set S, folds F, test rows T.

    Attributes:
        data: Name of the data set.
        seed: Its seed.
        sizes: Labels after each round (R,).
        labels: Classes of the pool in the order they were asked (n,).
        asked: Positions in the pool in that order (n,).
        stop_set: Positions of the stop set in the pool (S,).
        tables: What each round's model says of the stop set (R, S, C).
        before: What the model before said of each asked row (n, C); zeros for the first batch.
        folds: Classes that the fold models give the stop set (R, F, S).
        other_folds: The same of models that miss other thirds (R, F, S).
        unseen: Chance that fold models which had not seen a row gave its own class, and whether
            they said it, one after another for all rounds (sum of sizes, 2).
        test: What each round's model says of the test rows (R, T).
        truth: Their classes (T,).
    """

    data: str
    seed: int
    sizes: Codes
    labels: Codes
    asked: Codes
    stop_set: Codes
    tables: NDArray[np.float16]
    before: NDArray[np.float16]
    folds: NDArray[np.uint8]
    other_folds: NDArray[np.uint8]
    unseen: NDArray[np.float16]
    test: NDArray[np.uint8]
    truth: Codes

    @property
    def strategy(self) -> str:
        """What asked for its labels."""
        return _strategy(self.seed)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Test accuracy after each round (R,)."""
        return np.asarray((self.test == self.truth).mean(axis=1))


def recorded(
    folder: Path,
    *,
    seeds: int | None = None,
    later: bool = False,
    learner: str = LEARNER,
    most_rows: float = math.inf,
) -> list[Recorded]:
    """All runs on the data in ``folder``; what is missing is run first.

    Args:
        folder: The data sets.
        seeds: How many of each; by the size of the set if left out.
        later: As many runs with the seeds that follow.
        learner: What is trained.
        most_rows: Sets with more rows are left out.
    """
    pieces = []
    for name, file in data_files(folder).items():
        if len(_load(str(file))[0]) > most_rows:
            continue
        count = seeds or _seeds(file)
        begin = count if later else 0
        pieces += [(name, str(file), seed, learner) for seed in range(begin, begin + count)]
    open_pieces = [it for it in pieces if not _path(it[0], it[2], learner).is_file()]
    run_all(record, open_pieces, name="stopping", code=[Path(__file__)])
    open_pieces = [it for it in pieces if not _other(it[0], it[2], learner).is_file()]
    run_all(record_other, open_pieces, name="stopping-other", code=[Path(__file__)])
    return [read(name, seed, learner) for name, _, seed, _ in pieces]


def read(name: str, seed: int, learner: str = LEARNER) -> Recorded:
    """A run that was recorded."""
    arrays: dict[str, Any] = {}
    for path in (_path(name, seed, learner), _other(name, seed, learner)):
        with np.load(path, allow_pickle=False) as stored:
            arrays |= {key: stored[key] for key in stored.files}
    return Recorded(data=name, seed=seed, **arrays)


def record(name: str, file: str, seed: int, learner: str) -> int:
    """Run one data set under one seed, store it, and say how many rounds it took."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        arrays = _run(*_load(file), seed, learner)
    _keep(_path(name, seed, learner), arrays)
    return len(arrays["sizes"])


def record_other(name: str, file: str, seed: int, learner: str) -> int:
    """Train models without other thirds along a run that was recorded, and store their votes."""
    from threadpoolctl import threadpool_limits

    X, y = _load(file)
    pool = _parts(X, seed)[1]
    rows, classes, count = X[pool], y[pool], int(y.max()) + 1
    with np.load(_path(name, seed, learner), allow_pickle=False) as stored:
        sizes, asked, stop_set = (stored[key] for key in ("sizes", "asked", "stop_set"))
    with threadpool_limits(1):
        votes = [
            _folds(rows, classes, asked[:labels], stop_set, count, [seed, OTHER], learner)[0]
            for labels in sizes.tolist()
        ]
    _keep(_other(name, seed, learner), {"other_folds": np.stack(votes)})
    return len(votes)


def _keep(path: Path, arrays: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, **arrays)
    part.rename(path)


def _parts(X: Rows, seed: int) -> tuple[Codes, Codes]:
    """Rows to test on and rows of the pool."""
    order = np.random.default_rng([seed, 0]).permutation(len(X))
    tested = min(TEST, len(X) // 2)
    return order[:tested], order[tested : tested + POOL]


def _run(X: Rows, y: Codes, seed: int, learner: str) -> dict[str, Any]:
    test, pool = _parts(X, seed)
    rows, classes, count = X[pool], y[pool], int(y.max()) + 1
    stop_set = np.sort(
        np.random.default_rng([seed, 1]).permutation(len(pool))[: min(STOP_SET, len(pool))]
    )
    asked = np.empty(0, np.int64)
    table = None
    kept: dict[str, list[Any]] = {
        key: [] for key in ("sizes", "tables", "before", "folds", "unseen", "test")
    }
    while len(asked) < len(pool):
        number = len(kept["sizes"])
        strategy = _strategy(seed)
        picks = query(
            "random" if strategy == "margin" and table is None else strategy,
            n=_batch(len(asked), len(pool), X.shape[1], count, equal=seed // 2 % 2 == 1),
            probabilities=table,
            embeddings=rows,
            labeled=asked,
            labels=classes[asked],
            random_state=np.random.default_rng([seed, 2, number]),
        ).indices
        kept["before"].append(
            np.zeros((len(picks), count), np.float16)
            if table is None
            else table[picks].astype(np.float16)
        )
        asked = np.concatenate([asked, picks])
        model = _fit(rows[asked], classes[asked], count, learner)
        if model is None:
            continue  # one class so far: no model, no round that could be judged
        table = model.predict_proba(rows)
        votes, unseen = _folds(rows, classes, asked, stop_set, count, [seed, FIRST], learner)
        kept["sizes"].append(len(asked))
        kept["tables"].append(table[stop_set].astype(np.float16))
        kept["folds"].append(votes)
        kept["unseen"].append(unseen)
        kept["test"].append(model.predict_proba(X[test]).argmax(axis=1).astype(np.uint8))
    return {
        "sizes": np.array(kept["sizes"]),
        "labels": classes[asked],
        "asked": asked,
        "stop_set": stop_set,
        "tables": np.stack(kept["tables"]),
        "before": np.concatenate(kept["before"]),
        "folds": np.stack(kept["folds"]),
        "unseen": np.concatenate(kept["unseen"]),
        "test": np.stack(kept["test"]),
        "truth": y[test],
    }


def _strategy(seed: int) -> str:
    return "auto" if seed % 2 == 0 else "margin"


def _batch(labeled: int, pool: int, width: int, count: int, *, equal: bool) -> int:
    least = max(LEAST_BATCH, count)
    batches = EQUAL_BATCHES_OF_WIDE if width > WIDE else EQUAL_BATCHES
    more = pool / batches if equal else GROWTH * labeled
    return max(least, math.ceil(more))


def _fit(rows: Rows, classes: Codes, count: int, learner: str) -> Any:
    if len(np.unique(classes)) < 2:
        return None
    model = create_learner(learner)
    model.fit(rows, classes, class_count=count, rng=np.random.default_rng(0))
    return model


def _folds(
    rows: Rows,
    classes: Codes,
    asked: Codes,
    stop_set: Codes,
    count: int,
    seeds: list[int],
    learner: str,
) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Votes (F, S) of models that miss a third each, and what they say of that third (n, 2)."""
    # A row keeps its fold for good, so that two rounds' folds can be compared.
    fold = np.random.default_rng(seeds).integers(FOLDS, size=len(rows))[asked]
    votes = np.zeros((FOLDS, len(stop_set)), np.uint8)
    unseen = np.zeros((len(asked), 2), np.float16)
    for held in range(FOLDS):
        out = fold == held
        model = None
        if (~out).any():
            model = _fit(rows[asked[~out]], classes[asked[~out]], count, learner)
        if model is None:
            continue
        votes[held] = model.predict_proba(rows[stop_set]).argmax(axis=1)
        if out.any():
            table = model.predict_proba(rows[asked[out]])
            own = classes[asked[out]]
            unseen[out, 0] = table[np.arange(len(own)), own]
            unseen[out, 1] = table.argmax(axis=1) == own
    return votes, unseen


def _seeds(file: Path) -> int:
    return SEEDS_OF_SMALL if len(_load(str(file))[0]) < SMALL else SEEDS


def _load(file: str) -> tuple[Rows, Codes]:
    with np.load(file, allow_pickle=False) as stored:
        y = np.unique(stored["y"], return_inverse=True)[1].astype(np.int64)
        return stored["X"].astype(np.float32), y


def _path(name: str, seed: int, learner: str) -> Path:
    folder = FOLDER if learner == LEARNER else FOLDER / learner
    return folder / f"{name}-{seed}.npz"


def _other(name: str, seed: int, learner: str) -> Path:
    path = _path(name, seed, learner)
    return path.parent / "other" / path.name
