"""The columns of the asset table, and how an asset becomes a row and a row an asset."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import numpy as np

from querist.schema import Asset, Media

ASSET_COLUMNS = (
    "id", "media", "uri", "text", "features", "metadata", "content_hash", "width", "height",
    "added_at",
)  # fmt: skip


# Not frozen, as a frozen one takes several times as long to make and an import makes millions.
@dataclass(slots=True, kw_only=True)
class AssetRow:
    """One row to write, all but its position and time.

    Attributes:
        size: Bytes of the content.
        mtime_ns: Time of the file's last change; 0 where there is no file.
        thumbnail: Encoded picture (images only).
        thumbnail_type: Its media type.
        content: The content itself where no file holds it (arrays only), as PNG.
    """

    id: str
    media: Media
    uri: str | None = None
    text: str | None = None
    features: str | None = None
    metadata: str = "{}"
    content_hash: str
    size: int
    mtime_ns: int = 0
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None
    thumbnail_type: str | None = None
    content: bytes | None = None

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes."""
        size = 400 + len(self.metadata)
        for part in (self.text, self.features, self.thumbnail, self.content):
            if part is not None:
                size += len(part)
        return size


@functools.cache
def schema() -> Any:
    """The Arrow schema of the asset table."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("position", pa.int64(), nullable=False),
            pa.field("id", pa.string(), nullable=False),
            pa.field("uri", pa.string()),
            pa.field("media", pa.string(), nullable=False),
            pa.field("text", pa.large_string()),
            pa.field("features", pa.large_string()),
            pa.field("metadata", pa.large_string(), nullable=False),
            pa.field("content_hash", pa.string(), nullable=False),
            pa.field("size", pa.int64(), nullable=False),
            pa.field("mtime_ns", pa.int64(), nullable=False),
            pa.field("width", pa.int32()),
            pa.field("height", pa.int32()),
            pa.field("added_at", pa.timestamp("us", tz="UTC"), nullable=False),
            pa.field("thumbnail", pa.large_binary()),
            pa.field("thumbnail_type", pa.string()),
            pa.field("content", pa.large_binary()),
        ]
    )


def batch_of(rows: Sequence[AssetRow], first_position: int) -> Any:
    """The record batch of ``rows``, which take the positions from ``first_position`` on."""
    import pyarrow as pa

    count = len(rows)
    columns = []
    for field in schema():
        if field.name == "position":
            found = pa.array(np.arange(first_position, first_position + count, dtype=np.int64))
        elif field.name == "added_at":
            found = pa.repeat(pa.scalar(datetime.now(UTC), field.type), count)
        else:
            found = pa.array(map(attrgetter(field.name), rows), type=field.type, size=count)
        columns.append(found)
    return pa.record_batch(columns, schema=schema())


def asset_of(row: Mapping[str, Any]) -> Asset:
    """The asset of a row with the ``ASSET_COLUMNS``."""
    return Asset(
        id=row["id"],
        media=Media(row["media"]),
        uri=row["uri"],
        text=row["text"],
        features=json.loads(row["features"]) if row["features"] is not None else None,
        metadata=json.loads(row["metadata"]),
        content_hash=row["content_hash"],
        width=row["width"],
        height=row["height"],
        added_at=row["added_at"],
    )
