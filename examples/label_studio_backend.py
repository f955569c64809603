"""An ML backend as Label Studio knows it, for one class a text: counts words, answers over HTTP.

    python examples/label_studio_backend.py --port 9090

It answers /health, /setup, /train, /webhook and /predict. Querist drives it as the learner
`label-studio-backend` (docs/own-models.md); a backend made with the package label-studio-ml works
the same way.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST_BYTES = 1 << 28
# By project: the words of each class, and how often each class was named.
WORDS: dict[str, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
CLASSES: dict[str, Counter] = defaultdict(Counter)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", str(text).lower())


def project_of(body: dict) -> str:
    """The number of the project: "12.1700000000" in most calls, an object in webhooks."""
    project = body.get("project")
    return str(project["id"] if isinstance(project, dict) else project).split(".")[0]


def setup(body: dict) -> dict:
    """Begin anew; the labeling interface is in body["schema"]."""
    WORDS.pop(project_of(body), None)
    CLASSES.pop(project_of(body), None)
    return {"model_version": "words-1"}


def train(body: dict) -> dict:
    """Learn from all tasks and their annotations at once."""
    for task in body["annotations"]:
        for annotation in task["annotations"]:
            learn(project_of(body), task["data"], annotation["result"])
    return {"job": None}


def webhook(body: dict) -> dict:
    """Learn from one annotation that somebody has made."""
    if body["action"] == "ANNOTATION_CREATED":
        learn(project_of(body), body["task"]["data"], body["annotation"]["result"])
    return {}


def learn(project: str, data: dict, result: list) -> None:
    for region in result:
        for name in region["value"]["choices"]:
            WORDS[project][name].update(words(data["asset"]))
            CLASSES[project][name] += 1


def predict(body: dict) -> dict:
    """The likeliest class of each task, with how sure the model is as its score."""
    project = project_of(body)
    results = [answer(project, task["data"]["asset"]) for task in body["tasks"]]
    return {"results": results, "model_version": "words-1"}


def answer(project: str, text: str) -> dict:
    vocabulary = len({word for counts in WORDS[project].values() for word in counts}) + 1
    logs = {}
    for name, times in CLASSES[project].items():
        counts = WORDS[project][name]
        total = sum(counts.values()) + vocabulary
        logs[name] = math.log(times) + sum(
            math.log((counts[word] + 1) / total) for word in words(text)
        )
    if not logs:
        return {"result": []}
    best = max(logs, key=lambda name: logs[name])
    score = 1 / sum(math.exp(other - logs[best]) for other in logs.values())
    region = {"from_name": "label", "to_name": "asset", "type": "choices"}
    return {"result": [region | {"value": {"choices": [best]}}], "score": score}


POSTS = {"/setup": setup, "/train": train, "/webhook": webhook, "/predict": predict}


class Handler(BaseHTTPRequestHandler):
    only_webhook = False

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "UP"})
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        if size > MOST_BYTES:
            self.answer(413, {"error": "too large"})
            return
        body = json.loads(self.rfile.read(size))
        if self.path not in POSTS or (self.only_webhook and self.path == "/train"):
            self.answer(404, {})
        else:
            self.answer(200, POSTS[self.path](body))

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
    options.add_argument("--port", type=int, default=9090, help="0 takes a free one")
    options.add_argument("--only-webhook", action="store_true", help="as the newer backends")
    chosen = options.parse_args()
    Handler.only_webhook = chosen.only_webhook
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
