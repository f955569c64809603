"""What a round says of its models: measures by the kind of label, estimates with their doubt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.loop import training
from querist.loop.headline import estimate, headline_of
from querist.loop.measuring import of_values
from querist.metrics import lure_accuracy
from querist.project import Project
from querist.schema import (
    Arm,
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledSpan,
    MergeClasses,
    NumberValue,
    Ontology,
    PolygonsValue,
    RenameClass,
    Span,
    SpansValue,
    TaskKind,
    Value,
)


def box(name: str, x: float, confidence: float | None = None) -> LabeledBox:
    """Ten by ten pixels from ``x`` on."""
    return LabeledBox(name=name, box=Box(x=x, y=0, width=10, height=10), confidence=confidence)


def span(name: str, start: int, end: int) -> LabeledSpan:
    """A span by its ends."""
    return LabeledSpan(name=name, span=Span(start=start, end=end))


CASES: list[tuple[TaskKind, list[Value], list[Value], dict[str, float]]] = [
    (
        TaskKind.CLASSIFICATION,
        [ClassValue(name=n) for n in "aabb"],
        [ClassValue(name=n) for n in "aaba"],
        {"accuracy": 0.75, "macro_recall": 0.75},
    ),
    (
        TaskKind.MULTI_LABEL,
        [ClassesValue(names=("a", "b")), ClassesValue(names=())],
        [ClassesValue(names=("a",)), ClassesValue(names=())],
        {"micro_precision": 1.0, "micro_recall": 0.5, "exact": 0.5, "hamming_loss": 0.25},
    ),
    (
        TaskKind.REGRESSION,
        [NumberValue(number=n) for n in (1.0, 2.0, 3.0)],
        [NumberValue(number=n) for n in (1.0, 2.0, 5.0)],
        {"mae": 2 / 3, "r2": -1.0},
    ),
    (
        TaskKind.BOXES,
        [BoxesValue(boxes=(box("a", 0), box("b", 50))), BoxesValue(boxes=())],
        [BoxesValue(boxes=(box("a", 0, 0.9),)), BoxesValue(boxes=())],
        {"map50": 0.5, "recall": 0.5},
    ),
    (
        TaskKind.SPANS,
        [SpansValue(spans=(span("a", 0, 4), span("b", 5, 9))), SpansValue(spans=())],
        [SpansValue(spans=(span("a", 0, 4),)), SpansValue(spans=(span("b", 1, 2),))],
        {"precision": 0.5, "recall": 0.5, "f1": 0.5},
    ),
]


@pytest.mark.parametrize(("task", "truth", "said", "expected"), CASES)
def test_each_kind_of_label_has_its_own_measures(
    task: TaskKind, truth: list[Value], said: list[Value], expected: dict[str, float]
) -> None:
    """The values are those by hand; each lies within an interval."""
    ontology = Ontology.of(task, [] if task is TaskKind.REGRESSION else ["a", "b"])
    found = of_values(ontology, truth, said, np.random.default_rng(0))
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value)
        assert found[name].low <= value <= found[name].high


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize(
    ("task", "value", "nothing"),
    [
        (TaskKind.BOXES, BoxesValue(boxes=(box("a", 0),)), BoxesValue(boxes=())),
        (TaskKind.SPANS, SpansValue(spans=(span("a", 0, 4),)), SpansValue(spans=())),
        (TaskKind.MULTI_LABEL, ClassesValue(names=("a",)), ClassesValue(names=())),
    ],
)
def test_assets_all_alike_leave_room(
    task: TaskKind, value: Value, nothing: Value, found: bool
) -> None:
    """All of 15 found, or none: each share reaches as far as 15 draws can have missed, 21.8 %."""
    ontology, rng = Ontology.of(task, ["a", "b"]), np.random.default_rng(0)
    measures = of_values(ontology, [value] * 15, [value if found else nothing] * 15, rng)
    headline = estimate(measures, headline_of(task))
    assert headline is not None
    assert (headline.low, headline.high) == pytest.approx(
        (0.782, 1) if found else (0, 0.218), abs=1e-3
    )
    assert all(one.high - one.low > 0.05 for one in measures.values())


def test_an_error_without_doubt_has_no_room() -> None:
    """Numbers have no end to which assets of another kind could bring their error."""
    numbers = [NumberValue(number=n) for n in range(1, 16)]
    rng = np.random.default_rng(0)
    measures = of_values(Ontology.of(TaskKind.REGRESSION, []), numbers, numbers, rng)
    assert (measures["mae"].low, measures["mae"].high) == (0, 0)
    assert measures["r2"].low == pytest.approx(0.782, abs=1e-3)


def test_what_cannot_be_measured_is_refused() -> None:
    """Labels of another task, polygons, and lists of different lengths."""
    rng = np.random.default_rng(0)
    ontology = Ontology.of(TaskKind.SPANS, ["a"])
    with pytest.raises(InvalidInputError, match="spans"):
        of_values(ontology, [NumberValue(number=1)], [NumberValue(number=1)], rng)
    with pytest.raises(InvalidInputError, match="predictions"):
        of_values(ontology, [SpansValue(spans=())], [], rng)
    nothing = PolygonsValue(polygons=())
    with pytest.raises(InvalidInputError, match="polygons"):
        of_values(Ontology.of(TaskKind.POLYGONS, ["a"]), [nothing], [nothing], rng)


def test_a_round_tells_its_measures_and_its_doubt(tmp_path: Path) -> None:
    """Measures with direction, the saving's interval, and LURE of a batch of even chances."""
    draw = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(x), "y": float(y), "known": "ab"[int(x + y > 0)]}
        for i, (x, y) in enumerate(draw.normal(size=(150, 2)))
    ]
    policy = {"batch_size": 8, "audit_size": 30, "control_share": 0.5, "strategy": "random"}
    with Project.create(
        tmp_path / "p", media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(4)
        rounds = project.status().rounds
        first, last = (
            next(e for e in round_.evaluations if e.arm is Arm.ACTIVE)
            for round_ in (rounds[0], rounds[-1])
        )
        assert first.before is None
        assert last.before is not None
        assert last.before.count == 8
        assert last.before.low <= last.before.value <= last.before.high
        assert last.measures["macro_f1"].value == pytest.approx(last.macro_f1)
        assert last.measures["log_loss"].better == "lower"
        advice = rounds[-1].advice
        assert advice is not None
        if advice.label_ratio is not None:
            assert advice.label_ratio.low <= advice.label_ratio.value <= advice.label_ratio.high
            assert "95 % interval" in advice.sentence


def test_labels_drawn_by_doubt_measure_the_model_that_chose_them(tmp_path: Path) -> None:
    """The estimate is LURE's of the recorded chances, out of all that could have been drawn."""
    draw = np.random.default_rng(1)
    rows = [
        {"id": f"r{i}", "x": float(x), "y": float(y), "known": "ab"[int(x + y > 0)]}
        for i, (x, y) in enumerate(draw.normal(size=(150, 2)))
    ]
    policy = {
        "batch_size": 8, "audit_size": 30, "control_share": 0.0, "sub_pool": 60,
        "strategy": "power-margin", "parameters": {"even_share": 0.3},
    }  # fmt: skip
    with Project.create(
        tmp_path / "p", media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(2)
        records = project.catalog.records
        round_ = project.rounds.list()[-1]
        drawn = records.rounds.selected(round=round_.number, arm=Arm.ACTIVE)
        assert round_.plan is not None
        chooser = records.models.get(str(round_.plan.model_id))
        places = project.catalog.assets.positions([row.asset_id for row in drawn])
        said = training.predict(project.catalog, chooser, places).argmax(axis=1)
        truth = [rows[place]["known"] for place in places]
        right = [chooser.classes[code] == name for code, name in zip(said, truth, strict=True)]
        chances = [row.draw_chance for row in drawn]
        assert round_.evaluations[0].before == lure_accuracy(right, chances, 60)
        assert project.replay(round_.number)


def test_the_state_is_told_by_the_classes_of_now(tmp_path: Path) -> None:
    """Two classes that nothing tells apart are merged: the sentence has the curve's new figure."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(rng.normal(3.0 * (i % 3 == 0))), "known": ("a", "b", "c")[i % 3]}
        for i in range(150)
    ]
    with Project.create(
        tmp_path / "p",
        media="table",
        classes=["a", "b", "c"],
        oracle_column="known",
        policy={"batch_size": 10, "audit_size": 30, "control_share": 0.3},
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(3)
        before = project.status()
        project.ontology_changes.apply(RenameClass(name="a", to="one"), author="mia")
        assert project.status().sentence == before.sentence
        project.ontology_changes.apply(MergeClasses(names=("b", "c"), into="both"), author="mia")
        now = project.status()
        assert now.curve.active[-1].accuracy.value > before.curve.active[-1].accuracy.value + 0.1
        assert str(now.curve.active[-1].accuracy) in now.sentence
        assert "The classes have changed since" in now.sentence
        # What the last round advised, foretold and saved was of the classes before.
        assert now.advice is None
        assert now.saving is None
        project.next_round()
        assert project.status().advice is None
        while items := project.queue.next("mia", 100).items:
            for item in items:
                known = rows[int(item.asset.id[1:])]["known"]
                name = "one" if known == "a" else "both"
                project.labels.submit(item.asset.id, ClassValue(name=name), annotator="mia")
        project.finish_round()
        anew = project.status()
        assert anew.advice is not None
        assert anew.sentence == anew.advice.sentence
        assert "The classes have changed" not in anew.sentence
