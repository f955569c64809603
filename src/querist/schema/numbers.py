"""Numbers that people give: told from words, NaN and what no column holds."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any, TypeGuard

from querist.errors import InvalidInputError

# What a whole number in a database is below.
BEYOND = 2**63
# More than an hour or an answer costs anybody; sums of it stay finite.
MOST_MONEY = 1_000_000_000
# A day: nobody works longer on one decision, and sums of it stay finite.
MOST_SECONDS = 86_400


def is_number(value: Any) -> TypeGuard[float]:
    """Whether ``value`` is a finite number; ``True`` and ``False`` are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether ``value`` is a whole number of at most 63 bits; ``True`` and ``1.0`` are none."""
    return isinstance(value, Integral) and not isinstance(value, bool) and abs(int(value)) < BEYOND


def check_whole(name: str, value: Any, *, least: int = 0) -> None:
    """Refuse what is no whole number from ``least``.

    Raises:
        InvalidInputError: it is not.
    """
    if not is_whole(value) or value < least:
        raise InvalidInputError(
            f"{name} is {value!r}.", remedy=f"Give a whole number of at least {least}."
        )


def check_money(what: str, amount: Any) -> float | None:
    """Return what an hour or an answer costs; ``None`` is not known.

    Raises:
        InvalidInputError: it is no number from 0 to ``MOST_MONEY``.
    """
    if amount is None:
        return None
    if not is_number(amount) or not 0 <= amount <= MOST_MONEY:
        raise InvalidInputError(
            f"The {what} is {amount!r}.", remedy=f"Give 0 to {MOST_MONEY:,}, or none."
        )
    return amount


def check_seconds(seconds: Any) -> None:
    """Refuse a working time that is none; ``None`` is not known.

    Raises:
        InvalidInputError: it is no number from 0 to ``MOST_SECONDS``.
    """
    if seconds is not None and not (is_number(seconds) and 0 <= seconds <= MOST_SECONDS):
        raise InvalidInputError(
            f"The working time is {seconds!r} s.",
            remedy=f"Give 0 to {MOST_SECONDS:,} seconds (a day), no milliseconds, or none.",
        )


def check_part(offset: Any, limit: Any) -> None:
    """Refuse a part of a list that is none: so many from there on, or all where there is no limit.

    Raises:
        InvalidInputError: one is no whole number from 0.
    """
    check_whole("offset", offset)
    if limit is not None:
        check_whole("limit", limit)
