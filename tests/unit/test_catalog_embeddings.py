"""Embeddings and predictions: aligned with the catalog, finite, mapped once and kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import lance
import numpy as np
import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.matrices import MatrixCache
from querist.errors import InvalidInputError, NotFoundError
from querist.learners.base import EncoderIdentity
from querist.schema import Candidate

ENCODER = EncoderIdentity(name="toy", version="1", preprocessing="none", dimensions=3)
KEY = ENCODER.key


def add(catalog: Catalog, start: int, stop: int) -> list[str]:
    """Add texts numbered from start to stop; returns their ids."""
    ids = [f"t{i}" for i in range(start, stop)]
    catalog.assets.ingest(Candidate(id=key, text=f"text {key}") for key in ids)
    return ids


def vectors_of(ids: list[str]) -> np.ndarray:
    """A vector that tells the id it belongs to."""
    numbers = np.array([int(key[1:]) for key in ids], dtype=np.float32)
    return np.stack([numbers, numbers**2, np.ones_like(numbers)], axis=1)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalog with ten texts."""
    made = Catalog.create(tmp_path / "p", Settings.of(name="p", media="text", classes=["a", "b"]))
    add(made, 0, 10)
    yield made
    made.close()


def maps(catalog: Catalog, kind: str) -> list[Path]:
    """The map files on the disk."""
    return sorted((catalog.folder / "cache" / kind).glob("*"))


def test_vectors_come_back_in_catalog_order(catalog: Catalog) -> None:
    """However they were stored, row i is the vector of asset i; missing names the rest."""
    ids = catalog.assets.ids()
    assert catalog.embeddings.missing(KEY) == ids
    catalog.embeddings.put(ENCODER, ids[7:3:-1], vectors_of(ids[7:3:-1]))
    assert catalog.embeddings.missing(KEY) == ids[:4] + ids[8:]
    with pytest.raises(NotFoundError, match=r"6 of 10.*querist embed"):
        catalog.embeddings.matrix(KEY)
    rest = catalog.embeddings.missing(KEY)
    catalog.embeddings.put(ENCODER, rest, vectors_of(rest))
    assert np.array_equal(catalog.embeddings.matrix(KEY), vectors_of(ids))
    assert catalog.embeddings.keys() == (KEY,)


def test_the_map_is_kept_open_and_follows_the_catalog(catalog: Catalog) -> None:
    """The same object is served until assets join; then one new map file replaces the old."""
    ids = catalog.assets.ids()
    catalog.embeddings.put(ENCODER, ids, vectors_of(ids))
    first = catalog.embeddings.matrix(KEY)
    assert catalog.embeddings.matrix(KEY) is first
    assert not first.flags.writeable
    fresh = add(catalog, 10, 13)
    with pytest.raises(NotFoundError, match="3 of 13"):
        catalog.embeddings.matrix(KEY)
    catalog.embeddings.put(ENCODER, fresh, vectors_of(fresh))
    assert catalog.embeddings.matrix(KEY).shape == (13, 3)
    assert np.array_equal(first, vectors_of(ids))
    assert len(maps(catalog, "embeddings")) == 1


def test_another_process_uses_the_same_map_and_a_lost_cache_is_rebuilt(catalog: Catalog) -> None:
    """The cache may be deleted or damaged at any time: the matrix is made again."""
    ids = catalog.assets.ids()
    catalog.embeddings.put(ENCODER, ids, vectors_of(ids))
    catalog.embeddings.matrix(KEY)
    (path,) = maps(catalog, "embeddings")
    written = path.stat().st_mtime_ns
    other = Catalog.open(catalog.folder)
    assert np.array_equal(other.embeddings.matrix(KEY), vectors_of(ids))
    assert path.stat().st_mtime_ns == written
    path.write_bytes(path.read_bytes()[:40])
    other.close()
    third = Catalog.open(catalog.folder)
    assert np.array_equal(third.embeddings.matrix(KEY), vectors_of(ids))
    third.close()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_refused_whole(catalog: Catalog, bad: float) -> None:
    """One NaN refuses the whole call and names its asset; nothing is stored."""
    ids = catalog.assets.ids()
    vectors = vectors_of(ids)
    vectors[4, 1] = bad
    with pytest.raises(InvalidInputError, match="'t4'"):
        catalog.embeddings.put(ENCODER, ids, vectors)
    assert catalog.embeddings.missing(KEY) == ids


def test_wrong_shapes_ids_and_keys_are_refused(catalog: Catalog) -> None:
    """Shapes that disagree, ids twice or unknown, and names that leave the folder."""
    ids = catalog.assets.ids()
    with pytest.raises(InvalidInputError, match="shape"):
        catalog.embeddings.put(ENCODER, ids, vectors_of(ids)[:, :2])
    with pytest.raises(InvalidInputError, match="twice"):
        catalog.embeddings.put(ENCODER, ["t1", "t1"], vectors_of(["t1", "t1"]))
    with pytest.raises(NotFoundError, match="'no'"):
        catalog.embeddings.put(ENCODER, ["no"], np.zeros((1, 3)))
    with pytest.raises(InvalidInputError, match="cannot name a folder"):
        catalog.embeddings.matrix("../secret")
    with pytest.raises(InvalidInputError, match="cannot name a folder"):
        catalog.predictions.probabilities("a/b")
    with pytest.raises(InvalidInputError, match="cannot name a folder"):
        catalog.embeddings.state_folder("..", 1)
    sly = dataclasses.replace(ENCODER, name="../x")
    with pytest.raises(InvalidInputError, match="cannot name a folder"):
        catalog.embeddings.put(sly, ids, vectors_of(ids))


