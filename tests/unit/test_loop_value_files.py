"""Facts about sets, numbers, boxes and spans that a model elsewhere says, from files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pyarrow import parquet
from typer.testing import CliRunner

from querist.cli.app import app
from querist.errors import InvalidInputError, NotFoundError, UnknownNameError
from querist.project import Project
from querist.schema import (
    Arm,
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledSpan,
    NumberValue,
    Role,
    Span,
    SpansValue,
    Step,
)
from querist.server import create_app

COUNT = 40
IDS = [f"r{at}" for at in range(COUNT)]
CHANCES = np.random.default_rng(0).beta(0.4, 0.4, (COUNT, 3)).round(4)
POLICY = {"batch_size": 6, "audit_size": 6, "control_share": 0.0}
Make = Callable[..., Project]


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Makes projects of 40 assets, and closes them."""
    made: list[Project] = []

    def one(task: str, **settings: Any) -> Project:
        media = {"spans": "text", "boxes": "image"}.get(task, "table")
        classes = [] if task == "regression" else ["a", "b", "c"]
        project = Project.create(
            tmp_path / f"p{len(made)}",
            task=task,
            media=media,
            classes=classes,
            policy=POLICY,
            **settings,
        )
        made.append(project)
        if media == "image":
            folder = tmp_path / "pictures"
            folder.mkdir(exist_ok=True)
            for at in range(COUNT):
                Image.new("RGB", (32, 32), (at, 0, 0)).save(folder / f"pic{at:02}.png")
            project.add(folder)
        else:
            rows = [
                {"text": f"Ada saw {at}"} if task == "spans" else {"x": at} for at in range(COUNT)
            ]
            project.add([{"id": name, **row} for name, row in zip(IDS, rows, strict=True)])
        return project

    yield one
    for project in made:
        project.close()


def _sets_file(folder: Path, kind: str) -> Path:
    """Chances of three classes in each of the forms they may come in, last asset first."""
    path = folder / f"sets.{kind.split('-', maxsplit=1)[0]}"
    rows = [
        {"id": name, **dict(zip("abc", chances, strict=True))}
        for name, chances in zip(IDS, CHANCES.tolist(), strict=True)
    ][::-1]
    scores = [{"id": it.pop("id"), "label": None, "scores": it} for it in map(dict, rows)]
    if kind == "csv":
        lines = ["id,a,b,c", *(",".join(map(str, it.values())) for it in rows)]
        path.write_text("\n".join(lines), "utf-8")
    elif kind == "parquet-scores":
        parquet.write_table(pa.Table.from_pylist(scores), path)
    elif kind == "parquet":
        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("\n".join(json.dumps(it) for it in scores), "utf-8")
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "parquet-scores", "jsonl"])
def test_sets_come_with_the_chance_of_each_class(make: Make, tmp_path: Path, kind: str) -> None:
    """The set is what is likelier than not, the doubt how many decisions are expected wrong."""
    project = make("multi_label")
    found = project.models.import_predictions(str(_sets_file(tmp_path, kind)), name="mine")
    assert (found.told, found.missing) == (COUNT, 0)
    kept = project.catalog.value_predictions
    table = kept.table(found.model.id)
    np.testing.assert_allclose(table.probabilities, CHANCES, atol=1e-6)
    doubt = np.minimum(CHANCES, 1 - CHANCES).sum(axis=1)
    np.testing.assert_allclose(table.uncertainty, doubt, atol=1e-5)
    said = kept.values(found.model.id, range(COUNT))
    wanted = [tuple(np.array(list("abc"))[row].tolist()) for row in CHANCES > 0.5]
    assert [it.names for it in said if isinstance(it, ClassesValue)] == wanted


def test_what_came_in_suggests_chooses_and_is_measured(make: Make) -> None:
    """The next batch is what the file is least sure of, with its labels as suggestions."""
    project = make("multi_label")
    rows = [
        {"id": name, "scores": dict(zip("abc", row, strict=True))}
        for name, row in zip(IDS, CHANCES.tolist(), strict=True)
    ]
    project.next_round(2)
    for item in project.queue.next("ana", 50).items:
        project.labels.submit(item.asset.id, ["a"], annotator="ana", task_id=item.task.id)
    project.finish_round()
    found = project.models.import_predictions(rows)
    assert found.evaluation is not None
    project.next_round(4, strategy="uncertainty")
    seen = project.catalog.records.rounds.selected(round=2, arm=Arm.ACTIVE)
    doubt = dict(zip(IDS, np.minimum(CHANCES, 1 - CHANCES).sum(axis=1), strict=True))
    taken = {it.asset_id for it in project.catalog.records.rounds.selected(round=1)}
    audit = set(project.catalog.records.rounds.arm_ids(Arm.AUDIT))
    free = sorted((it for it in IDS if it not in taken | audit), key=lambda it: -doubt[it])
    assert {it.asset_id for it in seen} == set(free[: len(seen)])
    items = [it for it in project.queue.next("ana", 50).items if Arm.AUDIT not in it.task.arms]
    for item in items:
        row = CHANCES[IDS.index(item.asset.id)]
        assert item.prelabel == ClassesValue(names=tuple(np.array(list("abc"))[row > 0.5].tolist()))
    assert project.replay(2)


