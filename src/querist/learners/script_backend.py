"""A model in a script of the project's folder: started as a process, asked line by line.

What is asked and how answers are checked is the protocol over HTTP (``remote_backend``); the lines
go through pipes, so nobody else can ask, and a script whose Querist has ended ends as well.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from querist.errors import InvalidInputError, UnavailableError
from querist.learners import script_runner
from querist.learners.remote_backend import check_seconds, most_bytes

# A script that nobody has asked for so long is ended; the next question starts it again.
IDLE_SECONDS = 600.0
_REMEDY = (
    "Correct the script, then do the same again: no label is lost, and the last model's "
    "predictions stay. Or set another learner in querist.toml."
)
# Of what a script writes to its standard error, what is kept and what an error repeats.
_KEPT, _LINES, _REPEATED = 2_000, 3, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptBackend:
    """Where the script is, and what runs it.

    Attributes:
        file: A Python file, by its path below the folder.
        folder: The project's; what the script keeps lies in its ``models/script``.
        python: The Python that runs it, perhaps of another virtual environment: a path, below the
            folder where it is relative, or a command; ``None`` takes the one that runs Querist.
        seconds: The longest that an answer, and the start of the script, may take.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    file: str
    folder: str = "."
    python: str | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        check_seconds(self.seconds)
        path = PurePath(self.file)
        if path.is_absolute() or ".." in path.parts or path.suffix != ".py":
            raise InvalidInputError(
                f"The script {self.file!r} is no Python file of the project's folder.",
                remedy="Put it there, and write its path below the folder, as own_model.py.",
            )

    @property
    def version(self) -> str:
        """Digest of the file: another script makes other models.

        Raises:
            UnavailableError: there is no such file.
        """
        return hashlib.sha256(self._place().read_bytes()).hexdigest()

    def ask(
        self, path: str, body: Mapping[str, Any], *, numbers: int = 0, seconds: float | None = None
    ) -> tuple[dict[str, Any], Program]:
        """The object that the script answers, and the script, as ``Served.ask``."""
        program = self._running()
        line = json.dumps({"path": path, "body": dict(body)}).encode() + b"\n"
        limit = self.seconds if seconds is None else seconds
        said = program.exchange(path, line, seconds=limit, most=most_bytes(numbers))
        if said.get("missing"):
            raise program.failed(f"knows nothing of the model that {path} was asked for")
        if "error" in said:
            trace = str(said.get("trace", ""))
            raise program.failed(f"raised {str(said['error'])[:_REPEATED]}", trace)
        return said["answer"], program

    def _place(self) -> Path:
        root = Path(self.folder).resolve()
        place = (root / self.file).resolve()
        # A link would lead elsewhere.
        if not place.is_relative_to(root) or not place.is_file():
            raise UnavailableError(
                f"There is no script {self.file!r} in the folder {str(root)!r}.", remedy=_REMEDY
            )
        return place

    def _running(self) -> Program:
        place, version = self._place(), self.version
        chosen = PurePath(self.python or sys.executable)
        python = str(Path(self.folder).resolve() / chosen) if len(chosen.parts) > 1 else str(chosen)
        with _STARTING:
            found = _PROGRAMS.get((python, place))
            if found is not None and found.version == version and found.alive:
                return found
            if found is not None:
                found.stop()
            kept = Path(self.folder).resolve() / "models" / "script"
            made = Program(self.file, python, place, kept, version)
            _PROGRAMS[python, place] = made
            made.exchange("its start", None, seconds=self.seconds, most=most_bytes(0))
        return made


