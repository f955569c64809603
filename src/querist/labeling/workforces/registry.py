"""Connectors by name, those of other installed packages included."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from typing import cast

from querist.errors import UnknownNameError
from querist.labeling.workforces.base import Access, Connector

ENTRY_POINT_GROUP = "querist.connectors"

# Strings, so that asking for the names imports no HTTP client.
_BUILT_IN = {
    "label-studio": "querist.labeling.workforces.label_studio:LabelStudio",
    "folder": "querist.labeling.workforces.folder:Folder",
}


def connector_names() -> tuple[str, ...]:
    """The names of all connectors, sorted."""
    return tuple(sorted({*_BUILT_IN, *(it.name for it in entry_points(group=ENTRY_POINT_GROUP))}))


def connector_class(name: str) -> type[Connector]:
    """The class behind a name; raises UnknownNameError with the nearest names."""
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        return cast("type[Connector]", getattr(importlib.import_module(module), attribute))
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name == name:
            return cast("type[Connector]", point.load())
    raise UnknownNameError.of("connector", name, connector_names())


def needs_token(name: str) -> bool:
    """Whether the connector called ``name`` can do nothing without a token."""
    return bool(getattr(connector_class(name), "needs_token", False))


def connect(name: str, access: Access) -> Connector:
    """The connector called ``name``, for a tool."""
    return connector_class(name)(access)
