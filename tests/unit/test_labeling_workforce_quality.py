"""Workforces outside: opinions, gold, changed classes, reports, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from querist import Project
from querist.catalog.records import Records
from querist.errors import (
    AuthenticationError,
    ConflictError,
    InvalidInputError,
    UnknownNameError,
)
from querist.labeling.workforces import collecting
from querist.labeling.workforces.folder import ANSWERS, Folder
from querist.schema import (
    ClassValue,
    MergeClasses,
    Role,
    SplitClass,
)
from workforce_vendor import ANA, Clock, Vendor, deliveries, entries, text_shop


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


def test_what_is_out_is_not_selected_again(project, vendor):
    """Rounds go on while a batch is out: none of it is drawn or asked again, and it counts."""
    project.workforces.send("crowd", 5)
    out = {it.asset_id for it in deliveries(project)}
    for item in project.queue.next("cid", 20).items:
        name = "boot" if int(item.asset.id[1:]) % 2 else "shirt"
        project.labels.submit(item.asset.id, name, annotator="cid", task_id=item.task.id)
    assert project.catalog.records.tasks.any_open(1)
    for number in (2, 3):
        project.next_round(12)
        drawn = {it.asset_id for it in project.catalog.records.rounds.selected(round=number)}
        assert drawn.isdisjoint(out)
        assert project.replay(number)
    vendor.answer(vendor.items()[0], "boot")
    assert project.workforces.collect("crowd").labels == 1
    assert project.labels.current(deliveries(project)[0].asset_id).round == 1
    assert project.replay(3)


def test_a_workforce_gives_one_of_several_opinions(records_url, tmp_path):
    """Where two opinions are wanted, one asset goes out once; agreement is in the report."""
    made = Project.create(
        tmp_path / "shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"audit_size": 0, "control_share": 0.0, "overlap": 2, "overlap_share": 1.0},
    )
    with made as project:
        project.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(8)])
        project.next_round(4)
        folder = tmp_path / "exchange"
        project.workforces.add("crowd", kind="folder", url=folder.as_uri())
        vendor = Vendor(folder)
        assert project.workforces.send("crowd", 20).items == 4
        for item in vendor.items():
            vendor.answer(item, "boot")
        assert project.workforces.collect("crowd").labels == 4
        assert project.catalog.records.labels.last_seq() == 0
        for item in project.queue.next("cid", 20).items:
            project.labels.submit(item.asset.id, "boot", annotator="cid", task_id=item.task.id)
        assert {it.value.name for it in project.catalog.records.labels.currents()} == {"boot"}
        report = project.workforces.report("crowd")
        assert (report.agreement.value, report.agreement.count) == (1.0, 4)
        # The same person may not answer twice what is asked of several.
        assert {it.annotator for it in project.opinions.list()} == {"cid", f"crowd.{ANA}"}


def test_gold_questions_measure_a_workforce(records_url, tmp_path):
    """They go out like any other task, become no label, and say how many were right."""
    made = Project.create(
        tmp_path / "shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"audit_size": 0, "control_share": 0.0, "gold_share": 0.5},
    )
    with made as project:
        project.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(40)])
        for i in range(20):
            project.gold.add(f"t{i}", "boot", created_by="owner")
        project.next_round(15)
        folder = tmp_path / "exchange"
        project.workforces.add("crowd", kind="folder", url=folder.as_uri(), hourly_cost=36.0)
        vendor = Vendor(folder)
        sent = project.workforces.send("crowd", 10)
        gold = [it for it in project.workforces.deliveries("crowd") if it.question == "gold"]
        assert sent.items == 10 + len(gold)
        assert gold
        for item in vendor.items():
            vendor.answer(item, "boot", seconds=10)
        done = project.workforces.collect("crowd")
        assert (done.labels, done.problems) == (sent.items, ())
        assert project.catalog.records.labels.last_seq() <= 10
        report = project.workforces.report("crowd")
        assert (report.gold_accuracy.value, report.gold_accuracy.count) == (1.0, len(gold))
        assert report.money == pytest.approx(sent.items * 0.1)
        assert report.seconds == 10


def test_the_report_says_what_came_of_everything(project, vendor, clock):
    """Counts, money, waiting time and working time; refused answers are paid too."""
    project.workforces.send("crowd", 6)
    items = vendor.items()
    clock.now += timedelta(hours=5)
    for item in items[:3]:
        vendor.answer(item, "boot", seconds=2)
    vendor.answer(items[3], "no such class")
    done = project.workforces.collect("crowd")
    assert (done.labels, done.refused) == (3, 1)
    project.workforces.withdraw("crowd", asset_ids=[deliveries(project)[4].asset_id])
    report = project.workforces.report("crowd")
    assert (report.sent, report.in_flight, report.answered) == (6, 1, 3)
    assert (report.refused, report.returned, report.people) == (1, 1, 1)
    assert (report.money, report.seconds) == (1.0, 2.0)
    assert report.money_per_label == pytest.approx(1 / 3)
    assert report.hours == pytest.approx(5.0)
    assert project.workforces.reports() == [report]
    # What was refused is open to others again, and may be corrected where it was given.
    assert len(project.queue.next("cid", 20).items) == 8
    vendor.answer(items[3], "shirt")
    assert project.workforces.collect("crowd").labels == 1


def test_old_classes_are_read_as_what_they_became(project, vendor):
    """A class that was merged meanwhile counts as the new one; one that was split does not."""
    project.workforces.send("crowd", 2)
    first, second = vendor.items()
    vendor.answer(first, "boot")
    project.ontology_changes.apply(
        MergeClasses(names=("boot", "shirt"), into="clothes"), author="owner"
    )
    assert project.workforces.collect("crowd").labels == 1
    asset_id = deliveries(project)[0].asset_id
    assert project.labels.current(asset_id).value == ClassValue(name="clothes")
    project.ontology_changes.apply(
        SplitClass(name="clothes", into=("shoes", "tops")), author="owner"
    )
    vendor.answer(second, "shirt")
    done = project.workforces.collect("crowd")
    assert (done.labels, done.refused) == (0, 1)
    project.workforces.send("crowd", 1)
    assert vendor.items()[-1]["classes"] == ["shoes", "tops"] or len(vendor.items()) == 3


def test_suggestions_go_along_and_are_kept(project, vendor):
    """A suggestion that was shown stands with the label, as for people here."""
    for item in project.queue.next("cid", 8).items:
        name = "boot" if int(item.asset.id[1:]) % 2 else "shirt"
        project.labels.submit(item.asset.id, name, annotator="cid", task_id=item.task.id)
    project.train()
    project.workforces.send("crowd", 2, prelabels=True)
    item = vendor.items()[0]
    assert item["prelabel"]["name"] in ("boot", "shirt")
    vendor.answer(item, "boot")
    project.workforces.collect("crowd")
    entry = entries(project.catalog)[-1]
    assert entry.prelabel == ClassValue(name=item["prelabel"]["name"])
    assert entry.model_id is not None


def test_two_people_never_share_a_name():
    """Words that cannot be a name here still give each person their own."""
    said = ["Ana B", "Ana-B", "Ana/B", "a" * 90, "a" * 91, ANA]
    names = [collecting.name_of("crowd", it) for it in said]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 64
    assert names[-1] == f"crowd.{ANA}"


def test_wrong_words_are_refused(project, vendor, tmp_path):
    """Names, addresses, tokens, amounts and counts that cannot be used; a retired workforce."""
    add, url = project.workforces.add, tmp_path.as_uri()
    with pytest.raises(ConflictError):
        add("crowd", kind="folder", url=url)
    with pytest.raises(UnknownNameError, match="folder"):
        add("x", kind="foldr", url=url)
    with pytest.raises(InvalidInputError, match="price"):
        add("x", kind="folder", url=url, price=-1)
    with pytest.raises(InvalidInputError, match="too long"):
        add("x" * 25, kind="folder", url=url)
    for token in ("0123456789secret", "env:HOME", "env:AWS_SECRET", "file:", "env:QUERIST-X"):
        with pytest.raises(InvalidInputError) as refused:
            add("x", kind="folder", url=url, token=token)
        assert "0123456789secret" not in str(refused.value)
    for wrong in ("ftp://host", "http://", "http://a:b@host", "http://host?x=1", "file:///x", "x"):
        with pytest.raises(InvalidInputError):
            add("x", kind="label-studio", url=wrong)
    with pytest.raises(InvalidInputError, match=r"'https://ls\.example\.com…' cannot be used"):
        add("x", kind="folder", url="https://ls.example.com/hunter2")
    for wrong in (-0.5, math.nan, math.inf, 1e12, "12"):
        with pytest.raises(InvalidInputError, match=f"hourly cost is {wrong!r}"):
            add("x", kind="folder", url=url, hourly_cost=wrong)
    with pytest.raises(InvalidInputError, match="has no token") as refused:
        add("x", kind="label-studio", url="https://ls.example.com")
    assert "env:QUERIST_NAME" in refused.value.remedy
    assert [it.name for it in project.workforces.list()] == ["crowd"]
    with pytest.raises(InvalidInputError, match="Send 1 to"):
        project.workforces.send("crowd", 0)
    with pytest.raises(InvalidInputError, match="days"):
        project.workforces.send("crowd", 1, days=0)
    with pytest.raises(UnknownNameError, match="crowd"):
        project.workforces.send("crwd", 1)
    project.workforces.retire("crowd")
    with pytest.raises(ConflictError):
        project.workforces.send("crowd", 1)


def test_an_address_that_is_refused_leaves_the_secret(project, vendor, monkeypatch):
    """Nothing sent yet is said; a tool that cannot, or does not call there, changes nothing."""
    project.catalog.records.workforces.set_secret("crowd", "q-secret")
    with pytest.raises(ConflictError, match="Nothing was sent to 'crowd' yet"):
        project.workforces.subscribe("crowd", "https://querist.example.com")
    project.workforces.send("crowd", 3)
    assert project.workforces.subscribe("crowd", "https://querist.example.com") == 0

    def refuses(self, place, url, secret):
        raise InvalidInputError("The tool does not call that.", remedy="Give another address.")

    monkeypatch.setattr(Folder, "subscribe", refuses)
    with pytest.raises(InvalidInputError, match="does not call"):
        project.workforces.subscribe("crowd", "https://querist.example.com")
    body = json.dumps(vendor.answer(vendor.items()[0], "boot")).encode()
    assert project.workforces.receive("crowd", "q-secret", body).labels == 1
    monkeypatch.setattr(Folder, "subscribe", lambda *_: True)
    assert project.workforces.subscribe("crowd", "https://querist.example.com") == 1
    with pytest.raises(AuthenticationError):
        project.workforces.receive("crowd", "q-secret", body)


def test_a_wrong_secret_stores_nothing(project, vendor):
    """Nor does the secret of another workforce, an old one, or nonsense with the right one."""
    _, other = project.workforces.add("other", kind="folder", url=vendor.folder.as_uri())
    old = "q-old"
    project.catalog.records.workforces.set_secret("crowd", old)
    secret = "q-secret"
    project.catalog.records.workforces.set_secret("crowd", secret)
    project.workforces.send("crowd", 1)
    body = json.dumps(vendor.answer(vendor.items()[0], "boot")).encode()
    for wrong in ("", "x", other, old):
        with pytest.raises(AuthenticationError):
            project.workforces.receive("crowd", wrong, body)
    with pytest.raises(AuthenticationError):
        project.workforces.receive("nobody", secret, body)
    for nonsense in (b"", b"\xff", b"[" * 100_000, b"7", b"[7]"):
        with pytest.raises(InvalidInputError):
            project.workforces.receive("crowd", secret, nonsense)
    assert entries(project.catalog) == []
    assert project.workforces.receive("crowd", secret, body).labels == 1


def test_answers_that_cannot_be_are_told_and_harm_nothing(project, vendor):
    """Unknown items, broken lines, values of another kind: the others are stored."""
    project.workforces.send("crowd", 3)
    first, second, third = vendor.items()
    place = next(vendor.folder.glob("*"))
    vendor.answer(first, "boot")
    vendor.answer(second, "boot", value={"type": "number", "number": 3})
    vendor.answer(third, "boot", at="yesterday")
    with (place / ANSWERS).open("a") as file:
        file.write('{"key": 7}\n[]\nnot json\n{"key": "item-x", "answer_id": "1", ')
        file.write('"at": "2026-01-01T00:00:00+00:00", "person": "eve", "skipped": true}\n')
        file.write('{"half of a li')
    done = project.workforces.collect("crowd")
    assert (done.labels, done.refused) == (1, 1)
    assert len(done.problems) == 4
    assert len(entries(project.catalog)) == 1


def test_the_people_of_a_workforce_are_annotators_without_a_way_in(project, vendor):
    """They have a role and no token; the workforce itself holds the tasks under its own name."""
    project.workforces.send("crowd", 1)
    vendor.answer(vendor.items()[0], "boot")
    project.workforces.collect("crowd")
    people = {it.name: it.role for it in project.team.people()}
    assert people[f"crowd.{ANA}"] is Role.ANNOTATOR
    assert "crowd" in people
