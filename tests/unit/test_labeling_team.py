"""Invitations, roles and people who leave, with records on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from querist import Project
from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask, Records
from querist.errors import (
    AuthenticationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from querist.labeling import Labels, Queue, Team, Workforces
from querist.schema import Annotator, Arm, Candidate, Role, Round, Step, TaskState
from querist.schema.annotator import WRITERS

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """A text, two classes, and somebody of each role."""
    settings = Settings.of(name="shop", media="text", classes=["a", "b"], records=records_url)
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest([Candidate(id="t", text="text")])
    for role in Role:
        made.records.annotators.ensure(role.value, role=role)
    yield made
    made.close()


@pytest.fixture
def team(catalog: Catalog) -> Team:
    """Its people."""
    return Team(catalog)


@pytest.fixture
def owner(catalog: Catalog) -> Annotator:
    """Its owner."""
    return catalog.records.annotators.get("owner")


def change(team: Team, name: str, by: Annotator, **wanted) -> Annotator:
    """Change one thing of a person and keep the rest."""
    (person,) = [one for one in team.people() if one.name == name]
    kept = {key: getattr(person, key) for key in ("role", "hourly_cost", "skills", "active")}
    return team.change(name, by=by, **{**kept, **wanted})


def test_an_invitation_lets_one_person_in_with_its_role(team, owner) -> None:
    """Of eight that accept it at once under different names, one comes in."""
    made, secret = team.invite(Role.REVIEWER, by=owner, hourly_cost=30, skills=["x-ray", "x-ray"])
    assert team.invitations() == [made]

    def work(number: int) -> str | None:
        try:
            return team.accept(secret, f"new-{number}").name
        except AuthenticationError:
            return None

    with ThreadPoolExecutor(8) as threads:
        names = [name for name in threads.map(work, range(8)) if name]
    assert len(names) == 1
    (person,) = [one for one in team.people() if one.name == names[0]]
    assert (person.role, person.hourly_cost, person.skills) == (Role.REVIEWER, 30.0, ("x-ray",))
    assert team.invitations() == []


def test_a_taken_name_leaves_the_invitation_good(team, owner) -> None:
    """Nobody can take over somebody's account, and one may try another name."""
    _, secret = team.invite(Role.ANNOTATOR, by=owner)
    with pytest.raises(ConflictError, match="'owner'"):
        team.accept(secret, "owner")
    with pytest.raises(InvalidInputError):
        team.accept(secret, "no spaces")
    assert team.accept(secret, "ana").role is Role.ANNOTATOR


@pytest.mark.parametrize("name", sorted({*WRITERS, "Majority"}))
def test_nobody_new_is_called_as_querist_writes(catalog, team, owner, name) -> None:
    """Whoever had such a name could undo what was written in it; the invitation stays good."""
    _, secret = team.invite(Role.ANNOTATOR, by=owner)
    for act in (
        lambda: team.accept(secret, name),
        lambda: Labels(catalog).submit("t", "a", annotator=name),
        lambda: Queue(catalog).next(name, 1),
        lambda: Workforces(catalog).add(name, kind="folder", url="file:///exchange"),
    ):
        with pytest.raises(InvalidInputError, match="Querist itself writes"):
            act()
    assert name not in {person.name for person in team.people()}
    assert team.accept(secret, "ana").name == "ana"


def test_somebody_who_had_such_a_name_before_still_works(catalog) -> None:
    """Projects of before may have a person called majority."""
    catalog.records.annotators.ensure("majority")
    assert Labels(catalog).submit("t", "a", annotator="majority").annotator == "majority"


def test_all_names_in_which_querist_writes_are_kept(tmp_path) -> None:
    """Known labels, imports and consensus: nobody else than people is in the list afterwards."""
    policy = {"batch_size": 4, "audit_size": 0, "control_share": 0.0}
    policy |= {"overlap": 2, "overlap_share": 1.0}
    with Project.create(
        tmp_path / "shop", media="text", classes=["a", "b"], policy=policy, oracle_column="kind"
    ) as project:
        rows = [{"id": f"t{i}", "text": f"text {i}", "kind": "ab"[i % 2]} for i in range(20)]
        project.add(rows)
        project.import_labels([{"id": "t0", "label": "a"}])
        project.next_round(4)
        for person in ("ana", "ben"):
            for item in project.queue.next(person, 4).items:
                project.labels.submit(item.task.asset_id, "a", annotator=person)
        project.oracle(1)
        made = {person.name for person in project.team.people()} - {"ana", "ben"}
    assert {"import", "known-labels", "majority"} <= made <= WRITERS


