"""The schema objects and their one JSON form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from querist import schema
from querist.errors import InvalidInputError, UnknownNameError
from querist.schema import (
    Action,
    Annotation,
    Asset,
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    Media,
    NumberValue,
    Ontology,
    Origin,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
    check_value,
    class_names,
    from_json,
    to_json,
)

BOX = Box(x=1.0, y=2.0, width=3.0, height=4.0)
TRIANGLE = Polygon(points=((0.0, 0.0), (4.0, 0.0), (0.0, 3.0)))
VALUES: list[Value] = [
    ClassValue(name="boot"),
    ClassesValue(names=("boot", "bag")),
    BoxesValue(boxes=(LabeledBox(name="boot", box=BOX),)),
    PolygonsValue(polygons=(LabeledPolygon(name="bag", polygon=TRIANGLE),)),
    SpansValue(spans=(LabeledSpan(name="bag", span=Span(start=0, end=4)),)),
    NumberValue(number=1.5),
]


def annotation(value: Value | None) -> Annotation:
    """An entry of the log with everything set."""
    return Annotation(
        seq=7,
        asset_id="img-7",
        version=2,
        action=Action.LABEL,
        value=value,
        annotator="ana",
        origin=Origin.PERSON,
        seconds=1.25,
        reason=None,
        round=1,
        ontology_version=1,
        prelabel=value,
        model_id="model-1",
        submission_id="s-1",
        created_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    )


def test_a_set_of_classes_is_the_same_in_any_order() -> None:
    """Equal, also as a key and within an annotation; as written it keeps the order it was given."""
    one, other = ClassesValue(names=("boot", "bag")), ClassesValue(names=("bag", "boot"))
    assert one == other
    assert len({one, other}) == 1
    assert annotation(one) == annotation(other)
    assert one != ClassesValue(names=("boot",))
    assert ClassesValue(names=("boot",)) != ClassValue(name="boot")
    assert [from_json(ClassesValue, to_json(it)).names for it in (one, other)] == [
        ("boot", "bag"),
        ("bag", "boot"),
    ]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.TYPE)
def test_annotation_survives_json(value: Value) -> None:
    """An annotation of every kind comes back from JSON text as it went in."""
    before = annotation(value)
    assert from_json(Annotation, json.loads(json.dumps(to_json(before)))) == before


def test_ontology_survives_json() -> None:
    """An ontology comes back from JSON as it went in."""
    before = Ontology.of("classification", ["shirt", "boot"])
    assert from_json(Ontology, to_json(before)) == before


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"id": "a"}, "Asset.media"),
        ({"id": "a", "media": "sound"}, "Asset.media"),
        ({"id": 3, "media": "text"}, "Asset.id"),
        ({"id": "a", "media": "text", "colour": "red"}, "Asset"),
        ({"id": "a", "media": "text", "width": True}, "Asset.width"),
        ([], "Asset"),
    ],
)
def test_wrong_json_is_refused_with_its_path(body: object, path: str) -> None:
    """A missing, unknown or wrong field is named by its path."""
    with pytest.raises(InvalidInputError) as caught:
        from_json(Asset, body)
    assert caught.value.details["path"] == path


def test_asset_defaults() -> None:
    """An asset needs an id and a medium only."""
    asset = from_json(Asset, {"id": "a", "media": "text"})
    assert (asset.media, asset.metadata, asset.width) == (Media.TEXT, {}, None)


def test_unknown_class_offers_the_nearest() -> None:
    """A misspelt class is refused and the nearest names are offered."""
    ontology = Ontology.of("classification", ["shirt", "boot"])
    with pytest.raises(UnknownNameError) as caught:
        ontology.index("boots")
    assert caught.value.details["near"] == ["boot"]


@pytest.mark.parametrize("classes", [["a", "a"], ["a", " "]])
def test_bad_class_names_are_refused(classes: list[str]) -> None:
    """Repeated and empty class names are refused."""
    with pytest.raises(InvalidInputError):
        Ontology.of("classification", classes)


def test_ontology_gives_each_class_its_own_key() -> None:
    """Hot-keys never repeat, and run out without an error."""
    ontology = Ontology.of("classification", [f"class {i}" for i in range(60)])
    keys = [c.hotkey for c in ontology.classes if c.hotkey]
    assert len(keys) == len(set(keys)) > 30


def test_added_class_makes_a_new_version() -> None:
    """Adding a class keeps the others' positions and raises the version."""
    before = Ontology.of("classification", ["shirt", "boot"])
    after = before.with_class("bag")
    assert (after.names, after.version) == (("shirt", "boot", "bag"), 2)


