"""What chooses in a project before it has a model, where labels are no single class."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.project import Project
from querist.schema import TaskKind

WORDS = ("red", "boot", "blue", "shirt", "old", "bag", "green", "coat", "new", "hat")


def _first_round(folder: Path, task: TaskKind, media: str, **policy: object) -> Project:
    classes = [] if task is TaskKind.REGRESSION else ["a", "b", "c"]
    wanted = {"batch_size": 8, "audit_size": 10, "control_share": 0.0, **policy}
    project = Project.create(folder, task=task, media=media, classes=classes, policy=wanted)
    if media == "text":
        texts = (f"a {WORDS[i % 10]} {WORDS[i % 7]} {WORDS[i % 3]}" for i in range(60))
        project.add([{"id": f"t{i}", "text": text} for i, text in enumerate(texts)])
    else:
        project.add([{"id": f"r{i}", "x": float(i % 11), "y": float(i)} for i in range(60)])
    project.next_round()
    return project


@pytest.mark.parametrize(
    ("task", "media", "strategy"),
    [
        (TaskKind.MULTI_LABEL, "text", "auto"),
        (TaskKind.MULTI_LABEL, "table", "auto"),
        (TaskKind.CLASSIFICATION, "text", "auto"),
        (TaskKind.REGRESSION, "table", "lcmd"),
    ],
)
def test_the_plan_names_what_labels_of_a_kind_begin_with(
    tmp_path: Path, task: TaskKind, media: str, strategy: str
) -> None:
    """Numbers begin with lcmd, all else with auto itself."""
    with _first_round(tmp_path / "p", task, media) as project:
        plan = project.rounds.list()[-1].plan
        assert plan is not None
        assert plan.strategy == strategy
        assert project.replay(1)


def test_a_strategy_that_the_team_chose_stays(tmp_path: Path) -> None:
    """Only the default begins otherwise."""
    with _first_round(
        tmp_path / "p", TaskKind.MULTI_LABEL, "text", strategy="typiclust"
    ) as project:
        plan = project.rounds.list()[-1].plan
        assert plan is not None
        assert plan.strategy == "typiclust"
