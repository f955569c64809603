"""The TOML form of frozen dataclasses: read with errors that help, written with comments kept."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar

from querist.errors import InvalidInputError, UnknownNameError

T = TypeVar("T")
Ranges = Mapping[str, tuple[Callable[[Any], bool], str]]

_WORDS: dict[Any, str] = {
    str: "a text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Mapping: "a table",
}


def build(
    kind: type[T], values: Mapping[str, Any], *, where: str, ranges: Ranges, prefix: str = ""
) -> T:
    """A dataclass of ``kind`` from plain values; a field that is a dataclass is a table.

    Args:
        kind: The frozen dataclass.
        values: As they stand in the file.
        where: The file, for error messages.
        ranges: What must hold of a setting and what to give instead, by setting.
        prefix: Name of the table with a dot, for error messages.

    Raises:
        InvalidInputError: a value is missing, of the wrong type or out of its range.
        UnknownNameError: there is no such setting; the nearest names are offered.
    """
    hints = typing.get_type_hints(kind)
    known = {item.name: item for item in fields(typing.cast(Any, kind))}
    for name in values:
        if name not in known:
            error = UnknownNameError.of("setting", prefix + name, [prefix + k for k in known])
            raise UnknownNameError(f"{where}: {error.message}", remedy=error.remedy)
    for name, item in known.items():
        if name not in values and item.default is MISSING and item.default_factory is MISSING:
            raise InvalidInputError(
                f"{where}: the setting {prefix + name!r} is missing.", remedy=f"Add {name} = …"
            )
    body: dict[str, Any] = {}
    for name, value in values.items():
        hint = hints[name]
        if is_dataclass(hint) and isinstance(value, Mapping):
            body[name] = build(
                typing.cast(type[Any], hint),
                value,
                where=where,
                ranges=ranges,
                prefix=f"{prefix}{name}.",
            )
            continue
        body[name] = _value(hint, prefix + name, value, where)
        check = ranges.get(name)
        if body[name] is not None and check is not None and not check[0](body[name]):
            raise _wrong(where, prefix + name, value, check[1])
    return kind(**body)


def dump(settings: Any, existing: str | None, *, header: str) -> str:
    """The TOML text of a dataclass; comments, order and spacing of ``existing`` are kept.

    Args:
        settings: The dataclass.
        existing: The file as it is now; ``None`` for a new one.
        header: Comment at the top of a new file.
    """
    import tomlkit

    document = tomlkit.parse(existing) if existing is not None else tomlkit.document()
    if existing is None:
        document.add(tomlkit.comment(header))
    _update(document, _plain(settings))
    return tomlkit.dumps(document)


def _plain(value: Any) -> dict[str, Any]:
    """Plain values by name, tables last, as TOML wants them."""
    simple: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for item in fields(value):
        found = getattr(value, item.name)
        if is_dataclass(found):
            tables[item.name] = _plain(found)
        elif isinstance(found, StrEnum):
            simple[item.name] = found.value
        elif isinstance(found, tuple):
            simple[item.name] = list(found)
        elif isinstance(found, Mapping):
            tables[item.name] = dict(found)
        else:
            simple[item.name] = found
    return {**simple, **tables}


def _update(table: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    """Make ``table`` hold ``values``, touching only what differs; TOML has no null: left out."""
    import tomlkit

    for key, value in values.items():
        current = table.get(key)
        if value is None or value == {}:
            table.pop(key, None)
        elif isinstance(value, dict):
            if not isinstance(current, MutableMapping):
                table[key] = tomlkit.table()
                current = typing.cast(MutableMapping[str, Any], table[key])
            for name in [name for name in current if name not in value]:
                del current[name]
            _update(current, value)
        elif key not in table or current != value:
            texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
            table[key] = _texts_array(value) if texts else value


def _texts_array(values: list[str]) -> Any:
    """A TOML array made by reading it, since putting in one item takes as long as there are many.

    Ten thousand classes take a second so, and a quarter of a minute one by one.
    """
    import tomlkit

    return tomlkit.value(f"[{', '.join(tomlkit.item(one).as_string() for one in values)}]")


def _value(hint: Any, name: str, value: Any, where: str) -> Any:
    options = [part for part in typing.get_args(hint) if part is not type(None)]
    origin = typing.get_origin(hint)
    if type(None) in typing.get_args(hint):
        return None if value is None else _value(options[0], name, value, where)
    if origin is tuple:
        return _texts(name, value, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member(hint, name, value, where)
    if hint is float and type(value) is int:
        return float(value)
    wanted: Any = Mapping if origin is not None or is_dataclass(hint) else hint
    right = isinstance(value, hint if is_dataclass(hint) else wanted)  # type: ignore[arg-type]
    if not right or (isinstance(value, bool) and hint is not bool):
        raise _wrong(where, name, value, _WORDS.get(wanted, f"a {wanted}"))
    return value


def _texts(name: str, value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise _wrong(where, name, value, 'a list of texts such as ["shirt", "boot"]')
    return tuple(value)


def _member(kind: type[StrEnum], name: str, value: Any, where: str) -> StrEnum:
    words = [member.value for member in kind]
    if value not in words:
        error = UnknownNameError.of(name, str(value), words)
        raise UnknownNameError(
            f"{where}: {error.message}", remedy=f"{error.remedy} Possible: {', '.join(words)}."
        )
    return kind(value)


def _wrong(where: str, name: str, value: Any, wanted: str) -> InvalidInputError:
    # The records' URL may hold a password.
    shown = "not usable" if name == "records" else repr(value)
    return InvalidInputError(
        f"{where}: the setting {name!r} is {shown}.", remedy=f"Give {wanted}.", setting=name
    )
