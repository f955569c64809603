"""What every metric asks of its input: equal lengths, at least one row, finite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError


def same_length(**arrays: ArrayLike) -> tuple[NDArray[Any], ...]:
    """The arrays as numpy arrays, refused unless their first axes agree and are not empty.

    Raises:
        InvalidInputError: lengths differ, or there are no rows.
    """
    found = {name: np.asarray(array) for name, array in arrays.items()}
    lengths = {name: len(array) if array.ndim else 0 for name, array in found.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidInputError(
            f"The arrays disagree in length: {told}.", remedy="Give one value for each row."
        )
    if not min(lengths.values()):
        raise InvalidInputError(
            f"{' and '.join(found)} are empty.", remedy="Give at least one row."
        )
    return tuple(found.values())


def finite(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """The values (n,) as float64, refused if empty or not finite.

    Raises:
        InvalidInputError: no values, or one is NaN or infinite.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    if not array.size:
        raise InvalidInputError(f"{name} is empty.", remedy="Give at least one value.")
    if not np.isfinite(array).all():
        raise InvalidInputError(
            f"{name} holds a value that is NaN or infinite.", remedy="Remove or repair it."
        )
    return array


def share(name: str, value: float) -> float:
    """The value, refused unless strictly between 0 and 1.

    Raises:
        InvalidInputError: it is not.
    """
    if not 0 < value < 1:
        raise InvalidInputError(f"{name} is {value}.", remedy="Give a number between 0 and 1.")
    return value
