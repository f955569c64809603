"""The examples' model servers as processes of their own, for tests of models elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SCRIPT = EXAMPLES / "own_model_server.py"
# Four functions for sets, numbers, boxes and spans, and what serves them over HTTP.
VALUES = Path(__file__).with_name("own_values.py")
VALUES_SERVER = Path(__file__).with_name("own_values_server.py")


class OwnModelServer:
    """Serves a model on a port of 127.0.0.1; it can be killed, hung and started again."""

    def __init__(self, folder: Path, *, token: str | None = None, script: Path = SCRIPT) -> None:
        self._folder, self._token, self._port = folder, token, 0
        self._script = script
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start it, or start it again at the same address."""
        environment = dict(os.environ)
        if self._token is not None:
            environment["OWN_MODEL_TOKEN"] = self._token
        words = [sys.executable, str(self._script), "--port", str(self._port)]
        self._process = subprocess.Popen(
            [*words, "--folder", str(self._folder)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def hang(self) -> None:
        """Let it take connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a hung one go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


class BackendServer:
    """The example of a backend made for Label Studio, on a free port while the block lasts."""

    def __init__(self, *options: str) -> None:
        words = [sys.executable, str(EXAMPLES / "label_studio_backend.py"), "--port", "0"]
        self._process = subprocess.Popen([*words, *options], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> BackendServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
