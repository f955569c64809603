"""An asset: one thing that can be labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Media(StrEnum):
    """What an asset is made of."""

    IMAGE = "image"
    TEXT = "text"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One image, text or table row.

    Attributes:
        id: The user's own stable name for it.
        media: What it is made of.
        uri: Where an image's bytes lie: a path relative to the source folder's ``uri`` base, an
            absolute path, or ``None`` for text and rows, whose content is in the catalog.
        text: The text itself (text assets only).
        features: The numbers and words of the row (table assets only).
        metadata: What else is known about it: JSON scalars by column name.
        content_hash: SHA-256 of the content, hexadecimal.
        width: Pixels (images only).
        height: Pixels (images only).
        added_at: When it came into the catalog, UTC.
    """

    id: str
    media: Media
    uri: str | None = None
    text: str | None = None
    features: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    content_hash: str = ""
    width: int | None = None
    height: int | None = None
    added_at: datetime | None = None
