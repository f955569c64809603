"""Files that came in from a browser: kept in the project's folder until a job has read them."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from querist.errors import InvalidInputError, NotFoundError
from querist.schema import new_id

MOST_BYTES = 1 << 30
# Whatever is older and waits for no job was left by a server that was killed.
_STALE_SECONDS = 3600.0
_ODD = re.compile(r"[^\w.\- ]+")
_NAME = re.compile(r"[\w\-]+/\w[\w.\- ]*")
_LONGEST = 60  # a character takes up to 4 bytes, a name on the disk at most 255


class Uploads:
    """The uploads of a project, each in a folder of its own under ``uploads/``.

    Args:
        folder: The project's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "uploads"

    @contextmanager
    def receive(self, filename: str, kinds: tuple[str, ...]) -> Iterator[tuple[str, IO[bytes]]]:
        """A new file to write, and the key it is found by; it is gone again if writing fails.

        Args:
            filename: What the file is called where it comes from; its ending tells what it is.
            kinds: The endings that may come.

        Raises:
            InvalidInputError: it ends in something else.
        """
        name = _ODD.sub("_", Path(filename.replace("\\", "/")).name)[-_LONGEST:].lstrip(". -")
        if Path(name).suffix.lower() not in kinds:
            raise InvalidInputError(
                f"The file {filename!r:.120} is of no kind that can be read here.",
                remedy=f"Give one that ends in {', '.join(kinds)}.",
            )
        key = f"{new_id('upload')}/{name}"
        path = self._folder / key
        path.parent.mkdir(parents=True)
        try:
            with path.open("xb") as file:
                yield key, file
        except BaseException:
            self.remove(key)
            raise

    def path(self, key: str) -> Path:
        """Where the file of a key lies.

        Raises:
            NotFoundError: it has been removed, or never came.
        """
        path = self._folder / key
        if not _NAME.fullmatch(key) or not path.is_file():
            raise NotFoundError(
                f"The upload {key!r} is gone.", remedy="Send the file again.", upload=key
            )
        return path

    def remove(self, key: str) -> None:
        """Remove an upload, if it is there."""
        if _NAME.fullmatch(key):
            shutil.rmtree((self._folder / key).parent, ignore_errors=True)

    def sweep(self, wanted: set[str]) -> None:
        """Remove what is over an hour old, except for the keys that jobs still wait for.

        What is still being written is young, however long it takes.
        """
        keep = {key.partition("/")[0] for key in wanted}
        for held in self._folder.iterdir() if self._folder.is_dir() else ():
            if held.name not in keep and time.time() - _written(held) > _STALE_SECONDS:
                shutil.rmtree(held, ignore_errors=True)


def _written(held: Path) -> float:
    """When something was last written to an upload; now where somebody has just removed it."""
    with suppress(FileNotFoundError):
        return max(path.stat().st_mtime for path in (held, *held.iterdir()))
    return time.time()
