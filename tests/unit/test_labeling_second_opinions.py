"""Second opinions: a label that holds is asked about again, blind, and holds until outvoted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.labeling import Labels, Opinions, Queue, answer_with_oracle, settle_round
from querist.schema import Action, Arm, Candidate, ClassValue, Origin, Question, Role, Round, Step

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOOT, SHIRT = ClassValue(name="boot"), ClassValue(name="shirt")


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Eight texts with known labels, and a round in which ana labelled the first four."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt", "bag"],
        records=records_url,
        oracle_column="known",
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(
        Candidate(id=f"t{i}", text=f"text {i}", metadata={"known": "boot"}) for i in range(8)
    )
    open_round(made, 1, [f"t{i}" for i in range(4)])
    for item in Queue(made).next("ana", 4).items:
        Labels(made).submit(item.asset.id, "boot", annotator="ana", task_id=item.task.id, seconds=2)
    yield made
    made.close()


def open_round(catalog: Catalog, number: int, asset_ids: list[str]) -> None:
    """Open a round that asks for one label each."""
    catalog.records.rounds.add(Round(number=number, step=Step.SELECT, plan=None, started_at=NOW))
    catalog.records.rounds.select(
        Round(number=number, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[
            NewTask(asset_id=asset_id, arms=(Arm.ACTIVE,), priority=-rank)
            for rank, asset_id in enumerate(asset_ids)
        ],
    )


def ask(catalog: Catalog, *asset_ids: str) -> list[str]:
    """Ask for another opinion on assets."""
    return list(catalog.records.opinions.ask_again(asset_ids, 1))


def holds(catalog: Catalog, asset_id: str) -> tuple[object, object]:
    """The value and the origin of the label that holds."""
    entry = catalog.records.labels.current(asset_id)
    return (entry.value, entry.origin) if entry and entry.value else (None, None)


def test_another_person_is_asked_and_the_label_holds_meanwhile(catalog):
    """Ana gets none of her own; bob gets both in their order, with nothing that tells hers."""
    queue = Queue(catalog)
    assert ask(catalog, "t2", "t0") == ["t2", "t0"]
    assert queue.next("ana", 5).items == []
    items = queue.next("bob", 5).items
    assert [it.asset.id for it in items] == ["t2", "t0"]
    assert [(it.prelabel, it.version, it.why) for it in items] == [
        (None, 0, "Round 1 asks for it.")
    ] * 2
    assert holds(catalog, "t2") == (BOOT, Origin.PERSON)


def test_an_opinion_that_agrees_leaves_the_label_as_it_is(catalog):
    """The log of labels does not grow; the two opinions stand side by side."""
    ask(catalog, "t0")
    given = Labels(catalog).submit("t0", "boot", annotator="bob")
    assert (given.annotator, given.version) == ("bob", 1)
    assert len(catalog.records.labels.history("t0")) == 1
    assert [it.annotator for it in catalog.records.opinions.standing(asset_id="t0")] == [
        "ana",
        "bob",
    ]


def test_two_who_disagree_wait_and_a_third_outvotes_the_label(catalog):
    """A tie leaves ana's label and is a dispute; two against one write a consensus over it."""
    labels = Labels(catalog)
    ask(catalog, "t0")
    labels.submit("t0", "shirt", annotator="bob")
    assert holds(catalog, "t0") == (BOOT, Origin.PERSON)
    assert [it.asset_id for it in Opinions(catalog).disputes()] == ["t0"]
    assert ask(catalog, "t0") == ["t0"]
    assert Queue(catalog).next("bob", 1).items == []
    labels.submit("t0", "shirt", annotator="cid")
    assert holds(catalog, "t0") == (SHIRT, Origin.CONSENSUS)
    assert Opinions(catalog).disputes() == []


