"""Selection knows what people said: labels asked about again, skips, what is being labelled."""

from __future__ import annotations

import numpy as np
import pytest

from querist import Project, query
from querist.errors import InvalidInputError, UnknownNameError
from querist.schema import Arm, Question, RoundPlan

CLASSES = ["boot", "shirt"]
PEOPLE = ["ana", "bob", "cid"]


@pytest.fixture
def make(tmp_path, records_url):
    """Make a project of 60 table rows of two classes that lie apart, with some between."""
    made = []

    def project(**policy):
        policy = {"batch_size": 10, "audit_size": 0, "control_share": 0.0, **policy}
        new = Project.create(
            tmp_path / "shop", media="table", classes=CLASSES, records=records_url, policy=policy
        )
        made.append(new)
        rng = np.random.default_rng(0)
        points = rng.normal(size=(60, 3)) + np.where(np.arange(60) % 2, 1.2, -1.2)[:, None]
        new.add(
            [{"id": f"t{i}", "a": a, "b": b, "c": c} for i, (a, b, c) in enumerate(points.tolist())]
        )
        return new

    yield project
    for new in made:
        new.close()


def truth(asset_id: str) -> str:
    """The right class."""
    return CLASSES[int(asset_id[1:]) % 2]


def other(name: str) -> str:
    """The wrong class."""
    return CLASSES[1 - CLASSES.index(name)]


def answer(project, people=PEOPLE, wrong=()) -> None:
    """Everybody answers whatever they get, the truth but for some assets."""
    while any(
        project.labels.submit(
            it.asset.id,
            CLASSES[1 - CLASSES.index(truth(it.asset.id))]
            if it.asset.id in wrong
            else truth(it.asset.id),
            annotator=name,
            task_id=it.task.id,
        )
        for name in people
        for it in project.queue.next(name, 2).items
    ):
        pass


def kinds(project, number) -> dict[str, Question]:
    """What each asset of a round is asked for."""
    return {it.asset_id: it.kind for it in project.catalog.records.tasks.open(number)}


def labeled(project) -> set[str]:
    """The assets that hold a label."""
    return set(project.catalog.records.labels.values()[0])


def spread_from(project, n, known) -> set[str]:
    """What the strategy chooses of the whole pool when these assets are known."""
    rows = project.catalog.embeddings.matrix(project.catalog.embeddings.keys()[-1])
    picks = query("coreset", n, embeddings=rows, labeled=[int(it[1:]) for it in known])
    return {f"t{i}" for i in picks.indices.tolist()}


def test_a_share_of_the_batch_asks_again_about_labels(make):
    """Three of ten are labelled assets, asked as second opinions; the round replays bit for bit."""
    project = make()
    project.next_round(20)
    answer(project)
    before = labeled(project)
    plan = project.next_round(10, again_share=0.3).plan
    assert (plan.again_share, plan.annotators) == (0.3, 3)
    asked = kinds(project, 2)
    again = {it for it, kind in asked.items() if kind is Question.SECOND}
    assert (len(asked), len(again)) == (10, 3)
    assert again <= before
    assert not {it for it in asked if it not in again} & before
    assert project.replay(2)
    answer(project)
    project.next_round(10)
    assert project.replay(2)


def test_a_wrong_label_is_doubted_before_the_others_and_mended(make):
    """It contradicts the model, so it is asked about; one more opinion and the model mend it."""
    project = make()
    project.next_round(30)
    rows = project.catalog.embeddings.matrix(project.catalog.embeddings.keys()[-1])
    batch = kinds(project, 1)
    far = max(batch, key=lambda it: abs(float(np.sum(rows[int(it[1:])]))))
    answer(project, wrong={far})
    author = project.labels.current(far).annotator
    project.next_round(4, again_share=1.0)
    assert far in kinds(project, 2)
    answer(project, [name for name in PEOPLE if name != author][:1])
    assert project.labels.current(far).value.name == other(truth(far))
    project.finish_round()
    assert project.labels.current(far).value.name == truth(far)


def test_activelab_decides_between_new_assets_and_labels(make):
    """As the strategy of one batch it may ask about both, and the plan draws the same again."""
    project = make()
    project.next_round(20)
    answer(project)
    project.next_round(12, strategy="activelab")
    asked = kinds(project, 2)
    again = {it for it, kind in asked.items() if kind is Question.SECOND}
    assert len(asked) == 12
    assert again <= labeled(project)
    reasons = project.catalog.records.rounds.selected(round=2, arm=Arm.ACTIVE)
    assert {it.asset_id for it in reasons if "another opinion" in it.reason} == again
    assert project.replay(2)


def test_nobody_is_asked_again_who_has_nobody_to_ask(make):
    """With one annotator there is no second opinion: the whole batch is new."""
    project = make()
    project.next_round(20)
    answer(project, ["ana"])
    project.next_round(10, again_share=0.5)
    assert Question.SECOND not in kinds(project, 2).values()
    assert len(kinds(project, 2)) == 10


