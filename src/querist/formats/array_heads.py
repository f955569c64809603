"""Heads of NumPy files: what arrays they hold, before any memory is taken for them."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

# No deflated byte becomes more than so many.
_MOST_INFLATED = 1032
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each array of an ``.npz`` file by its name, or of an ``.npy`` file as ``X``.

    Raises:
        ValueError: a head is none, or claims more than the file holds.
        OSError: the file cannot be read.
        zipfile.BadZipFile: an ``.npz`` file is damaged.
    """
    size = path.stat().st_size
    if path.suffix.lower() == ".npy":
        with path.open("rb") as file:
            return {"X": _shape(file, size, "The array")}
    found = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name, dot, ending = member.filename.rpartition(".")
            if dot and ending == "npy":
                most = min(member.file_size, size * _MOST_INFLATED)
                with archive.open(member) as part:
                    found[name] = _shape(part, most, f"The array {name!r}")
    return found


def _shape(file: IO[bytes], most: int, which: str) -> tuple[int, ...]:
    version: Any = np.lib.format.read_magic(file)
    if version not in _READERS:
        raise ValueError(f"{which} has fields of its own.")
    shape, _, dtype = _READERS[version](file)
    claimed = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and claimed > most:
        raise ValueError(f"{which} claims the shape {shape}, more than the file holds.")
    return tuple(shape)
