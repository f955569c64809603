"""Serves one project until Ctrl-C: the web server, its worker process, the address to open."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence

import uvicorn

from querist.engine import LocalWorker
from querist.errors import InvalidInputError, UnavailableError
from querist.project import Project
from querist.schema import Role
from querist.server.app import create_app
from querist.server.events import Broadcaster
from querist.server.security import ANY_ADDRESS

OWNER = "owner"
LOGIN_SECONDS = 12 * 3600.0


def serve(
    project: Project,
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    open_browser: bool = True,
    announce: Callable[[str], None] = print,
    hosts: Sequence[str] = (),
    worker: bool = True,
    access_log: bool = False,
) -> None:
    """Serve ``project`` and return after Ctrl-C or SIGTERM, when all has been put away.

    Args:
        project: The open project; it stays open.
        host: Address to listen on; loopback by default.
        port: Port; 0 takes a free one.
        open_browser: Whether to open the address in the user's browser.
        announce: Gets the lines for the user, the address with its one-time token among them.
        hosts: More names that the server answers to.
        worker: Whether to run a worker process beside the server.
        access_log: Whether to log every request, without its query.

    Raises:
        UnavailableError: the port is taken.
        InvalidInputError: the host is not an address of this machine.
    """
    listener = listen(host, port)
    app = create_app(project, hosts=(host, *hosts))
    events: Broadcaster = app.state.service.events
    address = _address(host, listener)

    def started() -> None:
        # What is loaded by now stays: looking for garbage in it again and again takes time.
        gc.freeze()
        url = f"{address}/#token={login_token(project)}"
        announce(f"Querist serves {project.settings.name!r} at {url}")
        announce("The address works once. Press Ctrl-C to stop.")
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    config = uvicorn.Config(
        app,
        log_level="info" if access_log else "warning",
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    logging.getLogger("uvicorn.access").addFilter(_without_query)
    # -P: a json.py in the folder where somebody started us must not become the worker's json.
    child = LocalWorker([sys.executable, "-P", "-m", "querist", "worker", str(project.folder)])
    try:
        if worker:
            child.start()
        with _quiet_signals():
            _Server(config, started=started, events=events).run(sockets=[listener])
    finally:
        child.stop()
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address.

    Raises:
        UnavailableError: the port is taken.
        InvalidInputError: the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: an answer
    # of a header and a small body would otherwise wait 40 ms for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise UnavailableError(
                f"Port {port} on {host} is taken or not allowed.",
                remedy="Choose another with --port, or --port 0 for any free one.",
                host=host,
                port=port,
            ) from error
        raise InvalidInputError(
            f"The server cannot listen on {host!r}: {error}.",
            remedy="Give an address of this machine, usually 127.0.0.1.",
            host=host,
        ) from error
    return listener


def login_token(project: Project) -> str:
    """A token that logs the project's owner in, once."""
    records = project.catalog.records
    owner = records.annotators.ensure(OWNER, role=Role.OWNER)
    if owner.role is not Role.OWNER:
        records.annotators.update(OWNER, role=Role.OWNER, hourly_cost=owner.hourly_cost)
    return records.tokens.issue(OWNER, kind="login", ttl_seconds=LOGIN_SECONDS)


class _Server(uvicorn.Server):
    """Tells when it answers, and ends the live streams when it is asked to stop."""

    def __init__(
        self, config: uvicorn.Config, *, started: Callable[[], None], events: Broadcaster
    ) -> None:
        super().__init__(config)
        self._tell_started = started
        self._events = events
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            await asyncio.to_thread(self._tell_started)

    def handle_exit(self, sig: int, frame: object) -> None:
        # Streams never end by themselves, and a graceful stop waits for every open response.
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._events.close)
        super().handle_exit(sig, frame)  # type: ignore[arg-type]


def _address(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    name = "127.0.0.1" if host in ANY_ADDRESS else host
    return f"http://[{name.strip('[]')}]:{port}" if ":" in name else f"http://{name}:{port}"


def _without_query(record: logging.LogRecord) -> bool:
    """Cut the query from an access log line: it names assets and may hold anything."""
    if isinstance(record.args, tuple) and len(record.args) == 5:
        client, method, path, version, status = record.args
        record.args = (client, method, str(path).partition("?")[0], version, status)
    return True


@contextlib.contextmanager
def _quiet_signals() -> Iterator[None]:
    """Let a stop be an ordinary return: uvicorn raises the signal again once it has stopped."""
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, lambda *_: None) if in_main else None
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