def test_the_author_may_take_the_label_back_after_it_was_opened(catalog):
    """Ana's undo takes label and opinion; bob's opinion then makes the label alone."""
    labels = Labels(catalog)
    ask(catalog, "t0")
    labels.undo("t0", "ana")
    assert holds(catalog, "t0") == (None, None)
    labels.submit("t0", "shirt", annotator="bob")
    assert holds(catalog, "t0") == (SHIRT, Origin.CONSENSUS)
    assert [it.annotator for it in catalog.records.opinions.standing()] == ["bob"]


def test_undoing_the_second_opinion_gives_the_first_label_back(catalog):
    """Two of three outvote ana; when one takes it back hers holds, and the task is open again."""
    labels = Labels(catalog)
    ask(catalog, "t0")
    labels.submit("t0", "shirt", annotator="bob")
    ask(catalog, "t0")
    labels.submit("t0", "shirt", annotator="cid")
    labels.undo("t0", "cid")
    assert holds(catalog, "t0")[0] == BOOT
    assert [it.asset.id for it in Queue(catalog).next("cid", 3).items] == ["t0"]


def test_a_decision_of_a_reviewer_is_not_outvoted(catalog):
    """A label that a reviewer gives after the opinions stays, whatever comes later."""
    labels = Labels(catalog)
    catalog.records.annotators.ensure("rita", Role.REVIEWER)
    ask(catalog, "t0")
    labels.submit("t0", "shirt", annotator="bob")
    labels.submit("t0", "bag", annotator="rita")
    labels.submit("t0", "boot", annotator="bob")
    assert holds(catalog, "t0") == (ClassValue(name="bag"), Origin.PERSON)


def test_nothing_is_asked_where_there_is_no_label_or_a_task_waits(catalog):
    """Unlabelled assets, and those that are asked about already, are left alone."""
    Labels(catalog).skip("t3", annotator="ana")
    assert ask(catalog, "t7", "t3", "t1", "t1") == ["t1"]
    assert ask(catalog, "t1") == []


def test_known_labels_are_opened_too_and_give_no_second_opinion(catalog):
    """An imported label becomes an opinion of the import; the oracle leaves second tasks alone."""
    labels = Labels(catalog)
    labels.import_many([("t6", "shirt")], "import")
    ask(catalog, "t6")
    assert answer_with_oracle(catalog, round=1) == 0
    labels.submit("t6", "shirt", annotator="ana")
    assert holds(catalog, "t6") == (SHIRT, Origin.IMPORT)
    assert [it.annotator for it in catalog.records.opinions.standing(asset_id="t6")] == [
        "import",
        "ana",
    ]


def test_an_opened_label_is_counted_and_shown_once(catalog):
    """Work reports, recent decisions and the ledger know one decision of ana."""
    before = catalog.records.ledger.totals()
    ask(catalog, "t0", "t1")
    assert catalog.records.ledger.totals() == before
    assert len(catalog.records.work.labels().asset_ids) == 4
    assert len(Labels(catalog).recent("ana", 20)) == 4


def test_the_round_that_ends_keeps_the_label_nobody_looked_at(catalog):
    """Closing the round returns the task; the label holds, also after settling."""
    ask(catalog, "t0")
    catalog.records.tasks.close_round(1)
    settle_round(catalog, 1)
    assert holds(catalog, "t0") == (BOOT, Origin.PERSON)


def test_the_same_submission_is_one_decision_also_after_it_was_opened(catalog):
    """A retry of ana's first request, after her label became an opinion, stores nothing."""
    labels = Labels(catalog)
    labels.import_many([("t5", "boot")], "import")
    entry = labels.history("t0")[0]
    ask(catalog, "t0")
    again = labels.submit("t0", "boot", annotator="ana", submission_id=entry.submission_id)
    assert again.submission_id == entry.submission_id
    assert len(catalog.records.opinions.list()) == 1
    assert len(labels.history("t0")) == 1
    [task] = [it for it in catalog.records.tasks.for_asset("t0") if it.kind is Question.SECOND]
    assert task.annotator is None
    assert again.action is Action.LABEL
