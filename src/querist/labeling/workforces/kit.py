"""Conformance kit of the connector seam, for our own connectors and for those of other packages.

    from querist.labeling.workforces.kit import check_connector

    def test_my_connector(tool):
        check_connector(lambda: MyConnector(Access(url=tool.url)), MyDesk(tool))

A ``Desk`` plays the people who label in the tool. To see each check as a test of its own,
parametrise over ``CONNECTOR_CHECKS``; a check is called with the factory and the desk.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from querist.errors import InvalidInputError
from querist.labeling.workforces.base import Connector, Content, Item, Reply
from querist.schema import (
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
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
    new_id,
)

SIZE = (64, 48)
TEXT = "Marie Curie 🧪 and Irène in Paris"
CLASSES = ("boot & shoe", 'a "shirt"', "Größe <XL>")


class Desk(Protocol):
    """People who label in the tool that a connector talks to."""

    def keys(self, place: str) -> Sequence[str]:
        """The keys of all items there, repeats included."""
        ...

    def answer(self, place: str, item: Item, value: Value, *, person: str, seconds: float) -> None:
        """Answer an item, as the tool's own page would; once more changes the answer."""
        ...

    def skip(self, place: str, item: Item, *, person: str) -> None:
        """Pass over an item."""
        ...


Factory = Callable[[], Connector]
# A label of each task, beside the medium it is asked of.
EXAMPLES: tuple[tuple[TaskKind, Media, Value], ...] = (
    (TaskKind.CLASSIFICATION, Media.TEXT, ClassValue(name=CLASSES[0])),
    (TaskKind.CLASSIFICATION, Media.IMAGE, ClassValue(name=CLASSES[2])),
    (TaskKind.MULTI_LABEL, Media.TEXT, ClassesValue(names=CLASSES[:2])),
    (TaskKind.MULTI_LABEL, Media.IMAGE, ClassesValue(names=())),
    (TaskKind.REGRESSION, Media.TABLE, NumberValue(number=-2.5)),
    (
        TaskKind.SPANS,
        Media.TEXT,
        SpansValue(
            spans=(
                LabeledSpan(name=CLASSES[0], span=Span(start=0, end=11)),
                LabeledSpan(name=CLASSES[1], span=Span(start=12, end=13)),
                LabeledSpan(name=CLASSES[2], span=Span(start=18, end=23)),
            )
        ),
    ),
    (
        TaskKind.BOXES,
        Media.IMAGE,
        BoxesValue(
            boxes=(
                LabeledBox(name=CLASSES[0], box=Box(x=0, y=0.25, width=10.125, height=7)),
                LabeledBox(name=CLASSES[1], box=Box(x=13.3, y=5, width=50.7, height=43)),
            )
        ),
    ),
    (
        TaskKind.POLYGONS,
        Media.IMAGE,
        PolygonsValue(
            polygons=(
                LabeledPolygon(
                    name=CLASSES[2], polygon=Polygon(points=((1, 2), (60.5, 3.7), (33.3, 47.9)))
                ),
            )
        ),
    ),
)


def check_connector(factory: Factory, desk: Desk) -> None:
    """Run every check.

    Raises:
        AssertionError: a check fails; its message is a sentence.
    """
    for check in CONNECTOR_CHECKS:
        check(factory, desk)


def places_are_found_again(factory: Factory, desk: Desk) -> None:
    """The same title gives the same place, also to a fresh connector; another title another one."""
    title, ontology = new_id("kit"), _ontology(TaskKind.CLASSIFICATION)
    first = factory().place(title, ontology, Media.TEXT)
    _require(factory().place(title, ontology, Media.TEXT) == first, "a place was made twice")
    other = factory().place(f"{title} b", ontology, Media.TEXT)
    _require(other != first, "two titles share a place")
    _require(not desk.keys(first), "a new place is not empty")


def sending_twice_is_once(factory: Factory, desk: Desk) -> None:
    """Items that are there already are not put there again."""
    place, items = _sent(factory, TaskKind.CLASSIFICATION, Media.TEXT, 3)
    ontology = _ontology(TaskKind.CLASSIFICATION)
    more = _item(Media.TEXT, 9)
    for again in ([*items, more], [more], items[1:]):
        factory().send(place, again, ontology)
    keys = list(desk.keys(place))
    _require(len(keys) == len(set(keys)) == 4, f"the tool has {len(keys)} items of 4")


def every_label_comes_back(factory: Factory, desk: Desk) -> None:
    """Labels of each kind come back as they were given, with who and how long."""
    for task, media, value in EXAMPLES:
        if not _can(factory, task, media):
            continue
        place, (item,) = _sent(factory, task, media, 1)
        desk.answer(place, item, value, person="ana@example.com", seconds=4.5)
        (reply,) = factory().collect([place], "").replies
        _require(reply.key == item.key, f"the key {item.key!r} came back as {reply.key!r}")
        _require(reply.person == "ana@example.com", f"the person came back as {reply.person!r}")
        _require(reply.seconds == 4.5, f"4.5 s came back as {reply.seconds} s")
        _require(not reply.skipped, "a label came back as skipped")
        found = factory().read(reply, item.asset, _ontology(task))
        _require(found == value, f"{task.value} of {media.value}: {value} came back as {found}")


