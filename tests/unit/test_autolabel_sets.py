"""Facts about auto-labels in a project: asked, accepted, audited, rolled back."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from querist import Project
from querist.autolabel.evidence import gather
from querist.autolabel.judging import judge
from querist.catalog.query import AssetQuery, facets, run
from querist.cli.app import app
from querist.errors import ConflictError, InvalidInputError, NotFoundError
from querist.loop import snapshot
from querist.schema import Action, Arm, Difficulty, Origin


@pytest.fixture(scope="module")
def truth() -> dict[str, str]:
    """The classes of 900 assets."""
    codes = np.random.default_rng(0).integers(0, 3, 900)
    return {f"a{i}": "abc"[code] for i, code in enumerate(codes)}


@pytest.fixture(scope="module")
def after_two_rounds(tmp_path_factory: pytest.TempPathFactory, truth: dict[str, str]) -> Path:
    """A project of 900 table rows in three groups, after two rounds."""
    folder = tmp_path_factory.mktemp("made") / "auto"
    rng = np.random.default_rng(1)
    rows = [
        {
            "id": name,
            "truth": word,
            **{f"x{j}": float(4 * (j == "abc".index(word)) + rng.normal()) for j in range(4)},
        }
        for name, word in truth.items()
    ]
    made = Project.create(
        folder,
        media="table",
        classes=["a", "b", "c"],
        oracle_column="truth",
        policy={"audit_size": 60, "batch_size": 30},
    )
    with made:
        made.add(rows)
        made.oracle(2)
        made.next_round(10)
    return folder


@pytest.fixture
def project(after_two_rounds: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for one test."""
    with Project.open(Path(shutil.copytree(after_two_rounds, tmp_path / "auto"))) as opened:
        yield opened


def _answer(project: Project, truth: dict[str, str], *, wrong: bool = False) -> int:
    items = project.queue.next("ana", 1_000).items
    for item in items:
        right = truth[item.asset.id]
        given = "abc"[("abc".index(right) + 1) % 3] if wrong else right
        project.labels.submit(item.asset.id, given, annotator="ana", task_id=item.task.id)
    return len(items)


def _accepted(project: Project, truth: dict[str, str]):
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    return project.autolabel.accept(max_error=0.1)


def test_what_is_accepted_is_marked_as_the_models_and_mostly_right(project, truth, tmp_path):
    """The labels carry the set, the role and the origin of a model, also in an export."""
    found = _accepted(project, truth)
    assert found.accepted > 300
    members = project.catalog.records.auto_labels.members(found.id)
    assert np.mean([truth[it.asset_id] != it.name for it in members]) <= 0.1
    entry = project.labels.current(members[0].asset_id)
    assert (entry.origin, entry.model_id, entry.annotator) == (
        Origin.MODEL,
        found.id,
        "auto-label",
    )
    project.export(tmp_path / "labels.csv")
    with open(tmp_path / "labels.csv", encoding="utf-8", newline="") as file:
        assert Counter(row["origin"] for row in csv.DictReader(file))["model"] == found.accepted


def test_labels_of_the_model_train_measure_and_calibrate_nothing(project, truth):
    """No snapshot and no evidence holds them, and the active arm does not ask for them."""
    before = snapshot.take(project.catalog)
    _accepted(project, truth)
    seen = snapshot.take(project.catalog)
    assert not (seen.labeled & seen.by_model).any()
    assert not seen.by_model[seen.candidates()].any()
    assert not seen.by_model[seen.training(Arm.ACTIVE)].any()
    assert (gather(project.catalog).codes[seen.by_model] == -1).all()
    assert seen.by_model.sum() > 300 > before.by_model.sum()


