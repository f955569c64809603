"""Files in and out: clear refusals on reading, all or nothing on writing, losses counted."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError, NotFoundError, StorageError
from querist.formats.base import Loss, LossReport
from querist.schema.wording import counted

# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def existing_file(path: Path) -> Path:
    """Return ``path`` if it is a file with something in it.

    Raises:
        NotFoundError: it is not there, or it is a folder.
        InvalidInputError: it is empty.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file {str(path)!r}.", remedy="Check the path.")
    if path.stat().st_size == 0:
        raise InvalidInputError(f"The file {path.name!r} is empty.", remedy="Give one with rows.")
    return path


def check_is_text(path: Path) -> None:
    """Refuse a file that is not UTF-8 text by the look of its first bytes."""
    with path.open("rb") as file:
        head = file.read(4096)
    if b"\0" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInputError(
            f"The file {path.name!r} is not UTF-8 text.", remedy="Save it as UTF-8 and try again."
        )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place, synced, if all goes well.

    Raises:
        StorageError: the folder is missing or cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(
            f"The file {str(path)!r} cannot be written: {error.strerror or error}.",
            remedy="Check that its folder exists, is writable and has space.",
        ) from error


def followed(path: Path) -> Path | None:
    """The path that links lead to; ``None`` where they lead in a circle, or where nobody may look.

    Where nothing is there, it is the path at which it would be.
    """
    try:
        found = path.resolve()
        found.is_dir()  # says so where one may not look
    except (OSError, RuntimeError):
        return None
    return found


class LossCounter:
    """Counts what a file cannot hold, while its rows are written."""

    def __init__(self) -> None:
        self._losses: dict[tuple[str, str], int] = {}
        self._formulas = 0
        self.written = 0

    def lose(self, column: str, message: str) -> None:
        """Count one cell of ``column`` that is not kept as it is."""
        self._losses[column, message] = self._losses.get((column, message), 0) + 1

    def finite(self, column: str, value: float | None) -> float | None:
        """``value``, or nothing where it is not a finite number."""
        if value is None or math.isfinite(value):
            return value
        self.lose(column, "infinite or NaN; left empty")
        return None

    def encodable(self, column: str, value: str) -> str:
        """``value`` as text that UTF-8 can hold."""
        try:
            value.encode()
        except UnicodeEncodeError:
            self.lose(column, "half of a surrogate pair; replaced by a question mark")
            return value.encode("utf-8", "replace").decode()
        return value

    def cell(self, column: str, value: Any) -> str:
        """``value`` as one cell of a text table, where nothing and an empty text look the same."""
        if value is None:
            return ""
        if not isinstance(value, str):
            return repr(value)
        if value == "":
            self.lose(column, "an empty text; reads as no text")
        if value.startswith(_FORMULA_SIGNS):
            self._formulas += 1
        return self.encodable(column, value)

    def report(self, path: Path, name: str) -> LossReport:
        """What was counted."""
        warnings = []
        if self._formulas:
            warnings.append(
                f"{counted(self._formulas, 'cell begins', 'cells begin')} with =, +, -, @ or a "
                "control sign: import the file into a spreadsheet as text, or it may run them."
            )
        return LossReport(
            path=path,
            format=name,
            written=self.written,
            losses=tuple(
                Loss(column=column, count=count, message=message)
                for (column, message), count in self._losses.items()
            ),
            warnings=tuple(warnings),
        )
