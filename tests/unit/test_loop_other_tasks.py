"""Rounds of the tasks that no model learns from yet: labelling them works all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.errors import InvalidInputError
from querist.project import Project
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledSpan,
    Limits,
    NumberValue,
    Ontology,
    Span,
    SpansValue,
    Step,
    TaskKind,
    Value,
    check_value,
)

NOTHING = ClassesValue(names=())
BOX = BoxesValue(boxes=(LabeledBox(name="a", box=Box(x=1, y=2, width=3, height=4)),))


@pytest.mark.parametrize(
    ("task", "label"),
    [
        (TaskKind.MULTI_LABEL, NOTHING),
        (TaskKind.REGRESSION, NumberValue(number=0.0)),
        (TaskKind.BOXES, BOX),
    ],
)
def test_what_is_labeled_is_not_asked_again(tmp_path: Path, task: TaskKind, label: Value) -> None:
    """Two rounds run to their end, ask for different assets, and say that nothing is trained."""
    policy = {"batch_size": 5, "audit_size": 4, "control_share": 0.0}
    with Project.create(
        tmp_path / "p", task=task, media="table", classes=["a", "b"], policy=policy
    ) as project:
        project.add([{"id": f"r{i}", "x": float(i % 7), "y": float(i)} for i in range(30)])
        asked: list[str] = []
        for _ in range(2):
            project.next_round()
            for item in project.queue.next("ana", 50).items:
                asked.append(item.asset.id)
                project.labels.submit(item.asset.id, label, annotator="ana")
            done = project.finish_round()
            assert done.step is Step.DONE
            assert done.advice is not None
            assert "No model learns" in " ".join(done.advice.reasons)
        assert len(asked) == len(set(asked))
        status = project.status()
        assert (status.labeled, status.audit_labeled, status.trained_on) == (len(asked), 4, 0)
        with pytest.raises(InvalidInputError, match=f"No model learns.*{task.value}"):
            project.train()


def test_numbers_beyond_the_limits_are_refused() -> None:
    """The range of the ontology holds for every number."""
    ontology = Ontology.of(TaskKind.REGRESSION, [], limits=Limits(lowest=0, highest=10))
    check_value(NumberValue(number=10), ontology)
    with pytest.raises(InvalidInputError, match="-1"):
        check_value(NumberValue(number=-1), ontology)


def test_spans_share_characters_only_where_allowed() -> None:
    """Spans that touch fit; spans that overlap need the permission of the ontology."""

    def spans(*ends: tuple[int, int]) -> SpansValue:
        made = (LabeledSpan(name="a", span=Span(start=i, end=j)) for i, j in ends)
        return SpansValue(spans=tuple(made))

    strict = Ontology.of(TaskKind.SPANS, ["a"])
    check_value(spans((5, 9), (0, 5)), strict)
    with pytest.raises(InvalidInputError, match="share characters"):
        check_value(spans((5, 9), (0, 6)), strict)
    check_value(
        spans((5, 9), (0, 6)), Ontology.of(TaskKind.SPANS, ["a"], limits=Limits(overlapping=True))
    )


def test_limits_written_into_the_file_join_the_ontology(tmp_path: Path) -> None:
    """A changed range makes the next version of the ontology when the project is opened."""
    folder = tmp_path / "p"
    Project.create(folder, task="regression", media="table").close()
    path = folder / "querist.toml"
    path.write_text(path.read_text().replace("[limits]", '[limits]\nhighest = 5\nunit = "kg"'))
    text = path.read_text().replace('unit = ""\n', "")
    path.write_text(text)
    with Project.open(folder) as project:
        assert project.ontology.limits == Limits(highest=5.0, unit="kg")
        assert project.ontology.version == 2