def prelabels_go_along(factory: Factory, desk: Desk) -> None:
    """A suggestion of each kind is taken, and is no answer."""
    for task, media, value in EXAMPLES:
        if _can(factory, task, media):
            connector, ontology = factory(), _ontology(task)
            place = connector.place(new_id("kit"), ontology, media)
            connector.send(place, [_item(media, 0, prelabel=value)], ontology)
            _require(len(desk.keys(place)) == 1, "an item with a suggestion is not there")
            _require(not connector.collect([place], "").replies, "a suggestion came as an answer")


def changes_keep_their_answer(factory: Factory, desk: Desk) -> None:
    """A changed answer keeps its id and carries a later time; a look from the cursor brings it."""
    place, (item,) = _sent(factory, TaskKind.CLASSIFICATION, Media.TEXT, 1)
    desk.answer(place, item, ClassValue(name=CLASSES[0]), person="ana@example.com", seconds=1)
    before = factory().collect([place], "")
    again = factory().collect([place], before.cursor)
    _require(
        {_mark(it) for it in again.replies} <= {_mark(it) for it in before.replies},
        "an answer that was not changed came back as another one",
    )
    desk.answer(place, item, ClassValue(name=CLASSES[1]), person="ana@example.com", seconds=1)
    (reply,) = factory().collect([place], before.cursor).replies
    _require(reply.answer_id == before.replies[0].answer_id, "a change made another answer")
    _require(reply.at > before.replies[0].at, "a change carries no later time")
    found = factory().read(reply, item.asset, _ontology(TaskKind.CLASSIFICATION))
    _require(found == ClassValue(name=CLASSES[1]), f"the change came back as {found}")


def skips_come_back(factory: Factory, desk: Desk) -> None:
    """What was passed over comes back as such."""
    place, items = _sent(factory, TaskKind.CLASSIFICATION, Media.TEXT, 2)
    desk.skip(place, items[0], person="ben@example.com")
    (reply,) = factory().collect([place], "").replies
    _require(reply.key == items[0].key and reply.skipped, "a skip came back as something else")


def withdrawing_leaves_answers(factory: Factory, desk: Desk) -> None:
    """Withdrawn items go, those that were answered stay, unknown ones do not matter."""
    place, items = _sent(factory, TaskKind.CLASSIFICATION, Media.TEXT, 3)
    desk.answer(place, items[0], ClassValue(name=CLASSES[0]), person="ana@example.com", seconds=1)
    for _ in range(2):
        factory().withdraw(place, [items[0].key, items[1].key, "item-unknown"])
    left = set(desk.keys(place))
    _require(left == {items[0].key, items[2].key}, f"{len(left)} items are left of 2")
    (reply,) = factory().collect([place], "").replies
    _require(reply.key == items[0].key, "the answer of a withdrawn item is gone")


def nonsense_is_refused(factory: Factory, desk: Desk) -> None:  # noqa: ARG001 - as all checks
    """What is no event of the tool is refused, and so is an answer that is no label."""
    for body in (None, 7, "text"):
        _refuses(partial(factory().webhook, body), f"the event {body!r} was taken")
    asset, ontology = _item(Media.TEXT, 0).asset, _ontology(TaskKind.CLASSIFICATION)
    for raw in (None, 7, [7], {"type": "class"}, [{"type": "choices"}]):
        reply = Reply(
            key="k",
            answer_id="1",
            at=datetime(2026, 1, 1, tzinfo=UTC),
            person="a",
            seconds=None,
            skipped=False,
            raw=raw,
        )
        _refuses(partial(factory().read, reply, asset, ontology), f"{raw!r} was read as a label")


CONNECTOR_CHECKS: tuple[Callable[[Factory, Desk], None], ...] = (
    places_are_found_again,
    sending_twice_is_once,
    every_label_comes_back,
    prelabels_go_along,
    changes_keep_their_answer,
    skips_come_back,
    withdrawing_leaves_answers,
    nonsense_is_refused,
)


def _sent(factory: Factory, task: TaskKind, media: Media, count: int) -> tuple[str, list[Item]]:
    connector, ontology = factory(), _ontology(task)
    connector.check(ontology, media)
    place = connector.place(new_id("kit"), ontology, media)
    items = [_item(media, i) for i in range(count)]
    connector.send(place, items, ontology)
    return place, items


def _can(factory: Factory, task: TaskKind, media: Media) -> bool:
    try:
        factory().check(_ontology(task), media)
    except InvalidInputError:
        return False
    return True


def _ontology(task: TaskKind) -> Ontology:
    return Ontology.of(task, () if task is TaskKind.REGRESSION else CLASSES)


def _item(media: Media, number: int, prelabel: Value | None = None) -> Item:
    key, name = new_id("item"), f"asset {number}"
    if media is Media.TEXT:
        asset = Asset(id=name, media=media, text=TEXT)
        content = Content(media_type="text/plain", body=TEXT.encode())
    elif media is Media.TABLE:
        asset = Asset(id=name, media=media, features={"size": 3.5})
        content = Content(media_type="application/json", body=b'{"size": 3.5}')
    else:
        asset = Asset(id=name, media=media, width=SIZE[0], height=SIZE[1])
        content = Content(media_type="image/png", body=_picture())
    return Item(key=key, asset=asset, content=content, prelabel=prelabel, confidence=0.75)


def _picture() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", SIZE, (90, 120, 200)).save(file, format="PNG")
    return file.getvalue()


def _mark(reply: Reply) -> tuple[str, str, str]:
    return reply.key, reply.answer_id, reply.at.isoformat()


def _refuses(call: Callable[[], object], message: str) -> None:
    try:
        call()
    except InvalidInputError:
        return
    raise AssertionError(message)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)
