"""Assets: what the catalog holds, by the user's own ids, in the order of adding."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.asset_index import AssetIndex
from querist.catalog.asset_rows import ASSET_COLUMNS, asset_of, schema
from querist.catalog.ingest import ingest
from querist.catalog.roots import Roots
from querist.catalog.tables import Table
from querist.catalog.thumbnails import sniff
from querist.engine.base import Progress, silent
from querist.errors import NotFoundError, UnknownNameError
from querist.learners.base import Item
from querist.schema import AddReport, Asset, Bounds, Candidate, Media

_READERS = 4
# Some ten megabytes.
_BOUNDS_KEPT = 50_000
_BOUNDS_READ = 10_000


class Assets:
    """The asset table of a project.

    Args:
        path: Folder of the Lance table; made if missing.
        media: What the assets are made of.
        sources: Tells the registered source folders.
    """

    def __init__(self, path: Path, media: Media, sources: Callable[[], Sequence[Path]]) -> None:
        self._table = Table(path)
        self._media = media
        self._sources = sources
        self._held: AssetIndex | None = None
        self._columns: dict[str, list[Any]] = {}
        self._columns_of: tuple[str, int] | None = None
        self._bounds: dict[str, Bounds] = {}
        self._guard = threading.RLock()

    def count(self) -> int:
        """Number of assets."""
        return len(self.index().ids)

    def ids(self) -> list[str]:
        """All ids in catalog order: the order of adding, which never changes. Do not modify."""
        return self.index().ids

    def positions(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Catalog positions (n,) of ``ids``, in their order.

        Raises:
            NotFoundError: some ids are not in the catalog; they are named.
        """
        return self.index().positions(ids)

    def get(self, asset_id: str) -> Asset:
        """One asset; raises NotFoundError."""
        return self.get_many([asset_id])[0]

    def get_many(self, ids: Sequence[str]) -> list[Asset]:
        """Assets in the order of ``ids``; raises NotFoundError that names the unknown ones."""
        found = [asset_of(row) for row in self._rows(ids, ASSET_COLUMNS)]
        # Whoever labels an asset has read it before: the check then reads nothing.
        self._keep_bounds(
            {asset.id: _bounds(asset.text, asset.width, asset.height) for asset in found}
        )
        return found

    def bounds(self, ids: Sequence[str]) -> list[Bounds]:
        """How far assets reach, in the order of ``ids``; raises NotFoundError.

        An asset's content never changes, so what was read once is kept.
        """
        with self._guard:
            held = {it: self._bounds[it] for it in ids if it in self._bounds}
        left = [it for it in dict.fromkeys(ids) if it not in held]
        # A part at a time: the texts of all may not fit into memory.
        for start in range(0, len(left), _BOUNDS_READ):
            part = left[start : start + _BOUNDS_READ]
            rows = self._rows(part, ["id", "text", "width", "height"])
            read = {row["id"]: _bounds(row["text"], row["width"], row["height"]) for row in rows}
            self._keep_bounds(read)
            held |= read
        return [held[it] for it in ids]

    def read(self, ids: Sequence[str]) -> list[Item]:
        """The contents of assets for an encoder: file bytes, texts, or table rows.

        Memory holds all of them at once: ask for some hundred large images at a time.

        Raises:
            NotFoundError: an id is unknown, or its file is gone.
            PermissionDeniedError: a file is now outside the registered folders.
        """
        rows = self._rows(ids, ["id", "media", "uri", "text", "features", "content"])
        roots = Roots(self._sources())
        if self._media is not Media.IMAGE or len(rows) < 2 * _READERS:
            return [_item(row, roots) for row in rows]
        with ThreadPoolExecutor(_READERS) as pool:
            return list(pool.map(lambda row: _item(row, roots), rows, chunksize=32))

    def thumbnail(self, asset_id: str) -> tuple[bytes, str]:
        """A small picture of an image and its media type.

        Raises:
            NotFoundError: there is no such asset, or it is no image.
        """
        row = self._rows([asset_id], ["thumbnail", "thumbnail_type"])[0]
        if row["thumbnail"] is None:
            raise NotFoundError(
                f"The asset {asset_id!r} has no thumbnail.", remedy="Only images have one."
            )
        return row["thumbnail"], row["thumbnail_type"]

    def content(self, asset_id: str) -> tuple[bytes | Path, str]:
        """The content, or the path of the file that holds it, and its media type.

        Raises:
            NotFoundError: there is no such asset, or its file is gone.
            PermissionDeniedError: the file is outside the registered source folders, links
                followed.
        """
        row = self._rows([asset_id], ["id", "uri", "text", "features", "content"])[0]
        if row["uri"] is not None:
            path = _open_path(row, Roots(self._sources()))
            with path.open("rb") as file:
                return path, sniff(file.read(16))
        if row["content"] is not None:
            return row["content"], "image/png"
        if row["text"] is not None:
            return row["text"].encode(), "text/plain; charset=utf-8"
        return row["features"].encode(), "application/json"

    def metadata(self, column: str) -> list[Any]:
        """One metadata column aligned with ``ids()``; ``None`` where an asset lacks it.

        Raises:
            UnknownNameError: no asset has this column; the nearest names are offered.
        """
        with self._guard:
            index = self.index()
            if self._columns_of != index.stamp:
                self._columns, self._columns_of = {}, index.stamp
            if column not in self._columns:
                self._columns[column] = _metadata_column(index, column)
            return list(self._columns[column])

    def ingest(
        self,
        candidates: Iterable[Candidate],
        *,
        total: int | None = None,
        progress: Progress = silent,
    ) -> AddReport:
        """Add what is new; run again after an interruption to go on.

        Every candidate is read, checked, hashed, and given a thumbnail. An id that is there with
        the same size and time (or the same content) is counted as present. Images and texts whose
        content another asset has are refused as duplicates; table rows may be equal. Content that
        changed under a known id is refused, and the old kept. What cannot be read is reported by
        name, and the rest goes in. What was committed is on the disk.

        Args:
            candidates: What a source offers, in the order that the catalog will have.
            total: How many, where the source knows.
            progress: Told the number of candidates seen; may raise JobCancelledError.

        Raises:
            UnavailableError: somebody else is adding to this project.
            JobCancelledError: ``progress`` asked to stop; what was seen until then is kept.
        """
        self.index()  # makes the table
        return ingest(
            self._table,
            candidates,
            media=self._media,
            roots=Roots(self._sources()),
            total=total,
            progress=progress,
        )

    def index(self) -> AssetIndex:
        """The newest version with its ids; the same object until assets are added."""
        with self._guard:
            if not self._table.exists():
                self._table.create(schema())
            self._held = AssetIndex.of(self._table, self._held)
            return self._held

    def _keep_bounds(self, read: Mapping[str, Bounds]) -> None:
        with self._guard:
            self._bounds.update(read)
            while len(self._bounds) > _BOUNDS_KEPT:
                del self._bounds[next(iter(self._bounds))]

    def _rows(self, ids: Sequence[str], columns: Sequence[str]) -> list[dict[str, Any]]:
        index = self.index()
        return index.rows(index.positions(ids), columns)


