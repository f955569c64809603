"""Facts about what a promise rests on: unclear answers, open checks, audits, changed classes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from querist import Project
from querist.errors import ConflictError
from querist.schema import RenameClass, RetireClass, SplitClass

N = 900
CODES = np.random.default_rng(0).integers(0, 3, N)
TRUTH = {f"a{i}": "abc"[code] for i, code in enumerate(CODES.tolist())}


@pytest.fixture(scope="module")
def in_the_third_round(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 900 table rows in three groups, after two rounds, in the third."""
    folder = tmp_path_factory.mktemp("made") / "p"
    rng = np.random.default_rng(1)
    rows = [
        {
            "id": name,
            "truth": word,
            **{f"x{j}": float(5 * (j == "abc".index(word)) + rng.normal()) for j in range(4)},
        }
        for name, word in TRUTH.items()
    ]
    policy = {"audit_size": 60, "batch_size": 30}
    with Project.create(
        folder, media="table", classes=["a", "b", "c"], oracle_column="truth", policy=policy
    ) as made:
        made.add(rows)
        made.oracle(2)
        made.next_round(10)
    return folder


@pytest.fixture
def project(in_the_third_round: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for one test."""
    with Project.open(Path(shutil.copytree(in_the_third_round, tmp_path / "p"))) as opened:
        yield opened


def another(name: str) -> str:
    """A class that is not this one."""
    return "abc"[("abc".index(name) + 1) % 3]


def ask(project: Project, count: int = 150) -> list[str]:
    """Ask for checks."""
    return list(project.autolabel.ask(count, max_error=0.1))


def answer(project: Project, asked: list[str]) -> None:
    """Answer them rightly."""
    for asset_id in asked:
        project.labels.submit(asset_id, TRUTH[asset_id], annotator="ana")


def answer_queue(project: Project, *, wrong: bool = False) -> list[str]:
    """Answer whatever is asked; returns the assets."""
    items = project.queue.next("ben", 1_000).items
    for item in items:
        right = TRUTH[item.asset.id]
        given = another(right) if wrong else right
        project.labels.submit(item.asset.id, given, annotator="ben", task_id=item.task.id)
    return [item.asset.id for item in items]


@pytest.mark.parametrize("decline", ["cannot_tell", "skip"])
def test_a_check_that_nobody_could_answer_counts_as_wrong(project: Project, decline: str) -> None:
    """What a fifth of the checks does not tell, a fifth of what is labelled does not either."""
    asked = ask(project)
    answer(project, asked[30:])
    for asset_id in asked[:30]:
        getattr(project.labels, decline)(asset_id, annotator="ana")
    proposal = project.autolabel.propose(0.1)
    assert proposal.certificate.threshold is None
    assert sum(share.wrong for share in proposal.classes) >= 30
    assert "checks are wrong" in proposal.sentence


def test_checks_that_are_open_count_as_wrong_until_they_are_answered(project: Project) -> None:
    """Whoever looks again and again gets nothing that the last look would refuse."""
    asked = ask(project)
    answer(project, asked[:100])
    early = project.autolabel.propose(0.1)
    assert early.certificate.threshold is None
    assert "50 are not answered, and each counts as wrong until it is" in early.sentence
    with pytest.raises(ConflictError, match="not answered"):
        project.autolabel.accept(early)
    answer(project, asked[100:])
    assert project.autolabel.accept(max_error=0.1).accepted > 500


def test_open_checks_are_asked_again_in_the_next_round(project: Project) -> None:
    """They went back with their round; the promise waits for them."""
    asked = ask(project)
    answer(project, asked[:140])
    project.finish_round()
    assert not project.queue.next("cem", 1_000).items
    project.next_round(5)
    served = {item.asset.id for item in project.queue.next("ana", 1_000).items}
    assert set(asked[140:]) <= served


def test_a_broken_promise_is_made_again_by_new_checks_only(project: Project) -> None:
    """After the audit broke it, what had promised it promises nothing more."""
    answer(project, ask(project))
    first = project.autolabel.accept(max_error=0.1)
    project.autolabel.audit(40)
    answer_queue(project, wrong=True)
    assert project.autolabel.audit()[0].broken
    refused = project.autolabel.propose(0.1)
    assert refused.certificate.available == 0
    assert "since the audit broke what the checks before had promised" in refused.sentence
    fresh = ask(project)
    answer(project, fresh)
    proposal = project.autolabel.propose(0.1)
    assert proposal.certificate.available == len(fresh)
    assert 0 < project.autolabel.accept(proposal).accepted < first.accepted


def test_a_proposal_is_refused_where_answers_since_do_not_bear_it_out(project: Project) -> None:
    """The checks are read once more when it is accepted."""
    asked = ask(project)
    answer(project, asked)
    good = project.autolabel.propose(0.1)
    for asset_id in asked[:60]:
        project.labels.submit(asset_id, another(TRUTH[asset_id]), annotator="ben")
    with pytest.raises(ConflictError, match="answered since do not bear out"):
        project.autolabel.accept(good)
    answer(project, asked[:60])
    assert project.autolabel.accept(good).accepted == good.count


def test_a_proposal_is_refused_after_a_rollback_and_under_other_classes(project: Project) -> None:
    """What it would store was taken back, or is called otherwise now."""
    answer(project, ask(project))
    found = project.autolabel.accept(max_error=0.1)
    assert project.autolabel.accept(found.id) == found
    project.autolabel.roll_back(found.id)
    with pytest.raises(ConflictError, match="was rolled back"):
        project.autolabel.accept(found.id)
    old = project.autolabel.propose(0.1)
    project.ontology_changes.apply(RenameClass(name="a", to="alpha"), author="ana")
    with pytest.raises(ConflictError, match="classes have changed"):
        project.autolabel.accept(old)


@pytest.mark.parametrize("change", [SplitClass(name="a", into=("a1", "a2")), RetireClass(name="a")])
def test_a_class_that_goes_makes_no_audited_label_wrong(project: Project, change) -> None:
    """Its labels stand no more; of the others the audit says what it said."""
    answer(project, ask(project))
    before = project.autolabel.accept(max_error=0.1)
    project.autolabel.audit(60)
    audited = answer_queue(project)
    found = project.autolabel.audit()[0]
    project.ontology_changes.apply(change, author="ana")
    after = project.autolabel.audit()[0]
    members = [it.asset_id for it in project.catalog.records.auto_labels.members(before.id)]
    gone = sum(TRUTH[it] == "a" for it in audited if it in members)
    assert gone > 5
    assert found.wrong <= 2
    assert after.rolled_back_at is None
    assert found.answered - after.answered == pytest.approx(gone, abs=2)
    assert after.wrong <= found.wrong
    assert after.holding < found.holding - 100


def test_the_bounds_of_a_set_that_was_audited_whole_are_its_error_rate(project: Project) -> None:
    """No label is left to be doubted; an answer taken back is none."""
    answer(project, ask(project))
    found = project.autolabel.accept(max_error=0.1)
    accepted = found.accepted
    project.autolabel.audit(N)
    answer_queue(project)
    known = project.autolabel.audit()[0]
    assert known.answered == accepted
    assert known.low == known.high == known.wrong / accepted
    member = project.catalog.records.auto_labels.members(found.id)[0].asset_id
    project.labels.undo(member, "ben")
    assert project.autolabel.history()[0].answered == accepted - 1
