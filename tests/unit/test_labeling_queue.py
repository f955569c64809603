"""The queue and the known labels on real storage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.errors import InvalidInputError, UnknownNameError
from querist.labeling import Labels, Queue, answer_with_oracle
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassValue,
    ModelVersion,
    Origin,
    Round,
    Selected,
    Step,
    TaskState,
    to_json,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLASSES = ["boot", "shirt"]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Twelve texts whose known label stands in a column; the last one's is not known."""
    settings = Settings.of(name="shop", media="text", classes=CLASSES, oracle_column="known")
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(
        Candidate(
            id=f"t{i}",
            text=f"text {i}",
            metadata={"known": CLASSES[i % 2] if i < 11 else None},
        )
        for i in range(12)
    )
    yield made
    made.close()


@pytest.fixture
def queue(catalog: Catalog) -> Queue:
    """Its queue."""
    return Queue(catalog)


def ask(
    catalog: Catalog,
    asset_ids: list[str],
    *,
    number: int = 1,
    arms: tuple[Arm, ...] = (Arm.ACTIVE,),
) -> None:
    """Open a round that asks about the assets in their order."""
    catalog.records.rounds.add(Round(number=number, step=Step.SELECT, plan=None, started_at=NOW))
    catalog.records.rounds.select(
        Round(number=number, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[
            Selected(
                round=number,
                arm=arm,
                asset_id=asset_id,
                rank=rank,
                score=None,
                propensity=None,
                reason=f"{arm.value} wants {asset_id}.",
            )
            for arm in arms
            for rank, asset_id in enumerate(asset_ids)
        ],
        tasks=[
            NewTask(asset_id=asset_id, arms=arms, priority=-rank)
            for rank, asset_id in enumerate(asset_ids)
        ],
    )


def move(catalog: Catalog, step: Step) -> None:
    """Move round 1 on to a later step."""
    round_ = catalog.records.rounds.get(1)
    after = Round(number=1, step=step, plan=None, started_at=NOW)
    catalog.records.rounds.update(after, expected_step=round_.step)


def add_model(catalog: Catalog, seen: int) -> None:
    """A model that says "shirt" with 0.75 about the first ``seen`` assets."""
    catalog.records.models.add(
        ModelVersion(
            id="m1",
            arm=Arm.ACTIVE,
            round=1,
            learner="logistic-regression",
            parameters={},
            encoder="text-tfidf",
            classes=tuple(CLASSES),
            label_seq=4,
            label_count=4,
            labels_digest="",
            seed=0,
            fit_seconds=0.1,
            created_at=NOW,
        )
    )
    catalog.predictions.put("m1", CLASSES, np.tile([[0.25, 0.75]], (seen, 1)))


def test_next_gives_tasks_in_order_with_their_reason(catalog: Catalog, queue: Queue) -> None:
    """Tasks come by priority, with the asset, the label's version and why it was selected."""
    ask(catalog, ["t3", "t1", "t2"])
    Labels(catalog).import_many([("t1", "boot")], "import")
    page = queue.next("ana", 2)
    assert [item.asset.id for item in page.items] == ["t3", "t2"]
    assert [item.why for item in page.items] == ["active wants t3.", "active wants t2."]
    assert [item.version for item in page.items] == [0, 0]
    assert page.items[0].asset.text == "text 3"
    assert page.items[0].task.annotator == "ana"
    assert page.remaining == 2
    assert page.explanation == "1 of 3 in round 1 are answered."


def test_version_is_that_of_the_label_that_holds(catalog: Catalog, queue: Queue) -> None:
    """An asset that was labelled before is handed out with its version."""
    Labels(catalog).submit("t1", "boot", annotator="ben")
    ask(catalog, ["t1"])
    assert queue.next("ana").items[0].version == 1


def test_two_people_never_get_the_same(catalog: Catalog, queue: Queue) -> None:
    """What one holds the other does not get; asking again gives one's own first."""
    ask(catalog, ["t1", "t2", "t3"])
    ana = [item.asset.id for item in queue.next("ana", 2).items]
    page = queue.next("ben", 2)
    assert [item.asset.id for item in page.items] == ["t3"]
    assert page.remaining == 1
    assert [item.asset.id for item in queue.next("ana", 2).items] == ana


def test_assets_added_later_are_handed_out(catalog: Catalog, queue: Queue) -> None:
    """What the queue has read ahead does not hide assets that came since."""
    ask(catalog, ["t1", "t2"])
    assert [item.asset.text for item in queue.next("ana").items] == ["text 1"]
    catalog.assets.ingest([Candidate(id="t99", text="late")])
    ask(catalog, ["t99"], number=2)
    assert [item.asset.text for item in queue.next("ben", 2).items] == ["late", "text 2"]


def test_newest_model_suggests(catalog: Catalog, queue: Queue) -> None:
    """A suggestion comes with its probability and model, for assets the model has seen."""
    ask(catalog, ["t1", "t9"])
    add_model(catalog, seen=5)
    first, second = queue.next("ana", 2).items
    assert first.prelabel == ClassValue(name="shirt")
    assert first.confidence == pytest.approx(0.75)
    assert first.model_id == "m1"
    assert (second.prelabel, second.confidence, second.model_id) == (None, None, None)


def test_audit_set_is_labelled_blind(catalog: Catalog, queue: Queue) -> None:
    """The model that the audit set measures makes no suggestion for it."""
    ask(catalog, ["t1"], arms=(Arm.AUDIT,))
    add_model(catalog, seen=12)
    item = queue.next("ana").items[0]
    assert item.prelabel is None
    assert item.why == "audit wants t1."


def test_active_reason_comes_before_the_random_one(catalog: Catalog, queue: Queue) -> None:
    """An asset drawn for two arms tells the reason of the strategy."""
    ask(catalog, ["t1"], arms=(Arm.CONTROL, Arm.ACTIVE))
    assert queue.next("ana").items[0].why == "active wants t1."


def test_page_has_a_json_form(catalog: Catalog, queue: Queue) -> None:
    """The page turns into plain JSON as it is."""
    ask(catalog, ["t1"])
    add_model(catalog, seen=12)
    body = to_json(queue.next("ana"))
    assert body["items"][0]["prelabel"] == {"type": "class", "name": "shirt"}
    assert body["items"][0]["task"]["arms"] == ["active"]


def test_nothing_is_explained_without_a_round(queue: Queue) -> None:
    """Before the first round the queue says how to get work."""
    page = queue.next("ana")
    assert page.items == []
    assert page.explanation.startswith("No round has been started yet.")


def test_nothing_is_explained_by_who_holds_the_rest(catalog: Catalog, queue: Queue) -> None:
    """Somebody without work learns who holds the last tasks and until when."""
    ask(catalog, ["t1", "t2", "t3"])
    Labels(catalog).submit("t1", "boot", annotator="ana")
    until = queue.next("ben", 2, lease_seconds=600).items[0].task.leased_until
    assert until is not None
    page = queue.next("ana")
    assert page.items == []
    assert page.remaining == 0
    assert page.explanation == (
        f"1 of 3 in round 1 are answered; 2 are held by ben until {until:%H:%M} UTC."
    )


def test_nothing_is_explained_by_the_step(catalog: Catalog, queue: Queue) -> None:
    """When all is answered the queue says what comes next, step by step."""
    ask(catalog, ["t1"])
    Labels(catalog).submit("t1", "boot", annotator="ana")
    told = [queue.next("ana").explanation]
    for step in (Step.TRAIN, Step.DONE):
        move(catalog, step)
        told.append(queue.next("ana").explanation)
    assert told == [
        "All 1 in round 1 are answered. Finish the round to train on them.",
        "All 1 in round 1 are answered. The model is learning from them.",
        "All 1 in round 1 are answered. Start the next round to go on.",
    ]


def test_release_gives_to_the_next(catalog: Catalog, queue: Queue) -> None:
    """Released tasks go to others; those of others cannot be released or renewed."""
    ask(catalog, ["t1"])
    task = queue.next("ana").items[0].task
    assert queue.release([task.id], "ben") == []
    assert queue.renew([task.id], "ben") == []
    renewed = queue.renew([task.id], "ana", 900)[0].leased_until
    assert renewed is not None
    assert task.leased_until is not None
    assert renewed > task.leased_until
    assert len(queue.release([task.id], "ana")) == 1
    assert queue.next("ben").items[0].asset.id == "t1"


def test_bad_name_gets_nothing(queue: Queue) -> None:
    """A name that cannot be used is refused."""
    with pytest.raises(InvalidInputError):
        queue.next("two words")


def test_known_labels_answer_a_round(catalog: Catalog) -> None:
    """Every task is answered; the one whose label is not known is closed as nobody can tell."""
    ask(catalog, [f"t{i}" for i in range(8, 12)])
    assert answer_with_oracle(catalog) == 3
    assert catalog.records.tasks.counts(1)[TaskState.DONE] == 4
    assert catalog.records.labels.values() == (["t10", "t8", "t9"], ["boot", "boot", "shirt"])
    last = catalog.records.labels.current("t11")
    assert last is not None
    assert (last.action, last.origin) == (Action.CANNOT_TELL, Origin.ORACLE)
    spent = [row for row in catalog.records.ledger.list(1) if row["kind"] == "label"]
    assert [(row["unit"], row["quantity"]) for row in spent] == [("labels", 3)]
    assert answer_with_oracle(catalog) == 0


def test_known_labels_need_a_column(catalog: Catalog, tmp_path: Path) -> None:
    """Without a column of known labels nothing can answer."""
    other = Catalog.create(tmp_path / "other", Settings.of(name="other", classes=CLASSES))
    with pytest.raises(InvalidInputError, match="knows no labels"):
        answer_with_oracle(other)
    other.close()


def test_known_label_of_no_class_is_refused(tmp_path: Path) -> None:
    """A known label that is no class of the project is named, and nothing is written."""
    settings = Settings.of(name="s", media="text", classes=["boot"], oracle_column="known")
    catalog = Catalog.create(tmp_path / "s", settings)
    catalog.assets.ingest([Candidate(id="a", text="a", metadata={"known": "sandal"})])
    ask(catalog, ["a"])
    with pytest.raises(UnknownNameError, match="sandal"):
        answer_with_oracle(catalog)
    assert catalog.records.labels.last_seq() == 0
    catalog.close()
