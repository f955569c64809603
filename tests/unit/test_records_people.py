"""Jobs, models, people, tokens, sources, ontologies and the ledger."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from querist.catalog.records import Records
from querist.errors import (
    AuthenticationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    UnknownNameError,
)
from querist.schema import Arm, JobState, ModelVersion, Ontology, Role

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def time() -> list[datetime]:
    """The time of ``timed``, which a test may replace."""
    return [NOW]


@pytest.fixture
def timed(records_url, tmp_path, time):
    """Records that tell the time by ``time``."""
    with Records(records_url, tmp_path, clock=lambda: time[0]) as opened:
        yield opened


def test_a_job_runs_from_queue_to_result(records):
    """A job is queued, claimed, reports, and ends with its result."""
    job = records.jobs.add("train", {"rounds": 2, "names": ["a"]})
    assert (job.state, job.params) == (JobState.QUEUED, {"rounds": 2, "names": ["a"]})
    claimed = records.jobs.claim("w1")
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.worker) == (job.id, JobState.RUNNING, "w1")
    assert claimed.heartbeat is not None
    assert records.jobs.report(job.id, done=3, total=10, message="fitting") is False
    running = records.jobs.get(job.id)
    assert (running.done, running.total, running.message) == (3, 10, "fitting")
    ended = records.jobs.finish(job.id, result={"model": "m1"})
    assert (ended.state, ended.result, ended.error) == (JobState.DONE, {"model": "m1"}, None)
    assert ended.finished_at is not None
    assert records.jobs.claim("w1") is None


def test_jobs_are_claimed_oldest_first_each_by_one_worker(records):
    """Eight workers share twenty jobs out without a repeat."""
    made = [records.jobs.add("train", {"n": n}).id for n in range(20)]
    first = records.jobs.claim("w0")
    assert first is not None
    assert first.id == made[0]

    def work(number: int) -> list[str]:
        mine = []
        while (job := records.jobs.claim(f"w{number}")) is not None:
            mine.append(job.id)
        return mine

    with ThreadPoolExecutor(8) as threads:
        got = [job for mine in threads.map(work, range(8)) for job in mine]
    # A worker may pass over a job that another is taking; nobody may take it twice.
    rest = [job.id for job in records.jobs.list() if job.state is JobState.QUEUED]
    assert sorted([*got, *rest]) == sorted(made[1:])
    assert len(set(got)) == len(got)


def test_one_job_can_be_claimed_by_name(records):
    """A named job is given out of turn, once."""
    records.jobs.add("train", {})
    second = records.jobs.add("embed", {})
    claimed = records.jobs.claim("w1", job_id=second.id)
    assert claimed is not None
    assert claimed.id == second.id
    assert records.jobs.claim("w1", job_id=second.id) is None


def test_a_queued_job_is_cancelled_at_once(records):
    """Nobody can claim it any more."""
    job = records.jobs.add("train", {})
    assert records.jobs.request_cancel(job.id).state is JobState.CANCELLED
    assert records.jobs.claim("w1") is None


def test_a_running_job_hears_of_its_cancelling(records):
    """The next report says so, and the job ends as cancelled."""
    job = records.jobs.add("train", {})
    records.jobs.claim("w1")
    assert records.jobs.request_cancel(job.id).state is JobState.RUNNING
    assert records.jobs.report(job.id, done=1, total=None, message="") is True
    assert records.jobs.finish(job.id, cancelled=True).state is JobState.CANCELLED


def test_a_failed_job_keeps_its_error(records):
    """The error is stored, and what has ended does not end again."""
    job = records.jobs.add("train", {})
    records.jobs.claim("w1")
    failed = records.jobs.finish(job.id, error={"code": "storage"})
    assert (failed.state, failed.error) == (JobState.FAILED, {"code": "storage"})
    assert records.jobs.finish(job.id, result={}) == failed
    assert records.jobs.request_cancel(job.id) == failed
    assert records.jobs.report(job.id, done=1, total=None, message="") is True


def test_orphans_go_back_into_the_queue(timed, time):
    """A running job without a sign of life is queued again; a living one is left alone."""
    lost, alive, cancelled = (timed.jobs.add("train", {"n": n}).id for n in range(3))
    for job in (lost, alive, cancelled):
        timed.jobs.claim("w1", job_id=job)
    timed.jobs.request_cancel(cancelled)
    time[0] += timedelta(seconds=50)
    timed.jobs.report(alive, done=1, total=2, message="")
    time[0] += timedelta(seconds=20)
    moved = timed.jobs.requeue_orphans(older_than_seconds=60)
    assert {job.id for job in moved} == {lost, cancelled}
    assert timed.jobs.get(lost).state is JobState.QUEUED
    assert timed.jobs.get(lost).worker is None
    assert timed.jobs.get(cancelled).state is JobState.CANCELLED
    assert timed.jobs.get(alive).state is JobState.RUNNING
    assert timed.jobs.requeue_orphans(older_than_seconds=60) == []


def test_a_released_job_is_the_next_to_be_claimed(records):
    """A worker gives back what it holds; the job keeps its progress, start and place."""
    first, second = (records.jobs.add("train", {"n": n}).id for n in range(2))
    claimed = records.jobs.claim("w1")
    records.jobs.report(first, done=3, total=9, message="half way")
    left = records.jobs.release(first, worker="w1")
    assert (left.state, left.worker, left.heartbeat) == (JobState.QUEUED, None, None)
    assert (left.done, left.started_at) == (3, claimed.started_at)
    assert [records.jobs.claim("w2").id for _ in range(2)] == [first, second]


def test_only_the_holder_releases_a_job(records):
    """A job that another worker has, or that has ended, is left alone; an unknown one is named."""
    job = records.jobs.add("train", {}).id
    assert records.jobs.release(job, worker="w1").state is JobState.QUEUED
    claimed = records.jobs.claim("w2")
    assert records.jobs.release(job, worker="w1") == claimed
    ended = records.jobs.finish(job, result={})
    assert records.jobs.release(job, worker="w2") == ended
    with pytest.raises(NotFoundError, match="nobody"):
        records.jobs.release("nobody", worker="w1")


def test_a_released_job_that_is_to_be_cancelled_ends(records):
    """Nobody resumes what somebody asked to stop."""
    job = records.jobs.add("train", {}).id
    records.jobs.claim("w1")
    records.jobs.request_cancel(job)
    left = records.jobs.release(job, worker="w1")
    assert left.state is JobState.CANCELLED
    assert left.finished_at is not None
    assert records.jobs.claim("w2") is None


def test_each_job_has_its_own_log(records):
    """Lines come back in order, for one job."""
    one, two = (records.jobs.add("train", {}).id for _ in range(2))
    for number in range(3):
        records.jobs.log(one, f"line {number}")
    records.jobs.log(two, "other")
    assert records.jobs.read_log(one) == ["line 0", "line 1", "line 2"]


def test_jobs_are_listed_newest_first(records):
    """The list is limited to the newest."""
    made = [records.jobs.add("train", {}).id for _ in range(4)]
    assert [job.id for job in records.jobs.list(limit=3)] == made[:0:-1]


def test_unknown_jobs_are_not_found(records):
    """Every question about a job that does not exist names it."""
    for ask in (
        lambda: records.jobs.get("job-x"),
        lambda: records.jobs.report("job-x", done=0, total=None, message=""),
        lambda: records.jobs.log("job-x", "line"),
        lambda: records.jobs.read_log("job-x"),
        lambda: records.jobs.finish("job-x"),
        lambda: records.jobs.request_cancel("job-x"),
    ):
        with pytest.raises(NotFoundError, match="job-x"):
            ask()


@pytest.mark.parametrize("params", [{"x": float("nan")}, {"x": object()}])
def test_parameters_that_are_no_json_are_refused(records, params):
    """NaN and objects are invalid input on both databases."""
    with pytest.raises(InvalidInputError):
        records.jobs.add("train", params)


def _model(number: int, arm: Arm = Arm.ACTIVE) -> ModelVersion:
    return ModelVersion(
        id=f"model-{number}",
        arm=arm,
        round=number,
        learner="logistic-regression",
        parameters={"C": 1.0},
        encoder="e",
        classes=("a", "b"),
        label_seq=10,
        label_count=8,
        labels_digest="ab",
        seed=2**62,
        fit_seconds=0.25,
        created_at=NOW,
    )


def test_models_come_back_as_given_and_the_last_one_is_the_latest(records):
    """Latest goes by the order of storing, within an arm."""
    models = [_model(2), _model(1), _model(3, Arm.CONTROL)]
    for model in models:
        records.models.add(model)
    assert records.models.get("model-1") == models[1]
    assert records.models.list() == models
    assert records.models.list(Arm.ACTIVE) == models[:2]
    assert records.models.latest(Arm.ACTIVE) == models[1]
    assert records.models.latest(Arm.AUDIT) is None
    with pytest.raises(ConflictError):
        records.models.add(models[0])
    with pytest.raises(NotFoundError, match="model-9"):
        records.models.get("model-9")


def test_an_annotator_is_made_once(records):
    """Ensuring a known name changes neither role nor time; eight threads make one person."""
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: records.annotators.ensure("ana", Role.OWNER), range(8)))
    assert all(person == made[0] for person in made)
    assert records.annotators.ensure("ana", Role.ANNOTATOR).role is Role.OWNER
    assert records.annotators.list() == [made[0]]
    changed = records.annotators.update("ana", role=Role.REVIEWER, hourly_cost=30)
    assert (changed.role, changed.hourly_cost) == (Role.REVIEWER, 30.0)
    with pytest.raises(NotFoundError, match="bob"):
        records.annotators.get("bob")
    with pytest.raises(InvalidInputError):
        records.annotators.ensure("no spaces")


def test_a_login_token_is_good_once(records):
    """Of eight that redeem the same token at once, one gets in."""
    records.annotators.ensure("ana")
    secret = records.tokens.issue("ana", kind="login", ttl_seconds=60)

    def work(_: int) -> bool:
        try:
            return records.tokens.redeem(secret).name == "ana"
        except AuthenticationError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))).count(True) == 1
    with pytest.raises(AuthenticationError):
        records.tokens.redeem(secret)


def test_tokens_are_good_for_their_kind_and_time_only(timed, time):
    """Another kind, a revoked, an expired or a made-up token is refused."""
    timed.annotators.ensure("ana")
    session = timed.tokens.issue("ana", kind="session", ttl_seconds=60)
    forever = timed.tokens.issue("ana", kind="api", ttl_seconds=None)
    assert timed.tokens.verify(session, "session").name == "ana"
    for secret, kind in ((session, "api"), ("made up", "session"), ("", "api")):
        with pytest.raises(AuthenticationError):
            timed.tokens.verify(secret, kind)
    with pytest.raises(AuthenticationError):
        timed.tokens.redeem(session)
    time[0] += timedelta(seconds=60)
    with pytest.raises(AuthenticationError):
        timed.tokens.verify(session, "session")
    assert timed.tokens.verify(forever, "api").name == "ana"
    timed.tokens.revoke(forever)
    timed.tokens.revoke(forever)
    with pytest.raises(AuthenticationError):
        timed.tokens.verify(forever, "api")


def test_a_token_needs_a_known_person_kind_and_time(records):
    """Wrong requests for a token are refused."""
    with pytest.raises(NotFoundError):
        records.tokens.issue("nobody", kind="api", ttl_seconds=None)
    records.annotators.ensure("ana")
    with pytest.raises(UnknownNameError):
        records.tokens.issue("ana", kind="sesion", ttl_seconds=1)
    with pytest.raises(InvalidInputError):
        records.tokens.issue("ana", kind="api", ttl_seconds=0)


def test_only_the_digest_of_a_token_is_stored(tmp_path):
    """The secret is nowhere in the file; its SHA-256 is."""
    with Records("records.db", tmp_path) as records:
        records.annotators.ensure("ana")
        secret = records.tokens.issue("ana", kind="api", ttl_seconds=None)
    plain = sqlite3.connect(tmp_path / "records.db")
    assert plain.execute("SELECT digest FROM tokens").fetchall() == [
        (hashlib.sha256(secret.encode()).hexdigest(),)
    ]
    plain.close()
    assert secret.encode() not in (tmp_path / "records.db").read_bytes()


def test_sources_are_kept_once_and_resolved(records, tmp_path):
    """A folder is stored as its real path, however often it is added."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (tmp_path / "link").symlink_to(photos)
    records.sources.add(photos)
    records.sources.add(tmp_path / "link")
    records.sources.add(f"{tmp_path}/other/../photos")
    assert records.sources.list() == [photos.resolve()]


