"""Scripted annotators over HTTP: each takes the next task, thinks, answers, and notes the times.

Run as a process of its own by the benchmarks of labelling: python -m benchmarks.labeling_clients
SPEC LOG, with the fields of `Shift` as JSON in SPEC; LOG gets one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from querist.schema import new_id

_SLOW = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What the annotators of one process do.

    Attributes:
        ports: The servers; annotators are spread over them in turn.
        tokens: One token an annotator.
        classes: What they answer with.
        seconds: For how long they work.
        pause: Mean seconds of thinking between a task and its answer; 0 works as fast as it goes.
        warm_up: Seconds at the start whose times are not noted.
        browsers: How many of them also listen to the live events, as an open browser does.
    """

    ports: Sequence[int]
    tokens: Sequence[str]
    classes: Sequence[str]
    seconds: float
    pause: float
    warm_up: float = 2.0
    browsers: int = 0


@dataclass(slots=True)
class Notes:
    """What the annotators of one process heard."""

    next_ms: list[float] = field(default_factory=list)
    submit_ms: list[float] = field(default_factory=list)
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    handed_out: list[tuple[str, str]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    timed_decisions: int = 0
    timed_seconds: float = 0.0
    events: int = 0


class Connection:
    """One HTTP/1.1 connection that stays open; far cheaper than a client library's."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = (
            f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Send ``body`` as JSON and return the status and the answer."""
        reader, writer = await self._open()
        content = json.dumps(body)
        writer.write(
            f"POST {path} HTTP/1.1\r\n{self._head}{len(content)}\r\n\r\n{content}".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return int(head[9:12]), json.loads(await reader.readexactly(length))

    async def listen(self, path: str) -> asyncio.StreamReader:
        """Begin to read an endless answer."""
        reader, writer = await self._open()
        writer.write(f"GET {path} HTTP/1.1\r\n{self._head}0\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        return reader

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams


async def work(shift: Shift) -> Notes:
    """Let all annotators of ``shift`` work side by side."""
    notes = Notes()
    ports = [shift.ports[i % len(shift.ports)] for i in range(len(shift.tokens))]
    lines = [Connection(port, token) for port, token in zip(ports, shift.tokens, strict=True)]
    streams = [Connection(port, token) for port, token in zip(ports, shift.tokens, strict=True)]
    listening = [asyncio.create_task(_listen(line, notes)) for line in streams[: shift.browsers]]
    begin = time.perf_counter()
    await asyncio.gather(*(_annotate(line, i, shift, begin, notes) for i, line in enumerate(lines)))
    notes.timed_seconds = time.perf_counter() - begin - shift.warm_up
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    for line in (*lines, *streams):
        line.close()
    return notes


async def _annotate(line: Connection, which: int, shift: Shift, begin: float, notes: Notes) -> None:
    rng = random.Random(which)
    # Nobody starts in the same moment.
    await asyncio.sleep(rng.uniform(0, shift.pause))
    while (now := time.perf_counter()) < begin + shift.seconds:
        timed = now > begin + shift.warm_up
        status, page = await _timed(line, "/api/v1/tasks/lease", {}, timed and notes.next_ms)
        if status != 200 or not page["items"]:
            notes.refused.append({"status": status, "body": page})
            await asyncio.sleep(0.5)
            continue
        item = page["items"][0]
        notes.handed_out.append((item["asset"]["id"], shift.tokens[which]))
        thought = rng.uniform(0.5, 1.5) * shift.pause
        await asyncio.sleep(thought)
        body = {
            "asset_id": item["asset"]["id"],
            "value": {"type": "class", "name": rng.choice(shift.classes)},
            "expected_version": item["version"],
            "seconds": round(thought + 0.1, 3),
            "task_id": item["task"]["id"],
            "submission_id": new_id("sub"),
        }
        status, stored = await _timed(line, "/api/v1/labels", body, timed and notes.submit_ms)
        if status not in (200, 201):
            notes.refused.append({"status": status, "body": stored})
            continue
        notes.timed_decisions += timed
        names = ("submission_id", "asset_id", "value", "annotator")
        notes.acknowledged.append({name: stored[name] for name in names})


async def _timed(
    line: Connection, path: str, body: Any, times: list[float] | bool
) -> tuple[int, Any]:
    start = time.perf_counter()
    answer = await asyncio.wait_for(line.post(path, body), _SLOW)
    if isinstance(times, list):
        times.append((time.perf_counter() - start) * 1000)
    return answer


async def _listen(line: Connection, notes: Notes) -> None:
    reader = await line.listen("/api/v1/events")
    while text := await reader.readline():
        notes.events += text.startswith(b"event:")


def main() -> int:
    """Work one shift."""
    spec, log = sys.argv[1:]
    shift = Shift(**json.loads(Path(spec).read_text(encoding="utf-8")))
    notes = asyncio.run(work(shift))
    Path(log).write_text(json.dumps(asdict(notes)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
