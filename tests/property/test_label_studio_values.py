"""Labels go to Label Studio's form and back without loss."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.errors import InvalidInputError
from querist.outside import label_studio_values as values
from querist.schema import (
    Asset,
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    Limits,
    Media,
    NumberValue,
    Ontology,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    TaskKind,
)

NAMES = ("boot", 'a "b" & <c>', "Größe 🧪", "x" * 60)
name = st.sampled_from(NAMES)
# What an editor gives: pixels to a millionth, for pictures of any size.
size = st.integers(1, 60_000)
share = st.integers(0, 10**6).map(lambda n: n / 10**6)


def pixels(part: float, whole: int) -> float:
    """A place in a picture, to a millionth of a pixel."""
    return round(part * whole, 6)


def there_and_back(value, asset, task):
    """The label after the journey."""
    return values.decode(values.encode(value, asset), asset, Ontology.of(task, NAMES))


@given(width=size, height=size, shapes=st.lists(st.tuples(name, share, share, share, share)))
def test_boxes_come_back(width, height, shapes):
    """Percent of the picture and back is the same millionth of a pixel."""
    asset = Asset(id="a", media=Media.IMAGE, width=width, height=height)
    boxes = tuple(
        LabeledBox(
            name=label,
            box=Box(
                x=pixels(x, width),
                y=pixels(y, height),
                width=pixels(w, width) or 0.000001,
                height=pixels(h, height) or 0.000001,
            ),
        )
        for label, x, y, w, h in shapes
    )
    assert there_and_back(BoxesValue(boxes=boxes), asset, TaskKind.BOXES) == BoxesValue(boxes=boxes)


@given(
    width=size,
    height=size,
    shapes=st.lists(st.tuples(name, st.lists(st.tuples(share, share), min_size=3, max_size=9))),
)
def test_polygons_come_back(width, height, shapes):
    """Each point of each polygon is where it was."""
    asset = Asset(id="a", media=Media.IMAGE, width=width, height=height)
    polygons = tuple(
        LabeledPolygon(
            name=label,
            polygon=Polygon(points=tuple((pixels(x, width), pixels(y, height)) for x, y in points)),
        )
        for label, points in shapes
    )
    value = PolygonsValue(polygons=polygons)
    assert there_and_back(value, asset, TaskKind.POLYGONS) == value


@given(text=st.text(min_size=1), data=st.data())
def test_spans_come_back(text, data):
    """Code points here, UTF-16 units there: also beyond the basic plane, and with line ends."""
    asset = Asset(id="a", media=Media.TEXT, text=text)
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    drawn = data.draw(st.lists(st.tuples(name, ends.filter(lambda it: it[0] < it[1]))))
    spans = tuple(
        LabeledSpan(name=label, span=Span(start=start, end=end)) for label, (start, end) in drawn
    )
    value = SpansValue(spans=spans)
    assert there_and_back(value, asset, TaskKind.SPANS) == value


@given(chosen=st.lists(name, unique=True), one=name)
def test_classes_come_back(chosen, one):
    """One class, several, or none."""
    asset = Asset(id="a", media=Media.TEXT, text="t")
    several = ClassesValue(names=tuple(chosen))
    assert there_and_back(several, asset, TaskKind.MULTI_LABEL) == several
    single = ClassValue(name=one)
    assert there_and_back(single, asset, TaskKind.CLASSIFICATION) == single


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(number):
    """The very same float."""
    asset = Asset(id="a", media=Media.TABLE, features={})
    value = NumberValue(number=number)
    assert there_and_back(value, asset, TaskKind.REGRESSION) == value


@given(text=st.text(alphabet="ab🧪 \n", min_size=2, max_size=12), data=st.data())
def test_spans_in_code_points_are_read_too(text, data):
    """A tool that counts code points is known by the words it sends along."""
    asset = Asset(id="a", media=Media.TEXT, text=text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    value = {"start": start, "end": end, "text": text[start:end], "labels": ["boot"]}
    read = values.decode(
        [{"type": "labels", "value": value}], asset, Ontology.of(TaskKind.SPANS, NAMES)
    )
    span = read.spans[0].span
    assert text[span.start : span.end] == text[start:end]


@pytest.mark.parametrize("task", TaskKind)
def test_the_interface_asks_for_every_class(task):
    """It is XML that holds the names as they are, whatever signs they hold."""
    media = Media.TEXT if task is TaskKind.SPANS else Media.IMAGE
    limits = Limits(lowest=-1.5, highest=2) if task is TaskKind.REGRESSION else None
    ontology = Ontology.of(task, NAMES, limits=limits)
    values.check(ontology, media)
    view = ElementTree.fromstring(values.configuration(ontology, media))
    shown, asked = view
    assert shown.attrib == {"name": "asset", "value": "$asset"}
    assert asked.attrib["toName"] == "asset"
    if task is TaskKind.REGRESSION:
        assert (asked.attrib["min"], asked.attrib["max"]) == ("-1.5", "2")
    else:
        assert tuple(part.attrib["value"] for part in asked) == NAMES


def test_what_would_lose_something_is_refused():
    """Turned boxes, open polygons, shapes of two classes, two classes for one, foreign regions."""
    image = Asset(id="a", media=Media.IMAGE, width=10, height=10)
    text = Asset(id="b", media=Media.TEXT, text="abc")
    box = {"x": 0, "y": 0, "width": 5, "height": 5, "rotation": 0, "rectanglelabels": ["boot"]}
    ring = {"points": [[0, 0], [5, 5], [5, 0]], "closed": True, "polygonlabels": ["boot"]}
    wrong = [
        (TaskKind.BOXES, image, "rectanglelabels", box | {"rotation": 7}),
        (TaskKind.BOXES, image, "rectanglelabels", box | {"rectanglelabels": ["boot", "x"]}),
        (TaskKind.BOXES, image, "rectanglelabels", box | {"width": 0}),
        (TaskKind.BOXES, image, "rectanglelabels", box | {"x": "far"}),
        (TaskKind.BOXES, image, "rectanglelabels", box | {"x": float("nan")}),
        (TaskKind.BOXES, image, "brushlabels", box),
        (TaskKind.BOXES, Asset(id="c", media=Media.IMAGE), "rectanglelabels", box),
        (TaskKind.POLYGONS, image, "polygonlabels", ring | {"closed": False}),
        (TaskKind.POLYGONS, image, "polygonlabels", ring | {"points": [[0, 0], [5, 5]]}),
        (TaskKind.CLASSIFICATION, text, "choices", {"choices": ["boot", "x"]}),
        (TaskKind.CLASSIFICATION, text, "choices", {"choices": []}),
        (TaskKind.REGRESSION, text, "number", {"number": float("inf")}),
        (TaskKind.REGRESSION, text, "number", {"number": True}),
        (TaskKind.SPANS, text, "labels", {"start": 0, "end": 9, "labels": ["boot"]}),
        (TaskKind.SPANS, text, "labels", {"start": 2, "end": 1, "labels": ["boot"]}),
        (TaskKind.SPANS, text, "labels", {"start": 0, "end": 2, "text": "bc", "labels": ["boot"]}),
        (TaskKind.SPANS, text, "labels", {"start": 0.5, "end": 2, "labels": ["boot"]}),
    ]
    for task, asset, kind, value in wrong:
        region = {"type": kind, "value": value}
        with pytest.raises(InvalidInputError):
            values.decode([region], asset, Ontology.of(task, NAMES))


def test_what_cannot_be_asked_there_is_refused():
    """Shapes of texts, spans of pictures, and names that the interface would change."""
    for task, media in (
        (TaskKind.BOXES, Media.TEXT),
        (TaskKind.POLYGONS, Media.TABLE),
        (TaskKind.SPANS, Media.IMAGE),
    ):
        with pytest.raises(InvalidInputError):
            values.check(Ontology.of(task, NAMES), media)
    for odd in ("$price", " boot", "boot ", "a  b", "a\nb", "a\tb"):
        with pytest.raises(InvalidInputError):
            values.check(Ontology.of(TaskKind.CLASSIFICATION, ["x", odd]), Media.TEXT)
