"""Memory-mapped matrices derived from tables: kept open, keyed by version, replaced atomically."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.durable import sync_file
from querist.errors import StorageError

Matrix = NDArray[np.float32]
Fill = Callable[[Matrix], None]
_ABANDONED_SECONDS = 3_600.0
_PIECE = 1 << 20


class MatrixCache:
    """Matrices in files below one folder that may be deleted at any time.

    Reading a kept map runs at memory speed; mapping the file anew each time costs three times as
    much and reading the table thirteen times (1M × 256).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[str, Matrix]] = {}
        self._guard = threading.RLock()

    def get(self, name: str, key: str, shape: tuple[int, int], fill: Fill) -> Matrix:
        """The read-only matrix ``name`` as of ``key``, mapped from its file or made by ``fill``.

        Args:
            name: What it is, for example an encoder's key.
            key: Changes whenever the content would.
            shape: Rows and columns.
            fill: Writes the content into an empty matrix of that shape; may raise to give up.
        """
        with self._guard:
            held = self._open.get(name)
            if held is not None and held[0] == key:
                return held[1]
            matrix = self._map_or_make(name, key, shape, fill)
            self._open[name] = (key, matrix)
            return matrix

    def held(self, name: str, key: str) -> Matrix | None:
        """The matrix if it is open as of ``key``."""
        held = self._open.get(name)
        return held[1] if held is not None and held[0] == key else None

    def forget(self, name: str) -> None:
        """Let go of matrix ``name`` and delete its files."""
        with self._guard:
            self._open.pop(name, None)
            self._remove_others(name, keep=None)

    def close(self) -> None:
        """Let go of every map; whoever still holds a matrix may go on reading it."""
        with self._guard:
            self._open.clear()

    def _map_or_make(self, name: str, key: str, shape: tuple[int, int], fill: Fill) -> Matrix:
        if shape[0] == 0 or shape[1] == 0:  # an empty file cannot be mapped
            return np.empty(shape, dtype=np.float32)
        digest = hashlib.sha256(f"{key}:{shape}".encode()).hexdigest()[:16]
        path = self._folder / f"{name}.{digest}.npy"
        found = _map(path, shape)
        if found is not None:
            return found
        temporary = self._folder / f"{name}.{secrets.token_hex(6)}.tmp"
        try:
            fresh = _empty(temporary, shape)
            fill(fresh)
            fresh.flush()
            del fresh
            # After a power loss a renamed but unsynced file could be full of zeros.
            sync_file(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self._remove_others(name, keep=path)
        made = _map(path, shape)
        return made if made is not None else self._map_or_make(name, key, shape, fill)

    def _remove_others(self, name: str, keep: Path | None) -> None:
        """Remove maps of older versions; an open one stays readable until it is let go."""
        if not self._folder.exists():
            return
        for entry in list(os.scandir(self._folder)):
            path = Path(entry.path)
            with contextlib.suppress(OSError):  # Windows keeps files that somebody maps
                old = path.suffix == ".npy" and path != keep and _name_of(path) == name
                if old or _is_abandoned(path):
                    path.unlink()


def _empty(path: Path, shape: tuple[int, int]) -> np.memmap[Any, np.dtype[np.float32]]:
    """A new matrix that has all its space: a map on a full disk ends the process without a word.

    Raises:
        StorageError: there is too little, or nothing may be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = np.lib.format.open_memmap(path, mode="w+", dtype=np.dtype(np.float32), shape=shape)
        with path.open("r+b") as file:
            _reserve(file, path.stat().st_size)
    except OSError as problem:
        raise StorageError.of(problem, path.parent) from problem
    return made


def _reserve(file: IO[bytes], size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    held = file.read(_PIECE)  # the header, before what is empty still
    file.seek(0)
    file.write(held)
    for start in range(len(held), size, _PIECE):
        file.write(bytes(min(_PIECE, size - start)))
    file.flush()


def _map(path: Path, shape: tuple[int, int]) -> Matrix | None:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    right = found.shape == shape and found.dtype == np.float32
    return found if right else None


def _name_of(path: Path) -> str:
    return path.name.rsplit(".", 2)[0]


def _is_abandoned(path: Path) -> bool:
    """Whether it is what a killed process left half-made."""
    return path.suffix == ".tmp" and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS
