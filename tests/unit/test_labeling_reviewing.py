"""Reviews on real storage, with records on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from querist.labeling import Labels, Queue, Reviews
from querist.learners import EncoderIdentity
from querist.loop import snapshot
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassValue,
    ModelVersion,
    Origin,
    ReviewAction,
    ReviewState,
    Role,
    Round,
    Step,
    TaskState,
)

IDENTITY = EncoderIdentity(name="e", version="1", preprocessing="none", dimensions=4)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASSETS = [f"img-{i:02}" for i in range(40)]


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Forty texts, two classes, and a round that collects the first four."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"hourly_cost": 36.0},
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=name, text=f"text {name}") for name in ASSETS)
    made.records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    made.records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[NewTask(asset_id=a, arms=(Arm.ACTIVE,), priority=0.0) for a in ASSETS[:4]],
    )
    yield made
    made.close()


@pytest.fixture
def labels(catalog: Catalog) -> Labels:
    """Its labels."""
    return Labels(catalog)


@pytest.fixture
def reviews(catalog: Catalog) -> Reviews:
    """Its reviews."""
    return Reviews(catalog)


def state(reviews: Reviews, asset_id: str) -> ReviewState:
    """Where an asset's label stands."""
    (item,) = [
        item
        for item in reviews.queue(state=None, limit=1000).items
        if item.annotation.asset_id == asset_id
    ]
    return item.state


def test_an_accepted_label_stays_and_is_known_as_accepted(labels, reviews) -> None:
    """Accepting changes no label and takes it out of the queue."""
    entry = labels.submit("img-00", "boot", annotator="ana")
    review = reviews.accept("img-00", reviewer="rita", label_seq=entry.seq, comment="Clear.")
    assert (review.action, review.state) == (ReviewAction.ACCEPT, ReviewState.ACCEPTED)
    assert (review.label_seq, review.holds_seq, review.author) == (entry.seq, entry.seq, "ana")
    assert labels.current("img-00") == entry
    assert reviews.queue().items == []
    assert state(reviews, "img-00") is ReviewState.ACCEPTED


def test_a_fix_appends_the_right_label_by_the_reviewer(labels, reviews) -> None:
    """The correction is an entry of the label log, and nothing of the first label is lost."""
    first = labels.submit("img-00", "boot", annotator="ana")
    review = reviews.fix("img-00", "shirt", reviewer="rita", comment="It has sleeves.")
    now = labels.current("img-00")
    assert (now.value, now.origin, now.annotator) == (
        ClassValue(name="shirt"),
        Origin.REVIEW,
        "rita",
    )
    assert (now.seq, now.reason) == (review.holds_seq, "It has sleeves.")
    assert labels.history("img-00") == [first, now]
    assert state(reviews, "img-00") is ReviewState.FIXED


def test_a_label_that_is_sent_back_comes_first_to_its_author_and_to_nobody_else(
    catalog, labels, reviews
) -> None:
    """Its task is open again for the author alone, with the comment as why."""
    queue = Queue(catalog)
    labels.submit("img-02", "boot", annotator="ana")
    review = reviews.send_back("img-02", "Look at the sole.", reviewer="rita")
    others = queue.next("ben", 10)
    assert [item.asset.id for item in others.items] == ["img-00", "img-01", "img-03"]
    queue.release([item.task.id for item in others.items], "ben")
    first = queue.next("ana", 1).items[0]
    assert (first.task.id, first.asset.id) == (review.task_id, "img-02")
    assert first.why == "Sent back: Look at the sole."
    queue.release([first.task.id], "ana")
    assert "img-02" not in [item.asset.id for item in queue.next("ben", 10).items]


def test_what_waits_for_somebody_else_is_told_and_not_counted(catalog, labels, reviews) -> None:
    """Whoever gets nothing is told for whom the last tasks wait."""
    for name in ASSETS[:4]:
        labels.submit(name, "boot", annotator="ana")
    reviews.send_back("img-02", "Look at the sole.", reviewer="rita")
    page = Queue(catalog).next("ben", 1)
    assert (page.items, page.remaining) == ([], 0)
    assert page.explanation.endswith("; 1 must be looked at again by ana.")
    assert Queue(catalog).next("ana", 1).remaining == 1


def test_an_answer_ends_the_sending_back(catalog, labels, reviews) -> None:
    """The new label waits for a review of its own, and its task is done."""
    labels.submit("img-02", "boot", annotator="ana")
    review = reviews.send_back("img-02", "Look at the sole.", reviewer="rita")
    assert state(reviews, "img-02") is ReviewState.SENT_BACK
    labels.submit("img-02", "shirt", annotator="ana")
    assert state(reviews, "img-02") is ReviewState.WAITING
    assert catalog.records.tasks.get(review.task_id).state is TaskState.DONE


def test_a_label_outside_of_tasks_gets_one_when_it_is_sent_back(catalog, labels, reviews) -> None:
    """The new task belongs to the newest round."""
    labels.submit("img-30", "boot", annotator="ana")
    task = catalog.records.tasks.get(reviews.send_back("img-30", "Why?", reviewer="rita").task_id)
    assert (task.asset_id, task.round, task.sent_to, task.note) == ("img-30", 1, "ana", "Why?")
    assert task.arms == (Arm.ACTIVE,)


def test_a_label_of_somebody_who_left_is_sent_back_to_anybody(catalog, labels, reviews) -> None:
    """Nothing waits for a person who will not come."""
    labels.submit("img-02", "boot", annotator="ana")
    catalog.records.annotators.settle(
        "ana", role=Role.ANNOTATOR, hourly_cost=None, skills=(), active=False
    )
    reviews.send_back("img-02", "Look at the sole.", reviewer="rita")
    first = Queue(catalog).next("ben", 1).items[0]
    assert (first.asset.id, first.why) == ("img-02", "Sent back: Look at the sole.")


def test_nothing_trains_on_a_label_that_is_sent_back(catalog, labels, reviews) -> None:
    """It is neither trained on nor asked again until it is answered; then it counts."""
    for name in ("img-00", "img-01"):
        labels.submit(name, "boot", annotator="ana")
    reviews.send_back("img-01", "Sure?", reviewer="rita")
    before = snapshot.take(catalog)
    assert before.training(Arm.ACTIVE).tolist() == [0]
    assert 1 not in before.candidates()
    labels.submit("img-01", "shirt", annotator="ana")
    assert snapshot.take(catalog).training(Arm.ACTIVE).tolist() == [0, 1]
    again = snapshot.take(catalog, label_seq=before.label_seq, review_seq=before.review_seq)
    assert again.codes.tolist() == before.codes.tolist()


def test_a_task_that_is_sent_back_holds_up_no_round_and_outlives_it(
    catalog, labels, reviews
) -> None:
    """A round can end while one person still has to answer."""
    tasks = catalog.records.tasks
    for name in ASSETS[:4]:
        labels.submit(name, "boot", annotator="ana")
    task = reviews.send_back("img-01", "Sure?", reviewer="rita").task_id
    assert not tasks.any_open(1)
    assert tasks.close_round(1) == 0
    assert tasks.get(task).state is TaskState.OPEN


@pytest.mark.parametrize("step", ["accept", "fix", "send_back", "reopen"])
def test_every_step_can_be_undone(catalog, labels, reviews, step) -> None:
    """After the undo the label, its task and its state are what they were; both are kept."""
    labels.submit("img-00", "boot", annotator="ana")
    if step == "reopen":
        reviews.accept("img-00", reviewer="rolf")
    before = labels.current("img-00").value, state(reviews, "img-00")
    task = catalog.records.tasks.for_asset("img-00")
    act = getattr(reviews, step)
    told = {"fix": ["shirt"], "send_back": ["Sure?"]}.get(step, [])
    made = act("img-00", *told, reviewer="rita")
    undone = reviews.undo("img-00", "rita")
    assert undone.action is ReviewAction.UNDO
    assert (labels.current("img-00").value, state(reviews, "img-00")) == before
    states = [(one.id, one.state) for one in catalog.records.tasks.for_asset("img-00")]
    assert states == [(one.id, one.state) for one in task]
    assert reviews.history("img-00")[-2:] == [made, undone]


