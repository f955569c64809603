"""The folders whose files may be read and served; links that leave them are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from querist.errors import PermissionDeniedError


class Roots:
    """Registered source folders.

    Args:
        folders: The folders, in any form; links in their own names are followed.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [os.path.realpath(folder) for folder in folders]
        self._parents: dict[str, str] = {}

    def resolve(self, path: str | Path) -> str:
        """The real path of a file, all links followed.

        Raises:
            PermissionDeniedError: it lies outside every registered folder.
            OSError: it does not exist.
        """
        folder, name = os.path.split(os.path.abspath(path))
        real = self._parents.get(folder)
        if real is None:
            real = self._parents[folder] = os.path.realpath(folder)
        found = os.path.join(real, name)
        if stat.S_ISLNK(os.lstat(found).st_mode):
            found = os.path.realpath(found, strict=True)
        if not any(_inside(found, root) for root in self._folders):
            raise PermissionDeniedError(
                f"The file {str(path)!r} lies outside the registered source folders.",
                remedy="Add its own folder as a source, or copy the file into one.",
            )
        return found


def _inside(path: str, root: str) -> bool:
    prefix = root if root.endswith(os.sep) else root + os.sep
    return path.startswith(prefix)
