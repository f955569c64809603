"""Facts about a model behind a chat endpoint: it suggests, costs, fails clearly, labels nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from chat_server import ChatServer
from querist import loop
from querist.cli.app import app
from querist.errors import InvalidInputError, UnavailableError
from querist.outside import ChatEndpoint
from querist.outside.chat import read_answer
from querist.project import Project
from querist.schema import Arm

WORDS = {"sports": "goal match team player", "cooking": "oven butter recipe sauce"}


def sorts(text: str) -> str:
    """What a good model says, in the fence that models like; it is unsure of odd texts."""
    first = text.partition(" ")[0]
    name = next(name for name, words in WORDS.items() if first in words.split())
    sure = 0.6 if "odd" in text else 0.9
    return f"Sure!\n```json\n{json.dumps({'class': name.title(), 'confidence': sure})}\n```"


@pytest.fixture
def server():
    """A good model that wants a token."""
    made = ChatServer(sorts, token="s3cret")
    yield made
    made.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """40 texts of two topics, a round that waits, and the token in the environment."""
    monkeypatch.setenv("QUERIST_CHAT", "s3cret")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(40):
        name = list(WORDS)[i % 2]
        text = " ".join(rng.choice(WORDS[name].split(), 4)) + (" odd" if i < 4 else "")
        rows.append({"id": f"t{i:02d}", "text": text, "known": name})
    with Project.create(
        tmp_path / "p",
        media="text",
        classes=list(WORDS),
        oracle_column="known",
        policy={"batch_size": 6, "audit_size": 8, "control_share": 0.0, "seed": 1},
    ) as made:
        made.add(rows)
        made.next_round()
        yield made


def ask(project: Project, server: ChatServer, **options: object):
    """Ask with the token that the environment names."""
    return project.models.ask_chat(server.url, "tiny", token="env:QUERIST_CHAT", **options)


def test_its_answers_are_suggestions_with_a_score_and_no_labels(project, server) -> None:
    """What waits is asked first; the score is the suggestion's confidence; nothing is labelled."""
    found = ask(project, server, count=12)
    waiting = {
        task.asset_id
        for task in project.catalog.records.tasks.open(1)
        if Arm.AUDIT not in task.arms
    }
    served = [it for it in project.queue.next("ana", 30).items if it.prelabel is not None]
    assert {it.asset.id for it in served} == waiting
    known = project.catalog.assets.metadata("known")
    for item in served:
        assert item.prelabel.name == known[int(item.asset.id[1:])]
        odd = "odd" in item.asset.text
        assert item.confidence == pytest.approx(0.6 if odd else 0.9)
    assert (found.asked, found.predictions.told, found.predictions.missing) == (12, 12, 28)
    assert list(project.catalog.records.labels.currents()) == []
    assert project.status().trained_on == 0
    prompt = server.asked[0]["messages"][0]["content"]
    assert '["sports", "cooking"]' in prompt
    assert server.asked[0]["temperature"] == 0


def test_its_cost_is_booked_and_nobody_pays_twice(project, server) -> None:
    """Tokens times prices go to the money spent on labelling; a second run asks what is new."""
    found = ask(project, server, count=5, price_in=2.0, price_out=10.0)
    assert found.money == pytest.approx(5 * (1000 * 2 + 100 * 10) / 1e6)
    (spent,) = [it.spent for it in project.status().budgets if it.unit == "money"]
    assert spent == pytest.approx(found.money)
    again = ask(project, server, count=8, price_in=2.0, price_out=10.0)
    assert (again.asked, again.kept) == (3, 5)
    assert len(server.asked) == 8


def test_people_measure_it_on_the_audit_set(project, server) -> None:
    """Its figure is that of people's labels; the model that is trained next replaces it."""
    project.oracle(1)
    found = ask(project, server, count=40)
    assert found.predictions.evaluation.accuracy.value == 1.0
    assert found.predictions.evaluation.accuracy.count == 8
    trained = project.train()
    assert project.catalog.records.models.latest(Arm.ACTIVE) == trained


@pytest.mark.parametrize(
    ("mood", "told"), [("hang", "did not answer within"), ("error", "500"), ("odd", "understood")]
)
def test_an_endpoint_that_fails_is_told_and_leaves_no_model(
    project, server, mood: str, told: str
) -> None:
    """It hangs, breaks, or answers what is no completion: nothing is stored but what was paid."""
    server.mood = mood
    endpoint = ChatEndpoint(url=server.url, model="tiny", token="env:QUERIST_CHAT", seconds=0.5)
    with pytest.raises(UnavailableError, match=told):
        loop.ask_chat(project.catalog, endpoint, count=4)
    assert project.catalog.records.models.latest(Arm.ACTIVE) is None


