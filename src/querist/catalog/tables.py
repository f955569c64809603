"""Lance tables, opened late: durable appends in small batches, healing, and cheap versions."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from querist.catalog.durable import exclusive, sync_file, sync_folder
from querist.errors import NotFoundError, StorageError

if TYPE_CHECKING:
    import pyarrow as pa

# Measured: in batches of this many rows Lance writes three and scans four times as fast.
BATCH_ROWS = 8_192
_MANY_FRAGMENTS = 48
_MANY_VERSIONS = 24
_KEEP_VERSIONS = timedelta(hours=1)
_UID = b"querist.uid"


class Table:
    """One Lance table in a folder of its own; safe to use from many threads.

    Rows are never updated in place, and nothing here relies on the order of a scan: the tables
    carry a ``position`` column of their own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._dataset: Any = None
        self._seen: list[str] = []
        self._guard = threading.RLock()

    def exists(self) -> bool:
        """Whether the table was ever written."""
        return bool(self._manifests())

    def dataset(self) -> Any:
        """The newest version as a ``lance.LanceDataset``; the same object until it changes.

        Raises:
            NotFoundError: the table was never written.
            StorageError: it is damaged.
        """
        with self._guard:
            # Lance needs half a millisecond to say which version is the newest: while the folder
            # lists the same ones, it would say the same.
            manifests = self._manifests()
            if self._dataset is not None and manifests and manifests == self._seen:
                return self._dataset
            if not manifests:
                self._dataset = None
                raise NotFoundError(
                    f"The table {self.path.name!r} does not exist.",
                    remedy="Add assets or run the step that makes it.",
                )
            if self._dataset is None or not self._is_newest(self._dataset):
                self._dataset = self._open()
            self._seen = manifests
            return self._dataset

    def stamp(self) -> tuple[str, int] | None:
        """Who this table is and its version; equal stamps mean equal content; None if missing."""
        try:
            return stamp_of(self.dataset())
        except NotFoundError:
            return None

    def create(self, schema: pa.Schema) -> None:
        """Make the table without rows unless it exists; nobody may hold its lock meanwhile."""
        with self.writing():
            if not self.exists():
                self._write(schema, (), "create")

    def append(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Add rows; when this returns they are on the disk. Call it inside ``writing``.

        Args:
            schema: Columns and their types.
            batches: The rows, cut into pieces of 8,192 rows here.
        """
        self._write(schema, batches, "append" if self.exists() else "create")

    def replace(
        self,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        *,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Make ``batches`` the whole content; readers see the old rows or the new. In ``writing``.

        Args:
            schema: Columns and their types.
            batches: The rows.
            metadata: Kept beside the schema; read it by ``metadata``.
        """
        body = {k.encode(): v.encode() for k, v in (metadata or {}).items()}
        self._write(schema.with_metadata(body), batches, "overwrite" if self.exists() else "create")

    def metadata(self) -> dict[str, str]:
        """What ``replace`` was given beside the rows."""
        found = self.dataset().schema.metadata or {}
        return {k.decode(): v.decode() for k, v in found.items() if k != _UID}

    @contextlib.contextmanager
    def writing(self, *, wait_seconds: float = 30.0) -> Iterator[None]:
        """Be the only writer, across processes.

        Raises:
            UnavailableError: somebody else writes all that time.
        """
        lock = self.path.with_name(f".{self.path.name}.lock")
        with exclusive(lock, doing=f"writing {self.path.name}", wait_seconds=wait_seconds):
            yield

    def tidy(self) -> None:
        """Merge many small files and drop versions older than an hour. Inside ``writing``."""
        dataset = self.dataset()
        before = self._files()
        changed = False
        if len(dataset.get_fragments()) > _MANY_FRAGMENTS:
            dataset.optimize.compact_files(batch_size=BATCH_ROWS)
            changed = True
        if changed or len(dataset.versions()) > _MANY_VERSIONS:
            # Sure to touch no writer's files: we hold the lock. Readers refresh at each call.
            dataset.cleanup_old_versions(older_than=_KEEP_VERSIONS, delete_unverified=True)
        self._sync(before)

    def remove(self) -> None:
        """Delete the table; missing is fine."""
        with self._guard:
            self._dataset = None
            shutil.rmtree(self.path, ignore_errors=True)

    def _write(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch], mode: str) -> None:
        import pyarrow as pa

        body = dict(schema.metadata or {})
        body[_UID] = secrets.token_hex(8).encode()
        marked = schema if mode == "append" else schema.with_metadata(body)
        reader = pa.RecordBatchReader.from_batches(marked, _recut(batches, marked))
        before = self._files()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._guard:
            try:
                lance = _lance()
                self._dataset = lance.write_dataset(
                    reader, str(self.path), mode=mode, enable_stable_row_ids=True
                )
            except OSError as error:
                raise StorageError(
                    f"The table {str(self.path)!r} cannot be written: {error}",
                    remedy="Check that the disk has room and the folder may be written.",
                ) from error
        self._sync(before)

    def _open(self) -> Any:
        lance = _lance()
        try:
            return lance.dataset(str(self.path))
        except (OSError, ValueError) as error:
            if not self._heal():
                raise self._damaged(error) from error
        try:
            return lance.dataset(str(self.path))
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> StorageError:
        return StorageError(
            f"The table {str(self.path)!r} cannot be opened: {error}",
            remedy="Restore the folder from a backup, or remove it and run the step again.",
        )

    def _heal(self) -> bool:
        """Remove manifests of zero bytes, which a power loss leaves and which block opening."""
        healed = False
        for manifest in (self.path / "_versions").glob("*.manifest"):
            if manifest.stat().st_size == 0:
                manifest.unlink(missing_ok=True)
                healed = True
        return healed

    def _is_newest(self, dataset: Any) -> bool:
        try:
            return bool(dataset.latest_version == dataset.version)
        except (OSError, ValueError):
            return False

    def _manifests(self) -> list[str]:
        try:
            return [it for it in os.listdir(self.path / "_versions") if it.endswith(".manifest")]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def _files(self) -> set[Path]:
        return set(self.path.rglob("*")) if self.path.exists() else set()

    def _sync(self, before: set[Path]) -> None:
        """Lance never calls fsync: make the new files and every folder's names durable."""
        fresh = self._files() - before
        for path in fresh:
            if path.is_file():
                sync_file(path)
        folders = {path for path in fresh if path.is_dir()} | {path.parent for path in fresh}
        for folder in sorted(folders, reverse=True):
            sync_folder(folder)
        if not before:
            sync_folder(self.path.parent)


def stamp_of(dataset: Any) -> tuple[str, int]:
    """The table's own random name and the version of an open dataset."""
    metadata = dataset.schema.metadata or {}
    return metadata.get(_UID, b"none").decode(), int(dataset.version)


def scan(dataset: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """All rows of some columns in batches of 8,192; the order means nothing."""
    batches: Iterator[pa.RecordBatch] = dataset.to_batches(
        columns=list(columns), batch_size=BATCH_ROWS
    )
    return batches


def _recut(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            piece = batch.slice(start, BATCH_ROWS)
            yield piece.replace_schema_metadata(schema.metadata)


def _lance() -> Any:
    # Lance logs "No existing dataset …" to stderr when it makes a table; read at its import.
    os.environ.setdefault("LANCE_LOG", "error")
    import lance

    return lance
