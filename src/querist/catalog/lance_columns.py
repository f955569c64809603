"""A column of vectors of any Lance table, as a memory map that strategies can read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from querist.catalog.matrices import Matrix, MatrixCache
from querist.catalog.tables import BATCH_ROWS, Table
from querist.errors import InvalidInputError

if TYPE_CHECKING:
    import pyarrow as pa


def lance_column(path: str | Path, column: str = "vector", *, cache: str | Path) -> Matrix:
    """The vectors (N, d) of a Lance table in the table's row order: a read-only memory map.

    The table is copied once into a file in ``cache``, batch by batch, and never held in memory
    whole; a changed table is copied anew. Give the result to ``querist.query``::

        vectors = lance_column("items.lance", "vector", cache="cache")
        picks = querist.query("coreset", n=100, embeddings=vectors)

    Args:
        path: The table's folder.
        column: A column of lists of one fixed length, of floats.
        cache: A folder for the copy; it may be deleted at any time.

    Raises:
        NotFoundError: there is no such table.
        InvalidInputError: there is no such column, it holds no vectors, or some are missing.
        StorageError: the table is damaged.
    """
    source = Path(path).resolve()
    dataset = Table(source).dataset()
    dimensions = _dimensions(dataset, column)
    count = dataset.count_rows()
    # A table made anew at the same place starts at version 1 again, so its time counts as well.
    newest = max(dataset.versions(), key=lambda version: version["version"])
    stamp = f"{newest['version']}-{newest['timestamp']}"
    name = hashlib.sha256(f"{source}:{column}".encode()).hexdigest()[:16]

    def fill(out: Matrix) -> None:
        start = 0
        scanner = dataset.scanner(columns=[column], batch_size=BATCH_ROWS, scan_in_order=True)
        for batch in scanner.to_batches():
            vectors = batch.column(column)
            if vectors.null_count:
                raise InvalidInputError(
                    f"Column {column!r} has rows without a vector near row {start}.",
                    remedy="Fill or delete those rows first.",
                )
            values = vectors.flatten().to_numpy(zero_copy_only=False)
            out[start : start + len(vectors)] = values.reshape(-1, dimensions)
            start += len(vectors)

    return MatrixCache(Path(cache)).get(name, stamp, (count, dimensions), fill)


def _dimensions(dataset: Any, column: str) -> int:
    schema: pa.Schema = dataset.schema
    if column not in schema.names:
        raise InvalidInputError(
            f"The table has no column {column!r}.",
            remedy=f"It has {', '.join(schema.names[:12])}.",
        )
    kind = schema.field(column).type
    length: int = getattr(kind, "list_size", 0)
    values = str(getattr(kind, "value_type", ""))
    if length < 1 or values not in ("halffloat", "float", "double"):
        raise InvalidInputError(
            f"Column {column!r} has the type {kind}.",
            remedy="Give a column of lists of one fixed length, of floats.",
        )
    return length
