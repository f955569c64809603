"""The learner behind Label Studio's ML backends: what travels, and that no wrong answer counts."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from own_model import BackendServer
from querist.errors import InvalidInputError, NotFittedError, UnavailableError
from querist.learners import Item
from querist.learners.label_studio_backend import LabelStudioBackend
from querist.learners.value_base import Inputs
from querist.outside import label_studio_values as form
from querist.schema import (
    Asset,
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledSpan,
    Media,
    NumberValue,
    Span,
    SpansValue,
    Value,
)

TEXTS = ("blue sea", "green wood", "deep blue water", "tall green trees", "a blue wave", "moss")
TRUTH = tuple(ClassValue(name=name) for name in ("sea", "wood", "sea", "wood", "sea", "wood"))
CLASSES = ("sea", "wood", "sky")
REGION = {"from_name": "label", "to_name": "asset", "type": "choices"}


def texts(*given: str) -> Inputs:
    """Texts with ids t0, t1, and so on."""

    def items(rows: Sequence[int]) -> list[Item]:
        return [Item(media=Media.TEXT, asset_id=f"t{i}", text=given[i]) for i in rows]

    ids = [f"t{i}" for i in range(len(given))]
    return Inputs(asset_ids=ids, vectors=np.zeros((len(given), 1), np.float32), items=items)


class Server(ThreadingHTTPServer):
    """Trains nothing and answers what it is told to; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.predicts: Any = {"results": []}
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One call."""

    server: Server

    def do_GET(self) -> None:
        self._answer({"is_training": False})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        if self.path == "/predict" and self.server.predicts == "hang":
            time.sleep(2.5)
        self._answer(self.server.predicts if self.path == "/predict" else {"model_version": "1"})

    def _answer(self, content: Any) -> None:
        raw = json.dumps(content).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
        except OSError:  # whoever asked has gone
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A backend whose answers a test chooses."""
    made = Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize("options", [[], ["--only-webhook"]], ids=["train", "webhook"])
def test_a_backend_learns_and_predicts(options: list[str], tmp_path: Path) -> None:
    """The example's backend trains by either way, and a loaded model says the same again."""
    with BackendServer(*options) as server:
        learner = LabelStudioBackend(server.url)
        learner.fit(texts(*TEXTS), TRUTH, classes=CLASSES, rng=np.random.default_rng(0))
        asked = texts("the blue sea", "green green wood")
        found = learner.predict(asked)
        assert [v.name for v in found.values if isinstance(v, ClassValue)] == ["sea", "wood"]
        assert found.probabilities is not None
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
        assert (found.uncertainty < 0.5).all()
        learner.save(tmp_path)
        again = LabelStudioBackend(server.url)
        again.load(tmp_path)
        np.testing.assert_array_equal(again.predict(asked).probabilities, found.probabilities)


def test_two_trainings_are_two_projects(server: Server) -> None:
    """Other labels or another seed train another model there; the same ones the same."""
    seen = []
    for seed, truth in ((0, TRUTH), (1, TRUTH), (0, TRUTH[::-1]), (0, TRUTH)):
        learner = LabelStudioBackend(server.url)
        learner.fit(texts(*TEXTS), truth, classes=CLASSES, rng=np.random.default_rng(seed))
        seen.append(next(body["project"] for path, body in reversed(server.asked)))
    assert len(set(seen)) == 3
    assert seen[0] == seen[3]


def test_ids_alone_travel_where_the_backend_holds_the_data(server: Server) -> None:
    """With ``send="ids"`` no text leaves."""
    learner = LabelStudioBackend(server.url, send="ids")
    learner.fit(texts(*TEXTS), TRUTH, classes=CLASSES, rng=np.random.default_rng(0))
    assert "blue" not in json.dumps(server.asked)
    assert '"t3"' in json.dumps(server.asked)


def choice(name: str, **more: Any) -> dict[str, Any]:
    """An answer that names one class."""
    return {"result": [REGION | {"value": {"choices": [name]}}], **more}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([], "cannot be understood"),
        ({"results": [choice("sea")]}, "1 results for 2 tasks"),
        ({"results": [choice("sea"), choice("lava")]}, "'t1'.*lava"),
        ({"results": [choice("sea"), {"result": 3}]}, "'t1'.*list of regions"),
        ({"results": [choice("sea", score=7), choice("sea")]}, "'t0'.*score 7"),
        ({"results": [choice("sea", score=10**400), choice("sea")]}, "'t0'.*not between 0 and 1"),
        ({"results": [choice("sea", score=float("nan")), choice("sea")]}, "'t0'.*nan"),
        ({"results": [{"result": [{"type": "choices", "value": {}}]}, choice("sea")]}, "usual"),
        ("hang", "did not answer within"),
    ],
)
def test_nonsense_is_told_and_no_prediction(server: Server, answer: Any, told: str) -> None:
    """A wrong count, class, form or score, and a backend that hangs, are told as they are."""
    learner = LabelStudioBackend(server.url, seconds=1 if answer == "hang" else 60)
    learner.fit(texts(*TEXTS), TRUTH, classes=CLASSES, rng=np.random.default_rng(0))
    server.predicts = answer
    with pytest.raises(UnavailableError, match=told):
        learner.predict(texts("x", "y"))


