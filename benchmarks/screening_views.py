"""What the screening benchmark sees of a review: words, sentence vectors and the answers."""

from __future__ import annotations

import csv
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.many_runs import KEPT
from querist.learners import Item, create_encoder
from querist.schema import Media
from querist.strategies.geometry import unit_rows

# Words of a piece of an abstract: about the 256 word pieces that the encoder reads at most.
PIECE = 150

Codes = NDArray[np.int64]
Vectors = NDArray[np.float32]


@lru_cache(maxsize=1)
def words(file: str, *, damped: bool) -> Any:
    """TF-IDF (N, V) of title and abstract, sparse; with damped counts, or as ASReview makes it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = (
        TfidfVectorizer(sublinear_tf=True, strip_accents="unicode", min_df=2, max_df=0.95)
        if damped
        else TfidfVectorizer(stop_words="english")
    )
    texts = [f"{record['title']} {record['abstract']}" for record in _records(file)]
    return made.fit_transform(texts).tocsr()


@lru_cache(maxsize=1)
def answers(file: str) -> Codes:
    """1 for the relevant records (N,), 0 for the others."""
    records = _records(file)
    name = next(name for name in ("included", "label_included") if name in records[0])
    return np.array([int(float(record[name])) for record in records], dtype=np.int64)


@lru_cache(maxsize=1)
def sentences(file: str) -> Vectors:
    """Vectors (N, 384) of length 1 around their mean, title and abstract of the same weight.

    MiniLM reads the title and each piece of the abstract; minutes, so they are kept by content.
    """
    records = _records(file)
    told = hashlib.sha256(repr([(r["title"], r["abstract"]) for r in records]).encode())
    kept = KEPT / f"screening-vectors-{told.hexdigest()[:10]}.npy"
    if not kept.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        np.save(kept, _encoded(records))
    vectors = np.load(kept, allow_pickle=False)
    return unit_rows(vectors - vectors.mean(axis=0))


@lru_cache(maxsize=1)
def words_and_meaning(file: str) -> Any:
    """Damped words and sentence vectors side by side (N, V + 384), sparse, both of length 1."""
    from scipy import sparse

    meaning = sparse.csr_matrix(sentences(file))
    return sparse.hstack([words(file, damped=True), meaning]).tocsr()


def _encoded(records: list[dict[str, str]]) -> Vectors:
    texts = [record["title"] for record in records]
    owners = [*range(len(records))]
    for at, record in enumerate(records):
        said = record["abstract"].split()
        for start in range(0, len(said), PIECE):
            texts.append(" ".join(said[start : start + PIECE]))
            owners.append(at)
    encoder = create_encoder("minilm")
    read = encoder.encode([Item(media=Media.TEXT, text=text) for text in texts])
    titles, bodies = read[: len(records)], np.zeros((len(records), read.shape[1]), np.float32)
    np.add.at(bodies, owners[len(records) :], read[len(records) :])
    return unit_rows(titles + unit_rows(bodies))


def _records(file: str) -> list[dict[str, str]]:
    if not Path(file).is_file():
        raise SystemExit(f"No data: {file} is missing. Give the folder with --data.")
    with open(file, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
