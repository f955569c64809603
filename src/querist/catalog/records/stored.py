"""Reads what rows hold, which another version of Querist may have written, a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from querist.errors import InvalidInputError, StorageError
from querist.schema import from_json

T = TypeVar("T")
# So many names a query may hold.
_PART = 2000


def from_row(kind: type[T], body: Any, what: str) -> T:
    """The schema object in a row; ``what`` names it to people.

    Raises:
        StorageError: it has a field that this version does not know, or lacks one.
    """
    try:
        return from_json(kind, body)
    except InvalidInputError as problem:
        raise StorageError(
            f"{what} cannot be read, it seems that a newer Querist wrote it: {problem.message}",
            remedy="Upgrade Querist: pip install --upgrade 'querist[app]'.",
        ) from problem


def in_parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, no more at a time than a query may hold."""
    return (ids[start : start + _PART] for start in range(0, len(ids), _PART))
