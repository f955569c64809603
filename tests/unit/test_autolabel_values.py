"""Facts about auto-labels that are sets of classes or spans: promised, accepted, audited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist.autolabel.evidence import gather
from querist.cli.app import app
from querist.errors import ConflictError, InvalidInputError
from querist.loop import snapshot
from querist.metrics import is_right
from querist.project import Project
from querist.schema import (
    Arm,
    ClassesValue,
    LabeledSpan,
    Origin,
    Role,
    Span,
    SpansValue,
    TaskKind,
    Value,
    class_names,
)
from querist.server import create_app

NAMES = ("Ada", "Alan", "Grace", "Kurt", "Emmy", "Wei", "Rosa", "Omar", "Lena", "Ivan")
ROWS = np.random.default_rng(5).normal(size=(700, 4))
WEIGHTS = np.array([[2.0, 0.3, -1.0], [-1.0, 1.5, 0.2], [0.4, -0.7, 1.8], [0.0, 0.0, 0.6]])
POLICY = {"batch_size": 40, "audit_size": 60, "control_share": 0.0}


def _right(task: TaskKind, at: int) -> Value:
    """Which of three sums are high, or the name in a text if it is one and not a word."""
    if task is TaskKind.MULTI_LABEL:
        return ClassesValue(names=tuple(np.array(list("abc"))[ROWS[at] @ WEIGHTS > 0.3].tolist()))
    name = NAMES[at % 10]
    span = LabeledSpan(name="who", span=Span(start=4, end=4 + len(name)))
    return SpansValue(spans=(span,) if at % 3 else ())


def _text(at: int) -> str:
    name = NAMES[at % 10]
    return f"Saw {name} {at}" if at % 3 else f"The {name}s of {at}"


@pytest.fixture(scope="module", params=[TaskKind.MULTI_LABEL, TaskKind.SPANS])
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project of sets and one of spans after two rounds and 80 checks, all answered."""
    task = request.param
    sets = task is TaskKind.MULTI_LABEL
    with Project.create(
        tmp_path_factory.mktemp(task) / "p",
        task=task,
        media="table" if sets else "text",
        classes=list("abc") if sets else ["who"],
        policy=POLICY,
    ) as made:
        rows = [{f"x{j}": x for j, x in enumerate(row)} for row in ROWS.tolist()]
        ways = rows if sets else [{"text": _text(at)} for at in range(len(ROWS))]
        made.add([{"id": f"r{at}", **row} for at, row in enumerate(ways)])
        for _ in range(2):
            made.next_round()
            _answer(made)
            made.finish_round()
        made.next_round(5)
        made.autolabel.ask(80, max_error=0.1)
        _answer(made)
        yield made


def _answer(project: Project, *, wrong: bool = False) -> list[str]:
    asked = []
    while items := project.queue.next("ana", 100).items:
        for item in items:
            label = _right(project.settings.task, int(item.asset.id[1:]))
            held = project.labels.current(item.asset.id)
            if wrong and held is not None and held.value is not None:
                label = _other(held.value)
            asked.append(item.asset.id)
            project.labels.submit(item.asset.id, label, annotator="ana", task_id=item.task.id)
    return asked


def _other(label: Value) -> Value:
    """A label that is not this one."""
    if isinstance(label, ClassesValue):
        return ClassesValue(names=("a",) if label.names != ("a",) else ())
    span = LabeledSpan(name="who", span=Span(start=0, end=3))
    return SpansValue(spans=(span,))


def test_checks_train_no_model_and_are_asked_once(project: Project) -> None:
    """Their labels are held out for good: the next model does not learn them."""
    seen = snapshot.take(project.catalog)
    assert seen.checks.sum() == 80
    assert seen.labeled[seen.checks].all()
    assert not seen.checks[seen.training(Arm.ACTIVE)].any()
    assert not seen.checks[seen.candidates()].any()
    assert project.replay(2)


