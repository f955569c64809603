"""Rounds of sets, numbers, boxes and spans by a model of one's own, in a script or over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from own_model import EXAMPLES, VALUES, VALUES_SERVER, OwnModelServer
from querist import Project
from querist.errors import InvalidInputError, UnavailableError
from querist.learners import create_value_learner
from querist.learners.script_backend import stop_scripts
from querist.learners.value_problems import CLASSES, quality, sample_problem
from querist.loop import training, value_training
from querist.schema import (
    Arm,
    JobState,
    LabeledSpan,
    Media,
    Span,
    SpansValue,
    Step,
    TaskKind,
    Value,
)

NAMES = ("Ada", "Alan", "Grace", "Kurt", "Emmy", "Wei", "Rosa", "Omar")
TOWNS = ("Paris", "Lagos", "Kyoto", "New York", "Cusco", "Quito")
WAITED = 120  # what a busy machine may take
PATTERNS = ("Yesterday {name} went to {town}.", "It rained in {town} all day long")
SENTENCES = [
    pattern.format(name=name, town=town) for name in NAMES for town in TOWNS for pattern in PATTERNS
]


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No script outlives its test."""
    yield
    stop_scripts()


def marked(text: str) -> SpansValue:
    """Every name and town of a sentence."""
    found = [
        LabeledSpan(name=kind, span=Span(start=text.index(word), end=text.index(word) + len(word)))
        for kind, words in (("person", NAMES), ("town", TOWNS))
        for word in words
        if word in text
    ]
    return SpansValue(spans=tuple(found))


def answer(project: Project, truth: dict[str, Value]) -> int:
    """Give the true label of everything that is asked; returns how many labels there are."""
    while items := project.queue.next("ana", 50).items:
        for item in items:
            project.labels.submit(item.asset.id, truth[item.asset.id], annotator="ana")
    return project.status().labeled


def sample_project(folder: Path, task: TaskKind, learner: dict[str, object]) -> Project:
    """The kit's 24 plain assets of a task as a project; those of sets are rows of a table here."""
    inputs, _ = sample_problem(TaskKind.REGRESSION if task is TaskKind.MULTI_LABEL else task)
    items = inputs.items(range(len(inputs)))
    classes = [] if task is TaskKind.REGRESSION else CLASSES
    policy = {"batch_size": 6, "audit_size": 6, "control_share": 0.0}
    made = Project.create(
        folder, task=task, media=items[0].media, classes=classes, learner=learner, policy=policy
    )
    if items[0].media is Media.IMAGE:
        (folder / "pictures").mkdir()
        for item in items:
            (folder / "pictures" / f"{item.asset_id}.png").write_bytes(item.data or b"")
        made.add(folder / "pictures")
    elif items[0].media is Media.TEXT:
        made.add([{"id": item.asset_id, "text": item.text} for item in items])
    else:
        made.add([{"id": item.asset_id, **(item.features or {})} for item in items])
    return made


def truth_of(project: Project, task: TaskKind) -> dict[str, Value]:
    """The right label of each asset of the project, by its id."""
    inputs, values = sample_problem(task)
    named = dict(zip(inputs.asset_ids, values, strict=True))
    return {
        it: named.get(it) or named[Path(project.catalog.assets.get(it).uri or "").stem]
        for it in project.catalog.assets.ids()
    }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnModelServer]:
    """A model of sets, numbers, boxes and spans in a process of its own."""
    made = OwnModelServer(tmp_path / "models", script=VALUES_SERVER)
    yield made
    made.kill()


@pytest.mark.parametrize("name", ["script", "remote"])
@pytest.mark.parametrize(
    "task", [TaskKind.MULTI_LABEL, TaskKind.REGRESSION, TaskKind.BOXES, TaskKind.SPANS]
)
def test_a_model_of_ones_own_drives_two_rounds(
    tmp_path: Path, task: TaskKind, name: str, request: pytest.FixtureRequest
) -> None:
    """It trains, says something of every asset, is measured, and chooses the second batch."""
    parameters: dict[str, object] = {"file": "own_values.py"}
    if name == "remote":
        parameters = {"url": request.getfixturevalue("server").url, "send": "content"}
    learner = {"name": name, "parameters": parameters}
    with sample_project(tmp_path / "p", task, learner) as project:
        shutil.copy(VALUES, tmp_path / "p" / "own_values.py")
        truth = truth_of(project, task)
        for _ in range(2):
            project.next_round()
            answer(project, truth)
            project.finish_round()
        first, second = project.rounds.list()
        assert second.plan is not None
        assert second.plan.model_id == first.model_id
        model = project.catalog.records.models.get(second.model_id)
        assert model.learner == name
        said = project.catalog.value_predictions.values(model.id, range(24))
        right = [truth[it] for it in project.catalog.assets.ids()]
        assert quality(right, [value for value in said if value is not None]) > 0.5
        assert np.isfinite(project.catalog.value_predictions.table(model.id).uncertainty).all()
        assert second.evaluations


def test_the_example_of_spans_goes_through_the_public_api(tmp_path: Path) -> None:
    """Texts chosen by what the script is unsure of, its spans with confidence, its errors few."""
    learner = {"name": "script", "parameters": {"file": "own_spans.py"}}
    policy = {"batch_size": 12, "audit_size": 20, "control_share": 0.0}
    with Project.create(
        tmp_path / "p",
        task="spans",
        media="text",
        classes=["person", "town"],
        learner=learner,
        policy=policy,
    ) as project:
        shutil.copy(EXAMPLES / "own_spans.py", tmp_path / "p")
        project.add([{"id": f"t{i}", "text": text} for i, text in enumerate(SENTENCES)])
        truth: dict[str, Value] = {f"t{i}": marked(text) for i, text in enumerate(SENTENCES)}
        for _ in range(2):
            project.next_round()
            answer(project, truth)
            assert project.train().learner == "script"
        curve = project.status().curve
        assert curve.measure == "f1"
        assert curve.active[-1].accuracy.value > 0.8
        project.next_round()
        said = [it.prelabel for it in project.queue.next("ana", 5).items]
        spans = [it for value in said if isinstance(value, SpansValue) for it in value.spans]
        assert spans
        assert all(0 < (it.confidence or 0) < 1 for it in spans)
        model = project.catalog.records.models.latest(Arm.ACTIVE)
        assert model is not None
        values = project.catalog.value_predictions.values(model.id, range(len(SENTENCES)))
        towns = {
            text[it.span.start : it.span.end]
            for text, value in zip(SENTENCES, values, strict=True)
            if isinstance(value, SpansValue)
            for it in value.spans
            if it.name == "town"
        }
        assert "New York" in towns


@pytest.mark.parametrize("kind", ["kill", "hang"])
def test_a_server_that_is_gone_costs_no_label(
    tmp_path: Path, server: OwnModelServer, kind: str
) -> None:
    """The training fails in words, the last model stays, and once it is back the round goes on."""
    task = TaskKind.MULTI_LABEL
    parameters = {"url": server.url, "seconds": WAITED, "train_seconds": WAITED}
    with sample_project(
        tmp_path / "p", task, {"name": "remote", "parameters": parameters}
    ) as project:
        truth = truth_of(project, task)
        project.next_round()
        answer(project, truth)
        last = project.train().id
        project.next_round()
        labels = answer(project, truth)
        getattr(server, kind)()
        path = project.folder / "querist.toml"
        text = path.read_text()
        path.write_text(text.replace(f"seconds = {WAITED}", "seconds = 1"))
        with (
            Project.open(project.folder) as hasty,
            pytest.raises(UnavailableError, match="The model's server at"),
        ):
            hasty.train()
        path.write_text(text)
        assert project.status().labeled == labels
        assert project.rounds.latest().step is Step.TRAIN
        newest = project.catalog.records.models.latest(Arm.ACTIVE)
        assert newest is not None
        assert newest.id == last
        assert project.catalog.value_predictions.count(last) == 24
        if kind == "kill":
            server.start()
        else:
            server.go_on()
        assert project.train().id != last
        assert project.rounds.latest().step is Step.DONE


