"""Cells of foreign tables as JSON scalars: missing values, numbers of other libraries, times."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import re
from collections.abc import Iterable
from enum import Enum
from typing import Any

import numpy as np

# What people write for "no value" in a column of numbers; in a column of words they are words.
MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "none"})
_PLAIN = frozenset({str, int, float, bool, type(None)})
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d*)")
_REAL = re.compile(r"[+-]?(0|[1-9]\d*|(?=\.))(\.\d*)?([eE][+-]?\d+)?")


class Kind(Enum):
    """What the cells of a text column hold."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: ``None``, NaN, or what other libraries put for it."""
    if value is None:
        return True
    if type(value) is str:
        return False
    if isinstance(value, (float, np.floating)):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType")


def to_scalar(value: Any) -> tuple[Any, bool]:
    """A cell as a JSON scalar, and whether it could be kept as it was.

    Times become ISO 8601 text, which loses nothing. Lists and objects become JSON text, bytes and
    the rest their printed form: that is told.
    """
    if type(value) is str:
        return value, True
    if type(value) not in _PLAIN and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if is_missing(value):
        return None, True
    if isinstance(value, (bool, int, float, str)):
        infinite = isinstance(value, float) and math.isinf(value)
        return (None, False) if infinite else (value, True)
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat(), True
    if isinstance(value, decimal.Decimal):
        return float(value), float(value) == value
    return _printed(value), False


def kinds_of_columns(rows: Iterable[list[str]], width: int) -> tuple[list[Kind], int]:
    """What each of ``width`` columns of a text table holds, and the number of rows.

    A column is numeric if every cell that is not empty is a finite decimal number. One with
    leading zeros (``007``) is text: reading it as a number would lose them.
    """
    kinds = [Kind.INTEGER] * width
    seen = [False] * width
    open_columns = list(range(width))
    count = 0
    for row in rows:
        count += 1
        if len(row) != width:
            continue
        for column in tuple(open_columns):
            cell = row[column].strip()
            if cell.lower() in MISSING_WORDS:
                continue
            seen[column] = True
            if _INTEGER.fullmatch(cell):
                continue
            if _REAL.fullmatch(cell) and math.isfinite(float(cell)):
                kinds[column] = Kind.REAL
            else:
                kinds[column] = Kind.TEXT
                open_columns.remove(column)
    return [kind if seen[i] else Kind.TEXT for i, kind in enumerate(kinds)], count


def parse_cell(cell: str, kind: Kind) -> Any:
    """One cell of a text table as a JSON scalar; an empty one is ``None``."""
    if kind is Kind.TEXT:
        return cell or None
    word = cell.strip()
    if word.lower() in MISSING_WORDS:
        return None
    return int(word) if kind is Kind.INTEGER else float(word)


def _printed(value: Any) -> str:
    if hasattr(value, "tolist"):
        value = value.tolist()
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        return str(value)