def test_undoing_twice_goes_back_two_reviews(labels, reviews) -> None:
    """Reviews form a stack; a fix over a sending back leaves the label sent back when undone."""
    labels.submit("img-00", "boot", annotator="ana")
    reviews.send_back("img-00", "Sure?", reviewer="rita")
    reviews.fix("img-00", "shirt", reviewer="rita")
    assert reviews.undo("img-00", "rita").state is ReviewState.SENT_BACK
    assert reviews.undo("img-00", "rita").state is ReviewState.WAITING
    with pytest.raises(InvalidInputError, match="no review to undo"):
        reviews.undo("img-00", "rita")


def test_a_review_is_undone_by_its_reviewer_while_the_label_holds(labels, reviews) -> None:
    """Others reopen instead, and a label that changed since keeps what changed it."""
    labels.submit("img-00", "boot", annotator="ana")
    reviews.accept("img-00", reviewer="rita")
    with pytest.raises(ConflictError, match="'rita', not 'rolf'"):
        reviews.undo("img-00", "rolf")
    assert reviews.reopen("img-00", reviewer="rolf").state is ReviewState.WAITING
    reviews.fix("img-00", "shirt", reviewer="rita")
    labels.submit("img-00", "boot", annotator="ana")
    with pytest.raises(ConflictError, match="has changed"):
        reviews.undo("img-00", "rita")


def test_nobody_reviews_their_own_label(labels, reviews) -> None:
    """Not even after an undo made another's entry the newest one."""
    labels.submit("img-00", "boot", annotator="rita")
    for act in (
        lambda: reviews.accept("img-00", reviewer="rita"),
        lambda: reviews.fix("img-00", "shirt", reviewer="rita"),
        lambda: reviews.send_back("img-00", "Hm.", reviewer="rita"),
    ):
        with pytest.raises(PermissionDeniedError, match="own"):
            act()
    assert reviews.queue(reviewer="rita").items == []
    labels.submit("img-00", "shirt", annotator="ana")
    labels.undo("img-00", "ana")
    with pytest.raises(PermissionDeniedError, match="own"):
        reviews.accept("img-00", reviewer="rita")


def test_a_review_of_a_label_that_changed_is_refused(labels, reviews) -> None:
    """The reviewer is told which entry holds now, and nothing is written."""
    seen = labels.submit("img-00", "boot", annotator="ana")
    now = labels.submit("img-00", "shirt", annotator="ben")
    with pytest.raises(ConflictError) as caught:
        reviews.accept("img-00", reviewer="rita", label_seq=seen.seq)
    assert caught.value.details["seq"] == now.seq
    assert reviews.history("img-00") == []


def test_the_same_submission_is_stored_once(catalog, labels, reviews) -> None:
    """Neither the review nor its label nor its cost is stored again."""
    labels.submit("img-00", "boot", annotator="ana")
    fixes = [
        reviews.fix("img-00", "shirt", reviewer="rita", seconds=10, submission_id="one")
        for _ in range(2)
    ]
    assert fixes[0] == fixes[1]
    assert len(labels.history("img-00")) == 2
    spent = {(r["kind"], r["unit"]): r["quantity"] for r in catalog.records.ledger.totals()}
    assert spent[("review", "seconds")] == 10
    assert spent[("review", "money")] == pytest.approx(0.1)
    labels.submit("img-01", "boot", annotator="ana")
    with pytest.raises(ConflictError, match="was used for"):
        reviews.accept("img-01", reviewer="rita", submission_id="one")


def test_what_cannot_be_reviewed_is_refused(labels, reviews) -> None:
    """No label, a skip, an unknown asset, no comment, or a reopening of what waits already."""
    with pytest.raises(InvalidInputError, match="no label to review"):
        reviews.accept("img-00", reviewer="rita")
    assert labels.skip("img-00", annotator="ana").action is Action.SKIP
    with pytest.raises(InvalidInputError, match="no label to review"):
        reviews.accept("img-00", reviewer="rita")
    with pytest.raises(NotFoundError):
        reviews.accept("img-77", reviewer="rita")
    labels.submit("img-01", "boot", annotator="ana")
    with pytest.raises(InvalidInputError, match="without a comment"):
        reviews.send_back("img-01", "  ", reviewer="rita")
    with pytest.raises(InvalidInputError, match="waits for a review already"):
        reviews.reopen("img-01", reviewer="rita")


