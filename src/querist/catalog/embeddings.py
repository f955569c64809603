"""Embeddings: one Lance table an encoder identity, served as a kept memory map in catalog order."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.catalog.assets import Assets
from querist.catalog.folder_names import check_folder_name
from querist.catalog.matrices import Matrix, MatrixCache
from querist.catalog.tables import BATCH_ROWS, Table, scan, stamp_of
from querist.errors import InvalidInputError, NotFoundError
from querist.learners.base import EncoderIdentity

if TYPE_CHECKING:
    import pyarrow as pa

_NORM_ROWS = 65_536


class Embeddings:
    """Vectors of assets, by encoder key.

    Rows carry the asset's catalog position, which never changes; the table's own row order, which
    may, is never used.
    """

    def __init__(self, folder: Path, assets: Assets, cache: Path) -> None:
        self._folder = folder
        self._assets = assets
        self._matrices = MatrixCache(cache)
        self._tables: dict[str, Table] = {}
        self._norms: dict[str, tuple[int, NDArray[np.float32]]] = {}
        self._placed: dict[str, tuple[tuple[str, int], NDArray[np.int64]]] = {}
        self._guard = threading.RLock()

    def keys(self) -> tuple[str, ...]:
        """The encoder keys that have vectors, sorted."""
        if not self._folder.exists():
            return ()
        found = (path.stem for path in self._folder.glob("*.lance"))
        return tuple(sorted(key for key in found if self._table(key).exists()))

    def missing(self, key: str) -> list[str]:
        """Ids of the assets without a vector of encoder ``key``, in catalog order."""
        ids = self._assets.ids()
        there = self._positions(key)
        absent = np.ones(len(ids), dtype=bool)
        absent[there[there < len(ids)]] = False
        return [ids[i] for i in np.flatnonzero(absent).tolist()]

    def put(self, identity: EncoderIdentity, ids: Sequence[str], vectors: ArrayLike) -> None:
        """Store vectors; an asset that has one of this encoder already keeps it.

        An encoder's identity names everything its vectors depend on, so a second vector of the same
        identity is the same one; this makes an interrupted embedding simple to resume.

        Args:
            identity: The encoder that made them.
            ids: n assets, each once.
            vectors: (n, d) finite numbers, stored as float32.

        Raises:
            InvalidInputError: shapes disagree, an id comes twice, or a vector is not finite.
            NotFoundError: an id is not in the catalog.
        """
        key = check_folder_name("encoder key", identity.key)
        matrix = _checked(ids, vectors, identity)
        positions = self._assets.positions(ids)
        if len(np.unique(positions)) != len(positions):
            raise InvalidInputError(
                f"The vectors for {key!r} name an asset twice.", remedy="Give each asset once."
            )
        table = self._table(key)
        with table.writing():
            fresh = ~np.isin(positions, self._positions(key))
            if not fresh.any():
                return
            schema = _schema(identity.dimensions)
            chosen = np.flatnonzero(fresh)
            table.append(schema, _batches(schema, ids, positions, matrix, chosen))
            table.tidy()
        if len(self._positions(key)) == self._assets.count():
            self.matrix(key)  # the last vector is there: make the map now, not when people wait

    def matrix(self, key: str) -> Matrix:
        """The vectors (N, d) of all assets in catalog order: a read-only, kept memory map.

        Raises:
            NotFoundError: an asset has no vector; ``querist embed`` makes the missing ones.
        """
        return self._matrix(key)[1]

    def nearest(
        self, key: str, position: int, k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The ``k`` assets most like the one at ``position``, which is left out itself.

        Args:
            key: The encoder's key.
            position: Catalog position of the asset, 0 to N - 1.
            k: How many; fewer come when the catalog is smaller.

        Returns:
            Catalog positions (k,) and cosine distances (k,) from 0, the same direction, to 2;
            nearest first, ties in catalog order.
        """
        matrix = self.matrix(key)
        if not 0 <= position < len(matrix):
            raise InvalidInputError(
                f"The position {position} is outside the catalog of {len(matrix)} assets.",
                remedy="Give a position from 0 to the number of assets less one.",
            )
        norms = self._norms_of(key, matrix)
        scale = norms * norms[position]
        dots = matrix @ matrix[position]
        # A vector of zeros points nowhere: distance 1 to everything.
        near = np.divide(dots, scale, out=np.zeros_like(dots), where=scale > 0)
        distances = np.clip(1.0 - near, 0.0, 2.0).astype(np.float32)
        distances[position] = np.inf
        k = max(0, min(k, len(matrix) - 1))
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        # All that are as near as the k-th, so that ties fall in catalog order.
        reach = np.partition(distances, k - 1)[k - 1]
        close = np.flatnonzero(distances <= reach)
        order = close[np.argsort(distances[close], kind="stable")][:k]
        return order.astype(np.int64), distances[order]

    def fits(self, name: str) -> tuple[int, ...]:
        """How many assets there were at each fit of an encoder, ascending; the last is in use."""
        check_folder_name("encoder", name)
        rests = (path.name.removeprefix(name) for path in self._folder.glob(f"{name}.*state"))
        told = (re.fullmatch(r"\.(?:([1-9][0-9]*)\.)?state", rest) for rest in rests)
        return tuple(sorted(int(it[1] or 0) for it in told if it))

    def state_folder(self, name: str, assets: int) -> Path:
        """Where the state of an encoder's fit lives; the folder itself may not exist yet.

        Args:
            name: The encoder's name.
            assets: How many there were at the fit; 0 where nobody has kept the number.
        """
        count = f".{assets}" if assets else ""
        return self._folder / f"{check_folder_name('encoder', name)}{count}.state"

    def close(self) -> None:
        """Let go of the memory maps."""
        self._matrices.close()
        self._norms.clear()

    def _matrix(self, key: str) -> tuple[str, Matrix]:
        check_folder_name("encoder key", key)
        table = self._table(key)
        count = self._assets.count()
        try:
            dataset = table.dataset()
        except NotFoundError:
            raise _no_vectors(key, count, count) from None
        uid, version = stamp_of(dataset)
        stamp = f"{uid}-{version}-{count}"
        held = self._matrices.held(key, stamp)
        if held is not None:
            return stamp, held
        there = self._positions(key)
        absent = count - int((there < count).sum())
        if absent:
            raise _no_vectors(key, absent, count)
        dimensions = dataset.schema.field("vector").type.list_size

        def fill(out: Matrix) -> None:
            for batch in scan(dataset, ["position", "vector"]):
                rows = batch.column("position").to_numpy(zero_copy_only=False)
                values = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
                inside = rows < count
                out[rows[inside]] = values.reshape(-1, dimensions)[inside]

        return stamp, self._matrices.get(key, stamp, (count, dimensions), fill)

    def _positions(self, key: str) -> NDArray[np.int64]:
        """Catalog positions that have a vector, unordered, each once."""
        table = self._table(check_folder_name("encoder key", key))
        stamp = table.stamp()
        if stamp is None:
            return np.empty(0, np.int64)
        held = self._placed.get(key)
        if held is not None and held[0] == stamp:
            return held[1]
        dataset = table.dataset()
        parts = [
            batch.column("position").to_numpy(zero_copy_only=False)
            for batch in scan(dataset, ["position"])
        ]
        found = np.concatenate(parts) if parts else np.empty(0, np.int64)
        self._placed[key] = (stamp_of(dataset), found)
        return found

    def _norms_of(self, key: str, matrix: Matrix) -> NDArray[np.float32]:
        with self._guard:
            held = self._norms.get(key)
            if held is not None and held[0] == id(matrix):
                return held[1]
            norms = np.empty(len(matrix), dtype=np.float32)
            for start in range(0, len(matrix), _NORM_ROWS):
                rows = slice(start, start + _NORM_ROWS)
                norms[rows] = np.linalg.norm(matrix[rows], axis=1)
            self._norms[key] = (id(matrix), norms)
            return norms

    def _table(self, key: str) -> Table:
        with self._guard:
            if key not in self._tables:
                self._tables[key] = Table(self._folder / f"{key}.lance")
            return self._tables[key]