def test_numbers_come_as_a_column_with_how_unsure_they_are(make: Make, tmp_path: Path) -> None:
    """A table, or labels as an export has them."""
    project = make("regression")
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(["id,number,uncertainty", *(f"r{i},{i / 2},{i}" for i in range(40))]))
    first = project.models.import_predictions(str(path)).model
    second = project.models.import_predictions(
        [{"id": f"r{i}", "label": i / 2, "kind": "number"} for i in range(40)]
    ).model
    kept = project.catalog.value_predictions
    for model, doubt in ((first, np.arange(40)), (second, np.zeros(40))):
        assert kept.values(model.id, [3]) == [NumberValue(number=1.5)]
        np.testing.assert_allclose(kept.table(model.id).uncertainty, doubt)


def test_spans_come_as_an_export_has_them_with_a_confidence_each(
    make: Make, tmp_path: Path
) -> None:
    """What ``export`` writes can be read; the doubt is how far each span is from being sure."""
    project = make("spans")
    span = LabeledSpan(name="a", span=Span(start=0, end=3), confidence=0.75)
    for name in IDS:
        project.labels.submit(name, SpansValue(spans=(span,)), annotator="ana")
    for kind in ("jsonl", "parquet"):
        project.export(tmp_path / f"out.{kind}")
        found = project.models.import_predictions(str(tmp_path / f"out.{kind}"))
        kept = project.catalog.value_predictions
        assert kept.values(found.model.id, [7]) == [SpansValue(spans=(span,))]
        assert kept.table(found.model.id).uncertainty[7] == pytest.approx(0.5)


def test_each_span_is_judged_by_its_own_confidence(make: Make) -> None:
    """Also where the later span is of the earlier class."""
    project = make("spans")
    project.next_round()
    truth = SpansValue(spans=(LabeledSpan(name="b", span=Span(start=0, end=3)),))
    while items := project.queue.next("ana", 50).items:
        for item in items:
            project.labels.submit(item.asset.id, truth, annotator="ana")
    said = [
        {"name": name, "span": {"start": start, "end": start + 3}, "confidence": sure}
        for name, start, sure in (("b", 0, 0.9), ("a", 4, 0.3))
    ]
    rows = [{"id": name, "label": {"spans": said}} for name in IDS]
    model = project.models.import_predictions(rows).model
    found = project.rounds.thresholds(model.id, confidence=0.8)
    assert found.count > 0
    assert found.kept is not None
    assert found.precision is not None
    assert (found.kept.value, found.precision.value) == (0.5, 1.0)
    diagram = project.rounds.reliability(model.id).diagram
    assert diagram.count == 2 * found.count
    assert {(round(it.claimed, 6), it.right.value) for it in diagram.claimed} >= {
        (0.3, 0),
        (0.9, 1),
    }


def test_boxes_come_as_results_of_coco_by_the_names_of_files(make: Make, tmp_path: Path) -> None:
    """A data set with scores, its pictures by name; one without results has no object."""
    project = make("boxes")
    body = {
        "images": [{"id": at, "file_name": f"pic{at:02}.png"} for at in range(COUNT)],
        "categories": [{"id": 7, "name": "b"}],
        "annotations": [
            {"image_id": 3, "category_id": 7, "bbox": [1, 2, 10, 12], "score": 0.8},
            {"image_id": 3, "category_id": 7, "bbox": [5, 5, 9, 9], "score": 0.1},
        ],
    }
    path = tmp_path / "results.json"
    path.write_text(json.dumps(body), "utf-8")
    shown = CliRunner().invoke(app, ["import-predictions", str(path), "-p", str(project.folder)])
    assert f"tells of {COUNT} assets" in shown.output
    model = project.catalog.records.models.latest(Arm.ACTIVE)
    assert model is not None
    at = [it.endswith("pic03.png") for it in project.catalog.assets.index().column("uri")].index(
        True
    )
    (value,) = project.catalog.value_predictions.values(model.id, [at])
    first = LabeledBox(name="b", box=Box(x=1, y=2, width=10, height=12), confidence=0.8)
    assert isinstance(value, BoxesValue)
    assert value.boxes[0] == first
    doubt = project.catalog.value_predictions.table(model.id).uncertainty
    assert doubt[at] == pytest.approx(0.6)
    assert (np.delete(doubt, at) == 0).all()


