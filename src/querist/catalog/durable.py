"""Makes writes durable and exclusive: fsync, atomic replacement, and locks that die with us."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from querist.errors import UnavailableError


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader sees the old file or the new one, never half."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Wait until the bytes of ``path`` are on the disk."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Wait until the names in folder ``path`` are on the disk (a no-op on Windows)."""
    if sys.platform != "win32":
        sync_file(path)


@contextlib.contextmanager
def exclusive(path: Path, *, doing: str, wait_seconds: float = 5.0) -> Iterator[None]:
    """Hold the lock file ``path`` alone; the system frees it even when the process is killed.

    Args:
        path: The lock file; made if missing.
        doing: What is being done, for the error message.
        wait_seconds: How long to wait for another holder.

    Raises:
        UnavailableError: another process or thread holds it all that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    with path.open("a+b") as file:
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                raise UnavailableError(
                    f"Somebody else is {doing} in {str(path.parent)!r}.",
                    remedy="Wait until that is finished and try again.",
                )
            time.sleep(0.02)
        try:
            yield
        finally:
            _unlock(file)


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
