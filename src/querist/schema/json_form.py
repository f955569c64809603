"""One JSON form for every schema object, used by REST, files and SQL alike."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from querist.errors import InvalidInputError

T = TypeVar("T")

_PLAIN = frozenset({str, int, float, bool, type(None)})


def to_json(value: Any) -> Any:
    """Turn a schema object into plain JSON values.

    Dataclasses become objects (with a ``type`` word where they declare ``TYPE``), tuples become
    arrays, times become ISO 8601 strings in UTC, and enumerations their value.
    """
    return value if type(value) in _PLAIN else _plain(value)


def from_json(kind: type[T], body: Any) -> T:
    """Build a schema object of ``kind`` from its JSON form.

    Raises:
        InvalidInputError: a field is missing, unknown, or of the wrong kind; the path is named.
    """
    return typing.cast(T, _read(kind, body, getattr(kind, "__name__", "value")))


def _plain(value: Any) -> Any:
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        body = {name: to_json(getattr(value, name)) for name in _names(kind)}
        tag = getattr(value, "TYPE", None)
        return {"type": tag, **body} if tag else body
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    return value


def _read(kind: Any, body: Any, path: str) -> Any:  # noqa: PLR0911 - one return a kind
    origin = typing.get_origin(kind)
    if kind is Any:
        return body
    if origin in (typing.Union, types.UnionType):
        return _read_union(typing.get_args(kind), body, path)
    if origin in (tuple, list, Sequence):
        return _read_sequence(kind, body, path)
    if origin in (dict, Mapping):
        _expect(isinstance(body, Mapping), body, path, "an object")
        item = typing.get_args(kind)[1]
        return {str(key): _read(item, value, f"{path}.{key}") for key, value in body.items()}
    if origin is typing.Literal:
        _expect(body in typing.get_args(kind), body, path, f"one of {typing.get_args(kind)}")
        return body
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(typing.cast(type, kind), body, path)
    return _read_scalar(kind, body, path)


def _read_union(options: tuple[Any, ...], body: Any, path: str) -> Any:
    if body is None and type(None) in options:
        return None
    choices = [option for option in options if option is not type(None)]
    if len(choices) == 1:
        return _read(choices[0], body, path)
    tagged = {option.TYPE: option for option in choices if hasattr(option, "TYPE")}
    if tagged:
        tag = body.get("type") if isinstance(body, Mapping) else None
        _expect(tag in tagged, tag, f"{path}.type", f"one of {sorted(tagged)}")
        return _read(tagged[tag], body, path)
    for choice in choices:
        try:
            return _read(choice, body, path)
        except InvalidInputError:
            continue
    _expect(False, body, path, "one of the allowed kinds")
    return None


def _read_sequence(kind: Any, body: Any, path: str) -> Any:
    _expect(isinstance(body, (list, tuple)), body, path, "an array")
    kinds = typing.get_args(kind)
    if typing.get_origin(kind) is tuple and not (len(kinds) == 2 and kinds[1] is Ellipsis):
        _expect(len(body) == len(kinds), body, path, f"an array of {len(kinds)}")
        return tuple(
            _read(k, v, f"{path}[{i}]") for i, (k, v) in enumerate(zip(kinds, body, strict=True))
        )
    items = [_read(kinds[0], value, f"{path}[{i}]") for i, value in enumerate(body)]
    return items if typing.get_origin(kind) is list else tuple(items)


def _read_dataclass(kind: type, body: Any, path: str) -> Any:
    _expect(isinstance(body, Mapping), body, path, "an object")
    hints = _hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}
    unknown = set(body) - set(fields) - {"type"}
    _expect(not unknown, sorted(unknown), path, f"only the fields {sorted(fields)}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in body:
            values[name] = _read(hints[name], body[name], f"{path}.{name}")
        else:
            optional = (
                field.default is not dataclasses.MISSING
                or field.default_factory is not dataclasses.MISSING
            )
            _expect(optional, None, f"{path}.{name}", "a value, it is missing")
    return kind(**values)


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read_scalar(kind: Any, body: Any, path: str) -> Any:
    if kind is datetime:
        _expect(isinstance(body, str), body, path, "an ISO 8601 time")
        try:
            return datetime.fromisoformat(body)
        except ValueError:
            _expect(False, body, path, "an ISO 8601 time")
    if isinstance(kind, type) and issubclass(kind, Enum):
        values = [member.value for member in kind]
        _expect(body in values, body, path, f"one of {values}")
        return kind(body)
    if kind is float and isinstance(body, int) and not isinstance(body, bool):
        return float(body)
    _expect(
        isinstance(body, kind) and not (kind is int and isinstance(body, bool)),
        body,
        path,
        f"a value of kind {getattr(kind, '__name__', kind)}",
    )
    return body


def _expect(condition: bool, body: Any, path: str, wanted: str) -> None:
    if not condition:
        raise InvalidInputError(
            f"{path} is {body!r}.", remedy=f"Give {wanted}.", path=path, wanted=wanted
        )