def _checked(ids: Sequence[str], vectors: ArrayLike, identity: EncoderIdentity) -> Matrix:
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    if matrix.shape != (len(ids), identity.dimensions):
        raise InvalidInputError(
            f"The vectors have shape {matrix.shape} for {len(ids)} ids and "
            f"{identity.dimensions} dimensions.",
            remedy=f"Give an array of shape ({len(ids)}, {identity.dimensions}).",
        )
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        raise InvalidInputError(
            f"The vector of asset {ids[int(bad[0])]!r} holds NaN or infinity "
            f"({len(bad)} such vectors).",
            remedy="Correct the encoder; nothing was stored.",
        )
    return matrix


def _schema(dimensions: int) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("position", pa.int64(), nullable=False),
            pa.field("id", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float32(), dimensions), nullable=False),
        ]
    )


def _batches(
    schema: pa.Schema,
    ids: Sequence[str],
    positions: NDArray[np.int64],
    matrix: Matrix,
    chosen: NDArray[np.int64],
) -> Iterator[Any]:
    import pyarrow as pa

    for start in range(0, len(chosen), BATCH_ROWS):
        rows = chosen[start : start + BATCH_ROWS]
        values = pa.array(matrix[rows].reshape(-1), type=pa.float32())
        yield pa.record_batch(
            [
                pa.array(positions[rows]),
                pa.array([ids[i] for i in rows.tolist()]),
                pa.FixedSizeListArray.from_arrays(values, matrix.shape[1]),
            ],
            schema=schema,
        )


def _no_vectors(key: str, absent: int, count: int) -> NotFoundError:
    return NotFoundError(
        f"{absent:,} of {count:,} assets have no vector of encoder {key!r}.",
        remedy="Run: querist embed",
        key=key,
        missing=absent,
    )
