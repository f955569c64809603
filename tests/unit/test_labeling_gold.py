"""Gold questions: mixed in by the seed, the hardest first, like any task, without a label."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.errors import (
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    UnknownNameError,
)
from querist.labeling import GoldQuestions, Labels, Opinions, Queue
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassValue,
    ModelVersion,
    Question,
    Role,
    Round,
    Step,
    TaskState,
    to_json,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOOT, SHIRT = ClassValue(name="boot"), ClassValue(name="shirt")
GOLD = [f"t{i}" for i in range(40, 50)]


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Fifty texts, the last ten with known answers; a third of the tasks are gold."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"gold_share": 0.33},
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"t{i}", text=f"text {i}") for i in range(50))
    for asset_id in GOLD:
        GoldQuestions(made).add(asset_id, "boot", created_by="rev", note="seen on the box")
    yield made
    made.close()


@pytest.fixture
def labels(catalog: Catalog) -> Labels:
    """Its labels."""
    return Labels(catalog)


@pytest.fixture
def queue(catalog: Catalog) -> Queue:
    """Its queue."""
    return Queue(catalog)


def ask(catalog: Catalog, asset_ids: list[str], opinions: int = 1) -> None:
    """Open round 1 that asks about the assets in their order, ready for gold questions."""
    records = catalog.records
    records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[
            NewTask(asset_id=it, arms=(Arm.ACTIVE,), priority=-rank, opinions=opinions)
            for rank, it in enumerate(asset_ids)
        ],
        spread=np.random.default_rng(0),
    )


def work(queue: Queue, labels: Labels, name: str, count: int = 1) -> list[tuple[int, str]]:
    """Answer "boot" to everything; gives the ids and assets of the tasks in their order."""
    seen = []
    while items := queue.next(name, count).items:
        assert len(items) <= count
        for item in items:
            seen.append((item.task.id, item.asset.id))
            labels.submit(
                item.asset.id,
                "boot",
                annotator=name,
                task_id=item.task.id,
                expected_version=item.version,
                seconds=2.0,
            )
    return seen


@pytest.mark.parametrize("count", [1, 4])
def test_everybody_gets_their_own_gold_questions_among_the_tasks(catalog, queue, labels, count):
    """All tasks are served, about a third as many gold ones, each once, ids rising throughout."""
    ask(catalog, [f"t{i}" for i in range(20)], opinions=2)
    for name in ("ana", "bob"):
        seen = work(queue, labels, name, count)
        assets = [asset for _, asset in seen]
        assert len(set(assets)) == len(assets)
        assert {f"t{i}" for i in range(20)} <= set(assets)
        assert 4 <= len(set(assets) & set(GOLD)) <= 10
        assert [number for number, _ in seen] == sorted(number for number, _ in seen)
    answers = catalog.records.opinions.gold_answers()
    assert {it.annotator for it in answers} == {"ana", "bob"}
    assert all(catalog.records.labels.history(asset_id) == [] for asset_id in GOLD)
    assert not catalog.records.tasks.any_open(1)


def test_gold_tasks_look_like_the_others(catalog, queue, labels):
    """But for what annotators are not told, a gold task has the fields of any other."""
    labels.import_many([(asset_id, "shirt") for asset_id in GOLD], "import")
    ask(catalog, [f"t{i}" for i in range(20)])
    items = queue.next("ana", 100).items
    kinds = {item.task.kind for item in items}
    assert kinds == {Question.LABEL, Question.GOLD}
    for item in items:
        assert (item.version, item.prelabel, item.why) == (0, None, "Round 1 asks for it.")
        assert (item.task.arms, item.task.round) == ((Arm.ACTIVE,), 1)
        assert (item.task.state, item.task.annotator) == (TaskState.LEASED, "ana")
        assert item.task.priority == -item.task.id
    forms = set()
    for item in items:
        given = labels.submit(item.asset.id, "boot", annotator="ana", task_id=item.task.id)
        hidden = {"seq", "asset_id", "submission_id", "created_at"}
        forms.add(str({k: v for k, v in to_json(given).items() if k not in hidden}))
    assert len(forms) == 1


def test_the_number_that_remains_does_not_tell_a_gold_question(catalog, queue, labels):
    """One who works alone sees the number fall by one where a gold question follows a task."""
    ask(catalog, [f"t{i}" for i in range(20)])
    before, last, gold = 21, Question.LABEL, 0
    while (page := queue.next("ana")).items:
        [item] = page.items
        if last is Question.LABEL:
            assert page.remaining == before - 1
        gold += item.task.kind is Question.GOLD
        before, last = page.remaining, item.task.kind
        labels.submit(item.asset.id, "boot", annotator="ana", task_id=item.task.id)
    assert gold > 3


def test_released_and_expired_gold_questions_come_again(catalog, queue, labels):
    """What is given back is asked again of the same person, and never of another."""
    ask(catalog, [f"t{i}" for i in range(20)])
    first = queue.next("ana", 100).items
    gold = [item.task for item in first if item.task.kind is Question.GOLD]
    queue.release([item.task.id for item in first], "ana")
    assert {catalog.records.tasks.get(it.id).state for it in gold} == {TaskState.RETURNED}
    again = queue.next("ana", 100).items
    assert [it.task.id for it in again] == [it.task.id for it in first]


def test_gold_holds_no_round_up_and_a_late_answer_counts(catalog, queue, labels):
    """With all other tasks done the round is over; the gold answer is taken even after that."""
    ask(catalog, [f"t{i}" for i in range(20)])
    items = queue.next("ana", 100).items
    gold = next(item.task for item in items if item.task.kind is Question.GOLD)
    for item in items:
        if item.task.kind is Question.LABEL:
            labels.submit(item.asset.id, "boot", annotator="ana", task_id=item.task.id)
    assert catalog.records.tasks.counts(1)[TaskState.DONE] == 20
    assert not catalog.records.tasks.any_open(1)
    catalog.records.tasks.close_round(1)
    labels.submit(gold.asset_id, "boot", annotator="ana", task_id=gold.id)
    assert [it.asset_id for it in catalog.records.opinions.gold_answers()] == [gold.asset_id]


def test_the_hardest_question_is_asked_first(catalog, queue):
    """With a model the gold question with the least margin comes first."""
    margins = np.linspace(0.9, 0.1, 50)
    tops = (1 + margins) / 2
    catalog.records.models.add(
        ModelVersion(
            id="m1", arm=Arm.ACTIVE, round=None, learner="x", parameters={}, encoder="e",
            classes=("boot", "shirt"), label_seq=0, label_count=2, labels_digest="", seed=0,
            fit_seconds=0.0, created_at=NOW,
        )
    )  # fmt: skip
    catalog.predictions.put("m1", ["boot", "shirt"], np.stack([tops, 1 - tops], axis=1))
    ask(catalog, [f"t{i}" for i in range(30)])
    items = queue.next("ana", 100).items
    asked = [item.asset.id for item in items if item.task.kind is Question.GOLD]
    assert len(asked) > 3
    assert asked == [f"t{i}" for i in range(49, 49 - len(asked), -1)]
    assert {item.prelabel for item in items} == {BOOT}


def test_the_first_answer_counts_for_the_accuracy(catalog, queue, labels):
    """A wrong answer that is undone and corrected stays wrong in the report; time is booked."""
    ask(catalog, [f"t{i}" for i in range(20)])
    items = queue.next("ana", 100).items
    gold = [item.task for item in items if item.task.kind is Question.GOLD]
    labels.submit(gold[0].asset_id, "shirt", annotator="ana", task_id=gold[0].id, seconds=5)
    assert labels.undo(gold[0].asset_id, "ana").action is Action.UNDO
    for task in gold:
        labels.submit(task.asset_id, "boot", annotator="ana", task_id=task.id)
    [report] = Opinions(catalog).agreement().annotators
    assert (report.annotator, report.opinions, report.gold_answers) == ("ana", 0, len(gold))
    assert report.gold_accuracy == pytest.approx((len(gold) - 1) / len(gold))
    assert [(it["unit"], it["quantity"]) for it in catalog.records.ledger.list()] == [
        ("seconds", 5)
    ]


def test_gold_is_kept_by_appending(catalog):
    """A corrected answer holds, a retired question is asked no more, and nothing is deleted."""
    gold = GoldQuestions(catalog)
    gold.add("t40", "shirt", created_by="rev")
    assert {it.asset_id: it.value for it in gold.list()}["t40"] == SHIRT
    gold.retire("t40", created_by="rev", note="too dark")
    assert [it.asset_id for it in gold.list(retired=True)] == ["t40"]
    assert len(gold.list()) == 9
    with pytest.raises(NotFoundError):
        gold.retire("t40", created_by="rev")
    gold.add("t40", "boot", created_by="rev")
    assert (len(gold.list()), len(gold.list(retired=True))) == (10, 0)
    for wrong, error in [("nope", NotFoundError), ("t1", UnknownNameError)]:
        with pytest.raises(error):
            gold.add(wrong, "bag", created_by="rev")


def test_annotators_decide_only_what_they_are_asked(catalog, labels):
    """While gold is asked a probe of an asset's label is refused; a reviewer may decide."""
    labels.import_many([("t40", "boot")], "import")
    with pytest.raises(PermissionDeniedError):
        labels.submit("t40", "boot", annotator="ana", expected_version=7)
    for asset_id in ("t40", "t1"):
        with pytest.raises(InvalidInputError, match="no decision to undo"):
            labels.undo(asset_id, "ana")
    catalog.records.annotators.ensure("rev", Role.REVIEWER)
    assert labels.submit("t40", "shirt", annotator="rev").version == 2


def test_the_same_seed_asks_the_same_before_the_same_tasks(catalog, queue):
    """Who gives everything back and asks again gets the same tasks in the same order."""
    ask(catalog, [f"t{i}" for i in range(30)])
    first = queue.next("ana", 20)
    queue.release([item.task.id for item in first.items], "ana")
    again = queue.next("ana", 20)
    assert [it.asset.id for it in again.items] == [it.asset.id for it in first.items]