def test_the_records_start_no_program(tmp_path: Path) -> None:
    """Of a model's record nothing is started: querist.toml alone says which script and Python."""
    task = TaskKind.MULTI_LABEL
    learner = {"name": "script", "parameters": {"file": "own_values.py"}}
    folder = tmp_path / "p"
    with sample_project(folder, task, learner) as project:
        shutil.copy(VALUES, folder / "own_values.py")
        truth = truth_of(project, task)
        project.next_round()
        answer(project, truth)
        model = project.train()
        assert model.parameters["file"] == "own_values.py"
    path = folder / "querist.toml"
    text = path.read_text()
    path.write_text(text.replace('"own_values.py"', '"other.py"'))
    some = np.arange(3)
    with Project.open(folder) as project:
        inputs, _ = sample_problem(task)
        loaded = value_training.load(project.catalog, model)
        # The seam does not tell how wide its vectors are.
        loaded._dimensions = inputs.vectors.shape[1]  # type: ignore[attr-defined]
        with pytest.raises(UnavailableError, match=r"There is no script 'other\.py'"):
            loaded.predict(inputs)
    path.write_text(text.replace('name = "script"', 'name = "label-sets"').replace("file =", "#"))
    with Project.open(folder) as project:
        with pytest.raises(UnavailableError, match=r"no longer names the script 'own_values\.py'"):
            value_training.load(project.catalog, model)
        assert len(value_training.predict(project.catalog, model, some)) == 3
        assert project.train().learner == "label-sets"


def test_a_script_that_breaks_ends_a_job_in_words(tmp_path: Path) -> None:
    """The job is failed and says the line; no label is lost."""
    task = TaskKind.REGRESSION
    learner = {"name": "script", "parameters": {"file": "own_values.py"}}
    with sample_project(tmp_path / "p", task, learner) as project:
        script = tmp_path / "p" / "own_values.py"
        script.write_text("")  # a round is drawn only where the file is there
        project.next_round()
        labels = answer(project, truth_of(project, task))
        script.write_text("def train(*_):\n    raise MemoryError('no')")
        job = project.jobs.wait(project.jobs.submit("train", {}).id)
        assert job.state is JobState.FAILED
        assert job.error is not None
        assert job.error["code"] == "unavailable"
        assert "raised MemoryError: no in line 2" in job.error["message"]
        assert project.status().labeled == labels


def test_polygons_have_no_model_of_ones_own(tmp_path: Path) -> None:
    """The name is right and the task is not: what the learner learns is told."""
    learner = {"name": "script", "parameters": {"file": "own_values.py"}}
    with (
        Project.create(
            tmp_path / "p", task="polygons", media="image", classes=["a"], learner=learner
        ) as project,
        pytest.raises(InvalidInputError, match=r"'script' learns boxes.*spans, not polygons"),
    ):
        training.check_learner(project.catalog)


def test_a_parameter_that_lacks_is_named(tmp_path: Path) -> None:
    """Before anything is trained."""
    with (
        Project.create(
            tmp_path / "p", task="spans", media="text", classes=["a"], learner={"name": "remote"}
        ) as project,
        pytest.raises(InvalidInputError, match=r"The learner 'remote' needs 'url'\.") as told,
    ):
        training.check_learner(project.catalog)
    assert "url, token, seconds, train_seconds, send" in told.value.remedy
    with pytest.raises(InvalidInputError, match="'remote' does not take 'urls' and needs 'url'"):
        create_value_learner("remote", urls="http://127.0.0.1:9")
