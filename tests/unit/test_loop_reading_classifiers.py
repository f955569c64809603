"""Classifiers that read the assets themselves drive rounds as those of vectors do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from own_model import BackendServer
from querist import Project
from querist.errors import InvalidInputError, UnavailableError, UnknownNameError
from querist.labeling.queue import QueueItem
from querist.schema import Arm, Origin, Step

WORDS = {"sea": ("wave", "salt", "tide", "gull"), "wood": ("moss", "leaf", "pine", "fern")}
POLICY = {"batch_size": 8, "audit_size": 10, "control_share": 0.25}


@pytest.fixture
def backend() -> Iterator[BackendServer]:
    """A backend as Label Studio knows it."""
    with BackendServer() as server:
        yield server


def make(folder: Path, url: str, *, seconds: float = 60) -> Project:
    """A project of eighty short texts whose words tell their class."""
    learner = {"name": "label-studio-backend", "parameters": {"url": url, "seconds": seconds}}
    project = Project.create(
        folder, media="text", classes=list(WORDS), learner=learner, policy=POLICY
    )
    rows = []
    for i in range(80):
        name = list(WORDS)[i % 2]
        words = WORDS[name]
        text = f"the {words[i % 4]} and {words[i // 4 % 4]} of number {i}"
        rows.append({"id": f"{name}-{i}", "text": text})
    project.add(rows)
    return project


def work(project: Project) -> list[QueueItem]:
    """Answer all that is asked, and return it."""
    done = []
    while items := project.queue.next("ana", 50).items:
        for item in items:
            name = item.asset.id.partition("-")[0]
            project.labels.submit(item.asset.id, name, annotator="ana")
            done.append(item)
    return done


def test_a_backend_drives_rounds(tmp_path: Path, backend: BackendServer) -> None:
    """Two rounds with control arm: the model is measured, suggests, and is told as what it is."""
    with make(tmp_path / "p", backend.url) as project:
        for _ in range(2):
            project.next_round()
            suggested = work(project)
            assert project.finish_round().step is Step.DONE
        model = project.catalog.records.models.latest(Arm.ACTIVE)
        assert model is not None
        assert model.learner == "label-studio-backend"
        found = project.catalog.records.rounds.get(2).evaluations
        assert {it.arm for it in found} == {Arm.ACTIVE, Arm.CONTROL}
        assert all(it.accuracy.value > 0.8 for it in found if it.arm is Arm.ACTIVE)
        assert {it.model_id for it in suggested} - {None}
        summary = project.catalog.predictions.summary(model.id)
        assert (summary.difficulty >= 0).all()


def test_a_dead_backend_costs_no_label(tmp_path: Path, backend: BackendServer) -> None:
    """The training ends with what is wrong, the round waits, and another backend goes on."""
    with make(tmp_path / "p", backend.url, seconds=2) as project:
        project.next_round()
        work(project)
        backend.kill()
        with pytest.raises(UnavailableError, match="cannot be asked"):
            project.finish_round()
        states = project.catalog.records.labels.states()
        assert len(states.asset_ids) >= POLICY["batch_size"]
        assert set(states.origins) == {Origin.PERSON}


def test_learners_that_cannot_be_are_told(tmp_path: Path) -> None:
    """An unknown name offers near ones of both kinds; one of other labels says what it learns."""
    with make(tmp_path / "p", "http://127.0.0.1:9") as project:
        path = tmp_path / "p" / "querist.toml"
        text = path.read_text()
        for name, error, told in (
            ("label-studio-backed", UnknownNameError, "label-studio-backend"),
            ("ridge", InvalidInputError, "regression, not classification"),
        ):
            path.write_text(text.replace('"label-studio-backend"', f'"{name}"'))
            with Project.open(tmp_path / "p") as other, pytest.raises(error, match=told):
                other.train()
        assert project.status().labeled == 0