def test_silence_about_a_class_is_no_knowledge(server: Server) -> None:
    """An asset about which a backend says nothing is as likely of each class."""
    learner = LabelStudioBackend(server.url)
    learner.fit(texts(*TEXTS), TRUTH, classes=CLASSES, rng=np.random.default_rng(0))
    server.predicts = {"results": [{"result": []}, choice("wood", score=0.8)]}
    found = learner.predict(texts("x", "y"))
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, [[1 / 3] * 3, [0.1, 0.8, 0.1]], atol=1e-6)
    np.testing.assert_allclose(found.uncertainty, [1, 0.2], atol=1e-6)


def test_boxes_go_there_and_come_back_with_their_scores(server: Server) -> None:
    """Boxes travel in percent of the picture and come back in pixels, each with its confidence."""
    raw = io.BytesIO()
    Image.new("RGB", (200, 100)).save(raw, "PNG")
    item = Item(media=Media.IMAGE, asset_id="p", data=raw.getvalue())
    one = Inputs(asset_ids=["p"], vectors=np.zeros((1, 1), np.float32), items=lambda _: [item])
    box = LabeledBox(name="sea", box=Box(x=20, y=10, width=50, height=25))
    learner = LabelStudioBackend(server.url)
    truth: list[Value] = [BoxesValue(boxes=(box,))]
    learner.fit(one, truth, classes=CLASSES, rng=np.random.default_rng(0))
    sent = next(body for path, body in server.asked if path == "/train")["annotations"][0]
    assert sent["data"]["asset"].startswith("data:image/png;base64,")
    (region,) = sent["annotations"][0]["result"]
    assert (region["value"]["x"], region["value"]["width"]) == (10, 25)
    server.predicts = {"results": [{"result": [region | {"score": 0.7}]}]}
    (found,) = learner.predict(one).values
    assert isinstance(found, BoxesValue)
    assert (found.boxes[0].box, found.boxes[0].confidence) == (box.box, 0.7)


def test_sets_carry_a_chance_for_each_class(server: Server) -> None:
    """What is named has the score's chance, what is not the rest."""
    learner = LabelStudioBackend(server.url)
    truth: list[Value] = [ClassesValue(names=("sea", "sky")), ClassesValue(names=())]
    learner.fit(texts("x", "y"), truth, classes=CLASSES, rng=np.random.default_rng(0))
    both = {"result": [REGION | {"value": {"choices": ["sea", "sky"]}}], "score": 0.9}
    server.predicts = {"results": [both, {"result": [], "score": 0.6}]}
    found = learner.predict(texts("x", "y"))
    assert found.probabilities is not None
    wanted = [[0.9, 0.1, 0.9], [0.4, 0.4, 0.4]]
    np.testing.assert_allclose(found.probabilities, wanted, atol=1e-6)


def spans(*given: tuple[str, int, int]) -> SpansValue:
    """Spans by class, start and end."""
    named = (LabeledSpan(name=n, span=Span(start=start, end=end)) for n, start, end in given)
    return SpansValue(spans=tuple(named))


def test_spans_share_characters_where_those_of_the_labels_do(
    server: Server, tmp_path: Path
) -> None:
    """A loaded model still takes such an answer; one that has learned none refuses it."""
    words = texts("deep blue sea")
    both, apart = spans(("sea", 0, 13), ("sky", 5, 9)), spans(("sea", 10, 13), ("sky", 5, 9))
    regions = form.encode(both, Asset(id="t0", media=Media.TEXT, text="deep blue sea"))
    server.predicts = {"results": [{"result": regions}]}
    learner = LabelStudioBackend(server.url)
    learner.fit(words, [both], classes=CLASSES, rng=np.random.default_rng(0))
    learner.save(tmp_path)
    learner = LabelStudioBackend(server.url)
    learner.load(tmp_path)
    (found,) = learner.predict(words).values
    assert isinstance(found, SpansValue)
    assert [it.span for it in found.spans] == [it.span for it in both.spans]
    learner.fit(words, [apart], classes=CLASSES, rng=np.random.default_rng(0))
    with pytest.raises(UnavailableError, match="share characters"):
        learner.predict(words)


def test_what_cannot_be_asked_is_refused() -> None:
    """Mixed labels, other counts, and an answer before the first training."""
    learner = LabelStudioBackend("http://127.0.0.1:9")
    rng = np.random.default_rng(0)
    with pytest.raises(NotFittedError):
        learner.predict(texts("x"))
    with pytest.raises(InvalidInputError, match="1 labels"):
        learner.fit(texts("x", "y"), TRUTH[:1], classes=CLASSES, rng=rng)
    mixed: list[Value] = [TRUTH[0], NumberValue(number=1)]
    with pytest.raises(InvalidInputError, match="ClassValue"):
        learner.fit(texts("x", "y"), mixed, classes=CLASSES, rng=rng)
    with pytest.raises(UnavailableError, match="cannot be asked"):
        learner.fit(texts("x", "y"), TRUTH[:2], classes=CLASSES, rng=rng)
    with pytest.raises(InvalidInputError, match="send"):
        LabelStudioBackend("http://127.0.0.1:9", send="all")
