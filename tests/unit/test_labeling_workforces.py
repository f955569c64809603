"""Workforces outside: what is sent and comes back, once, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from querist import Project
from querist.catalog.records import Records
from querist.errors import (
    UnavailableError,
)
from querist.labeling.workforces import collecting
from querist.labeling.workforces.folder import Folder
from querist.schema import (
    Action,
    ClassValue,
    DeliveryState,
    Origin,
    TaskState,
)
from workforce_vendor import ANA, BEN, Clock, Vendor, deliveries, entries, paid, text_shop


@pytest.fixture
def clock() -> Clock:
    """The clock of the records."""
    return Clock()


@pytest.fixture
def project(records_url: str, tmp_path: Path, monkeypatch, clock: Clock) -> Iterator[Project]:
    """Forty texts, a round of twelve, an hour of work costs 36."""
    plain = Records.__init__
    monkeypatch.setattr(
        Records, "__init__", lambda self, url, folder: plain(self, url, folder, clock=clock)
    )
    with text_shop(tmp_path / "shop", records_url) as made:
        yield made


@pytest.fixture
def vendor(project: Project, tmp_path: Path) -> Vendor:
    """The workforce ``crowd``, which is paid by answer."""
    folder = tmp_path / "exchange"
    project.workforces.add("crowd", kind="folder", url=folder.as_uri(), price=0.25)
    return Vendor(folder)


def test_what_is_out_is_asked_of_nobody_else(project, vendor):
    """Sent tasks are held by the workforce; people here get the others, each once."""
    assert project.workforces.send("crowd", 5).items == 5
    out = {it.asset_id for it in project.workforces.deliveries("crowd")}
    page = project.queue.next("cid", 20)
    assert len(out) == 5
    assert len(page.items) == 7
    assert out.isdisjoint(item.asset.id for item in page.items)
    assert project.catalog.records.tasks.any_open(1)


def test_an_answer_is_a_label_of_its_person(project, vendor):
    """Who, what, how long and which task are kept; the answer costs what was agreed."""
    project.workforces.send("crowd", 2)
    first, second = vendor.items()
    vendor.answer(first, "boot", seconds=7.5)
    vendor.answer(second, None, person=BEN)
    done = project.workforces.collect("crowd")
    assert (done.labels, done.problems) == (2, ())
    label, skip = entries(project.catalog)
    assert (label.annotator, label.value) == (f"crowd.{ANA}", ClassValue(name="boot"))
    assert (label.seconds, label.round, label.origin) == (7.5, 1, Origin.PERSON)
    assert (skip.annotator, skip.action) == (f"crowd.{BEN}", Action.SKIP)
    states = [project.catalog.records.tasks.get(it.task_id).state for it in deliveries(project)]
    assert states == [TaskState.DONE, TaskState.DONE]
    totals = project.catalog.records.ledger.totals()
    spent = {it["unit"]: it["quantity"] for it in totals if it["kind"] == "label"}
    # Two answers at a price; the hours of who is paid by answer cost nothing more.
    assert spent == {"labels": 1.0, "seconds": 7.5 + 3.6, "money": 0.5}


def test_the_same_delivery_twice_is_one_label(project, vendor):
    """By poll, by webhook, again by both: one entry, one booking."""
    secret = "q-secret"
    project.catalog.records.workforces.set_secret("crowd", secret)
    project.workforces.send("crowd", 1)
    row = vendor.answer(vendor.items()[0], "boot")
    body = json.dumps(row).encode()
    assert project.workforces.receive("crowd", secret, body).labels == 1
    for _ in range(2):
        assert project.workforces.collect("crowd").known == 1
        assert project.workforces.receive("crowd", secret, body).known == 1
    assert len(entries(project.catalog)) == 1
    assert paid(project) == [0.25]


@pytest.mark.parametrize("step", ["submit", "answer"])
def test_whoever_is_killed_in_between_takes_it_up_again(project, vendor, monkeypatch, step):
    """After the label and before the delivery's end, or before both: then once more is once."""
    project.workforces.send("crowd", 3)
    for item in vendor.items():
        vendor.answer(item, "shirt")
    target = collecting.Labels if step == "submit" else type(project.catalog.records.deliveries)
    whole, calls = getattr(target, step), []

    def killed(self, *words: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr(target, step, killed)
        with pytest.raises(KeyboardInterrupt):
            project.workforces.collect("crowd")
    done = project.workforces.collect("crowd")
    assert done.labels + done.known == 3
    assert len(entries(project.catalog)) == 3
    totals = project.catalog.records.ledger.totals()
    spent = {it["unit"]: it["quantity"] for it in totals if it["kind"] == "label"}
    assert spent["labels"] == 3
    assert spent["money"] == 0.75


def test_a_sending_that_was_cut_off_goes_on(project, vendor, monkeypatch):
    """What was booked and perhaps sent is sent once, and first."""
    whole = Folder.send

    def cut(self, place, items, ontology):
        whole(self, place, items[:2], ontology)
        raise UnavailableError("The tool is away.", remedy="Wait.")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "send", cut)
        with pytest.raises(UnavailableError):
            project.workforces.send("crowd", 4)
    assert {it.state for it in deliveries(project)} == {DeliveryState.BOOKED}
    sent = project.workforces.send("crowd", 1)
    assert (sent.items, sent.resumed) == (5, 4)
    keys = [item["key"] for item in vendor.items()]
    assert len(keys) == len(set(keys)) == 5
    assert {it.state for it in deliveries(project)} == {DeliveryState.SENT}