def test_a_vector_stored_twice_is_kept_once(catalog: Catalog) -> None:
    """Repeating a call after an interruption changes nothing."""
    ids = catalog.assets.ids()
    catalog.embeddings.put(ENCODER, ids[:6], vectors_of(ids[:6]))
    catalog.embeddings.put(ENCODER, ids, vectors_of(ids))
    assert np.array_equal(catalog.embeddings.matrix(KEY), vectors_of(ids))


def test_nearest_agrees_with_brute_force(tmp_path: Path) -> None:
    """Cosine neighbours, nearest first, without the asset itself; zero vectors are far away."""
    catalog = Catalog.create(tmp_path / "n", Settings.of(name="n", media="text"))
    ids = add(catalog, 0, 200)
    vectors = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    vectors[7] = 0
    vectors[9] = vectors[8] * 5
    catalog.embeddings.put(ENCODER, ids, vectors)
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    expected = 1 - units @ units[8]
    positions, distances = catalog.embeddings.nearest(KEY, 8, 5)
    assert positions[0] == 9
    assert 8 not in positions
    assert np.allclose(distances, np.sort(np.delete(expected, 8))[:5], atol=1e-5)
    assert np.array_equal(catalog.embeddings.nearest(KEY, 7, 3)[0], [0, 1, 2])
    assert len(catalog.embeddings.nearest(KEY, 0, 10_000)[0]) == 199
    with pytest.raises(InvalidInputError, match="200"):
        catalog.embeddings.nearest(KEY, 200, 1)
    catalog.close()


def test_predictions_keep_their_length_and_can_be_replaced(catalog: Catalog) -> None:
    """A model's rows are as many as when it predicted; predicting again replaces them."""
    table = np.random.default_rng(0).dirichlet([1, 1, 1], size=10).astype(np.float32)
    catalog.predictions.put("model-1", ("a", "b", "c"), table)
    add(catalog, 10, 12)
    first = catalog.predictions.probabilities("model-1")
    assert np.array_equal(first, table)
    assert catalog.predictions.probabilities("model-1") is first
    longer = np.random.default_rng(1).dirichlet([1, 1], size=12).astype(np.float32)
    catalog.predictions.put("model-1", ("a", "ü"), longer)
    assert np.array_equal(catalog.predictions.probabilities("model-1"), longer)
    assert catalog.predictions.classes("model-1") == ("a", "ü")
    assert len(maps(catalog, "predictions")) == 1
    with pytest.raises(NotFoundError, match="querist train"):
        catalog.predictions.probabilities("model-2")


def test_few_rows_of_a_model_are_read_without_its_map(catalog: Catalog) -> None:
    """In any order, more than once, however the table lies; many rows come from the map."""
    add(catalog, 10, 100)
    table = np.random.default_rng(2).dirichlet([1, 1, 1], size=90).astype(np.float32)
    catalog.predictions.put("m", ("a", "b", "c"), table)
    assert catalog.predictions.count("m") == 90
    for positions in ([7, 3, 89, 7], [], [0]):
        found = catalog.predictions.probabilities_at("m", positions)
        assert np.array_equal(found, table[positions].reshape(-1, 3))
    assert maps(catalog, "predictions") == []

    path = catalog.folder / "predictions" / "m.lance"
    turned = lance.dataset(path).to_table()
    lance.write_dataset(turned.take(np.arange(90)[::-1]), path, mode="overwrite")
    assert np.array_equal(catalog.predictions.probabilities_at("m", [5, 2]), table[[5, 2]])

    many = np.arange(90)[::-1]
    assert np.array_equal(catalog.predictions.probabilities_at("m", many), table[many])
    assert len(maps(catalog, "predictions")) == 1
    with pytest.raises(NotFoundError, match="querist train"):
        catalog.predictions.probabilities_at("other", [0])
    with pytest.raises(NotFoundError, match="querist train"):
        catalog.predictions.count("other")


def test_summary_holds_the_best_class_its_probability_and_margin(catalog: Catalog) -> None:
    """Top class, confidence and margin follow from the probabilities."""
    catalog.predictions.put("m", ("a", "b", "c"), [[0.2, 0.5, 0.3], [0.6, 0.4, 0.0]])
    summary = catalog.predictions.summary("m")
    assert summary.top.tolist() == [1, 0]
    assert np.allclose(summary.confidence, [0.5, 0.6])
    assert np.allclose(summary.margin, [0.2, 0.2])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[0.5, 0.6]], "Row 0"),
        ([[1.0, 0.0], [np.nan, 1.0]], "Row 1"),
        ([[1.5, -0.5]], "Row 0"),
        ([[0.5, 0.3, 0.2]], "shape"),
        ([0.5, 0.5], "shape"),
        (np.full((11, 2), 0.5), "11 assets.*has 10"),
    ],
)
def test_tables_that_are_no_probabilities_are_refused(
    catalog: Catalog, table: object, words: str
) -> None:
    """Rows that do not sum to one, hold NaN, or are too many are refused."""
    with pytest.raises(InvalidInputError, match=words):
        catalog.predictions.put("m", ("a", "b"), table)  # type: ignore[arg-type]


def test_a_matrix_has_its_room_on_the_disk_before_it_is_filled(tmp_path: Path) -> None:
    """A sparse file on a full disk would end the process without a word; a failure leaves none."""
    rows, width = 10_000, 16

    def fill(_: object) -> None:
        (made,) = tmp_path.iterdir()
        assert made.stat().st_blocks * 512 >= 4 * rows * width
        raise InvalidInputError("It cannot be filled.", remedy="Try again.")

    with pytest.raises(InvalidInputError):
        MatrixCache(tmp_path).get("m", "1", (rows, width), fill)
    assert list(tmp_path.iterdir()) == []
