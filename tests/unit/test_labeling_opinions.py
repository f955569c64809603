"""Overlap: blind opinions of several annotators, and the label that is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.errors import ConflictError, InvalidInputError
from querist.labeling import Labels, Queue, answer_with_oracle, settle_round
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassValue,
    Origin,
    Question,
    Role,
    Round,
    Step,
    TaskState,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOOT, SHIRT = ClassValue(name="boot"), ClassValue(name="shirt")


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Twelve texts; an hour of work costs 100."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt", "bag"],
        records=records_url,
        oracle_column="known",
        policy={"hourly_cost": 100.0},
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(
        Candidate(id=f"t{i}", text=f"text {i}", metadata={"known": "boot"}) for i in range(12)
    )
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


def ask(catalog: Catalog, opinions: dict[str, int], number: int = 1) -> None:
    """Open a round that wants so many opinions on each asset, in their order."""
    made = Round(number=number, step=Step.SELECT, plan=None, started_at=NOW)
    catalog.records.rounds.add(made)
    catalog.records.rounds.select(
        Round(number=number, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[
            NewTask(asset_id=asset_id, arms=(Arm.ACTIVE,), priority=-rank, opinions=count)
            for rank, (asset_id, count) in enumerate(opinions.items())
        ],
    )


def booked(catalog: Catalog) -> dict[str, float]:
    """What the ledger sums up to, by unit."""
    found: Counter[str] = Counter()
    for row in catalog.records.ledger.list():
        found[row["unit"]] += row["quantity"]
    return dict(found)


def served(queue: Queue, annotator: str, count: int = 1) -> list[str]:
    """The assets that the annotator gets."""
    return [item.asset.id for item in queue.next(annotator, count).items]


def test_the_last_opinion_writes_the_label(labels, catalog, queue):
    """Two of three opinions make the label, in the name of the method, for the round."""
    ask(catalog, {"t0": 3})
    for name, label in [("ana", "boot"), ("bob", "shirt")]:
        assert served(queue, name) == ["t0"]
        given = labels.submit("t0", label, annotator=name)
        assert (given.annotator, given.value, given.version) == (name, ClassValue(name=label), 1)
        assert labels.current("t0") is None
    labels.submit("t0", "boot", annotator="cid")
    [entry] = labels.history("t0")
    assert (entry.annotator, entry.origin, entry.value) == ("majority", Origin.CONSENSUS, BOOT)
    assert (entry.round, entry.version, entry.action) == (1, 1, Action.LABEL)
    assert [it.annotator for it in catalog.records.opinions.standing()] == ["ana", "bob", "cid"]


def test_nobody_gets_two_tasks_of_an_asset(catalog, queue, labels):
    """One who has answered an asset, or holds it, gets the others, and hears why none is left."""
    ask(catalog, {"t0": 2, "t1": 1, "t2": 2})
    assert served(queue, "ana", 10) == ["t0", "t1", "t2"]
    assert served(queue, "ana", 10) == ["t0", "t1", "t2"]
    for asset_id in ("t0", "t1", "t2"):
        labels.submit(asset_id, "boot", annotator="ana")
    page = queue.next("ana", 10)
    assert page.items == []
    assert "2 assets wait for a second opinion by somebody else" in page.explanation
    assert served(queue, "bob", 1) == ["t0"]
    assert served(queue, "bob", 10) == ["t0", "t2"]


def test_an_expired_lease_is_somebody_elses_turn(catalog, queue, labels):
    """A third person gets the task that ran out; who let it run out can no longer answer it."""
    ask(catalog, {"t0": 2})
    first = catalog.records.tasks.lease("ana", count=1, seconds=1e-6)
    assert served(queue, "bob") == ["t0"]
    assert served(queue, "cid") == ["t0"]
    with pytest.raises(ConflictError, match="somebody else"):
        labels.submit("t0", "boot", annotator="ana", task_id=first[0].id)
    labels.submit("t0", "boot", annotator="bob")
    labels.submit("t0", "boot", annotator="cid")
    assert labels.current("t0").value == BOOT
    assert booked(catalog) == {"labels": 2}


def test_a_late_answer_takes_another_free_task(catalog, labels):
    """Where the named task went to somebody else, another free one of the asset is answered."""
    ask(catalog, {"t0": 2})
    [first] = catalog.records.tasks.lease("ana", count=1, seconds=1e-6)
    [second] = catalog.records.tasks.lease("bob", count=1, seconds=60)
    assert first.id == second.id
    labels.submit("t0", "boot", annotator="ana", task_id=first.id)
    labels.submit("t0", "boot", annotator="bob", task_id=second.id)
    done = catalog.records.tasks.for_asset("t0")
    assert {(it.annotator, it.state) for it in done} == {
        ("ana", TaskState.DONE),
        ("bob", TaskState.DONE),
    }


@pytest.mark.parametrize("threads", [8])
def test_threads_serve_each_asset_to_exactly_the_wanted_number(catalog, queue, labels, threads):
    """Eight people at once: three different ones for each asset, none missing, one label each."""
    ask(catalog, {f"t{i}": 3 for i in range(12)})

    def work(name: str) -> None:
        for _ in range(200):
            items = queue.next(name, 2).items
            if not items and not catalog.records.tasks.any_open(1):
                return
            for item in items:
                labels.submit(item.asset.id, "boot", annotator=name, task_id=item.task.id)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, [f"p{i}" for i in range(threads)]))
    pairs = Counter((it.asset_id, it.annotator) for it in catalog.records.opinions.list())
    assert set(pairs.values()) == {1}
    assert set(Counter(asset for asset, _ in pairs).values()) == {3}
    assert [len(labels.history(f"t{i}")) for i in range(12)] == [1] * 12
    assert booked(catalog)["labels"] == 36


def test_the_same_submission_is_stored_and_booked_once(catalog, labels):
    """A repeated submission gives back what was stored, with its task or without."""
    ask(catalog, {"t0": 2})
    task = catalog.records.tasks.for_asset("t0")[0].id
    first = labels.submit("t0", "boot", annotator="ana", seconds=36, submission_id="s1")
    for more in ({}, {"task_id": task}):
        again = labels.submit("t0", "boot", annotator="ana", submission_id="s1", **more)
        assert again == first
    assert booked(catalog) == {"labels": 1, "seconds": 36, "money": 1}
    with pytest.raises(ConflictError):
        labels.submit("t0", "bag", annotator="bob", submission_id="s1")
    labels.submit("t0", "bag", annotator="bob")
    with pytest.raises(ConflictError, match="'s1' was used"):
        labels.undo("t0", "bob", submission_id="s1")


def test_an_undone_opinion_waits_again_and_reopens_the_label(catalog, labels, queue):
    """An undo leases the task again, gives the label back, and takes a written consensus back."""
    ask(catalog, {"t0": 2})
    labels.submit("t0", "boot", annotator="ana")
    taken = labels.undo("t0", "ana", submission_id="u1")
    assert (taken.action, taken.value, taken.version) == (Action.UNDO, None, 2)
    assert labels.undo("t0", "ana", submission_id="u1") == taken
    assert booked(catalog) == {"labels": 0}
    with pytest.raises(InvalidInputError):
        labels.undo("t0", "ana")
    assert served(queue, "ana") == ["t0"]
    labels.submit("t0", "shirt", annotator="ana", expected_version=2)
    labels.submit("t0", "shirt", annotator="bob")
    assert labels.current("t0").value == SHIRT
    labels.undo("t0", "bob")
    assert [it.action for it in labels.history("t0")] == [Action.LABEL, Action.UNDO]
    assert labels.current("t0").value is None
    labels.submit("t0", "shirt", annotator="bob")
    assert labels.current("t0").value == SHIRT


def test_a_changed_opinion_changes_the_label(catalog, labels):
    """Who answers again replaces their opinion, at no further label; the consensus follows."""
    ask(catalog, {"t0": 3})
    for name, label in [("ana", "boot"), ("bob", "boot"), ("cid", "shirt")]:
        labels.submit("t0", label, annotator=name)
    task = next(it for it in catalog.records.tasks.for_asset("t0") if it.annotator == "bob")
    labels.submit("t0", "shirt", annotator="bob", expected_version=1, task_id=task.id)
    assert [it.value for it in labels.history("t0")] == [BOOT, SHIRT]
    assert booked(catalog) == {"labels": 3}
    with pytest.raises(ConflictError, match="version 2"):
        labels.submit("t0", "bag", annotator="bob", expected_version=1)


def test_the_newest_opinions_of_a_round_leave_out_what_was_replaced(catalog, labels):
    """The last ones that stand come oldest first, without undone and replaced ones."""
    ask(catalog, {f"t{i}": 2 for i in range(4)})
    for i in range(4):
        labels.submit(f"t{i}", "boot", annotator="ana")
    labels.submit("t0", "shirt", annotator="ana")
    labels.undo("t3", "ana")
    standing = catalog.records.opinions.standing
    assert [it.asset_id for it in standing(round=1)] == ["t1", "t2", "t0"]
    assert standing(round=1, newest=2) == standing(round=1)[1:]
    assert standing(round=1, newest=9) == standing(round=1)
    assert standing(round=2, newest=9) == []


def test_a_tie_is_for_a_reviewer_and_his_decision_stands(catalog, labels):
    """Where two disagree and no model helps there is no label; a reviewer's is never replaced."""
    ask(catalog, {"t0": 2})
    labels.submit("t0", "boot", annotator="ana")
    labels.submit("t0", "shirt", annotator="bob")
    assert labels.history("t0") == []
    catalog.records.annotators.ensure("rev", role=Role.REVIEWER)
    labels.submit("t0", "bag", annotator="rev")
    labels.submit("t0", "shirt", annotator="ana")
    assert [it.annotator for it in labels.history("t0")] == ["rev"]


