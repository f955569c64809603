"""Querist asks for the labels that matter, and proves what that saved."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from querist._version import __version__

if TYPE_CHECKING:
    from querist.estimators import ActiveLearningClassifier, ActiveLearningRegressor
    from querist.experiments import Simulation, simulate
    from querist.project import Project
    from querist.strategies import UNLABELED, Constraints, Selection, query

# Loaded on first use, so that `import querist` stays fast and free of the heavy libraries.
_HOMES = {
    "ActiveLearningClassifier": "querist.estimators",
    "ActiveLearningRegressor": "querist.estimators",
    "Constraints": "querist.strategies",
    "Project": "querist.project",
    "Selection": "querist.strategies",
    "Simulation": "querist.experiments",
    "UNLABELED": "querist.strategies",
    "query": "querist.strategies",
    "simulate": "querist.experiments",
}
# Rooms that notebooks reach through the package, as in `querist.strategies.names()`.
_ROOMS = frozenset({"diagnostics", "errors", "experiments", "metrics", "strategies"})

__all__ = [
    "UNLABELED",
    "ActiveLearningClassifier",
    "ActiveLearningRegressor",
    "Constraints",
    "Project",
    "Selection",
    "Simulation",
    "__version__",
    "query",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"querist.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'querist' has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        from querist.errors import MissingDependencyError, is_platform

        if not is_platform(error.name):
            raise
        raise MissingDependencyError.of(f"querist.{name}", "app") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