def test_a_run_that_dies_goes_on_where_it_was(project, server) -> None:
    """What was answered is kept and paid; the next run asks the rest."""
    server.dies_after = 3
    with pytest.raises(UnavailableError, match="out of memory"):
        ask(project, server, count=6, price_out=10.0)
    (spent,) = [it.spent for it in project.status().budgets if it.unit == "money"]
    assert spent == pytest.approx(3 * 100 * 10 / 1e6)
    server.dies_after = None
    found = ask(project, server, count=6, price_out=10.0)
    assert (found.asked, found.kept) == (3, 3)


def test_nonsense_is_no_guess(project, server) -> None:
    """An answer without a known class is counted and left out; of one class nothing is learned."""
    server.says = lambda text: "I think it is lovely." if "goal" in text else sorts(text)
    found = ask(project, server, count=40)
    assert found.unclear > 0
    assert found.predictions.told == 40 - found.unclear
    server.says = lambda _: '{"class": "sports", "confidence": 1}'
    with pytest.raises(InvalidInputError, match="fewer than two classes"):
        ask(project, server, count=4, instructions="Another prompt is asked anew.")
    server.says = lambda _: "I think it is lovely."
    with pytest.raises(InvalidInputError, match="None of 4 answers of 'tiny' names a class"):
        ask(project, server, count=4, instructions="So is a third.")


def test_an_unclear_answer_is_asked_for_again_three_times_in_all(project, server) -> None:
    """The next run asks about these alone; what stays unclear is asked about no more."""
    server.says = lambda text: "It is lovely." if "odd" in text else sorts(text)
    first = ask(project, server, count=40)
    assert (first.asked, first.kept, first.unclear) == (40, 0, 4)
    second = ask(project, server, count=40)
    assert (second.asked, second.kept, second.unclear) == (4, 36, 4)
    server.says = sorts
    third = ask(project, server, count=40)
    assert (third.asked, third.unclear, third.predictions.told) == (4, 0, 40)
    server.says = lambda _: "It is lovely."
    told = len(server.asked)
    for asked in (40, 80, 120, 120):
        with pytest.raises(InvalidInputError, match="None of 40 answers"):
            ask(project, server, count=40, instructions="Another prompt.")
        assert len(server.asked) - told == asked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"class": "cooking", "confidence": 0.7}', ("cooking", 0.7)),
        ('{"class": " COOKING ", "confidence": "high"}', ("cooking", None)),
        ('{"class": "cook", "confidence": 7}', (None, None)),
        ('{"class": ["cooking"]}', (None, None)),
        ("[1, 2]", (None, None)),
        ("", (None, None)),
    ],
)
def test_answers_are_read_as_they_are(text: str, found: tuple[str | None, float | None]) -> None:
    """A class that is nearly one, or a share beyond one, is not mended."""
    assert read_answer(text, ["sports", "cooking"]) == found


def test_pictures_are_sent_as_they_are(tmp_path, server) -> None:
    """A picture goes as a data address of its own bytes."""
    from PIL import Image

    (tmp_path / "photos").mkdir()
    for name, colour in (("red", "#f00"), ("blue", "#00f")):
        Image.new("RGB", (8, 8), colour).save(tmp_path / "photos" / f"{name}.png")
    server.token = None

    def says(content) -> str:
        address = content[0]["image_url"]["url"]
        data = base64.b64decode(address.partition(",")[2])
        assert address.startswith("data:image/png;base64,")
        red = data == (tmp_path / "photos" / "red.png").read_bytes()
        return json.dumps({"class": "red" if red else "blue", "confidence": 0.9})

    server.says = says
    with Project.create(tmp_path / "i", classes=["red", "blue"]) as project:
        project.add(str(tmp_path / "photos"))
        found = project.models.ask_chat(server.url, "eye", count=2)
        table = project.catalog.predictions.probabilities(found.predictions.model.id)
        names = [Path(asset_id).stem for asset_id in project.catalog.assets.ids()]
    assert [["red", "blue"][i] for i in table.argmax(axis=1)] == names


def test_the_command_asks_and_keeps_the_secret(project, server) -> None:
    """It says what was asked and what it cost; the token is named, never told."""
    given = ["ask-model", server.url, "tiny", "--count", "4", "-p", str(project.folder)]
    shown = CliRunner().invoke(app, [*given, "--token", "env:QUERIST_CHAT"])
    assert "asked about 4 assets" in shown.output, shown.output
    refused = CliRunner().invoke(app, [*given, "--token", "s3cret", "--instructions", "x"])
    assert isinstance(refused.exception, InvalidInputError)
    assert "s3cret" not in str(refused.exception)
