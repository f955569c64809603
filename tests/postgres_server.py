"""A real PostgreSQL server for tests and benchmarks, in a folder of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/latest/bin",
)


def server_binaries() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``, the newest where there are several."""
    on_path = shutil.which("initdb") or shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in _PLACES:
        found += sorted(Path("/").glob(place.removeprefix("/")), key=_version, reverse=True)
    needed = ("initdb", "pg_ctl", "postgres")
    return next((it for it in found if all((it / name).exists() for name in needed)), None)


class PostgresServer:
    """A server on a free port of 127.0.0.1; as root it runs as the user ``postgres``.

    Args:
        binaries: The folder with ``initdb`` and ``pg_ctl``.
        durable: Whether commits reach the disk; off makes tests fast, benchmarks want it on.
    """

    def __init__(self, binaries: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="querist-pg-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        self._databases = 0
        self.port = 0
        try:
            if self._user:
                owner = pwd.getpwnam(self._user)
                os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._run("initdb", "-D", self._data, "-U", "querist", "--auth=trust", "--no-locale",
                      "-E", "UTF8", "--no-sync")  # fmt: skip
            self._start()
        except BaseException:
            self.stop()
            raise

    def url(self, database: str) -> str:
        """The address of a database on this server."""
        return f"postgresql://querist@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database, a copy of ``template``, and return its name."""
        import psycopg

        self._databases += 1
        name = f"test_{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _start(self) -> None:
        settings = [f"-k {self._folder}", "-c listen_addresses=127.0.0.1"]
        settings += [] if self._durable else ["-F", "-c full_page_writes=off", "-c autovacuum=off"]
        for attempt in range(5):
            # Somebody may take the free port before the server does: then take another.
            self.port = _free_port()
            options = " ".join([f"-p {self.port}", *settings])
            try:
                self._run("pg_ctl", "-D", self._data, "-l", str(self._folder / "log"), "-w",
                          "-o", options, "start")  # fmt: skip
                return
            except subprocess.CalledProcessError:
                if attempt == 4:
                    raise
                time.sleep(0.1)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        if self._user:
            command = ["runuser", "-u", self._user, "--", *command]
        # The server inherits these: an open pipe would keep us waiting for its end.
        with (self._folder / f"{program}.out").open("ab") as output:
            subprocess.run(command, check=True, cwd=self._folder, stdin=subprocess.DEVNULL,
                           stdout=output, stderr=output, timeout=120)  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _version(folder: Path) -> tuple[int, ...]:
    digits = "".join(sign if sign.isdigit() else " " for sign in str(folder))
    return tuple(int(number) for number in digits.split())