def test_assets_that_the_file_leaves_out_have_no_suggestion(make: Make) -> None:
    """It has to be wished for; what joins later is left out too, and rounds go on."""
    project = make("multi_label", learner={"name": "imported"})
    rows = [{"id": name, "label": ["a"]} for name in IDS[:30]]
    with pytest.raises(InvalidInputError, match="10 are missing"):
        project.models.import_predictions(rows)
    found = project.models.import_predictions(rows, partial=True)
    assert found.missing == 10
    project.add([{"id": "late", "x": 99}])
    project.next_round(40)
    model_id = found.model.id
    kept = project.catalog.value_predictions
    assert kept.count(model_id) == COUNT + 1
    assert kept.values(model_id, [0, 35, 40]) == [ClassesValue(names=("a",)), None, None]
    items = project.queue.next("ana", 100).items
    shown = {it.asset.id: it.prelabel for it in items if Arm.AUDIT not in it.task.arms}
    assert {it for it, value in shown.items() if value is not None} <= set(IDS[:30])
    for item in items:
        project.labels.submit(item.asset.id, ["a"], annotator="ana", task_id=item.task.id)
    done = project.finish_round()
    assert (done.step, done.model_id) == (Step.DONE, model_id)


def test_what_does_not_fit_is_refused_and_nothing_is_stored(make: Make, tmp_path: Path) -> None:
    """The error names the row and what is wrong with it."""
    project = make("spans")

    def refused(error: type[Exception], match: str, source: Any) -> None:
        with pytest.raises(error, match=match):
            project.models.import_predictions(source)

    def rows(label: Any) -> list[dict[str, Any]]:
        return [{"id": name, "label": label if name == "r3" else {"spans": []}} for name in IDS]

    def span(**other: Any) -> dict[str, Any]:
        return {"spans": [{"name": "a", "span": {"start": 0, "end": 3}, **other}]}

    refused(UnknownNameError, r"row 4: .*'z'", rows(span(name="z")))
    refused(InvalidInputError, r"row 4: .*confidence is 1.5", rows(span(confidence=1.5)))
    refused(InvalidInputError, r"row 4: .*kind 'boxes'", rows({"type": "boxes", "boxes": []}))
    refused(InvalidInputError, "row 4: ", rows(span(colour="red")))
    refused(NotFoundError, "1 ids of the file", [{"id": "x", "label": {"spans": []}}])
    refused(InvalidInputError, "'r0' 2 times", [*rows({"spans": []}), rows({"spans": []})[0]])
    refused(UnknownNameError, "Row 1 has no 'id'", [{"label": {"spans": []}}])
    refused(InvalidInputError, "labels, one a row", {"ids": IDS, "probabilities": CHANCES})
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "r0", "label": null}\n{"id": ', "utf-8")
    refused(InvalidInputError, "Line 2 of broken.jsonl", str(broken))
    bare = tmp_path / "bare.json"
    bare.write_text(
        '[{"image_id": 1, "category_id": 3, "bbox": [1, 1, 2, 2], "score": 1}]', "utf-8"
    )
    refused(InvalidInputError, "category 3, which has no name", str(bare))
    assert project.catalog.records.models.latest(Arm.ACTIVE) is None


def test_a_route_takes_labels_too(make: Make) -> None:
    """Boxes, spans, sets and numbers by one request of a manager."""
    project = make("spans")
    project.catalog.records.annotators.ensure("mia", Role.MANAGER)
    token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
    client = TestClient(create_app(project), base_url="http://127.0.0.1:8321")
    client.headers["Authorization"] = f"Bearer {token}"
    span = {"name": "a", "span": {"start": 0, "end": 3}, "confidence": 0.5}
    body = {"ids": IDS, "labels": [{"type": "spans", "spans": [span]}] * COUNT}
    answer = client.post("/api/v1/predictions", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["told"] == COUNT
    model_id = answer.json()["model"]["id"]
    (value,) = project.catalog.value_predictions.values(model_id, [2])
    assert isinstance(value, SpansValue)
    assert value.spans[0].confidence == 0.5
    short = client.post("/api/v1/predictions", json=body | {"ids": IDS[1:]})
    assert short.json()["error"]["code"] in ("unknown_name", "invalid_input")
