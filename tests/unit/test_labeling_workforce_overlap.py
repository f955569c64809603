"""Several opinions on one asset from one workforce: its people count as different annotators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from querist import Project
from querist.catalog.records import Records
from querist.errors import InvalidInputError
from querist.labeling.workforces import sending
from querist.labeling.workforces.folder import WITHDRAWN, Folder
from querist.schema import ClassValue, DeliveryState, TaskState
from workforce_vendor import ANA, BEN, Clock, Vendor, deliveries, paid

CID = "cid@example.com"


@pytest.fixture
def clock() -> Clock:
    """The clock of the records."""
    return Clock()


@pytest.fixture
def where(request: pytest.FixtureRequest) -> str:
    """SQLite, where a test does not ask for every kind of records."""
    several = "records_url" in request.fixturenames
    return request.getfixturevalue("records_url") if several else "records.db"


@pytest.fixture
def project(where: str, tmp_path: Path, monkeypatch, clock: Clock) -> Iterator[Project]:
    """Twenty texts and a round of six, each asked of two people."""
    plain = Records.__init__
    monkeypatch.setattr(
        Records, "__init__", lambda self, url, folder: plain(self, url, folder, clock=clock)
    )
    policy = {"audit_size": 0, "control_share": 0.0, "overlap": 2, "overlap_share": 1.0}
    with Project.create(
        tmp_path / "shop",
        media="text",
        classes=["boot", "shirt"],
        records=where,
        policy=policy,
    ) as made:
        made.add([{"id": f"t{i:02}", "text": f"text number {i}"} for i in range(20)])
        made.next_round(6)
        yield made


@pytest.fixture
def vendor(project: Project, tmp_path: Path) -> Vendor:
    """The workforce ``crowd``, which is paid by answer."""
    folder = tmp_path / "exchange"
    project.workforces.add("crowd", kind="folder", url=folder.as_uri(), price=0.25)
    return Vendor(folder)


@pytest.mark.usefixtures("records_url")
def test_two_people_of_a_workforce_make_a_label(project, vendor):
    """One item, two answers, two opinions, one label by majority, each answer paid."""
    assert project.workforces.send("crowd", 4, opinions=2).items == 4
    items = vendor.items()
    assert [it["opinions"] for it in items] == [2, 2, 2, 2]
    assert len(deliveries(project)) == 8
    out = {it.asset_id for it in deliveries(project)}
    here = {it.asset.id for it in project.queue.next("dan", 20).items}
    assert (len(out), len(here), out & here) == (4, 2, set())
    vendor.answer(items[0], "boot")
    assert project.workforces.collect("crowd").labels == 1
    assert project.labels.current(items_asset(project, items[0])) is None
    vendor.answer(items[0], "boot", person=BEN)
    done = project.workforces.collect("crowd")
    assert (done.labels, done.known, done.surplus, done.problems) == (1, 1, 0, ())
    asset = items_asset(project, items[0])
    assert project.labels.current(asset).value == ClassValue(name="boot")
    said = project.opinions.standing(asset_id=asset)
    assert [it.annotator for it in said] == [f"crowd.{ANA}", f"crowd.{BEN}"]
    assert paid(project) == [0.25, 0.25]
    # Once more, and a third person: nothing new.
    vendor.answer(items[0], "shirt", person=CID)
    done = project.workforces.collect("crowd")
    assert (done.labels, done.known, done.surplus) == (0, 2, 1)


def test_the_same_person_again_is_a_correction_and_no_second_opinion(project, vendor, clock):
    """Ana's second answer replaces her first; the asset still waits for somebody else."""
    project.workforces.send("crowd", 1, opinions=2)
    (item,) = vendor.items()
    vendor.answer(item, "boot")
    vendor.answer(item, "shirt", answer_id="another")
    done = project.workforces.collect("crowd")
    assert (done.labels, done.corrections) == (2, 1)
    asset = items_asset(project, item)
    (said,) = project.opinions.standing(asset_id=asset)
    assert said.value == ClassValue(name="shirt")
    assert [it.state for it in deliveries(project)] == [DeliveryState.ANSWERED, DeliveryState.SENT]
    vendor.answer(item, "shirt", person=BEN)
    project.workforces.collect("crowd")
    assert project.labels.current(asset).value == ClassValue(name="shirt")