def test_an_outsider_may_not_decide_while_opinions_are_out(catalog, labels, queue):
    """An annotator who is not among the wanted ones is refused; a reviewer is not."""
    ask(catalog, {"t0": 2})
    served(queue, "ana"), served(queue, "bob")
    with pytest.raises(ConflictError, match="opinions of others"):
        labels.submit("t0", "boot", annotator="cid")
    catalog.records.annotators.ensure("rev", role=Role.REVIEWER)
    assert labels.submit("t0", "bag", annotator="rev").origin is Origin.PERSON


def test_skips_are_no_votes_and_decide_only_alone(catalog, labels):
    """One label beside two skips is the label; where all skip, the asset is passed over."""
    ask(catalog, {"t0": 3, "t1": 2})
    labels.skip("t0", annotator="ana")
    labels.cannot_tell("t0", annotator="bob", reason="dark")
    labels.submit("t0", "boot", annotator="cid")
    assert labels.current("t0").value == BOOT
    labels.skip("t1", annotator="ana")
    labels.cannot_tell("t1", annotator="bob")
    assert labels.current("t1").action is Action.CANNOT_TELL


def test_a_closed_round_decides_by_what_is_there(catalog, labels, queue):
    """Opinions of a round that ends early become labels; a late one counts, here to a tie."""
    ask(catalog, {"t0": 3, "t1": 3})
    [item] = queue.next("cid").items
    labels.submit("t0", "boot", annotator="ana")
    catalog.records.tasks.close_round(1)
    settle_round(catalog, 1)
    assert labels.current("t0").value == BOOT
    assert labels.current("t1") is None
    labels.submit("t0", "shirt", annotator="cid", task_id=item.task.id)
    assert [it.action for it in labels.history("t0")] == [Action.LABEL, Action.UNDO]
    labels.submit("t0", "boot", annotator="cid", task_id=item.task.id)
    assert labels.current("t0").value == BOOT