def test_what_is_accepted_is_the_models_answer_and_mostly_right_as_a_whole(
    project: Project, tmp_path: Path
) -> None:
    """Whole labels are accepted, at most a tenth of them wrong anywhere, marked as the model's."""
    before = snapshot.take(project.catalog)
    proposal = project.autolabel.propose(0.1)
    assert proposal.count > 150
    found = project.autolabel.accept(proposal)
    assert found.accepted == proposal.count
    members = project.catalog.records.auto_labels.members(found.id)
    task = project.settings.task
    right = [is_right(it.value, _right(task, int(it.asset_id[1:]))) for it in members]
    assert np.mean(right) >= 0.9
    for share in proposal.classes:
        naming = [it for it in members if share.name in class_names(it.value)]
        assert share.count == len(naming)
    entry = project.labels.current(members[0].asset_id)
    assert entry is not None
    assert (entry.origin, entry.model_id) == (Origin.MODEL, found.id)
    after = snapshot.take(project.catalog)
    assert np.array_equal(before.training(Arm.ACTIVE), after.training(Arm.ACTIVE))
    assert not gather(project.catalog).known[after.by_model].any()
    project.export(tmp_path / "labels.jsonl")
    lines = [json.loads(it) for it in (tmp_path / "labels.jsonl").read_text("utf-8").splitlines()]
    assert sum(it["origin"] == "model" for it in lines) == found.accepted
    project.autolabel.roll_back(found.id)
    assert project.autolabel.history()[-1].holding == 0


def test_the_command_line_proposes_and_refuses(project: Project) -> None:
    """The curve is printed; a promise that no check can bear is refused."""
    asked = ["autolabel", "--dry-run", "--max-error", "0.1", "-p", str(project.folder)]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert "can be labelled without a person" in " ".join(shown.output.split())
    with pytest.raises(ConflictError):
        project.autolabel.accept(max_error=0.0001)


def test_a_set_that_the_audit_finds_wrong_is_rolled_back(project: Project) -> None:
    """Audited labels are compared as wholes; what people said stays."""
    found = project.autolabel.accept(max_error=0.1)
    project.autolabel.audit(30)
    asked = _answer(project, wrong=True)
    after = project.autolabel.audit()[-1]
    assert (after.id, after.answered, after.wrong) == (found.id, 30, 30)
    assert after.broken
    assert after.holding == 0
    assert {project.labels.current(it).annotator for it in asked} == {"ana"}  # type: ignore[union-attr]  # each was answered
    with pytest.raises(ConflictError, match="the audit broke what the checks before had promised"):
        project.autolabel.accept(max_error=0.1)


def test_an_asset_tells_how_likely_the_model_is_wrong_about_it(project: Project) -> None:
    """Over HTTP: the chance for the whole label, and one for each object in it."""
    project.catalog.records.annotators.ensure("mia", Role.MANAGER)
    token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
    client = TestClient(create_app(project), base_url="http://127.0.0.1:8321")
    client.headers["Authorization"] = f"Bearer {token}"
    told = client.get("/api/v1/asset", params={"id": "r1"}).json()
    assert 0 < told["doubt"]["error"] < 1
    assert told["doubt"]["difficulty"] in ("easy", "medium", "hard")
    assert len(told["doubt"]["objects"]) == len(told["says"].get("spans", ()))
    hard = client.get("/api/v1/assets", params={"difficulty": "hard"}).json()
    assert {item["difficulty"] for item in hard["items"]} <= {"hard"}


def test_without_enough_labels_that_tell_nothing_is_proposed(tmp_path: Path) -> None:
    """Before a model, and of numbers, the error says what to do."""
    with Project.create(tmp_path / "s", task="spans", media="text", classes=["who"]) as made:
        made.add([{"id": "a", "text": "Ada"}])
        with pytest.raises(InvalidInputError, match="no model"):
            made.autolabel.propose()
    with (
        Project.create(tmp_path / "n", task="regression", media="table") as made,
        pytest.raises(InvalidInputError, match="No error rate"),
    ):
        made.autolabel.propose()


def test_checks_are_asked_of_all_the_pool_until_errors_are_known(tmp_path: Path) -> None:
    """An audit of 20 tells too little: the error says how much, and checks bring the rest."""
    with Project.create(
        tmp_path / "p",
        task="spans",
        media="text",
        classes=["who"],
        policy={"batch_size": 40, "audit_size": 20, "control_share": 0.0},
    ) as made:
        made.add([{"id": f"r{at}", "text": _text(at)} for at in range(300)])
        made.next_round()
        _answer(made)
        made.finish_round()
        with pytest.raises(InvalidInputError, match=r"takes 30 labels .* there are 20"):
            made.autolabel.propose(0.1)
        asked = made.autolabel.ask(15, max_error=0.1)
        # They wait in a round that is done, beside nothing else.
        assert made.status().open_tasks == len(asked) == 15
        assert sorted(_answer(made)) == sorted(asked)
        assert (made.status().open_tasks, made.status().held_out) == (0, 35)
        with pytest.raises(InvalidInputError, match="trained before there were 30 labels"):
            made.autolabel.propose(0.1)
        made.train()
        proposal = made.autolabel.propose(0.1)
        assert proposal.certificate.available == 35
        assert made.replay(1)
