"""Checks of the parameters of strategies, with what to give instead."""

from __future__ import annotations

import numpy as np

from querist.errors import InvalidInputError


def positive(name: str, value: int) -> None:
    """Refuse a parameter that is no whole number from 1.

    Raises:
        InvalidInputError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidInputError(f"{name} is {value!r}.", remedy="Give a whole number from 1.")


def share(name: str, value: float) -> None:
    """Refuse a parameter that is no number from 0 to 1.

    Raises:
        InvalidInputError: it is not.
    """
    if not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
        raise InvalidInputError(f"{name} is {value!r}.", remedy="Give a number from 0 to 1.")
