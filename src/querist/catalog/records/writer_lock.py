"""One writer at a time on a SQLite file, over threads and processes."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from querist.errors import StorageError, UnavailableError

if sys.platform != "win32":
    import fcntl


class WriterLock:
    """A lock beside a SQLite file.

    SQLite has a lock of its own, but its waiters poll with long naps and starve under load, and
    releases before 3.51.3 can damage the log when one process writes while another resets it.
    Holding this lock over every write, with the checkpoint that may follow it, avoids both.
    On Windows only the threads of one process queue here; SQLite's own lock does the rest.
    """

    def __init__(self, path: Path, *, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._threads = threading.Lock()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as problem:
            raise StorageError(
                f"{path} cannot be opened: {problem.strerror}.",
                remedy="Check that the folder exists and that you may write to it; "
                "of a project that is read-only, use a copy.",
                path=str(path),
            ) from problem

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; raises UnavailableError when others hold it for too long."""
        deadline = time.monotonic() + self._timeout
        if not self._threads.acquire(timeout=self._timeout):
            raise self._busy()
        try:
            self._lock_file(deadline)
            try:
                yield
            finally:
                self._unlock_file()
        finally:
            self._threads.release()

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lock_file(self, deadline: float) -> None:
        if sys.platform == "win32":
            return
        nap = 0.0001
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise self._busy() from None
            time.sleep(nap)
            nap = min(nap * 2, 0.002)

    def _unlock_file(self) -> None:
        if sys.platform != "win32":
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _busy(self) -> UnavailableError:
        return UnavailableError(
            f"{self._path.name} has been held by another writer for {self._timeout:.0f} s.",
            remedy="Try again; if it stays so, look for a stopped querist process.",
        )
