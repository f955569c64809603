"""A real server of the chat protocol on 127.0.0.1, in any mood: right, dumb, slow, dying."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ChatServer:
    """Answers as ``says`` tells, a function from the asset's text or picture to the answer.

    Attributes:
        asked: The bodies of all requests, in order.
        mood: ``well``, ``hang``, ``error`` or ``odd`` (JSON that is no completion).
        dies_after: Answers so many requests well, then only errors.
    """

    def __init__(self, says: Any, *, token: str | None = None) -> None:
        self.says, self.token = says, token
        self.asked: list[dict[str, Any]] = []
        self.mood = "well"
        self.dies_after: int | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(body)
                self._send(*outer.answer(self.path, body, self.headers.get("Authorization")))

            def _send(self, status: int, found: Any) -> None:
                data = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer(self, path: str, body: dict[str, Any], token: str | None) -> tuple[int, Any]:
        """The status and the JSON of one answer."""
        if path != "/v1/chat/completions":
            return 404, {}
        if self.token is not None and token != f"Bearer {self.token}":
            return 401, {"error": "who are you?"}
        if self.mood == "hang":
            time.sleep(3)
        spent = self.dies_after is not None and len(self.asked) > self.dies_after
        if self.mood == "error" or spent:
            return 500, {"error": "out of memory"}
        if self.mood == "odd":
            return 200, {"choices": []}
        text = self.says(body["messages"][1]["content"])
        usage = {"prompt_tokens": 1000, "completion_tokens": 100}
        return 200, {"choices": [{"message": {"content": text}}], "usage": usage}

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
