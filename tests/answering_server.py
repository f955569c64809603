"""A server that answers what a test tells it to, for learners and encoders over HTTP."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class AnsweringServer(ThreadingHTTPServer):
    """Serves while the block lasts; remembers what it was asked.

    Attributes:
        asked: Path, body and authorization of each call.
        predicts: What it says beside the model, where nothing else is told.
        answers: What it answers by path: JSON, bytes, ``"hang"``, or a status with one of these.
        url: Where it is.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.predicts: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def __enter__(self) -> AnsweringServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: AnsweringServer

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        self.server.asked.append((self.path, body, self.headers.get("Authorization")))
        usual = {"model": body.get("model"), **self.server.predicts}
        if "start" in body:
            usual["labels"] = body["start"] + len(body["labels"])
        answer = self.server.answers.get(self.path, usual)
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        if content == "hang":
            time.sleep(3)
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
        except OSError:  # whoever asked has gone
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""
