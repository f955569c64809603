"""Real processes of ``querist``, forked from one that has imported it before.

Hundreds of tests start a command or a server, and its imports take longer than many of them.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
# Not lance itself, which no process may fork once it has loaded it, but what it takes long to load.
READ_BEFORE = ["querist.cli", "querist.server", "querist.project", "pandas", "pyarrow", "uvicorn"]
READ_BEFORE += ["scipy.sparse", "scipy.special", "sklearn.linear_model", "sklearn.preprocessing"]
FORKS.set_forkserver_preload(READ_BEFORE)


@dataclass(frozen=True)
class Server:
    """A running server: its address, its sign-in link, the project's folder, and its worker."""

    address: str
    link: str
    folder: Path
    process: BaseProcess
    worker: BaseProcess
    said: Connection

    def stop(self) -> None:
        """Ask the server and its worker to stop, and wait."""
        for process in (self.worker, self.process):
            process.terminate()
        for process in (self.worker, self.process):
            process.join(20)
            if process.is_alive():
                process.kill()
                process.join()
        self.said.close()


def start_server(folder: Path, port: int = 0) -> Server:
    """Serve ``folder`` as ``querist serve`` does and wait until the link is printed.

    The worker is no child of the server, which would start it anew, but forked as the server is.
    """
    said, tells = FORKS.Pipe(duplex=False)
    process = FORKS.Process(
        target=_serve, args=(folder, port, dict(os.environ), tells), daemon=True
    )
    process.start()
    words = ["worker", str(folder)]
    worker = FORKS.Process(target=_main, args=(words, dict(os.environ)))
    worker.start()
    tells.close()
    with open(said.fileno(), encoding="utf-8", closefd=False) as lines:
        for line in lines:
            found = re.search(r"(http://127\.0\.0\.1:\d+)/#token=\S+", line)
            if found:
                return Server(found.group(1), found.group(0), folder, process, worker, said)
    worker.kill()
    process.join()
    raise AssertionError(f"The server ended with code {process.exitcode} before it gave a link.")


def run_querist(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own until it ends."""
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder, "out"), Path(folder, "err")
        process = FORKS.Process(
            target=_command,
            args=(list(map(str, words)), {**os.environ, **environment}, Path.cwd(), printed),
        )
        process.start()
        process.join()
        out, err = (path.read_text() for path in printed)
    return subprocess.CompletedProcess(words, process.exitcode, out, err)


def _serve(folder: Path, port: int, environment: dict[str, str], tells: Connection) -> None:
    """The server, which prints to ``tells``."""
    from querist.project import Project
    from querist.server import serve

    os.dup2(tells.fileno(), 1)
    tells.close()
    sys.stdout.reconfigure(line_buffering=True)
    os.environ.clear()
    os.environ.update(environment)
    with Project.open(folder) as project:
        serve(project, port=port, open_browser=False, worker=False)


def _command(
    words: list[str], environment: dict[str, str], folder: Path, printed: tuple[Path, Path]
) -> None:
    """One command in ``folder``, which prints to two files."""
    for number, path in enumerate(printed, start=1):
        with path.open("w") as file:
            os.dup2(file.fileno(), number)
    os.chdir(folder)
    _main(words, environment)


def _main(words: list[str], environment: dict[str, str]) -> None:
    """The command line, as the shell would start it."""
    from querist.cli import main

    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["querist", *words]
    main()
