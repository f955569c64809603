"""The way to a tool: a server that hangs, dies, lies or sends elsewhere costs no label."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from querist import Project
from querist.errors import InvalidInputError, UnavailableError
from querist.labeling.workforces import Access, Content, Item
from querist.labeling.workforces.label_studio import LabelStudio
from querist.outside import Tool, check_url, label_studio_values, read_token
from querist.schema import Asset, Media, Ontology

TOKEN = "a-token-that-nobody-may-see"
ONTOLOGY = Ontology.of("classification", ["a"])
ITEM = Item(
    key="item",
    asset=Asset(id="t", media=Media.TEXT, text="words"),
    content=Content(media_type="text/plain", body=b"words"),
)


class RawServer:
    """Answers each connection by a function of the socket."""

    def __init__(self, answer: Callable[[socket.socket, bytes], None]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more; what is open is cut."""
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            request = connection.recv(65536)
            self.requests.append(request)
            self._answer(connection, request)


@pytest.fixture
def serving() -> Iterator[Callable[..., RawServer]]:
    """Makes servers that end with the test."""
    made: list[RawServer] = []

    def start(answer: Callable[[socket.socket, bytes], None]) -> RawServer:
        made.append(RawServer(answer))
        return made[-1]

    yield start
    for server in made:
        server.close()


def says(status: str, body: bytes = b"", *headers: str) -> Callable[..., None]:
    """One answer, and the end of the connection."""

    def answer(connection: socket.socket, _: bytes) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        connection.close()

    return answer


def hangs(connection: socket.socket, _: bytes) -> None:
    """Says nothing, for longer than anybody waits."""
    time.sleep(30)


def drips(connection: socket.socket, _: bytes) -> None:
    """Sends a byte now and then, and never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def dies(connection: socket.socket, _: bytes) -> None:
    """Ends in the middle of the answer."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ta')
    connection.close()


def floods(connection: socket.socket, _: bytes) -> None:
    """Sends more than anybody wants."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


WRONG = {
    "hangs": (hangs, "did not answer within"),
    "drips": (drips, "took longer"),
    "dies": (dies, "RemoteProtocolError"),
    "floods": (floods, "more than"),
    "html": (says("200 OK", b"<html>login</html>"), "something else than JSON"),
    "deep": (says("200 OK", b"[" * 200_000), "something else than JSON"),
    "bytes": (says("200 OK", b"\xff\xfe{}"), "something else than JSON"),
    "500": (says("500 Oops", b"trace"), "answered 500"),
    "401": (says("401 No"), "refuses the token"),
    "403": (says("403 No"), "refuses the token"),
    "302": (says("302 Found", b"", "Location: http://169.254.169.254/"), "another address"),
    "gzip": (says("200 OK", b"no gzip", "Content-Encoding: gzip"), "DecodingError"),
    "garbage": (lambda connection, _: connection.sendall(b"SSH-2.0\r\n\r\n"), "RemoteProtocol"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_tool_that_misbehaves_is_told_in_words(serving, kind):
    """The error names the tool and what happened; the token is in no error."""
    answer, words = WRONG[kind]
    server = serving(answer)
    with (
        Tool(
            "The tool",
            server.url,
            headers={"Authorization": f"Token {TOKEN}"},
            seconds=0.5,
            whole_seconds=1,
            most_bytes=1_000_000,
        ) as tool,
        pytest.raises(UnavailableError, match=words) as raised,
    ):
        tool.ask("GET", "/api/tasks", params={"page": 1})
    assert server.url in raised.value.message
    assert TOKEN not in str(raised.value)
    assert raised.value.__cause__ is None
    assert TOKEN.encode() in server.requests[0]


def test_a_redirect_to_another_host_is_not_followed(serving):
    """The token goes to the host that was configured, and nowhere else."""
    elsewhere = serving(says("200 OK", b"{}"))
    moved = says("307 Moved", b"", f"Location: {elsewhere.url}/api/tasks")
    server = serving(moved)
    with (
        Tool("The tool", server.url, headers={"Authorization": TOKEN}) as tool,
        pytest.raises(UnavailableError, match="not followed"),
    ):
        tool.ask("GET", "/api/tasks")
    assert elsewhere.requests == []


def test_proxies_of_the_environment_get_nothing(serving, monkeypatch):
    """A proxy in the environment would see the token."""
    proxy = serving(says("200 OK", b'{"from": "proxy"}'))
    server = serving(says("200 OK", b'{"from": "tool"}'))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    with Tool("The tool", server.url, headers={}) as tool:
        assert tool.ask("GET", "/") == {"from": "tool"}
    assert proxy.requests == []


def test_nobody_at_the_address():
    """A closed port is told at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with (
            Tool("The tool", url, headers={}) as tool,
            pytest.raises(UnavailableError, match="ConnectError"),
        ):
            tool.ask("GET", "/")


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'"x"', b"null", b'{"tasks": 7}', b'{"results": 7}', b'{"id": "x"}']
)
def test_json_that_is_no_answer_is_told(serving, body):
    """Each call of the connector says that it does not understand, and nothing else happens."""
    server = serving(says("200 OK", body))
    connector = LabelStudio(Access(url=server.url, token=TOKEN, seconds=2))
    try:
        for call in (
            lambda: connector.collect(["1"], ""),
            lambda: connector.send("1", [ITEM], ONTOLOGY),
            lambda: connector.withdraw("1", ["item"]),
            lambda: connector.place("title", ONTOLOGY, Media.TEXT),
        ):
            with pytest.raises(UnavailableError):
                call()
    finally:
        connector.close()


