"""A model of your own, served to Querist over HTTP: scikit-learn behind http.server.

    python examples/own_model_server.py --port 9000 --folder my-models

Take `train`, `predict`, `embed` and `state` below and put your own model into them; the rest is the
protocol of docs/own-models.md. With a token in OWN_MODEL_TOKEN only who knows it is answered.
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import os
import re
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

DIMENSIONS = 64  # of the vectors that `embed` gives
MOST_BYTES = 1 << 30
MODELS: dict[str, dict] = {}  # of this process; those that Querist keeps lie in the folder
WORDS = HashingVectorizer(n_features=DIMENSIONS, analyzer="char", ngram_range=(1, 3))


class UnknownModelError(Exception):
    """There is no such model here: the answer is 404."""


def train(asked: dict, folder: Path) -> dict:
    """Train a model from scratch and remember it by the name that Querist gives it."""
    X, y = matrix(asked["vectors"]), np.array(asked["labels"])
    scaler = StandardScaler().fit(X)
    model = LogisticRegression(C=1.0, max_iter=1000, random_state=asked["seed"])
    model.fit(scaler.transform(X), y)
    # A linear model is a table of weights: plain numbers, so that nothing needs pickle.
    weights, intercept = model.coef_ / scaler.scale_, model.intercept_
    intercept = intercept - weights @ scaler.mean_
    if len(model.classes_) == 2:  # one row of logits: the first class's are 0
        weights = np.vstack([np.zeros_like(weights), weights])
        intercept = np.concatenate([[0.0], intercept])
    MODELS[asked["model"]] = {"weights": weights.tolist(), "intercept": intercept.tolist()}
    return {"model": asked["model"]}


def predict(asked: dict, folder: Path) -> dict:
    """Logits of each row, one column a class, in the order of `asked["classes"]`."""
    model = found(asked["model"], folder)
    logits = matrix(asked["vectors"]) @ np.array(model["weights"]).T + model["intercept"]
    return {"logits": logits.tolist()}


def state(asked: dict, folder: Path) -> dict:
    """Keep a model for good: Querist has written its name down."""
    model = found(asked["model"], folder)
    folder.mkdir(parents=True, exist_ok=True)
    place(asked["model"], folder).write_text(json.dumps(model))
    return {"model": asked["model"]}


def embed(asked: dict, folder: Path) -> dict:
    """A vector for each asset: of its text or row, or of what you hold under its id."""
    vectors = np.zeros((len(asked["items"]), DIMENSIONS), np.float32)
    for row, item in enumerate(asked["items"]):
        if "data" in item:  # the bytes of a picture: read them with Pillow, then your backbone
            raw = base64.b64decode(item["data"])
            values = np.frombuffer(raw, np.uint8)[:DIMENSIONS]
            vectors[row, : len(values)] = values / 255
            vectors[row, -1] = zlib.crc32(raw) / 2**32
        else:
            said = item.get("text") or json.dumps(item.get("features") or item["id"])
            vectors[row] = WORDS.transform([said]).toarray()[0]
    return {"vectors": vectors.tolist()}


FUNCTIONS = {"/train": train, "/predict": predict, "/embed": embed, "/state": state}


def matrix(sent: dict) -> np.ndarray:
    """The rows that Querist sends: their shape, and little-endian float32 as base64."""
    return np.frombuffer(base64.b64decode(sent["float32"]), "<f4").reshape(sent["shape"])


def place(name: str, folder: Path) -> Path:
    """The file of a model; a name that leads elsewhere is unknown."""
    if not re.fullmatch(r"[0-9a-f]{24}", str(name)):
        raise UnknownModelError(name)
    return folder / f"{name}.json"


def found(name: str, folder: Path) -> dict:
    """The model of this name, from memory or from its file."""
    path = place(name, folder)
    if name not in MODELS:
        if not path.exists():
            raise UnknownModelError(name)
        MODELS[name] = json.loads(path.read_text())
    return MODELS[name]


class Handler(BaseHTTPRequestHandler):
    folder = Path("own-models")

    def do_POST(self) -> None:
        token = os.environ.get("OWN_MODEL_TOKEN")
        given = self.headers.get("Authorization", "")
        size = int(self.headers.get("Content-Length", 0))
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            self.answer(401, {"error": "wrong token"})
        elif self.path not in FUNCTIONS:
            self.answer(404, {"error": "no such function"})
        elif size > MOST_BYTES:
            self.answer(413, {"error": "too large"})
        else:
            asked = json.loads(self.rfile.read(size))
            try:
                self.answer(200, FUNCTIONS[self.path](asked, self.folder))
            except UnknownModelError:
                self.answer(404, {"error": "no such model: train again"})
            except (ValueError, KeyError, TypeError) as problem:
                self.answer(400, {"error": f"{type(problem).__name__}: {problem}"})

    def answer(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing of each call."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=9000, help="0 takes a free one")
    options.add_argument("--folder", type=Path, default=Path("own-models"))
    chosen = options.parse_args()
    Handler.folder = chosen.folder
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