class Program:
    """A script that runs: one question at a time.

    Args:
        name: What people call it.
        python: What runs it.
        place: The file.
        kept: Where its models are kept.
        version: Digest of the file.

    Raises:
        UnavailableError: it cannot be started.
    """

    def __init__(self, name: str, python: str, place: Path, kept: Path, version: str) -> None:
        self._name, self.version = name, version
        self._written = b""
        runner = Path(script_runner.__file__).read_text(encoding="utf-8")
        try:
            self._child = subprocess.Popen(  # noqa: S603 - who owns the folder has named it
                [python, "-u", "-c", runner, str(place), str(kept)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=place.parent,
                # Its own session: a Ctrl-C is for Querist, and all that it starts ends with it.
                start_new_session=True,
            )
        except OSError as problem:
            raise UnavailableError(
                f"The script {name!r} cannot be started with {python!r}: {problem.strerror}.",
                remedy=_REMEDY,
            ) from None
        self._asking = threading.Lock()
        self._used = time.monotonic()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._idle = self._timer(IDLE_SECONDS)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child.poll() is None

    def exchange(
        self, what: str, line: bytes | None, *, seconds: float, most: int
    ) -> dict[str, Any]:
        """The object of the line that follows ``line``.

        Raises:
            UnavailableError: it takes longer, ends, or answers more bytes or something else. It
                is ended by all of these, so that the next question finds a new one.
        """
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        pipe_in, pipe_out, found = self._child.stdin, self._child.stdout, []

        def talk() -> None:
            with contextlib.suppress(OSError, ValueError):  # it has ended
                if line is not None:
                    pipe_in.write(line)
                    pipe_in.flush()
                found.append(pipe_out.readline(most + 1))

        with self._asking:
            talking = threading.Thread(target=talk, daemon=True)
            talking.start()
            talking.join(seconds)
            late = talking.is_alive()
            answer = _object(found[0]) if found and not late else None
            self._used = time.monotonic()
            if answer is not None:
                return answer
            ended = not late and not (found and found[0])
            status = self._ending() if ended else ""
            self.stop()
            talking.join()
        if late:
            raise self.failed(f"took longer than {seconds:g} s for {what}")
        raise self.failed(status or f"answered {what} with more than {most:,} bytes or no object")

    def failed(self, what: str, trace: str = "") -> UnavailableError:
        """The error that tells what the script did wrong, and what it wrote last."""
        written = self._written.decode("utf-8", "replace")
        shown = "".join(it if it.isprintable() or it == "\n" else "?" for it in trace or written)
        lines = [line.strip() for line in shown.splitlines() if line.strip(" ^~")]
        last = " | ".join(lines[-_LINES:])[-_REPEATED:]
        after = f" It wrote last: {last}" if last and not trace else ""
        return UnavailableError(
            f"The script {self._name!r} {what}.{after}", remedy=_REMEDY, stderr=shown
        )

    def stop(self) -> None:
        """End it at once, and all that it has started."""
        self._idle.cancel()
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._listener.join(1.0)
        for pipe in (self._child.stdin, self._child.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _ending(self) -> str:
        """How it has ended by itself; one that has only closed its pipe is ended."""
        try:
            code = self._child.wait(1.0)
        except subprocess.TimeoutExpired:
            return "answers no more"
        self._listener.join(1.0)
        return f"ended by signal {-code}" if code < 0 else f"ended with the status {code}"

    def _listen(self) -> None:
        assert self._child.stderr is not None
        with self._child.stderr as pipe:
            while chunk := os.read(pipe.fileno(), 65_536):
                self._written = (self._written + chunk)[-_KEPT:]

    def _timer(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._rest)
        timer.daemon = True
        timer.start()
        return timer

    def _rest(self) -> None:
        with self._asking:
            left = self._used + IDLE_SECONDS - time.monotonic()
            if left > 0:
                self._idle = self._timer(left)
            else:
                self.stop()


_PROGRAMS: dict[tuple[str, Path], Program] = {}
_STARTING = threading.Lock()


@atexit.register
def stop_scripts() -> None:
    """End all scripts that run; the next question starts them again."""
    with _STARTING:
        while _PROGRAMS:
            _PROGRAMS.popitem()[1].stop()


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
