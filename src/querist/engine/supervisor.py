"""Keeps a worker process alive beside this one, and ends it with this one."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence

SUPERVISED = "QUERIST_SUPERVISED_WORKER"

logger = logging.getLogger(__name__)


class LocalWorker:
    """Runs a worker command as a child process and starts it again when it dies.

    The child holds the reading end of a pipe as its standard input and ends when that closes:
    on ``stop``, and also when this process is killed without a chance to say so.

    Args:
        command: The command, usually ``[sys.executable, "-m", "querist", "worker", folder]``.
        environment: Variables added to this process's own.
        restart_seconds: Pause before the first restart; doubles up to 30 s while it keeps dying.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        restart_seconds: float = 0.5,
    ) -> None:
        self._command = list(command)
        self._environment = {**os.environ, **(environment or {}), SUPERVISED: "1"}
        self._restart_seconds = restart_seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """Process id of the worker that runs now, or None."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def start(self) -> LocalWorker:
        """Start the worker; returns self, so that it reads well in one line."""
        if self._thread is None:
            self._spawn()
            self._thread = threading.Thread(target=self._supervise, name="querist-supervisor")
            self._thread.daemon = True
            self._thread.start()
        return self

    def stop(self, *, grace_seconds: float = 8.0) -> None:
        """End the worker: politely by closing its pipe, then by SIGTERM, then by SIGKILL."""
        with self._lock:
            self._stopping.set()
        child = self._child
        if child is not None:
            if child.stdin is not None:
                with contextlib.suppress(OSError):
                    child.stdin.close()
            for end in (child.poll, child.terminate, child.kill):
                end()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(grace_seconds)
                    break
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _spawn(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            # Its own session: a Ctrl-C in the terminal reaches this process only, which then
            # decides when the worker ends.
            self._child = subprocess.Popen(  # noqa: S603 - the command is ours
                self._command,
                stdin=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )

    def _supervise(self) -> None:
        pause = self._restart_seconds
        while not self._stopping.is_set():
            child, started = self._child, time.monotonic()
            if child is None:
                return
            code = child.wait()
            if self._stopping.is_set():
                return
            if child.stdin is not None:
                child.stdin.close()
            pause = self._restart_seconds if time.monotonic() - started > 60 else pause
            logger.warning("The worker ended with %s; it starts again in %.1f s.", code, pause)
            self._stopping.wait(pause)
            pause = min(30.0, pause * 2)
            self.restarts += 1
            self._spawn()
