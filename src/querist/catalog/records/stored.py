"""Reads what a row holds, which another version of Querist may have written."""

from __future__ import annotations

from typing import Any, TypeVar

from querist.errors import InvalidInputError, StorageError
from querist.schema import from_json

T = TypeVar("T")


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
