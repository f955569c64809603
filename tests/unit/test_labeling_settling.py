"""The end of a round of several hundred assets: labels of all opinions, in a few statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from querist import Project
from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask, Rule
from querist.catalog.records.connection import Database
from querist.catalog.records.settling import settle, settle_many
from querist.catalog.records.tables import annotation_log
from querist.labeling import Labels, Opinions, settle_round
from querist.labeling.consensus import majority_rule
from querist.schema import (
    Action,
    Annotation,
    Arm,
    Candidate,
    Origin,
    Role,
    Round,
    Step,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLASSES = ["boot", "shirt", "bag"]
PEOPLE = ("ana", "bob", "cid")
# What ana, bob and cid say of an asset of which three are asked; nothing where they have not come
# to it by the end of the round. Then the class that holds after it, and whose word it is.
BLIND = [
    (("boot", "boot", None), "boot", Origin.CONSENSUS),
    (("boot", "shirt", None), None, None),
    (("shirt", None, None), "shirt", Origin.CONSENSUS),
    ((None, "bag", "bag"), "bag", Origin.CONSENSUS),
    (("boot", "shirt", "shirt"), "shirt", Origin.CONSENSUS),
    (("boot", "shirt", "bag"), None, None),
    ((None, None, None), None, None),
    (("skip", "skip", None), None, Origin.CONSENSUS),
    (("skip", "bag", None), "bag", Origin.CONSENSUS),
    (("undone", "bag", None), "bag", Origin.CONSENSUS),
    (("boot", "shirt", "reviewed"), "bag", Origin.PERSON),
]
# Ana's label is a boot, and another opinion was asked for: what bob and cid say of it.
SECOND = [
    ((None, None), "boot", Origin.PERSON),
    (("boot", None), "boot", Origin.PERSON),
    (("shirt", None), "boot", Origin.PERSON),
    (("shirt", "shirt"), "shirt", Origin.CONSENSUS),
    (("shirt", "bag"), "boot", Origin.PERSON),
]
CASES = len(BLIND) + len(SECOND)


def asset(case: int, repeat: int) -> str:
    """The id of one of the assets of a case; those of all cases are mixed by their ids."""
    return f"t{repeat:03}-{case:02}"


@pytest.fixture
def make(records_url: str, tmp_path: Path) -> Iterator[Callable[[int], Catalog]]:
    """Make a round with so many assets of each case, closed and not yet settled."""
    made: list[Catalog] = []

    def catalog(repeats: int) -> Catalog:
        settings = Settings.of(name="shop", media="text", classes=CLASSES, records=records_url)
        made.append(Catalog.create(tmp_path / "shop", settings))
        fill(made[0], repeats)
        return made[0]

    yield catalog
    for it in made:
        it.close()


def fill(catalog: Catalog, repeats: int) -> None:
    """Open a round, let people answer as their cases say, and close it."""
    each = [(case, asset(case, repeat)) for repeat in range(repeats) for case in range(CASES)]
    catalog.assets.ingest(Candidate(id=it, text=it) for _, it in each)
    catalog.records.annotators.ensure("rev", Role.REVIEWER)
    catalog.records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    catalog.records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[
            NewTask(
                asset_id=it,
                arms=(Arm.ACTIVE,),
                priority=0.0,
                opinions=3 if case < len(BLIND) else 1,
            )
            for case, it in each
        ],
    )
    labels = Labels(catalog)
    for case, asset_id in each:
        if case < len(BLIND):
            answer(labels, asset_id, dict(zip(PEOPLE, BLIND[case][0], strict=True)))
    opened = [(case - len(BLIND), it) for case, it in each if case >= len(BLIND)]
    for _, asset_id in opened:
        labels.submit(asset_id, "boot", annotator="ana")
    for at, name in enumerate(PEOPLE[1:]):
        asked = [(SECOND[case][0][at], it) for case, it in opened]
        catalog.records.opinions.ask_again([it for word, it in asked if word or not at], 1)
        for word, asset_id in asked:
            answer(labels, asset_id, {name: word})
    catalog.records.tasks.close_round(1)


def answer(labels: Labels, asset_id: str, said: dict[str, str | None]) -> None:
    """Submit what each says."""
    for name, word in said.items():
        if word in CLASSES:
            labels.submit(asset_id, word, annotator=name)
        elif word == "skip":
            labels.skip(asset_id, annotator=name)
        elif word == "undone":
            labels.submit(asset_id, "shirt", annotator=name)
            labels.undo(asset_id, name)
        elif word == "reviewed":
            labels.submit(asset_id, "shirt", annotator=name)
            labels.submit(asset_id, "bag", annotator="rev")


def said(entry: Annotation) -> tuple[str | None, Origin]:
    """The class of an entry, and whose word it is."""
    return getattr(entry.value, "name", None), entry.origin


@contextmanager
def statements() -> Iterator[list[str]]:
    """Those that pass through SQLAlchemy meanwhile, on PostgreSQL all; one of many rows is one."""
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def test_a_large_round_is_settled_in_few_statements(make):
    """Of 256 assets, more than are settled at a time, each holds what its case says; once."""
    catalog = make(16)
    with statements() as sent:
        settle_round(catalog, 1)
    assert len(sent) < 60
    held = {it.asset_id: it for it in catalog.records.labels.currents()}
    for case, (_, name, origin) in enumerate([*BLIND, *SECOND]):
        found = {
            held.get(asset(case, repeat)) and said(held[asset(case, repeat)])
            for repeat in range(16)
        }
        assert found == {None if origin is None else (name, origin)}, case
    skipped = held[asset(7, 0)]
    assert (skipped.action, skipped.annotator) == (Action.SKIP, "majority")
    before = catalog.records.labels.last_seq()
    settle_round(catalog, 1)
    assert catalog.records.labels.last_seq() == before


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each time that the records are read."""
    seen: list[object] = []
    read = Database.read

    def counted(self: Database) -> Any:
        seen.append(self)
        return read(self)

    monkeypatch.setattr(Database, "read", counted)
    return seen