def test_known_labels_answer_for_all(catalog, labels):
    """An oracle answers an asset once, and nobody is asked for it any more."""
    ask(catalog, {"t0": 3, "t1": 1})
    assert answer_with_oracle(catalog) == 2
    assert answer_with_oracle(catalog) == 0
    assert [len(labels.history(it)) for it in ("t0", "t1")] == [1, 1]
    assert not catalog.records.tasks.any_open(1)


def test_tasks_know_their_kind(catalog):
    """An asset asked of one has one task for a label, of three three tasks for opinions."""
    ask(catalog, {"t0": 1, "t1": 3})
    kinds = [it.kind for i in (0, 1) for it in catalog.records.tasks.for_asset(f"t{i}")]
    assert kinds == [Question.LABEL, *[Question.OPINION] * 3]


def test_recent_decisions_hold_opinions_too(catalog, labels):
    """One's own last decisions are labels and opinions by time, newest first."""
    ask(catalog, {"t0": 2, "t1": 1})
    for asset_id in ("t0", "t1", "t2"):
        labels.submit(asset_id, "boot", annotator="ana")
    labels.submit("t0", "bag", annotator="bob")
    assert [it.asset_id for it in labels.recent("ana")] == ["t2", "t1", "t0"]
    assert [it.asset_id for it in labels.recent("ana", limit=1)] == ["t2"]


def test_an_undo_after_the_round_leaves_the_label_to_the_others(catalog, labels):
    """With no task to reopen the label is made of the opinions that are left, if any is."""
    ask(catalog, {"t0": 2})
    labels.submit("t0", "boot", annotator="ana")
    labels.submit("t0", "boot", annotator="bob")
    moved = Round(number=1, step=Step.TRAIN, plan=None, started_at=NOW)
    catalog.records.rounds.update(moved, expected_step=Step.COLLECT)
    labels.undo("t0", "bob")
    assert [it.action for it in labels.history("t0")] == [Action.LABEL]
    labels.undo("t0", "ana")
    assert labels.current("t0").value is None
    assert {it.state for it in catalog.records.tasks.for_asset("t0")} == {TaskState.DONE}
    assert booked(catalog) == {"labels": 0}


def test_an_import_is_no_answer_over_a_consensus(catalog, labels):
    """What people agreed on is not replaced by labels that come from elsewhere."""
    ask(catalog, {"t0": 2})
    for name in ("ana", "bob"):
        labels.submit("t0", "boot", annotator=name)
    labels.import_many([("t0", "bag"), ("t1", "bag")], "import")
    assert (labels.current("t0").value, len(labels.history("t0"))) == (BOOT, 1)


def test_what_cannot_be_booked_is_no_opinion(catalog, labels):
    """A cost beyond all numbers takes the opinion back and leaves its task and asset waiting."""
    ask(catalog, {"t0": 2})
    labels.submit("t0", "boot", annotator="ana")
    catalog.records.annotators.ensure("vendor", hourly_cost=1e308)
    with pytest.raises(InvalidInputError, match="inf"):
        labels.submit("t0", "boot", annotator="vendor", seconds=86_400)
    assert [it.annotator for it in catalog.records.opinions.list()] == ["ana"]
    assert labels.current("t0") is None
    assert catalog.records.tasks.counts(1)[TaskState.OPEN] == 1