def test_the_queue_is_filtered(labels, reviews) -> None:
    """By who labelled, by class, by round and by state; pages follow each other."""
    for i, name in enumerate(ASSETS[:8]):
        labels.submit(name, "boot" if i % 2 else "shirt", annotator="ana" if i < 6 else "ben")
    reviews.accept("img-07", reviewer="rita")

    def found(**filters) -> list[str]:
        return [item.annotation.asset_id for item in reviews.queue(**filters).items]

    assert found(annotator="ben") == ["img-06"]
    assert found(name="boot") == ["img-01", "img-03", "img-05"]
    assert found(round=1) == ASSETS[:4]
    assert found(state=ReviewState.ACCEPTED) == ["img-07"]
    assert found(asset_id="img-03") == ["img-03"]
    assert found(asset_id="img-07") == []
    assert found(asset_id="img-07", state=None) == ["img-07"]
    assert found(reviewer="ana") == ["img-06"]
    page = reviews.queue(offset=2, limit=3)
    assert [item.annotation.asset_id for item in page.items] == ["img-02", "img-03", "img-04"]
    assert (page.total, page.counts[ReviewState.ACCEPTED]) == (7, 1)


def test_the_queue_begins_with_the_label_the_model_doubts_most(catalog, labels, reviews) -> None:
    """A wrong label that the model learned from comes first, because it is judged out of fold."""
    rng = np.random.default_rng(0)
    truth = np.arange(len(ASSETS)) % 2
    vectors = rng.normal(0, 0.3, (len(ASSETS), 4)).astype(np.float32)
    vectors[:, 0] += 2 * truth
    catalog.embeddings.put(IDENTITY, ASSETS, vectors)
    names = np.array(["boot", "shirt"])[truth]
    for asset_id, name in zip(ASSETS[:30], names, strict=False):
        wrong = {"boot": "shirt", "shirt": "boot"}[str(name)]
        labels.submit(asset_id, wrong if asset_id == "img-13" else str(name), annotator="ana")
    seen = catalog.records.labels.last_seq()
    # A model that has learned its labels by heart: it doubts none of them.
    told = np.full((len(ASSETS), 2), 0.01, dtype=np.float32)
    told[np.arange(len(ASSETS)), truth] = 0.99
    told[13] = 1 - told[13]
    catalog.predictions.put("m", ("boot", "shirt"), told)
    catalog.records.models.add(
        ModelVersion(
            id="m",
            arm=Arm.ACTIVE,
            round=1,
            learner="logistic-regression",
            encoder=IDENTITY.key,
            classes=("boot", "shirt"),
            label_seq=seen,
            label_count=30,
            labels_digest="",
            seed=0,
            fit_seconds=0.0,
            created_at=NOW,
        )
    )
    labels.submit("img-35", "boot", annotator="ana")
    for _ in range(2):  # fitted, then read from the cache
        items = reviews.queue().items
        assert {item.annotation.asset_id for item in items[:2]} == {"img-13", "img-35"}
        assert min(item.expected_error for item in items[:2]) > 0.5


def test_an_import_never_replaces_what_a_reviewer_fixed(labels: Labels, catalog: Catalog) -> None:
    """The reviewer is a person too: the fix stays, and what was imported before is replaced."""
    labels.import_many([("img-10", "boot"), ("img-11", "boot")], "files")
    Reviews(catalog).fix("img-10", ClassValue(name="shirt"), reviewer="rita")
    pairs = [("img-10", "boot"), ("img-11", "shirt")]
    assert labels.import_many(pairs, "files") == 1
    current = labels.current("img-10")
    assert current is not None
    assert (current.value, current.origin) == (ClassValue(name="shirt"), Origin.REVIEW)


def test_a_review_of_more_than_a_day_is_refused(labels: Labels, catalog: Catalog) -> None:
    """Its time is summed as that of labels is."""
    labels.submit("img-10", "boot", annotator="ana")
    with pytest.raises(InvalidInputError, match="milliseconds"):
        Reviews(catalog).accept("img-10", reviewer="rita", seconds=1e308)