# As Label Studio 1.23.2 answers with its guard of private networks on.
GUARDED = (
    b'{"status_code":403,"version":"1.23.2","exc_info":null,'
    b'"detail":"URL resolves to a reserved network address (block: 127.0.0.0/8)"}'
)
UNKNOWN = b'{"status_code":500,"version":"1.23.2","detail":"Can\'t resolve hostname nowhere.x"}'


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        ("403 Forbidden", GUARDED, "reserved network address"),
        ("500 Oops", UNKNOWN, "Can't resolve hostname"),
    ],
)
def test_an_address_that_the_tool_does_not_call_is_named(serving, status, body, words):
    """The address and the tool's reason, no word of the token, neither secret."""

    def answer(connection: socket.socket, request: bytes) -> None:
        known = request.startswith(b"GET ")
        says("200 OK" if known else status, b"[]" if known else body)(connection, request)

    server = serving(answer)
    connector = LabelStudio(Access(url=server.url, token=TOKEN))
    with pytest.raises(InvalidInputError, match=words) as raised:
        connector.subscribe("1", "http://127.0.0.1:8321/api/v1/workforces/crowd/webhook", "s3cret")
    connector.close()
    assert "'http://127.0.0.1:8321…'" in raised.value.message
    assert "SSRF_PROTECTION_ENABLED" in raised.value.remedy
    assert not any(told in str(raised.value) for told in (TOKEN, "s3cret", "refuses the token"))


def test_a_permission_that_lacks_is_no_matter_of_the_address(serving):
    """Another refusal of the same status is told as before."""
    body = b'{"detail": "You do not have permission to perform this action."}'

    def answer(connection: socket.socket, request: bytes) -> None:
        known = request.startswith(b"GET ")
        says("200 OK" if known else "403 No", b"[]" if known else body)(connection, request)

    connector = LabelStudio(Access(url=serving(answer).url, token=TOKEN))
    with pytest.raises(UnavailableError, match="refuses the token"):
        connector.subscribe("1", "http://127.0.0.1:8321/x", "s3cret")
    connector.close()


def test_a_tool_that_hangs_costs_no_task(serving, tmp_path, monkeypatch, caplog):
    """Nothing is booked, nothing is lost, and neither log nor error holds the token."""
    monkeypatch.setenv("QUERIST_TOOL", TOKEN)
    server = serving(dies)
    with Project.create(tmp_path / "p", media="text", classes=["a", "b"]) as project:
        project.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(10)])
        project.next_round(5)
        made, _ = project.workforces.add(
            "crowd", kind="label-studio", url=server.url, token="env:QUERIST_TOOL"
        )
        before = len(project.queue.next("ana", 20).items)
        project.queue.release([it.task.id for it in project.queue.next("ana", 20).items], "ana")
        with caplog.at_level(logging.DEBUG), pytest.raises(UnavailableError) as raised:
            project.workforces.send("crowd", 5)
        with pytest.raises(UnavailableError):
            project.workforces.status("crowd")
        assert len(project.queue.next("ana", 20).items) == before
        assert TOKEN not in caplog.text + str(raised.value) + repr(made)
    held = b"".join(path.read_bytes() for path in (tmp_path / "p").glob("records.db*"))
    assert TOKEN.encode() not in held


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://host",
        "file:///etc/passwd",
        "http://",
        "http://user@host",
        "http://user:password@host",
        "http://host/?next=x",
        "http://host/#x",
        "http://host:99999",
        "http://ho st",
        "http://host\r\nX: y",
    ],
)
def test_addresses_that_cannot_be_used(url):
    """Another scheme, no host, a password, a query: refused, and a password is not repeated."""
    with pytest.raises(InvalidInputError) as raised:
        check_url(url)
    assert "password@" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ls.example.com", "'ls.example.com' cannot be used: it does not begin with http://"),
        ("localhost:8080", "'localhost:8080' cannot be used: it does not begin with http://"),
        ("ftp://host/a", "'ftp://host…' cannot be used: it does not begin with http://"),
        ("http://host:99999", "'http://host:99999' cannot be used: its port is no number"),
        ("http://ana:hunter2@host/x", "'http://…@host…' cannot be used: it holds a user"),
        ("http://ana:hunt/er2@host", "'http://…' cannot be used"),
        ("http://hunter2@host", "'http://…@host' cannot be used: it holds a user"),
        ("http://host/?token=hunter2", "'http://host…' cannot be used: it goes on behind"),
        ("http://host?a=b@hunter2", "'http://…' cannot be used: it goes on behind"),
        ("https://host/#hunter2", "'https://host…' cannot be used: it goes on behind"),
        ("0123hunter2", "The address cannot be used: it does not begin with http://"),
        ("eyJhbGciOi.Jhunter2.sIG", "The address cannot be used: it does not begin with"),
    ],
)
def test_a_refused_address_is_named_without_its_secrets(url, said):
    """Scheme, host and port, why, and what to do; path, query, user and token are not told."""
    with pytest.raises(InvalidInputError) as raised:
        check_url(url)
    assert said in raised.value.message
    assert "Write http:// or https://" in raised.value.remedy
    assert "hunt" not in str(raised.value)
    assert "er2" not in str(raised.value)


