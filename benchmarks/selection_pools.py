"""The made-up pools of the selection benchmarks: groups of vectors and a model's view of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH = 64
CLASSES = 10
MEMBERS = 5
LABELED = 100
_GROUPS = 200
_CHUNK = 50_000


def write(folder: Path, rows: int, seed: int = 0) -> None:
    """Write a pool of ``rows`` as .npy files: embeddings, probabilities, a committee and a head.

    The vectors lie in 200 groups of different sizes; the model is a linear head with its softmax,
    and the members of the committee are the same head, each with noise of its own.
    """
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(_GROUPS, WIDTH)).astype(np.float32)
    shares = rng.dirichlet(np.ones(_GROUPS))
    heads = rng.normal(size=(CLASSES, WIDTH)).astype(np.float32) / np.float32(np.sqrt(WIDTH))
    noise = rng.normal(size=(MEMBERS, *heads.shape)).astype(np.float32) / WIDTH
    x = _table(folder / "embeddings.npy", (rows, WIDTH))
    p = _table(folder / "probabilities.npy", (rows, CLASSES))
    committee = _table(folder / "committee.npy", (MEMBERS, rows, CLASSES))
    for start in range(0, rows, _CHUNK):
        part = slice(start, min(start + _CHUNK, rows))
        group = rng.choice(_GROUPS, size=part.stop - part.start, p=shares)
        spread = rng.standard_normal((len(group), WIDTH), dtype=np.float32)
        x[part] = centers[group] + 0.7 * spread
        p[part] = _softmax(2 * x[part] @ heads.T)
        for member, moved in zip(committee, heads + noise, strict=True):
            member[part] = _softmax(2 * x[part] @ moved.T)
    wanted = np.random.default_rng(seed).normal(size=(MEMBERS, WIDTH)).astype(np.float32)
    numbers = _table(folder / "committee_predictions.npy", (MEMBERS, rows))
    for start in range(0, rows, _CHUNK):
        numbers[:, start : start + _CHUNK] = wanted @ x[start : start + _CHUNK].T
    np.save(folder / "predictions.npy", numbers[0])
    np.save(folder / "multilabel_probabilities.npy", np.sqrt(p))
    labeled = np.sort(rng.choice(rows, size=LABELED, replace=False))
    np.savez(folder / "rest.npz", head=heads, labeled=labeled, labels=p[labeled].argmax(axis=1))


def read(folder: Path, signals: set[str], mode: Any = None) -> dict[str, Any]:
    """The arguments of ``querist.query`` for some signals; ``mode="r"`` leaves them on disk."""
    with np.load(folder / "rest.npz") as rest:
        given: dict[str, Any] = {"labeled": rest["labeled"], "labels": rest["labels"]}
        weights = rest["head"]
    if "head" in signals:
        given["head"] = (weights, np.zeros(CLASSES, dtype=np.float32))
    if "gradient" in signals:
        # A linear model has the same gradient everywhere.
        given["gradient"] = lambda x: (x @ weights.T, np.repeat(weights[None], len(x), axis=0))
    if "multilabel_probabilities" in signals:
        given["labels"] = np.eye(CLASSES, dtype=np.int64)[given["labels"]]
    if signals & {"predictions", "committee_predictions"}:
        given["targets"] = given.pop("labels").astype(np.float64)
    for name in sorted(signals - {"head", "gradient"}):
        given[name] = np.load(folder / f"{name}.npy", mmap_mode=mode)
    return given


def _table(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    found = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(found / found.sum(axis=1, keepdims=True))
