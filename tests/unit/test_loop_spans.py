"""Rounds of a project of spans: the tagger learns, is measured, suggests, and is asked by doubt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from querist.project import Project
from querist.schema import Arm, LabeledSpan, Span, SpansValue

NAMES = ("Ada", "Alan", "Grace", "Kurt", "Emmy", "Wei", "Rosa", "Omar", "Lena", "Ivan")
TOWNS = ("Paris", "Lagos", "Kyoto", "Bergen", "Cusco", "Quito", "Perth", "Minsk")
TEXTS = [
    pattern.format(name=name, town=town)
    for name in NAMES
    for town in TOWNS
    for pattern in ("Yesterday {name} went to {town}.", "It rained in {town} all day long")
]


def _truth(text: str) -> SpansValue:
    """Every name and town of a text."""
    found = [
        LabeledSpan(name=kind, span=Span(start=text.index(word), end=text.index(word) + len(word)))
        for kind, words in (("person", NAMES), ("town", TOWNS))
        for word in words
        if word in text
    ]
    return SpansValue(spans=tuple(found))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of short texts after three rounds that Ana answered."""
    folder: Path = tmp_path_factory.mktemp("spans") / "p"
    policy = {"batch_size": 12, "audit_size": 20, "control_share": 0.0}
    with Project.create(
        folder, task="spans", media="text", classes=["person", "town"], policy=policy
    ) as made:
        made.add([{"id": f"t{row}", "text": text} for row, text in enumerate(TEXTS)])
        for _ in range(3):
            made.next_round()
            while items := made.queue.next("ana", 50).items:
                for item in items:
                    made.labels.submit(
                        item.asset.id,
                        _truth(item.asset.text or ""),
                        annotator="ana",
                        prelabel=item.prelabel,
                        model_id=item.model_id,
                    )
            made.finish_round()
        yield made


def test_a_later_round_goes_by_the_doubt_of_whole_texts(project: Project) -> None:
    """Once twenty texts are labelled the default asks by the model's doubt, and says so."""
    drawn = project.catalog.records.rounds.selected(round=3, arm=Arm.ACTIVE)
    assert any("less sure of it than" in it.reason for it in drawn)
    assert all(project.replay(number) for number in (1, 2, 3))


def test_the_tagger_is_measured_on_the_audit_set(project: Project) -> None:
    """After three rounds the entities of texts that taught nothing are nearly all found."""
    curve = project.status().curve
    assert curve.measure == "f1"
    assert curve.active[-1].accuracy.value > 0.8


def test_two_taggers_are_compared_and_counted_above_a_confidence(project: Project) -> None:
    """Spans of a half and more count; all of them count where the line is drawn at nothing."""
    found = project.rounds.compare(1, 3)
    assert found.headline == "f1"
    assert found.measures["f1"].difference.count == found.count == 17
    assert found.chance is None
    assert found.gained == next(it.count for it in found.galleries if it.kind == "newly_right")
    low, high = (project.rounds.thresholds(3, confidence=at) for at in (0.0, 0.99))
    evaluated = project.rounds.list()[-1].evaluations[0].measures
    assert low.precision is not None
    assert high.kept is not None
    assert low.precision.value == pytest.approx(evaluated["precision"].value)
    assert low.recall is not None
    assert low.recall.value == pytest.approx(evaluated["recall"].value)
    assert high.kept.count == low.precision.count


def test_the_next_texts_come_with_suggested_spans(project: Project) -> None:
    """What is asked next is marked already, with offsets in the text and a confidence."""
    project.next_round()
    items = project.queue.next("ana", 5).items
    said = [(it.asset.text or "", it.prelabel) for it in items]
    found = [
        (text[part.span.start : part.span.end], part.confidence)
        for text, value in said
        if isinstance(value, SpansValue)
        for part in value.spans
    ]
    assert {word for word, _ in found} & {*NAMES, *TOWNS}
    assert all(sure is not None and 0 < sure <= 1 for _, sure in found)
