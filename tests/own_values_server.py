"""``own_values.py`` over HTTP: the protocol of docs/own-models.md in a process of its own."""

from __future__ import annotations

import argparse
import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

import own_values

MODELS: dict[str, Any] = {}
# Items and labels of trainings that come in several parts.
GATHERED: dict[str, list[tuple[Any, Any]]] = {}


def train(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Gather the parts, and train after the last one."""
    pairs = GATHERED.setdefault(asked["model"], [])
    del pairs[asked["start"] :]
    pairs += zip(opened(asked), asked["labels"], strict=True)
    if not asked["more"]:
        items, labels = zip(*pairs, strict=True)
        MODELS[asked["model"]] = own_values.train(items, labels, asked["classes"], asked["seed"])
    return {"model": asked["model"], "labels": len(pairs)}


def predict(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Labels of the items."""
    found = own_values.predict(model_of(asked["model"], folder), opened(asked))
    return found if isinstance(found, dict) else {"values": found}


def state(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Keep a model in its folder."""
    place = folder / asked["model"]
    place.mkdir(parents=True, exist_ok=True)
    own_values.state(MODELS[asked["model"]], place)
    return {"model": asked["model"]}


def model_of(name: str, folder: Path) -> Any:
    """A model from memory or from its folder."""
    if name not in MODELS:
        MODELS[name] = own_values.state(None, folder / name)
    return MODELS[name]


def opened(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Items with their vectors, and the bytes of pictures as bytes."""
    sent = asked["vectors"]
    table = np.frombuffer(base64.b64decode(sent["float32"]), "<f4").reshape(sent["shape"])
    for item, vector in zip(asked["items"], table, strict=True):
        item["vector"] = vector
        if "data" in item:
            item["data"] = base64.b64decode(item["data"])
    return asked["items"]


FUNCTIONS = {"/train": train, "/predict": predict, "/state": state}


class Handler(BaseHTTPRequestHandler):
    folder = Path()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = FUNCTIONS[self.path](asked, self.folder)
        content = json.dumps(answer, default=lambda value: value.tolist()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing of each call."""


def main() -> None:
    """Serve until it is ended."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    Handler.folder = chosen.folder
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
