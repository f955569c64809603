"""Candidates: what a source offers for the catalog, and the report of adding them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


# Not frozen, as a frozen one takes several times as long to make and an import makes millions.
@dataclass(slots=True, kw_only=True)
class Candidate:
    """One thing a source offers: exactly one of ``path``, ``text``, ``features`` and ``array``.

    Attributes:
        id: The user's own stable name for it.
        path: An image file, absolute; it must lie inside one of the source's roots.
        text: A text.
        features: A table row by column name, JSON-compatible.
        array: Pixels (height, width) or (height, width, 3 or 4), uint8; stored as PNG by whoever
            adds it.
        metadata: What else the source knows, JSON-compatible.
    """

    id: str
    path: Path | None = None
    text: str | None = None
    features: Mapping[str, Any] | None = None
    array: NDArray[np.uint8] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One candidate that was not added, and why.

    Attributes:
        name: The candidate's id, or the file's path where it has none.
        kind: Stable word: ``unreadable``, ``empty``, ``duplicate``, ``changed``, ``outside``,
            ``invalid``.
        message: One sentence for people.
    """

    name: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddReport:
    """What came of adding.

    Attributes:
        added: Assets that are new in the catalog.
        present: Candidates that were there already, unchanged.
        problems: Candidates that were not added, in the order they were met.
        seconds: Wall time.
    """

    added: int
    present: int
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
