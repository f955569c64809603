"""Facts about reading labelled data for a simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from querist.errors import InvalidInputError, NotFoundError, StorageError
from querist.experiments import (
    SimulationSettings,
    from_table,
    labeled_data,
    load_data,
    run_simulation,
)

X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.arange(20) % 2


def test_an_npz_file_gives_its_arrays_and_its_split(tmp_path: Path) -> None:
    """X, y and split come back; a one marks a test row."""
    split = (np.arange(20) >= 15).astype(int)
    np.savez(tmp_path / "d.npz", X=X, y=Y, split=split)
    data = load_data(tmp_path / "d.npz")
    assert np.allclose(data.X, X)
    assert np.array_equal(data.y, Y)
    assert data.test is not None
    assert data.test.sum() == 5
    assert data.class_names == ("0", "1")


def test_a_folder_of_arrays_is_read_as_a_memory_map(tmp_path: Path) -> None:
    """float32 rows stay on disk, and a simulation over them finds what one in memory does."""
    split = (np.arange(60) >= 45).astype(int)
    y = np.arange(60) % 3
    rows = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32) + np.eye(4)[y]
    rows = rows.astype(np.float32)
    for name, array in {"X": rows, "y": y, "split": split}.items():
        np.save(tmp_path / f"{name}.npy", array)
    data = load_data(tmp_path)
    assert isinstance(data.X.base, np.memmap)
    inside = labeled_data(rows, y, split=split)
    assert data.digest == inside.digest
    settings = SimulationSettings(strategies=("margin",), batch_size=6, rounds=3, seeds=1)
    mapped, held = (run_simulation(one, settings)["runs"] for one in (data, inside))
    assert [found["accuracy"] for found in mapped] == [found["accuracy"] for found in held]


@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i4", "u1", "?"])
def test_numbers_of_any_type_become_float32(kind: str) -> None:
    """Half precision, whole numbers and truth values are taken; float32 is not copied."""
    rows = (np.arange(60).reshape(20, 3) % 7).astype(kind)
    data = labeled_data(rows, Y)
    assert data.X.dtype == np.float32
    assert np.array_equal(data.X, rows.astype(np.float32))
    assert np.shares_memory(data.X, rows) == (kind == "f4")


def test_a_constant_column_is_no_width() -> None:
    """What rounding leaves of it is not blown up when the columns are standardised."""
    rows = np.column_stack([X * [1, 1, 100], np.full(20, 0.1)])
    data = labeled_data(rows, Y)
    assert data.standardized
    assert np.abs(data.X[:, 3]).max() < 1e-6


def test_class_names_are_kept_in_sorted_order() -> None:
    """Texts become positions in the sorted names; whole floats become whole numbers."""
    data = labeled_data(X, np.where(Y, "boot", "bag"))
    assert data.class_names == ("bag", "boot")
    assert np.array_equal(data.y, Y)
    assert labeled_data(X, Y.astype(float)).class_names == ("0", "1")
    assert labeled_data(X, (Y + 9) * 1).class_names == ("9", "10")


def test_columns_of_very_different_width_are_standardized() -> None:
    """A column a hundred times wider would hide the others; even columns stay as they are."""
    data = labeled_data(X * [1, 1, 100], Y)
    assert data.standardized
    assert np.allclose(data.X.std(axis=0), 1, atol=1e-5)
    assert not labeled_data(X, Y).standardized


def test_the_digest_tells_data_apart() -> None:
    """The same arrays have the same digest; another label, value or split another one."""
    base = labeled_data(X, Y)
    assert base.digest == labeled_data(X.copy(), Y, name="other").digest
    changed = X.copy()
    changed[0, 0] += 1
    others = [
        labeled_data(changed, Y),
        labeled_data(X, 1 - Y),
        labeled_data(X, Y, split=Y),
    ]
    assert len({base.digest, *(other.digest for other in others)}) == 4


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_of_numbers_is_used_as_it_is(tmp_path: Path, kind: str) -> None:
    """The id is left out, split is read, and the label column is found by its name."""
    frame = pl.DataFrame(
        {
            "id": [f"row-{i}" for i in range(20)],
            "a": X[:, 0],
            "b": X[:, 1],
            "label": np.where(Y, "boot", "bag"),
            "split": ["test" if i > 14 else "train" for i in range(20)],
        }
    )
    path = tmp_path / f"d.{kind}"
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    data = load_data(path)
    assert data.X.shape == (20, 2)
    assert np.allclose(data.X[:, 0], X[:, 0])
    assert data.class_names == ("bag", "boot")
    assert data.test is not None
    assert data.test.sum() == 5


def test_texts_go_through_the_packaged_encoder() -> None:
    """A text column becomes finite vectors that tell the texts apart."""
    texts = ["the boot is brown and warm", "the bag is small and blue"] * 10
    data = from_table({"text": texts, "label": ["boot", "bag"] * 10})
    assert len(data.X) == 20
    assert not np.allclose(data.X[0], data.X[1])


def test_a_table_with_words_and_gaps_goes_through_the_packaged_encoder() -> None:
    """Categories and missing numbers become finite vectors."""
    data = from_table(
        {
            "size": ["40", "", "42", "38"] * 5,
            "color": ["brown", "blue", "blue", "red"] * 5,
            "label": ["boot", "bag"] * 10,
        }
    )
    assert np.isfinite(data.X).all()
    assert len(data.X) == 20


def test_another_label_column_can_be_named() -> None:
    """A column named by the user is the label, whatever else is there."""
    table = {"a": [1.0, 2.0], "label": [0, 0], "kind": ["x", "y"]}
    assert from_table(table, label_column="kind").class_names == ("x", "y")
    with pytest.raises(InvalidInputError, match="'nothing'"):
        from_table(table, label_column="nothing")


@pytest.mark.parametrize(
    ("rows", "classes", "split", "message"),
    [
        (X, Y[:-1], None, "20 rows"),
        (X[:, 0], Y, None, "shape"),
        (np.full((20, 2), np.nan), Y, None, "Row 0"),
        (np.full((20, 2), "a"), Y, None, "no number"),
        (X, np.zeros(20), None, "only one class"),
        (X, np.where(Y, np.nan, 1.0), None, "NaN"),
        (X, X[:, 0], None, "measured value"),
        (X * 1e39, Y, None, "Row 0"),
        (X, np.array(["", "a"] * 10), None, "no label"),
        (X, np.array([None, "a"] * 10), None, "no label: 10 of 20, the first at place 0"),
        (X, Y, Y[:-1], "split"),
        (X, Y, Y + 1, "split"),
        (X, Y, np.zeros(20), "no test rows"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    rows: np.ndarray, classes: np.ndarray, split: np.ndarray | None, message: str
) -> None:
    """Shapes, gaps, single classes and impossible splits are each named."""
    with pytest.raises(InvalidInputError, match=message):
        labeled_data(rows, classes, split=split)


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("d.npz", b"no zip", StorageError, r"cannot be read: it is no \.npz archive\. Write it"),
        ("d.csv", b"", InvalidInputError, "no rows"),
        ("d.csv", b"a,label\n", InvalidInputError, "no rows"),
        ("d.csv", b"a,label\n1,x\n2\n", InvalidInputError, "Row 3"),
        ("d.csv", b"a,label\n\xff\xfe,x\n", StorageError, "cannot be read"),
        ("d.csv", b"label\nx\ny\n", InvalidInputError, "no column besides"),
        ("d.csv", b"a,b\n1,2\n", InvalidInputError, "no label column called label or y .* a, b"),
        (
            "d.csv",
            b"a;label\n1;2\n",
            InvalidInputError,
            "one column, 'a;label'. Write it with commas",
        ),
        ("d.parquet", b"no parquet", StorageError, "cannot be read"),
        ("d.xlsx", b"", InvalidInputError, r"\.xlsx"),
    ],
)
def test_files_that_cannot_be_used_are_refused(
    tmp_path: Path, name: str, content: bytes, error: type[Exception], message: str
) -> None:
    """Damaged, empty, ragged and unknown files are each named."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match=message):
        load_data(path)


