"""Bulk labels on real storage: what is so already, what others decided since, and the undo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.errors import ConflictError, NotFoundError
from querist.labeling import Bulk, BulkLabels, Labels
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassValue,
    Origin,
    Role,
    Round,
    Selected,
    Step,
    TaskState,
)

BOOT, SHIRT = ClassValue(name="boot"), ClassValue(name="shirt")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Six texts, two classes; rita reviews."""
    settings = Settings.of(
        name="shop", media="text", classes=["boot", "shirt"], records=records_url
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"img-{i}", text=f"text {i}") for i in range(6))
    for name in ("rita", "ana"):
        made.records.annotators.ensure(name, role=Role.REVIEWER)
    yield made
    made.close()


def bulk(value: ClassValue | None, submission: str = "b1") -> Bulk:
    """What rita gives."""
    return Bulk(annotator="rita", value=value, submission_id=submission)


def value_of(catalog: Catalog, asset_id: str) -> ClassValue | None:
    """The label that holds."""
    entry = Labels(catalog).current(asset_id)
    return entry.value if entry else None


def test_what_somebody_else_decided_since_is_left_alone(catalog: Catalog) -> None:
    """Ana's newer label stays and is told; her older one, which was seen, is replaced."""
    labels = Labels(catalog)
    older = labels.submit("img-0", "boot", annotator="ana")
    labels.submit("img-1", "boot", annotator="ana")
    outcome = BulkLabels(catalog).give(
        bulk(SHIRT), {"img-0": older.seq, "img-1": 0, "img-2": 0, "nothing": 0}
    )
    assert (outcome.stored, outcome.unchanged) == (2, 0)
    assert isinstance(outcome.refused["img-1"], ConflictError)
    assert "ana" in str(outcome.refused["img-1"])
    assert isinstance(outcome.refused["nothing"], NotFoundError)
    assert [value_of(catalog, f"img-{i}") for i in range(3)] == [SHIRT, BOOT, SHIRT]


def test_who_did_not_say_what_they_saw_replaces_all(catalog: Catalog) -> None:
    """A client that knows no ``seen`` is served as before, and one's own entry is no surprise."""
    labels = Labels(catalog)
    labels.submit("img-0", "boot", annotator="ana")
    labels.submit("img-1", "boot", annotator="rita")
    outcome = BulkLabels(catalog).give(bulk(SHIRT), {"img-0": None, "img-1": 0})
    assert (outcome.stored, outcome.refused) == (2, {})


def test_what_is_so_already_costs_nothing(catalog: Catalog) -> None:
    """The same label from anybody is left; what only a model has said, and a skip, are not."""
    labels = Labels(catalog)
    labels.submit("img-0", "boot", annotator="ana")
    labels.submit("img-1", "boot", annotator="labeler", origin=Origin.MODEL)
    labels.skip("img-2", annotator="ana")
    before = catalog.records.ledger.list()
    same = BulkLabels(catalog).give(bulk(BOOT), {"img-0": None})
    assert (same.stored, same.unchanged) == (0, 1)
    assert len(labels.history("img-0")) == 1
    assert catalog.records.ledger.list() == before
    assert BulkLabels(catalog).give(bulk(BOOT), {"img-1": None, "img-2": None}).stored == 2
    skipped = BulkLabels(catalog).give(bulk(None, "b2"), {"img-2": None, "img-3": None})
    assert skipped.stored == 2
    again = BulkLabels(catalog).give(bulk(None, "b3"), {"img-2": None, "img-3": None})
    assert (again.stored, again.unchanged) == (0, 2)


def test_an_answer_that_a_task_waits_for_is_stored(catalog: Catalog) -> None:
    """The label holds already, but somebody was asked: saying it again finishes the task."""
    labels = Labels(catalog)
    labels.submit("img-0", "boot", annotator="ana")
    catalog.records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    catalog.records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[
            Selected(
                round=1,
                arm=Arm.ACTIVE,
                asset_id="img-0",
                rank=0,
                score=None,
                propensity=None,
                reason="Asked.",
            )
        ],
        tasks=[NewTask(asset_id="img-0", arms=(Arm.ACTIVE,), priority=0)],
    )
    assert BulkLabels(catalog).give(bulk(BOOT), {"img-0": None}).stored == 1
    (task,) = catalog.records.tasks.for_asset("img-0")
    assert task.state is TaskState.DONE


def test_the_same_submission_again_stores_nothing_twice(catalog: Catalog) -> None:
    """A request whose answer was lost is sent again."""
    seen = {"img-0": 0, "img-1": 0}
    assert BulkLabels(catalog).give(bulk(BOOT), seen).stored == 2
    assert BulkLabels(catalog).give(bulk(BOOT), seen).stored == 2
    assert len(Labels(catalog).history("img-0")) == 1


def test_an_undo_takes_back_exactly_what_was_stored(catalog: Catalog) -> None:
    """What was there holds again, what was changed since stays, and a repeat does nothing."""
    labels, many = Labels(catalog), BulkLabels(catalog)
    for i, name in enumerate(["boot", "shirt"]):
        labels.submit(f"img-{i}", name, annotator="ana")
    ids = [f"img-{i}" for i in range(4)]
    assert many.give(bulk(SHIRT), dict.fromkeys(ids)).stored == 3
    labels.submit("img-3", "boot", annotator="ana")
    outcome = many.undo(ids, "rita", "b1")
    assert (outcome.stored, outcome.unchanged) == (2, 1)
    assert list(outcome.refused) == ["img-3"]
    assert [value_of(catalog, it) for it in ids] == [BOOT, SHIRT, None, BOOT]
    assert many.undo(ids[:3], "rita", "b1").stored == 2
    assert len(labels.history("img-0")) == 3


def test_a_skip_of_many_takes_the_label_away_and_an_undo_gives_it_back(catalog: Catalog) -> None:
    """An asset that belongs to no class has none, until somebody takes that back."""
    Labels(catalog).submit("img-0", "boot", annotator="ana")
    many = BulkLabels(catalog)
    assert many.give(bulk(None), {"img-0": None, "img-1": None}).stored == 2
    last = Labels(catalog).current("img-0")
    assert last is not None
    assert (last.action, last.value) == (Action.SKIP, None)
    assert many.undo(["img-0", "img-1"], "rita", "b1").stored == 2
    assert value_of(catalog, "img-0") == BOOT
