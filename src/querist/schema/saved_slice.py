"""A slice that people keep: a name for a query of the catalog, asked anew each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSlice:
    """One saved slice.

    Attributes:
        name: What people call it.
        query: The query of the catalog in its JSON form.
        finding: The finding it was saved from, such as ``3.2``; ``None`` where people made it.
        created_by: Who saved it.
        created_at: UTC.
    """

    name: str
    query: Mapping[str, Any]
    finding: str | None = None
    created_by: str
    created_at: datetime

    @property
    def found_in(self) -> int:
        """The round whose diagnosis found it; 0 where none did."""
        return int(self.finding.partition(".")[0]) if self.finding else 0
