"""Lance tables: durable, healed after power loss, tidy, and one writer at a time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from querist.catalog.durable import exclusive, write_atomically
from querist.catalog.tables import Table, scan
from querist.errors import NotFoundError, StorageError, UnavailableError

SCHEMA = pa.schema([pa.field("position", pa.int64(), nullable=False)])


def rows(start: int, stop: int) -> list[pa.RecordBatch]:
    """Positions from start to stop as one batch."""
    return [pa.record_batch([pa.array(range(start, stop), pa.int64())], schema=SCHEMA)]


def positions(table: Table) -> list[int]:
    """All positions of the table, sorted."""
    batches = scan(table.dataset(), ["position"])
    return sorted(value for batch in batches for value in batch.column(0).to_pylist())


def test_a_missing_table_is_said_to_be_missing(tmp_path: Path) -> None:
    """Opening a table that was never written raises NotFoundError."""
    table = Table(tmp_path / "a.lance")
    assert not table.exists()
    assert table.stamp() is None
    with pytest.raises(NotFoundError):
        table.dataset()


def test_batches_are_cut_into_8192_rows(tmp_path: Path) -> None:
    """However large the batches given, scans come in small ones, which is fast."""
    table = Table(tmp_path / "a.lance")
    with table.writing():
        table.append(SCHEMA, rows(0, 20_000))
    sizes = [batch.num_rows for batch in scan(table.dataset(), ["position"])]
    assert max(sizes) <= 8_192
    assert positions(table) == list(range(20_000))


def test_another_process_sees_new_rows_without_opening_again(tmp_path: Path) -> None:
    """A second Table on the same folder serves what the first one appended."""
    one, two = Table(tmp_path / "a.lance"), Table(tmp_path / "a.lance")
    one.append(SCHEMA, rows(0, 3))
    assert positions(two) == [0, 1, 2]
    before = two.stamp()
    one.append(SCHEMA, rows(3, 5))
    assert positions(two) == [0, 1, 2, 3, 4]
    assert two.stamp() != before
    assert two.dataset() is two.dataset()


def test_stamps_differ_between_tables_of_the_same_version(tmp_path: Path) -> None:
    """A table that was removed and made anew is never taken for the old one."""
    table = Table(tmp_path / "a.lance")
    table.append(SCHEMA, rows(0, 3))
    first = table.stamp()
    table.remove()
    assert table.stamp() is None
    table.append(SCHEMA, rows(5, 8))
    assert table.stamp() != first
    assert positions(table) == [5, 6, 7]


def test_replace_swaps_rows_and_notes(tmp_path: Path) -> None:
    """Replacing changes rows, schema and metadata at once, and the stamp."""
    table = Table(tmp_path / "a.lance")
    table.replace(SCHEMA, rows(0, 3), metadata={"classes": "x"})
    before = table.stamp()
    table.replace(SCHEMA, rows(7, 9), metadata={"classes": "ü"})
    assert positions(table) == [7, 8]
    assert table.metadata() == {"classes": "ü"}
    assert table.stamp() != before


def test_a_manifest_of_zero_bytes_is_healed(tmp_path: Path) -> None:
    """The empty manifest that a power loss leaves does not block the last whole version."""
    table = Table(tmp_path / "a.lance")
    table.append(SCHEMA, rows(0, 3))
    newest = min((tmp_path / "a.lance" / "_versions").glob("*.manifest"))
    empty = newest.with_name(f"{int(newest.stem) - 1:020d}.manifest")
    empty.touch()
    healed = Table(tmp_path / "a.lance")
    assert positions(healed) == [0, 1, 2]
    healed.append(SCHEMA, rows(3, 4))
    assert positions(Table(tmp_path / "a.lance")) == [0, 1, 2, 3]


def test_a_damaged_table_is_reported_as_such(tmp_path: Path) -> None:
    """A manifest of rubbish raises StorageError with a remedy."""
    table = Table(tmp_path / "a.lance")
    table.append(SCHEMA, rows(0, 3))
    for manifest in (tmp_path / "a.lance" / "_versions").glob("*.manifest"):
        manifest.write_bytes(b"rubbish" * 20)
    with pytest.raises(StorageError, match="backup"):
        Table(tmp_path / "a.lance").dataset()


def test_tidy_merges_fragments_and_keeps_rows(tmp_path: Path) -> None:
    """Many small commits become few files without losing or doubling a row."""
    table = Table(tmp_path / "a.lance")
    for i in range(60):
        table.append(SCHEMA, rows(10 * i, 10 * i + 10))
    assert len(table.dataset().get_fragments()) == 60
    with table.writing():
        table.tidy()
    assert len(Table(table.path).dataset().get_fragments()) == 1
    assert positions(table) == list(range(600))


def test_a_lock_is_held_by_one_and_freed_at_the_end(tmp_path: Path) -> None:
    """A second writer waits, is refused when its time is up, and gets in afterwards."""
    lock = tmp_path / ".lock"
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(lock, doing="adding"):
            inside.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert inside.wait(10)
        with (
            pytest.raises(UnavailableError, match="adding"),
            exclusive(lock, doing="adding", wait_seconds=0.05),
        ):
            pass
    finally:
        leave.set()
        holder.join()
    with exclusive(lock, doing="adding", wait_seconds=0.0):
        pass


def test_an_atomic_write_leaves_no_rest_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk refuses, the old file stays whole and no temporary file is left."""
    path = tmp_path / "a.txt"
    write_atomically(path, b"old")

    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]