def test_withdrawn_and_made_up_invitations_are_worth_nothing(team, owner) -> None:
    """An open one can be withdrawn, once."""
    made, secret = team.invite(Role.ANNOTATOR, by=owner)
    assert team.withdraw(made.id, by=owner).ended_at is not None
    for wrong in (secret, "made up", ""):
        with pytest.raises(AuthenticationError):
            team.accept(wrong, "ana")
    with pytest.raises(NotFoundError):
        team.withdraw(made.id, by=owner)


def test_an_invitation_ends_with_its_time(records_url, tmp_path) -> None:
    """From its end on it lets nobody in."""
    time = [NOW]
    with Records(records_url, tmp_path, clock=lambda: time[0]) as records:
        _, secret = records.invitations.add(role=Role.ANNOTATOR, invited_by="owner", ttl_seconds=60)
        time[0] += timedelta(seconds=60)
        assert records.invitations.open() == []
        with pytest.raises(AuthenticationError):
            records.invitations.accept(secret, "ana")
        with pytest.raises(InvalidInputError):
            records.invitations.add(role=Role.ANNOTATOR, invited_by="owner", ttl_seconds=0)


@pytest.mark.parametrize("by", [Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR, Role.MODEL])
def test_nobody_gives_more_than_they_may_decide(catalog, team, by) -> None:
    """Managers decide about reviewers, annotators and models; those below about nobody."""
    person = catalog.records.annotators.get(by.value)
    for role in Role:
        allowed = by is Role.MANAGER and role not in (Role.OWNER, Role.MANAGER)
        if allowed:
            team.invite(role, by=person)
            continue
        with pytest.raises(PermissionDeniedError):
            team.invite(role, by=person)
    with pytest.raises(PermissionDeniedError):
        change(team, "owner", person, active=False)
    with pytest.raises(PermissionDeniedError):
        change(team, "annotator", person, role=Role.MANAGER)


def test_there_is_always_an_owner(team, owner) -> None:
    """The only one can neither leave nor step down; with a second one both go."""
    for wanted in ({"active": False}, {"role": Role.MANAGER}):
        with pytest.raises(ConflictError, match="only owner"):
            change(team, "owner", owner, **wanted)
    change(team, "manager", owner, role=Role.OWNER)
    assert change(team, "owner", owner, active=False).active is False


def test_whoever_is_deactivated_is_out_at_once(catalog, team, owner) -> None:
    """All tokens end, no new ones are made, held tasks go back, labels stay."""
    records = catalog.records
    records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[NewTask(asset_id="t", arms=(Arm.ACTIVE,), priority=0.0)],
    )
    Labels(catalog).submit("t", "a", annotator="reviewer", task_id=None)
    session = records.tokens.issue("annotator", kind="session", ttl_seconds=60)
    login = records.tokens.issue("annotator", kind="login", ttl_seconds=60)
    Labels(catalog).undo("t", "reviewer")
    records.tasks.release([task.id for task in records.tasks.for_asset("t")], "reviewer")
    (task,) = records.tasks.lease("annotator", count=1, seconds=60)
    change(team, "annotator", owner, active=False)
    for use in (
        lambda: records.tokens.verify(session, "session"),
        lambda: records.tokens.redeem(login),
    ):
        with pytest.raises(AuthenticationError):
            use()
    with pytest.raises(PermissionDeniedError, match="deactivated"):
        records.tokens.issue("annotator", kind="api", ttl_seconds=60)
    assert records.tasks.get(task.id).state is TaskState.OPEN
    change(team, "annotator", owner, active=True)
    records.tokens.issue("annotator", kind="api", ttl_seconds=60)


@pytest.mark.parametrize(
    "wanted",
    [
        {"hourly_cost": -1.0},
        {"hourly_cost": float("nan")},
        {"skills": ["a b"]},
        {"skills": ["x"] * 21},
    ],
)
def test_impossible_costs_and_skills_are_refused(team, owner, wanted) -> None:
    """A cost is a finite number of 0 or more, a skill one word."""
    with pytest.raises(InvalidInputError):
        change(team, "annotator", owner, **wanted)