def test_addresses_are_plain():
    """A slash at the end is dropped; IPv6, ports and paths stay."""
    assert check_url("https://host/") == "https://host"
    assert check_url("http://[::1]:8080/label/") == "http://[::1]:8080/label"


def test_tokens_come_from_where_they_are(tmp_path, monkeypatch):
    """From a variable or a file, without the line's end; an empty or odd one is refused."""
    monkeypatch.setenv("QUERIST_TOOL", f"{TOKEN}\n")
    assert read_token("env:QUERIST_TOOL") == TOKEN
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    assert read_token(f"file:{path}") == TOKEN
    assert read_token(None) is None
    path.write_bytes(b"two\nlines")
    assert os.environ.get("QUERIST_NOT_SET") is None
    for wrong in ("env:QUERIST_NOT_SET", f"file:{path}", f"file:{tmp_path / 'no'}"):
        with pytest.raises(InvalidInputError, match="no token"):
            read_token(wrong)


def annotation(**odd: object) -> dict[str, object]:
    """An annotation of Label Studio, with something odd in it."""
    usual = {"id": 1, "updated_at": "2026-03-01T00:00:00Z", "was_cancelled": False, "result": []}
    return {**usual, "lead_time": 4, **odd}


@pytest.mark.parametrize(
    "odd",
    [
        {"annotations": [annotation(id=float("inf"))]},
        {"annotations": [annotation(completed_by=float("inf"))]},
        {"annotations": [annotation(lead_time=10**400)]},
        {"annotations": [annotation(updated_at="0001-01-01T00:00:00+14:00")]},
        {"annotations": 5},
        {"annotations": "abc"},
    ],
    ids=str,
)
def test_an_odd_annotation_is_a_problem_of_its_task(serving, odd) -> None:
    """The others are collected; a time at the edge of all times moves no cursor over it."""
    good = {"annotations": [annotation()], "updated_at": "2026-03-01T00:00:00Z"}
    tasks = [
        {"data": {"querist": key}, **task} for key, task in (("item-1", odd), ("item-2", good))
    ]
    body = json.dumps({"tasks": tasks, "total": float("inf")}).encode()
    server = serving(says("200 OK", body))
    found = LabelStudio(Access(url=server.url)).collect(["1"], "0001-01-01T00:00:00+00:00")
    assert [it.key for it in found.replies] == ["item-2"]
    assert found.problems == ["An annotation of 'item-1' has not the usual form."]


@pytest.mark.parametrize("x", [10**400, float("inf"), "wide", None])
def test_an_odd_number_of_a_region_is_no_label(x) -> None:
    """It is refused as one answer, in words."""
    asset = Asset(id="p", media=Media.IMAGE, width=100, height=80)
    value = {"x": x, "y": 1, "width": 5, "height": 5, "rectanglelabels": ["a"]}
    regions = [{"type": "rectanglelabels", "value": value}]
    for given in (regions, [{"type": "rectanglelabels", "value": 7}]):
        with pytest.raises(InvalidInputError, match="cannot be a label"):
            label_studio_values.decode(given, asset, Ontology.of("boxes", ["a"]))
