"""Turns what a part of a stream remembers into JSON and back, bit for bit."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np

from querist.errors import InvalidInputError


@runtime_checkable
class Memory(Protocol):
    """Anything that can tell what it was made with and what it remembers."""

    def settings(self) -> dict[str, Any]:
        """What it was made with, as JSON values."""
        ...

    def state(self) -> dict[str, Any]:
        """What it remembers, as JSON values."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what ``state`` returned."""
        ...


@dataclass(slots=True)
class Remembers:
    """A dataclass whose fields outside ``__init__`` are its memory, the others its settings.

    Memory may be numbers, lists of numbers, arrays of float64, and parts with a memory.
    """

    def settings(self) -> dict[str, Any]:
        """What it was made with, as JSON values."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        return {key: _settings(value) for key, value in given.items()}

    def state(self) -> dict[str, Any]:
        """What it remembers, as JSON values; its own copy."""
        return {name: _packed(getattr(self, name)) for name in self._remembered()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what ``state`` says, in place of everything before.

        Raises:
            InvalidInputError: it is no state of such a part.
        """
        names = self._remembered()
        if not isinstance(state, Mapping) or state.keys() != set(names):
            raise InvalidInputError(
                f"This is no state of {type(self).__name__}: {_shown(state)}.",
                remedy="Give what state() returned, or start without a state.",
            )
        for name in names:
            part = getattr(self, name)
            if isinstance(part, Memory):
                part.restore(state[name])
            else:
                setattr(self, name, _unpacked(state[name]))

    def _remembered(self) -> tuple[str, ...]:
        return tuple(
            f.name for f in fields(self) if not f.init or isinstance(getattr(self, f.name), Memory)
        )


def _settings(value: Any) -> Any:
    if isinstance(value, Memory):
        return {"name": getattr(value, "name", type(value).__name__), **value.settings()}
    return value


def _packed(value: Any) -> Any:
    if isinstance(value, Memory):
        return value.state()
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value, dtype="<f8").tobytes()).decode()
        return {"shape": list(value.shape), "float64": data}
    return list(value) if isinstance(value, list) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, Mapping):
        try:
            numbers = np.frombuffer(base64.b64decode(value["float64"]), dtype="<f8")
            return numbers.reshape(value["shape"]).astype(np.float64)
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidInputError(
                f"This is no array of a state: {_shown(value)}.",
                remedy="Give what state() returned, or start without a state.",
            ) from error
    return list(value) if isinstance(value, list) else value


def _shown(value: Any) -> str:
    return repr(sorted(value) if isinstance(value, Mapping) else value)[:80]