def _bounds(text: str | None, width: int | None, height: int | None) -> Bounds:
    return Bounds(width=width, height=height, characters=None if text is None else len(text))


def _item(row: dict[str, Any], roots: Roots) -> Item:
    media, known = Media(row["media"]), row["id"]
    if media is Media.TEXT:
        return Item(media=media, asset_id=known, text=row["text"])
    if media is Media.TABLE:
        # In one order, so that what is learnt does not rest on the order of a file's columns.
        features = dict(sorted(json.loads(row["features"]).items()))
        return Item(media=media, asset_id=known, features=features)
    if row["uri"] is None:
        return Item(media=media, asset_id=known, data=row["content"])
    return Item(media=media, asset_id=known, data=_open_path(row, roots).read_bytes())


def _open_path(row: dict[str, Any], roots: Roots) -> Path:
    try:
        path = Path(roots.resolve(row["uri"]))
        if path.is_file():
            return path
    except (OSError, ValueError):
        pass
    raise NotFoundError(
        f"The file of asset {row['id']!r} is gone: {row['uri']}.",
        remedy="Put it back where it was when it was added.",
        asset_id=row["id"],
    )


def _metadata_column(index: AssetIndex, column: str) -> list[Any]:
    rows = [json.loads(text) for text in index.column("metadata")]
    if rows and not any(column in row for row in rows):
        known = {name for row in rows for name in row}
        raise UnknownNameError.of("metadata column", column, known)
    return [row.get(column) for row in rows]
