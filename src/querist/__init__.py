"""Querist asks for the labels that matter, and proves what that saved."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from querist._version import __version__

if TYPE_CHECKING:
    from querist.estimators import ActiveLearningClassifier
    from querist.project import Project
    from querist.strategies import UNLABELED, Selection, query

# Loaded on first use, so that `import querist` stays fast and free of the heavy libraries.
_HOMES = {
    "ActiveLearningClassifier": "querist.estimators",
    "Project": "querist.project",
    "Selection": "querist.strategies",
    "UNLABELED": "querist.strategies",
    "query": "querist.strategies",
}

__all__ = [
    "UNLABELED",
    "ActiveLearningClassifier",
    "Project",
    "Selection",
    "__version__",
    "query",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'querist' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