def test_what_was_skipped_is_not_chosen_again(make):
    """Skips and "cannot tell" leave the pool, and count as known where a batch spreads out."""
    project = make(batch_size=6)
    project.next_round()
    passed = list(kinds(project, 1))
    for i, asset_id in enumerate(passed):
        give = project.labels.skip if i % 2 else project.labels.cannot_tell
        give(asset_id, annotator="ana", reason="blurred")
    for number in range(2, 9):
        project.next_round()
        assert not set(kinds(project, number)) & set(passed)


def test_neighbours_of_what_nobody_can_tell_come_later(make):
    """A spreading strategy stays away from what was skipped as from what is labelled."""
    project = make(strategy="coreset")
    project.next_round(5)
    first = list(kinds(project, 1))
    for asset_id in first:
        project.labels.skip(asset_id, annotator="ana")
    project.next_round(5)
    assert set(kinds(project, 2)) == spread_from(project, 5, first)


def test_what_people_hold_is_not_selected_again_and_counts_for_diversity(make):
    """A leased asset stays out of the next batch, and the batch keeps its distance from it."""
    project = make(strategy="coreset")
    project.next_round(3)
    held = [it.asset.id for it in project.queue.next("ana", 1).items]
    plan = project.next_round(3).plan
    assert plan.in_flight == tuple(held)
    assert set(kinds(project, 2)) == spread_from(project, 3, held)
    assert project.replay(2)
    project.labels.submit(held[0], truth(held[0]), annotator="ana")
    project.next_round(3)
    assert project.rounds.latest().plan.in_flight == ()


def test_a_batch_may_have_its_own_overlap(make):
    """Wishes hold for one batch; the settings for the next."""
    project = make()
    project.next_round(4, overlap=2, overlap_share=1.0)
    assert set(kinds(project, 1).values()) == {Question.OPINION}
    project.next_round(4)
    assert set(kinds(project, 2).values()) == {Question.LABEL}


def test_overlap_by_class_follows_the_model(make):
    """Assets that the model takes for a boot get three opinions, the others one."""
    project = make(class_overlap={"boot": {"opinions": 3}})
    project.next_round(20)
    assert set(kinds(project, 1).values()) == {Question.LABEL}
    answer(project)
    project.next_round(10)
    model = project.catalog.records.models.get(project.rounds.latest().plan.model_id)
    table = project.catalog.predictions.probabilities(model.id)
    ids = project.catalog.assets.ids()
    for asset_id, kind in kinds(project, 2).items():
        top = model.classes[int(np.argmax(table[ids.index(asset_id)]))]
        assert (kind is Question.OPINION) == (top == "boot")
    assert len(set(kinds(project, 2).values())) == 2


def test_only_people_with_the_skill_are_served(make):
    """A batch that needs a skill waits for who has it; the others hear why they get nothing."""
    project = make()
    project.next_round(3, skill="leather")
    page = project.queue.next("ana", 5)
    assert page.items == []
    assert "3 need the skill leather" in page.explanation
    project.catalog.records.annotators.settle(
        "ana",
        role=project.catalog.records.annotators.get("ana").role,
        hourly_cost=None,
        skills=["leather"],
        active=True,
    )
    assert len(project.queue.next("ana", 5).items) == 3


def test_a_class_may_need_a_skill(make):
    """Tasks of which the model says boot need the skill, the others need none."""
    project = make(class_skills={"boot": "leather"})
    project.next_round(20)
    answer(project)
    project.next_round(10)
    skills = {it.skill for it in project.catalog.records.tasks.open(2)}
    assert skills == {"leather", None}
    held = {it.task.skill for it in project.queue.next("ana", 10).items}
    assert held == {None}


def test_wishes_that_cannot_be_are_refused():
    """Shares beyond one, no annotators, unknown wishes."""
    from querist.loop import Wishes

    with pytest.raises(InvalidInputError, match="again_share is"):
        Wishes(again_share=1.5)
    with pytest.raises(InvalidInputError, match="overlap is 0"):
        Wishes(overlap=0)


def test_an_unknown_strategy_opens_no_round(make):
    """It is refused before anything is stored."""
    project = make()
    with pytest.raises(UnknownNameError, match="activlab"):
        project.next_round(strategy="activlab")
    assert project.rounds.latest() is None


def test_plans_from_before_are_read_as_they_were():
    """Fields that are new have values that say: nothing of this."""
    plan = RoundPlan(
        batch_size=1,
        control_size=0,
        audit_size=0,
        strategy="random",
        seed=0,
        encoder="e",
        model_id=None,
        label_seq=0,
        asset_count=1,
    )
    assert (plan.again_share, plan.blind_share, plan.skill, plan.in_flight) == (0, 0, None, ())


def test_classes_of_settings_are_checked():
    """An overlap by class names opinions and share, a skill is a word."""
    from querist.catalog import Settings

    for wrong in ({"class_overlap": {"boot": 3}}, {"class_skills": {"boot": 1}}):
        with pytest.raises(InvalidInputError):
            Settings.of(name="x", policy=wrong)
