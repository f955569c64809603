"""Facts about pools that lie in a Lance table."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

import querist
from querist.catalog import lance_column
from querist.errors import InvalidInputError, NotFoundError

RNG = np.random.default_rng(0)
SINGLE = pa.float32()
ROWS = RNG.normal(size=(20_000, 6)).astype(np.float32)


def _write(path: Path, rows: np.ndarray, kind: pa.DataType = SINGLE, **options: str) -> None:
    values = pa.array(rows.reshape(-1).astype(kind.to_pandas_dtype()), type=kind)
    vectors = pa.FixedSizeListArray.from_arrays(values, rows.shape[1])
    table = pa.table({"id": np.arange(len(rows)), "vector": vectors})
    lance.write_dataset(table, str(path), max_rows_per_file=7_000, **options)


def test_a_query_over_a_lance_column_picks_what_it_picks_from_arrays(tmp_path: Path) -> None:
    """The rows come in the table's order, as a map of a file, and the picks are the same."""
    _write(tmp_path / "items.lance", ROWS)
    vectors = lance_column(tmp_path / "items.lance", cache=tmp_path / "cache")
    assert isinstance(vectors, np.memmap)
    assert np.array_equal(vectors, ROWS)
    options = {"n": 12, "labeled": [3, 5], "labels": [0, 1], "random_state": 1}
    for strategy in ("coreset", "auto"):
        mapped = querist.query(strategy, embeddings=vectors, **options)
        held = querist.query(strategy, embeddings=ROWS, **options)
        assert mapped.indices.tolist() == held.indices.tolist()


def test_the_copy_is_made_once_and_anew_when_the_table_changes(tmp_path: Path) -> None:
    """A second call maps the same file; appended rows and a table made anew are seen."""
    source, cache = tmp_path / "items.lance", tmp_path / "cache"
    _write(source, ROWS[:100])
    lance_column(source, cache=cache)
    (copy,) = cache.glob("*.npy")
    before = copy.stat().st_mtime_ns
    lance_column(source, cache=cache)
    assert copy.stat().st_mtime_ns == before
    _write(source, ROWS[100:150], mode="append")
    assert np.array_equal(lance_column(source, cache=cache), ROWS[:150])
    _write(source, ROWS[:150] + 1, mode="overwrite")
    assert np.array_equal(lance_column(source, cache=cache), ROWS[:150] + 1)
    assert len(list(cache.glob("*.npy"))) == 1


@pytest.mark.parametrize("kind", [pa.float16(), pa.float64()])
def test_other_floats_become_float32(tmp_path: Path, kind: pa.DataType) -> None:
    """Half and double precision are converted on the way."""
    _write(tmp_path / "items.lance", ROWS[:10], kind)
    found = lance_column(tmp_path / "items.lance", cache=tmp_path)
    assert found.dtype == np.float32
    assert np.allclose(found, ROWS[:10], atol=2e-3)


def test_what_is_no_column_of_vectors_is_refused(tmp_path: Path) -> None:
    """A missing table, a missing column, a column of numbers and gaps are each named."""
    source = tmp_path / "items.lance"
    with pytest.raises(NotFoundError, match=r"items\.lance"):
        lance_column(source, cache=tmp_path)
    vectors = pa.array([[1.0, 2.0], None], type=pa.list_(pa.float32(), 2))
    lance.write_dataset(pa.table({"id": [0, 1], "vector": vectors}), str(source))
    with pytest.raises(InvalidInputError, match="'embedding'"):
        lance_column(source, "embedding", cache=tmp_path)
    with pytest.raises(InvalidInputError, match="int64"):
        lance_column(source, "id", cache=tmp_path)
    with pytest.raises(InvalidInputError, match="without a vector"):
        lance_column(source, cache=tmp_path)