def test_disputes_of_a_large_round_are_found_in_few_reads(make, reads):
    """Those whose opinions tie and that nobody has decided; a first label alone decides nothing."""
    catalog = make(16)
    settle_round(catalog, 1)
    reads.clear()
    found = Opinions(catalog).disputes()
    assert len(reads) < 10
    tied = (1, 5, len(BLIND) + 2, len(BLIND) + 4)
    assert [it.asset_id for it in found] == sorted(asset(i, at) for i in tied for at in range(16))


def test_a_preview_of_a_large_round_takes_few_reads(make, reads):
    """It tells what the recomputation then writes, of each asset before and after."""
    catalog = make(16)
    labels = catalog.records.labels
    before = {it.asset_id: it.value for it in labels.currents()}
    reads.clear()
    changes = Opinions(catalog).preview("majority")
    assert len(reads) < 10
    Opinions(catalog).recompute("majority")
    after = {it.asset_id: it.value for it in labels.currents()}
    told = {it.asset_id: (it.before, it.after) for it in changes if it.before != it.after}
    written = {it: (before.get(it), now) for it, now in after.items() if before.get(it) != now}
    assert told == written
    assert len(written) >= 16


def test_all_at_once_are_settled_as_each_alone(make):
    """The log gets the same entries in the same order; with no verdict they are taken back."""
    catalog = make(2)
    # The two ways are private to the records: what a round writes is seen from outside above.
    database, log = catalog.records._database, annotation_log.c
    ids = sorted({it.asset_id for it in catalog.records.opinions.standing(round=1)})
    told = sa.select(
        *(log.asset_id, log.version, log.action, log.class_name, log.annotator, log.origin),
        *(log.round, log.ontology_version, log.value, log.created_at),
    ).order_by(log.seq)

    def after(*decisions: Rule, alone: bool) -> list[tuple[object, ...]]:
        """The log as it would be, and how many were changed last; all of it is taken back."""
        with database.write() as connection, connection.begin_nested() as taken_back:
            for rule in decisions:
                if alone:
                    changed = sum(settle(connection, it, rule, NOW).changed for it in ids)
                else:
                    changed = settle_many(connection, dict.fromkeys(ids, rule), NOW)
            found = [tuple(row) for row in connection.execute(told)]
            taken_back.rollback()
        return [(changed,), *found]

    rule = majority_rule(catalog, 1)
    never = Rule(decide=lambda _: None, ontology_version=1)
    for decisions in [(rule,), (rule, never), (rule, never, rule)]:
        assert after(*decisions, alone=False) == after(*decisions, alone=True)
    assert after(rule, alone=False) != after(never, alone=False)


def test_a_model_breaks_the_ties_of_a_round_that_ends(records_url, tmp_path):
    """Each of twenty assets on which one of three is missing gets one of the two classes said."""
    policy = {"batch_size": 20, "audit_size": 0, "control_share": 0.0, "overlap": 3}
    policy |= {"overlap_share": 1.0}
    with Project.create(
        tmp_path / "shop", media="text", classes=CLASSES, records=records_url, policy=policy
    ) as project:
        project.add([{"id": f"t{i}", "text": f"{CLASSES[i % 2]} number {i}"} for i in range(60)])
        for people in (PEOPLE, PEOPLE[:2]):
            project.next_round()
            for at, name in enumerate(people):
                for item in project.queue.next(name, 20).items:
                    right = int(item.asset.id[1:])
                    word = CLASSES[(right + (at if people is not PEOPLE else 0)) % 2]
                    project.labels.submit(item.asset.id, word, annotator=name, task_id=item.task.id)
            project.finish_round()
        tied = {it.asset_id for it in project.catalog.records.opinions.standing(round=2)}
        entries = [project.labels.current(it) for it in sorted(tied)]
    assert len(tied) == 20
    assert {(it.annotator, it.origin) for it in entries} == {("crowdlab", Origin.CONSENSUS)}
    assert {it.value.name for it in entries} == set(CLASSES[:2])