def test_an_added_class_takes_a_free_colour_and_key() -> None:
    """Not those of its place in the list, which another class may have; then the rarest colour."""
    grown = Ontology.of("classification", ["a", "b", "c"])
    rest = replace(grown, classes=grown.classes[1:])
    added = rest.with_class("d").classes[-1]
    assert (added.colour, added.hotkey) == (grown.classes[0].colour, grown.classes[0].hotkey)
    for i in range(40):
        grown = grown.with_class(f"class {i}")
    assert grown.classes[16].colour == grown.classes[0].colour
    assert grown.classes == Ontology.of("classification", grown.names).classes


def test_label_must_fit_the_task() -> None:
    """A box is no answer to a question for a class."""
    ontology = Ontology.of("classification", ["shirt"])
    with pytest.raises(InvalidInputError):
        check_value(NumberValue(number=1.0), ontology)
    assert check_value(ClassValue(name="shirt"), ontology) == ClassValue(name="shirt")


@pytest.mark.parametrize(
    ("value", "names"),
    list(zip(VALUES, [("boot",), ("boot", "bag"), ("boot",), ("bag",), ("bag",), ()], strict=True)),
)
def test_class_names_of_values(value: Value, names: tuple[str, ...]) -> None:
    """Every kind of label tells the classes it names."""
    assert class_names(value) == names


def test_every_task_has_a_kind_of_label() -> None:
    """No task is without a kind of label."""
    assert set(schema.annotation.VALUE_OF_TASK) == set(TaskKind)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (BOX, 1.0),
        (Box(x=100, y=100, width=1, height=1), 0.0),
        (Box(x=1, y=2, width=3, height=2), 0.5),
    ],
)
def test_iou(other: Box, expected: float) -> None:
    """Intersection over union of equal, distant and half-covering boxes."""
    assert BOX.iou(other) == pytest.approx(expected)
    assert other.iou(BOX) == pytest.approx(expected)


def test_polygon_area_and_bounds() -> None:
    """A 3-4-5 triangle covers six square pixels in a box of four by three."""
    assert TRIANGLE.area == pytest.approx(6.0)
    assert TRIANGLE.bounds == Box(x=0, y=0, width=4, height=3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Box(x=0, y=0, width=0, height=1),
        lambda: Polygon(points=((0.0, 0.0), (1.0, 1.0))),
        lambda: Span(start=3, end=3),
        lambda: schema.check_asset_id(" "),
        lambda: schema.check_asset_id("a\nb"),
        lambda: schema.check_asset_id("a" * 513),
        lambda: schema.check_name("annotator", "a b"),
    ],
)
def test_impossible_shapes_and_names_are_refused(make: object) -> None:
    """Empty boxes, open polygons, empty spans and bad names cannot be made."""
    with pytest.raises(InvalidInputError):
        make()  # type: ignore[operator]


def test_new_ids_sort_by_time() -> None:
    """Ids made later sort later, and never repeat."""
    ids = [schema.new_id("job") for _ in range(200)]
    assert len(set(ids)) == 200
    assert [i[:18] for i in ids] == sorted(i[:18] for i in ids)


def test_error_has_one_shape() -> None:
    """Every error becomes code, message, remedy and details."""
    error = UnknownNameError.of("class", "boots", ["boot", "shirt"])
    assert error.to_json() == {
        "error": {
            "code": "unknown_name",
            "message": "There is no class named 'boots'.",
            "remedy": "Did you mean boot?",
            "details": {"kind": "class", "name": "boots", "near": ["boot"]},
        }
    }


@pytest.mark.parametrize("name", ["רות", "Zoë", "ana b", "-ana", ""])
def test_a_name_that_does_not_go_is_told_which_letters_do(name: str) -> None:
    """Letters of other scripts are letters too: the remedy says that A to Z are meant."""
    with pytest.raises(InvalidInputError) as refused:
        schema.check_name("annotator", name)
    assert "letters A to Z" in refused.value.remedy
    assert "Letters of other scripts, accents and blanks do not go" in refused.value.remedy