def test_while_the_tool_is_away_nothing_is_booked(project, vendor, monkeypatch):
    """A tool that cannot be reached at all costs no task its place in the queue."""

    def away(*_: Any) -> str:
        raise UnavailableError("The tool is away.", remedy="Wait.")

    monkeypatch.setattr(Folder, "place", away)
    with pytest.raises(UnavailableError):
        project.workforces.send("crowd", 4)
    assert deliveries(project) == []
    assert len(project.queue.next("cid", 20).items) == 12


def test_a_correction_replaces_ones_own_label_only(project, vendor):
    """A later answer of the same person counts; what somebody here has said since is kept."""
    project.workforces.send("crowd", 2)
    first, second = vendor.items()
    vendor.answer(first, "boot")
    vendor.answer(second, "boot")
    project.workforces.collect("crowd")
    one, two = (it.asset_id for it in deliveries(project))
    project.labels.submit(two, "shirt", annotator="owner")
    vendor.answer(first, "shirt")
    vendor.answer(second, "boot")
    done = project.workforces.collect("crowd")
    assert (done.corrections, done.refused) == (1, 1)
    assert two in done.problems[0]
    assert project.labels.current(one).value == ClassValue(name="shirt")
    assert project.labels.current(two).annotator == "owner"
    assert paid(project) == [0.25, 0.25]


def test_an_older_version_of_an_answer_changes_nothing(project, vendor):
    """An event that was overtaken by a later one is known already."""
    secret = "q-secret"
    project.catalog.records.workforces.set_secret("crowd", secret)
    project.workforces.send("crowd", 1)
    late = vendor.answer(vendor.items()[0], "boot")
    vendor.answer(vendor.items()[0], "shirt")
    project.workforces.collect("crowd")
    assert project.workforces.receive("crowd", secret, json.dumps(late).encode()).known == 1
    assert project.labels.current(deliveries(project)[0].asset_id).value.name == "shirt"


def test_answers_of_others_to_the_same_item_are_left_there(project, vendor):
    """Where the tool gave one item to two people, the first answer counts and the other is told."""
    project.workforces.send("crowd", 1)
    (item,) = vendor.items()
    vendor.answer(item, "boot")
    vendor.answer(item, "shirt", person=BEN)
    done = project.workforces.collect("crowd")
    assert (done.labels, done.surplus) == (1, 1)
    assert project.workforces.collect("crowd").surplus == 1
    assert len(entries(project.catalog)) == 1


