"""Which answers are the same, and what several of them come to."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from querist import Project
from querist.labeling.votes import majority, most_frequent
from querist.metrics import is_right
from querist.schema import (
    Action,
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    NumberValue,
    Opinion,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    Value,
)


def boxes(*rows: tuple[str, float, float, float, float]) -> BoxesValue:
    """Boxes of class, left, top, width and height."""
    made = ((name, Box(x=x, y=y, width=w, height=h)) for name, x, y, w, h in rows)
    return BoxesValue(boxes=tuple(LabeledBox(name=name, box=box) for name, box in made))


def polygons(*rows: tuple[str, float, float, float, float]) -> PolygonsValue:
    """Right-angled polygons of the same numbers."""
    found = []
    for name, x, y, w, h in rows:
        points = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        found.append(LabeledPolygon(name=name, polygon=Polygon(points=points)))
    return PolygonsValue(polygons=tuple(found))


def spans(*rows: tuple[str, int, int]) -> SpansValue:
    """Spans of class, start and end."""
    made = ((name, Span(start=start, end=end)) for name, start, end in rows)
    return SpansValue(spans=tuple(LabeledSpan(name=name, span=span) for name, span in made))


def said(value: Value | None, seq: int = 1) -> Opinion:
    """An opinion with this value."""
    return Opinion(
        seq=seq,
        asset_id="p",
        annotator=f"person-{seq}",
        version=1,
        action=Action.SKIP if value is None else Action.LABEL,
        value=value,
        seconds=None,
        reason=None,
        round=1,
        ontology_version=1,
        prelabel=None,
        model_id=None,
        submission_id=f"s{seq}",
        task_id=None,
        gold=False,
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("shapes", [boxes, polygons])
def test_shapes_that_nearly_cover_each_other_are_the_same_answer(shapes) -> None:
    """A few pixels and the order say nothing; a class, a shape too many and half a shape do."""
    first = shapes(("a", 0, 0, 40, 40), ("b", 50, 50, 30, 30))
    near = shapes(("b", 51, 49, 30, 32), ("a", 2, 1, 40, 38))
    assert is_right(first, near)
    assert is_right(near, first)
    assert not is_right(first, shapes(("a", 2, 1, 40, 38), ("a", 51, 49, 30, 32)))
    assert not is_right(first, shapes(("a", 0, 0, 40, 40)))
    assert not is_right(shapes(("a", 0, 0, 40, 40)), shapes(("a", 20, 0, 40, 40)))
    assert is_right(shapes(), shapes())
    assert not is_right(shapes(), first)


def test_what_is_the_same_answer_hangs_on_no_order() -> None:
    """Boxes of one class that cover each other match as a whole, in whichever order they come."""
    first = (("a", 0, 0, 10, 10), ("a", 3, 0, 10, 10))
    # The middle one covers the left one more than its own, which nothing else covers by half.
    second = (("a", 1, 0, 10, 10), ("a", -3, 0, 10, 10))
    for one in permutations(first):
        for other in permutations(second):
            assert is_right(boxes(*one), boxes(*other))
            assert is_right(boxes(*other), boxes(*one))


def test_spans_are_the_same_where_they_begin_and_end_alike() -> None:
    """In any order, and a character off is another answer: as models are measured."""
    first = spans(("a", 0, 40), ("b", 50, 60))
    assert is_right(first, spans(("b", 50, 60), ("a", 0, 40)))
    assert not is_right(first, spans(("a", 0, 39), ("b", 50, 60)))
    assert majority([said(first), said(spans(("a", 0, 39), ("b", 50, 60)))]) is None


def test_the_answer_nearest_to_the_others_stands_for_them() -> None:
    """Of three that are the same the middle one, against a fourth; of two the first."""
    left, middle, right = (boxes(("a", x, 0, 40, 40)) for x in (0, 2, 4))
    stranger = boxes(("b", 0, 0, 40, 40))
    for order in permutations([left, middle, right, stranger]):
        found = majority([said(value, seq) for seq, value in enumerate(order)])
        assert found is not None
        assert found.value == middle
    assert most_frequent([right, left]) == [right]
    assert most_frequent([left, stranger, right]) == [left]


def test_different_answers_that_tie_decide_nothing() -> None:
    """Two against two and three that all differ do not; one that is the same as two others does."""
    left, right = boxes(("a", 0, 0, 40, 40)), boxes(("a", 100, 0, 40, 40))
    pairs = [left, right, boxes(("a", 1, 0, 40, 40)), boxes(("a", 101, 0, 40, 40))]
    assert majority([said(it) for it in pairs]) is None
    assert most_frequent(pairs) == [left, right]
    assert majority([said(left), said(right), said(boxes())]) is None
    chain = [boxes(("a", x, 0, 40, 40)) for x in (0, 12, 24)]
    assert not is_right(chain[0], chain[2])
    assert most_frequent(chain) == [chain[1]]


def test_other_answers_are_the_same_where_they_are_equal() -> None:
    """Sets in any order; of numbers the median decides, whatever is said how often."""
    one, other = ClassesValue(names=("a", "b")), ClassesValue(names=("b", "a"))
    assert most_frequent([ClassesValue(names=()), one, other]) == [one]
    found = majority([said(NumberValue(number=it)) for it in (1.0, 2.0, 9.0)])
    assert found is not None
    assert found.value == NumberValue(number=2.0)


def two_people(folder, *, overlap: int = 2, **policy: object) -> Project:
    """A project of boxes on two pictures, with a round that asks ``overlap`` people of each."""
    from PIL import Image

    (folder / "pictures").mkdir()
    for i in range(2):
        Image.new("RGB", (64, 64), (i * 80, 9, 9)).save(folder / "pictures" / f"p{i}.png")
    policy |= {"audit_size": 0, "control_share": 0.0, "overlap": overlap, "overlap_share": 1.0}
    made = Project.create(
        folder / "shop", task="boxes", media="image", classes=["a", "b"], policy=policy
    )
    made.add(str(folder / "pictures"))
    made.next_round(2)
    return made


def test_two_who_draw_nearly_the_same_make_a_label(tmp_path) -> None:
    """No dispute, one label of the first, and full agreement with it, also once it is made anew."""
    first = boxes(("a", 0, 0, 40, 40), ("b", 40, 40, 20, 20))
    second = boxes(("b", 41, 40, 20, 19), ("a", 1, 2, 40, 39))
    with two_people(tmp_path) as project:
        for name, value in (("ana", first), ("bob", second)):
            for item in project.queue.next(name, 2).items:
                project.labels.submit(item.asset.id, value, annotator=name)
        assert project.opinions.disputes() == []
        label = project.opinions.consensus("p0.png")
        assert label is not None
        assert label.value == first
        found = project.opinions.agreement()
        assert found.shapes is not None
        assert found.shapes.f1 == 1
        assert [it.agreement for it in found.annotators] == [1, 1]
        assert project.opinions.preview() == []
        assert project.opinions.recompute().changed == 0


def test_a_label_never_outlives_the_opinion_it_is(tmp_path) -> None:
    """Who takes back the answer that stood for all leaves that of the other, as it was drawn."""
    first, second = boxes(("a", 0, 0, 40, 40)), boxes(("a", 1, 2, 40, 39))
    with two_people(tmp_path, overlap=2) as project:
        for name, value in (("ana", first), ("bob", second)):
            for item in project.queue.next(name, 2).items:
                project.labels.submit(item.asset.id, value, annotator=name)
        project.finish_round()
        project.labels.undo("p0.png", annotator="ana")
        label = project.catalog.records.labels.current("p0.png")
        assert label is not None
        assert label.value == second


def test_a_first_label_holds_while_others_draw_nearly_the_same(tmp_path) -> None:
    """Opinions a few pixels off leave the label log as it was; a dispute needs another box."""
    first, near, far = (boxes(("a", x, 0, 40, 40)) for x in (0, 4, 24))
    with two_people(tmp_path, overlap=1) as project:
        for item in project.queue.next("ana", 2).items:
            project.labels.submit(item.asset.id, first, annotator="ana")
        for name, value in (("bob", near), ("cid", boxes(("a", 3, 0, 40, 40)))):
            project.suspects.send(asset_ids=["p0.png"])
            for item in project.queue.next(name, 1).items:
                project.labels.submit(item.asset.id, value, annotator=name)
        assert project.opinions.disputes() == []
        assert project.opinions.preview() == []
        label = project.catalog.records.labels.current("p0.png")
        assert label is not None
        assert (label.value, label.annotator) == (first, "ana")
        project.suspects.send(asset_ids=["p1.png"])
        for item in project.queue.next("bob", 1).items:
            project.labels.submit(item.asset.id, far, annotator="bob")
        assert [it.asset_id for it in project.opinions.disputes()] == ["p1.png"]