def test_ontologies_only_move_on(records):
    """The newest version counts; an old or changed one is refused."""
    with pytest.raises(NotFoundError):
        records.ontologies.current()
    first = Ontology.of("classification", ["shirt", "boot"])
    second = first.with_class("hat")
    assert records.ontologies.put(first) == records.ontologies.put(first) == first
    records.ontologies.put(second)
    assert records.ontologies.current() == second
    assert records.ontologies.get(1) == first
    for stale in (first, Ontology.of("classification", ["other"], version=2)):
        with pytest.raises(ConflictError):
            records.ontologies.put(stale)
    with pytest.raises(NotFoundError):
        records.ontologies.get(9)


def test_the_ledger_adds_up(timed):
    """Totals are sums by kind, arm and unit; entries keep their round and detail."""
    add = timed.ledger.add
    add(kind="labels", quantity=3, unit="labels", arm=Arm.ACTIVE, round=1)
    add(kind="labels", quantity=2, unit="labels", arm=Arm.ACTIVE, round=2)
    add(kind="train", quantity=0.5, unit="seconds", round=2, detail={"model": "m1"})
    assert timed.ledger.totals() == [
        {"kind": "labels", "arm": "active", "unit": "labels", "quantity": 5.0},
        {"kind": "train", "arm": None, "unit": "seconds", "quantity": 0.5},
    ]
    assert len(timed.ledger.list()) == 3
    assert timed.ledger.list(2)[1] == {
        "kind": "train",
        "arm": None,
        "round": 2,
        "quantity": 0.5,
        "unit": "seconds",
        "detail": {"model": "m1"},
        "created_at": NOW,
    }
    for quantity in (float("nan"), float("inf")):
        with pytest.raises(InvalidInputError):
            add(kind="labels", quantity=quantity, unit="labels")
    with pytest.raises(UnknownNameError):
        add(kind="labels", quantity=1, unit="euros")