def test_a_proposal_changes_no_label_and_is_accepted_once(project, truth):
    """Proposing only looks; accepting the same proposal again stores nothing."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    seq = project.catalog.records.labels.last_seq()
    proposal = project.autolabel.propose(0.1)
    assert project.catalog.records.labels.last_seq() == seq
    assert [it.max_error for it in proposal.curve] == sorted(it.max_error for it in proposal.curve)
    assert sum(it.count for it in proposal.classes) == proposal.count
    first = project.autolabel.accept(proposal)
    seq = project.catalog.records.labels.last_seq()
    assert project.autolabel.accept(proposal.id) == first
    assert project.catalog.records.labels.last_seq() == seq
    assert first.accepted == proposal.count


def test_what_somebody_decided_meanwhile_is_passed_over(project, truth):
    """A label given between proposal and acceptance stays the person's."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    proposal = project.autolabel.propose(0.1)
    free = gather(project.catalog).free
    ids = [it for it, open_ in zip(project.catalog.assets.ids(), free, strict=True) if open_]
    for asset_id in ids[:20]:
        project.labels.submit(asset_id, truth[asset_id], annotator="bea")
    found = project.autolabel.accept(proposal)
    assert found.accepted < proposal.count
    assert all(project.labels.current(it).annotator == "bea" for it in ids[:20])


def test_checks_come_without_a_suggestion(project):
    """Nobody sees what the model thinks of an asset that measures it."""
    asked = set(project.autolabel.ask(40, max_error=0.1))
    items = [it for it in project.queue.next("ana", 1_000).items if it.asset.id in asked]
    assert len(items) == 40
    assert all(item.prelabel is None for item in items)


def test_a_set_whose_audit_finds_no_errors_stands(project, truth):
    """Audited labels become the person's, and the bounds hold the true rate."""
    found = _accepted(project, truth)
    project.autolabel.audit(40)
    assert _answer(project, truth) >= 40
    after = project.autolabel.audit()[0]
    assert (after.asked, after.answered, after.rolled_back_at) == (40, 40, None)
    assert after.low <= 0.1 <= after.high or after.high < 0.1
    assert after.holding == found.accepted - 40


def test_a_set_whose_audit_breaks_the_promise_is_rolled_back(project, truth):
    """Every label that holds is taken back by an entry; what people said stays."""
    found = _accepted(project, truth)
    members = project.catalog.records.auto_labels.members(found.id)
    project.autolabel.audit(40)
    _answer(project, truth, wrong=True)
    after = project.autolabel.audit()[0]
    assert after.broken
    assert after.rolled_back_at is not None
    assert after.holding == 0
    histories = [project.labels.history(it.asset_id) for it in members]
    assert all(history[0].origin is Origin.MODEL for history in histories)
    taken = [history[-1] for history in histories if history[-1].action is Action.UNDO]
    assert len(taken) == found.accepted - 40
    assert all(entry.value is None for entry in taken)
    assert project.autolabel.roll_back(found.id) == after


def test_what_was_rolled_back_may_be_accepted_again(project, truth):
    """A later set may label the same assets; the log keeps all of it."""
    first = _accepted(project, truth)
    project.autolabel.roll_back(first.id)
    second = project.autolabel.accept(max_error=0.1)
    assert second.accepted == first.accepted
    entry = project.labels.current(
        project.catalog.records.auto_labels.members(second.id)[0].asset_id
    )
    assert entry.version == 3


def test_checks_of_a_standing_set_promise_nothing_of_what_it_left(project, truth):
    """They lie among the surest, which are gone: the rest would look better than it is."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    before = project.autolabel.propose(0.1)
    project.autolabel.accept(before)
    after = project.autolabel.propose(0.1)
    assert before.certificate.checked > 0
    left = before.certificate.available - before.certificate.checked
    assert after.certificate.available == left


def test_what_a_standing_set_left_among_the_surest_is_not_accepted_by_other_checks(project, truth):
    """It was not free then; when it is, the checks that stood for it are spent."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    proposal = project.autolabel.propose(0.1)
    before = judge(project.catalog)
    taken = before.region & (before.errors <= np.float32(proposal.certificate.threshold))
    project.autolabel.accept(proposal)
    assert taken.sum() > proposal.count
    assert not judge(project.catalog).region[taken].any()