def test_what_wants_fewer_opinions_is_asked_of_one(project, vendor):
    """Where somebody here has answered, one opinion is left: it goes out as a plain item."""
    (first,) = project.queue.next("dan", 1).items
    project.labels.submit(first.asset.id, "boot", annotator="dan", task_id=first.task.id)
    project.workforces.send("crowd", 6, opinions=2)
    wanted = {items_asset(project, it): it.get("opinions", 1) for it in vendor.items()}
    assert wanted.pop(first.asset.id) == 1
    assert list(wanted.values()) == [2] * 5
    assert len({it.place for it in deliveries(project)}) == 2
    item = next(it for it in vendor.items() if items_asset(project, it) == first.asset.id)
    vendor.answer(item, "boot")
    project.workforces.collect("crowd")
    assert project.labels.current(first.asset.id).value == ClassValue(name="boot")


def test_without_opinions_it_is_asked_of_one_as_before(project, vendor):
    """The other task of each asset stays in the queue for people here."""
    project.workforces.send("crowd", 6)
    assert all("opinions" not in it for it in vendor.items())
    assert len(project.queue.next("dan", 20).items) == 6


def test_what_nobody_answers_comes_back_each_opinion_by_itself(project, vendor, clock):
    """Withdrawn and late: the open ones are in the queue again, the answered one stays."""
    project.workforces.send("crowd", 2, opinions=2, days=3)
    first, second = vendor.items()
    vendor.answer(first, "boot")
    project.workforces.collect("crowd")
    asset = items_asset(project, second)
    assert project.workforces.withdraw("crowd", asset_ids=[asset]) == 2
    (file,) = vendor.folder.glob(f"*/{WITHDRAWN}")
    assert [json.loads(line)["key"] for line in file.read_text().splitlines()] == [second["key"]]
    clock.now += timedelta(days=4)
    project.workforces.collect("crowd")
    states = [it.state for it in deliveries(project)]
    assert states[:2] == [DeliveryState.ANSWERED, DeliveryState.EXPIRED]
    assert states[2:] == [DeliveryState.WITHDRAWN] * 2
    tasks = project.catalog.records.tasks
    assert [it.state for it in tasks.for_asset(asset)] == [TaskState.OPEN] * 2
    assert len(project.queue.next("dan", 20).items) == 6
    assert len(project.queue.next("eve", 20).items) == 5


def test_an_interrupted_sending_goes_on_with_all_opinions(project, vendor, monkeypatch):
    """Killed before the tool has them: the next sending brings them, as many opinions each."""

    def killed(*words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            project.workforces.send("crowd", 2, opinions=2)
    sent = project.workforces.send("crowd", 1)
    assert (sent.items, sent.resumed) == (3, 2)
    assert sorted(it.get("opinions", 1) for it in vendor.items()) == [1, 2, 2]


def test_a_tool_that_tells_nobody_is_not_asked_for_several(project, vendor, monkeypatch):
    """Nor is anybody asked for more than twenty."""
    with pytest.raises(InvalidInputError, match="1 to 20"):
        project.workforces.send("crowd", 1, opinions=sending.MOST_OPINIONS + 1)
    monkeypatch.setattr(Folder, "tells_people", False)
    with pytest.raises(InvalidInputError, match="who answers"):
        project.workforces.send("crowd", 1, opinions=2)
    assert deliveries(project) == []


def items_asset(project: Project, item: dict) -> str:
    """The asset of an item."""
    return next(it.asset_id for it in deliveries(project) if it.key == item["key"])
