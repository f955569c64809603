"""A real Label Studio server for tests and benchmarks, in a folder of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".venv-label-studio" / "bin" / "label-studio"
START_SECONDS = 280.0


def program() -> Path | None:
    """The program that ``make test`` installs, ``None`` where it could not."""
    return PROGRAM if PROGRAM.exists() and list(PROGRAM.parents[1].glob(".[0-9]*")) else None


class LabelStudioServer:
    """A server on a free port of 127.0.0.1 with SQLite, its own development server, and a token.

    The token is that of the first user, who may do everything.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = Path(tempfile.mkdtemp(prefix="querist-label-studio-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.token = secrets.token_hex(20)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Start it, or start it again after ``kill``; what it holds is still there."""
        log = (self._folder / "log").open("ab")
        words = [self._path, "start", "--no-browser", "--port", str(self.port)]
        words += ["--internal-host", "127.0.0.1", "--username", "owner@example.com"]
        words += ["--password", secrets.token_hex(12), "--user-token", self.token]
        self._process = subprocess.Popen(
            [*map(str, words), "--enable-legacy-api-token"],
            env=os.environ
            | {
                "LABEL_STUDIO_BASE_DATA_DIR": str(self._folder / "data"),
                "COLLECT_ANALYTICS": "False",
                "LATEST_VERSION_CHECK": "False",
                "SENTRY_DSN": "",
                "FRONTEND_SENTRY_DSN": "",
                "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
                # It may call this machine: webhooks, and an ML backend.
                "SSRF_PROTECTION_ENABLED": "false",
                "ML_BLOCK_LOCAL_IP": "false",
            },
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/api/version", timeout=30).is_success:
                    return
            time.sleep(0.5)
        tail = (self._folder / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"Label Studio did not start:\n{tail}")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """End it and remove all it has written."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def client(self, token: str | None = None) -> httpx.Client:
        """A client of its API, as the owner or as somebody else."""
        headers = {"Authorization": f"Token {token or self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)

    def user(self, email: str) -> str:
        """The token of a user, who is made if new."""
        with self.client() as client:
            found = client.get("/api/users").json()
            known = {it["email"]: it["id"] for it in found}
            if email not in known:
                body = {
                    "email": email,
                    "username": email.split("@", maxsplit=1)[0],
                    "first_name": email,
                }
                made = client.post("/api/users", json=body)
                known[email] = made.raise_for_status().json()["id"]
        return self._token_of(known[email])

    def database(self) -> sqlite3.Connection:
        """Its database, to count what it has really stored."""
        return sqlite3.connect(self._folder / "data" / "label_studio.sqlite3", timeout=60)

    def _token_of(self, user_id: int) -> str:
        # A token is shown to its user alone, and one joins by a link in a page: both by hand.
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        with contextlib.closing(self.database()) as connection, connection:
            run = connection.execute
            found: Any = run(
                "SELECT key FROM authtoken_token WHERE user_id = ?", (user_id,)
            ).fetchone()
            if found is None:
                found = (secrets.token_hex(20),)
                run(
                    "INSERT INTO authtoken_token (key, created, user_id) VALUES (?, ?, ?)",
                    (found[0], now, user_id),
                )
            run("UPDATE htx_user SET active_organization_id = 1 WHERE id = ?", (user_id,))
        return str(found[0])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