def test_nothing_that_a_standing_set_would_have_taken_is_asked_as_a_check(project, truth):
    """It is free again when a person takes their word back, and an answer to it would not count."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    first = judge(project.catalog)
    surest = np.argsort(np.where(first.evidence.free & first.region, first.errors, 2))[:40]
    ids = [first.evidence.ids[at] for at in surest.tolist()]
    for asset_id in ids:
        project.labels.submit(asset_id, truth[asset_id], annotator="bea")
    project.autolabel.accept(max_error=0.1)
    for asset_id in ids:
        project.labels.undo(asset_id, "bea")
    found = judge(project.catalog)
    taken = found.evidence.free & ~found.left
    assert taken[surest].all()
    asked = project.catalog.assets.positions(list(project.autolabel.ask(900, max_error=0.3)))
    assert len(asked)
    assert not taken[asked].any()


def test_a_person_who_takes_back_their_word_leaves_the_models(project, truth):
    """An undo of a correction lets the model's label hold again, still as the model's."""
    found = _accepted(project, truth)
    asset_id = project.catalog.records.auto_labels.members(found.id)[0].asset_id
    project.labels.submit(asset_id, "c", annotator="bea")
    assert project.labels.undo(asset_id, "bea").origin is Origin.MODEL
    assert snapshot.take(project.catalog).by_model[project.catalog.assets.positions([asset_id])[0]]


def test_too_few_checks_promise_nothing(project):
    """A promise of one in a thousand is refused; checks are asked where as many assets are open."""
    with pytest.raises(ConflictError, match=r"more checks would be needed .* assets are open"):
        project.autolabel.accept(max_error=0.001)
    with pytest.raises(ConflictError, match="more checks are needed"):
        project.autolabel.accept(max_error=0.02)


def test_a_proposal_of_before_other_checks_is_refused(project, truth):
    """What it rests on has changed."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    old = project.autolabel.propose(0.1)
    project.autolabel.ask(20, max_error=0.1)
    with pytest.raises(ConflictError, match="Other checks"):
        project.autolabel.accept(old)


def test_unknown_sets_and_impossible_rates_are_refused(project):
    """The error says what to do."""
    with pytest.raises(NotFoundError):
        project.autolabel.roll_back("auto-none")
    with pytest.raises(NotFoundError):
        project.autolabel.accept("auto-none")
    with pytest.raises(InvalidInputError):
        project.autolabel.propose(0.0)
    with pytest.raises(InvalidInputError):
        project.autolabel.ask(0)


def test_each_round_asks_about_some_labels_of_a_standing_set(project, truth):
    """The audit goes on by itself."""
    _accepted(project, truth)
    project.next_round(5)
    assert project.autolabel.history()[0].asked == 20


def test_assets_are_found_by_their_difficulty(project):
    """A filter, counts and an order, hardest first, come with the model's predictions."""
    model = project.catalog.records.models.latest(Arm.ACTIVE)
    counts = facets(project.catalog, AssetQuery(), model.id)["difficulty"]
    assert sum(counts.values()) == 900
    for word in Difficulty:
        page = run(project.catalog, AssetQuery(difficulty=(word,)), model.id)
        assert page.total == counts.get(word, 0)
        assert {card.difficulty for card in page.cards} <= {word}
    ordered = run(project.catalog, AssetQuery(sort="hardest", limit=900), model.id).cards
    words = [list(Difficulty).index(card.difficulty) for card in ordered]
    assert words == sorted(words, reverse=True)


@pytest.mark.slow
def test_an_acceptance_that_is_killed_is_whole_or_nothing_and_can_be_asked_again(project, truth):
    """After kill -9 at any moment a set has all its labels or none, and the proposal is kept."""
    project.autolabel.ask(80, max_error=0.1)
    _answer(project, truth)
    proposal = project.autolabel.propose(0.1)
    code = (
        "import sys; from querist import Project; opened = Project.open(sys.argv[1]); "
        "print('open', flush=True); opened.autolabel.accept(sys.argv[2])"
    )
    for delay in (0.0, 0.02, 0.1):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(project.folder), proposal.id], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay)
        child.kill()
        child.wait()
        child.stdout.close()
        stored = len(project.catalog.records.auto_labels.members(proposal.id))
        assert stored in (0, proposal.count)
        assert len(project.autolabel.history()) == (stored > 0)
    assert project.autolabel.accept(proposal.id).accepted == proposal.count


def test_the_status_counts_what_the_model_labelled_apart(project) -> None:
    """Beside the labels of people, once there are any."""

    def shown() -> str:
        return CliRunner().invoke(app, ["status", "-p", str(project.folder)]).output

    assert "auto-labelled" not in shown()
    accepted = project.autolabel.accept(max_error=0.1)
    assert re.search(rf"auto-labelled\W+{accepted.accepted:,}\b", shown())