def test_an_answer_that_came_too_late_overwrites_nothing(project, vendor, clock):
    """Expired tasks come back to the queue; who answers them here is not overruled."""
    project.workforces.send("crowd", 3, days=1)
    clock.now += timedelta(days=2)
    page = project.queue.next("cid", 20)
    assert len(page.items) == 12
    gone = deliveries(project)
    first = next(it for it in page.items if it.asset.id == gone[0].asset_id)
    project.labels.submit(
        first.asset.id, "boot", annotator="cid", task_id=first.task.id, expected_version=0
    )
    items = {it["key"]: it for it in vendor.items()}
    vendor.answer(items[gone[0].key], "shirt")
    vendor.answer(items[gone[1].key], "shirt")
    done = project.workforces.collect("crowd")
    assert (done.labels, done.refused) == (1, 1)
    assert project.labels.current(gone[0].asset_id).annotator == "cid"
    assert project.labels.current(gone[1].asset_id).annotator == f"crowd.{ANA}"
    assert {it.state for it in deliveries(project)} == {
        DeliveryState.REFUSED,
        DeliveryState.ANSWERED,
        DeliveryState.EXPIRED,
    }


def test_withdrawn_tasks_come_back(project, vendor):
    """At once to the queue; an answer that was on its way still counts."""
    project.workforces.send("crowd", 4)
    first, second, *_ = deliveries(project)
    assert project.workforces.withdraw("crowd", asset_ids=[first.asset_id]) == 1
    assert project.workforces.withdraw("crowd") == 3
    assert project.workforces.withdraw("crowd") == 0
    assert len(project.queue.next("cid", 20).items) == 12
    vendor.answer({"key": second.key}, "boot")
    assert project.workforces.collect("crowd").labels == 1
    assert project.labels.current(second.asset_id).annotator == f"crowd.{ANA}"


def test_a_page_left_open_for_days_tells_no_working_time(project, vendor):
    """Where more than a day is told the answer is stored, without a time."""
    project.workforces.send("crowd", 1)
    vendor.answer(vendor.items()[0], "boot", seconds=90_000)
    done = project.workforces.collect("crowd")
    assert (done.labels, done.problems) == (1, ())
    assert entries(project.catalog)[0].seconds is None


@pytest.mark.parametrize(
    "odd",
    [
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "9999-12-31T23:59:59-14:00"},
        {"key": "\ud800"},
        {"key": "item\0"},
        {"person": "\ud800@vendor.example"},
        {"answer_id": "\ud800"},
        {"seconds": 10**400},
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_stored_is_a_problem_of_its_own(project, vendor, odd):
    """Nothing of it is stored, whichever way it comes; the others come in."""
    project.catalog.records.workforces.set_secret("crowd", "q-secret")
    project.workforces.send("crowd", 2)
    first, second = vendor.items()
    row = vendor.answer(first, "boot", **odd)
    vendor.answer(second, "boot")
    done = project.workforces.collect("crowd")
    assert (done.labels, len(done.problems)) == (1, 1)
    again = project.workforces.receive("crowd", "q-secret", json.dumps(row).encode())
    assert (again.labels, len(again.problems)) == (0, 1)
    assert len(entries(project.catalog)) == 1


def test_lines_that_are_endless_brackets_are_passed_over(project, vendor):
    """What no parser follows is no answer."""
    project.workforces.send("crowd", 1)
    (item,) = vendor.items()
    (path,) = vendor.folder.glob("*/items.jsonl")
    (path.parent / "answers.jsonl").write_text("[" * 100_000 + "\n")
    vendor.answer(item, "boot")
    assert project.workforces.collect("crowd").labels == 1


def test_a_folder_that_cannot_be_read_is_told_as_such(project, tmp_path):
    """Not there, or a file: the tool is away, which is no fault of the server."""
    plain = tmp_path / "plain"
    plain.write_text("no folder")
    for number, folder in enumerate((tmp_path / "nowhere", plain, plain / "below")):
        project.workforces.add(f"w{number}", kind="folder", url=folder.as_uri())
        with pytest.raises(UnavailableError, match="cannot be used"):
            project.workforces.status(f"w{number}")
