"""State on disk: arrays as safetensors, facts as JSON, nothing that can run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import MissingDependencyError
from querist.learners.checking import unreadable

ARRAYS_FILE = "arrays.safetensors"
FACTS_FILE = "facts.json"


def write(folder: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write a state into ``folder``, which is made if needed.

    Raises:
        MissingDependencyError: safetensors is not installed.
    """
    try:
        from safetensors.numpy import save_file
    except ImportError as error:
        raise MissingDependencyError.of("Saving a model", "app") from error
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, folder / ARRAYS_FILE)
    # The facts come last: a folder without them was not written to its end.
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False)
    (folder / FACTS_FILE).write_text(text, encoding="utf-8")


def read(
    folder: Path, name: str, required: Iterable[str] = ()
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and facts of a state that ``name`` wrote.

    Raises:
        StorageError: it is missing, broken, or another's.
        MissingDependencyError: safetensors is not installed.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise MissingDependencyError.of("Loading a model", "app") from error
    try:
        facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
        found = dict(load_file(folder / ARRAYS_FILE))
    except (OSError, ValueError, SafetensorError) as error:
        raise unreadable(name, folder, error) from error
    missing = sorted(set(required) - set(found))
    if missing or facts.get("name") != name:
        reason = ValueError(f"it belongs to {facts.get('name')!r}, missing {missing}")
        raise unreadable(name, folder, reason)
    return found, facts


def digest(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that change whenever the state changes."""
    sha = hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode())
    for key in sorted(arrays):
        sha.update(f"\x00{key}{arrays[key].dtype}{arrays[key].shape}".encode())
        sha.update(np.ascontiguousarray(arrays[key]).tobytes())
    return sha.hexdigest()[:8]
