"""A registry of named parts, open to other packages through entry points."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from inspect import Parameter, signature
from typing import Any, Generic, Protocol, TypeVar, cast

from querist.errors import UnknownNameError


class Named(Protocol):
    """What a part tells about itself, on its class."""

    name: str
    summary: str
    paper: str


T = TypeVar("T")
P = TypeVar("P")


class Registry(Generic[T]):
    """Parts of one kind by name: the built-in ones, and those of other installed packages."""

    def __init__(self, *, kind: str, group: str, builtin: str) -> None:
        self.kind = kind
        self.group = group
        self._builtin = builtin
        self._parts: dict[str, Any] = {}

    def register(self, part: type[P]) -> type[P]:
        """Class decorator: make a part known by its ``name``."""
        self._parts[cast(type[Named], part).name] = part
        return part

    def find(self, name: str) -> Callable[..., T]:
        """The class called ``name``.

        Raises:
            UnknownNameError: there is none; the nearest are offered.
        """
        parts = self._all()
        if not isinstance(name, str) or name not in parts:
            raise UnknownNameError.of(self.kind, str(name), parts)
        found: Callable[..., T] = parts[name]
        return found

    def create(self, name: str, **parameters: object) -> T:
        """The part called ``name``, made with its parameters.

        Raises:
            UnknownNameError: there is none, or it has no such parameter; the nearest are offered.
        """
        part = self.find(name)
        known = signature(part).parameters
        if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in known.values()):
            for parameter in parameters.keys() - known.keys():
                raise UnknownNameError.of(f"parameter of {name!r}", parameter, known)
        return part(**parameters)

    def classes(self) -> tuple[type[Named], ...]:
        """The classes of all parts, by name."""
        parts = self._all()
        return tuple(parts[name] for name in sorted(parts))

    def names(self) -> tuple[str, ...]:
        """The names of all parts, sorted."""
        return tuple(sorted(self._all()))

    def _all(self) -> dict[str, Any]:
        import_module(self._builtin)  # registers them; they import the file of this registry
        return self._plug_ins | self._parts

    @cached_property
    def _plug_ins(self) -> dict[str, Any]:
        # What is installed does not change while a program runs, and looking it up takes long.
        return {point.name: point.load() for point in entry_points(group=self.group)}