def test_an_npz_file_without_y_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    """The error lists what the file holds, or names the path."""
    np.savez(tmp_path / "d.npz", X=X, labels=Y)
    with pytest.raises(InvalidInputError, match="no y"):
        load_data(tmp_path / "d.npz")
    with pytest.raises(NotFoundError, match=r"gone\.npz"):
        load_data(tmp_path / "gone.npz")


def test_a_label_column_belongs_to_a_table(tmp_path: Path) -> None:
    """Arrays have their classes in y, so a column's name is a mistake; a lone array as well."""
    np.savez(tmp_path / "d.npz", X=X, y=Y)
    with pytest.raises(InvalidInputError, match="no table"):
        load_data(tmp_path / "d.npz", label_column="kind")
    np.save(tmp_path / "X.npy", X)
    with pytest.raises(InvalidInputError, match=r"\.npy") as caught:
        load_data(tmp_path / "X.npy")
    assert "folder" in caught.value.remedy
    with pytest.raises(InvalidInputError, match="no y"):
        load_data(tmp_path)


def test_objects_in_an_npz_file_are_never_unpickled(tmp_path: Path) -> None:
    """A file that would need pickle is refused."""
    np.savez(tmp_path / "d.npz", X=X, y=np.array([{}] * 20, dtype=object))
    with pytest.raises(StorageError, match="cannot be read"):
        load_data(tmp_path / "d.npz")
