"""Arms by name: ``margin``, or a strategy with parameters as in ``power-margin:beta=2``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from querist.errors import InvalidInputError
from querist.strategies import Strategy, create

CONTROL = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A strategy and its parameters.

    Attributes:
        strategy: The strategy's name.
        parameters: Its parameters; the others have their defaults.
    """

    strategy: str
    parameters: dict[str, Any]

    def create(self) -> Strategy:
        """The strategy itself.

        Raises:
            UnknownNameError: there is no such strategy or parameter.
            InvalidInputError: a parameter has an impossible value.
        """
        try:
            return create(self.strategy, **self.parameters)
        except (TypeError, AttributeError) as error:  # a text where a number belongs, for example
            raise InvalidInputError(
                f"The strategy {self.strategy!r} cannot be made with {self.parameters}: {error}.",
                remedy="Give each parameter a value of its kind, as in power-margin:beta=2.",
            ) from error


def parse_arm(text: str) -> Arm:
    """The arm that ``name`` or ``name:parameter=value,parameter=value`` stands for.

    A value is read as JSON where it is JSON (``2``, ``true``, ``{"margin": 1}``) or as a number
    (``.5``), else as a text.

    Raises:
        InvalidInputError: a parameter has no value or comes twice.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    # A comma inside a JSON value is not followed by a name and an equals sign.
    for part in re.split(r",(?=\s*\w+\s*=)", rest) if rest else ():
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value or key in parameters:
            raise InvalidInputError(
                f"The arm {text!r} has the parameter {part!r}.",
                remedy="Write name:parameter=value,parameter=value, as in power-margin:beta=2.",
            )
        parameters[key] = _value(value)
    return Arm(strategy=name.strip(), parameters=parameters)


def _value(text: str) -> Any:
    for read in (json.loads, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
