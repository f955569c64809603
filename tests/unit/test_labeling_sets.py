"""Sets of classes and numbers: how what people say is compared, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest

from querist import Project

ORDERS = {"ana": ["red", "cotton"], "bob": ["cotton", "red"]}


@pytest.fixture
def project(tmp_path) -> Iterator[Project]:
    """Thirty rows, ten of them with a known answer; six are asked of two people."""
    policy = {
        "audit_size": 0,
        "control_share": 0.0,
        "overlap": 2,
        "overlap_share": 1.0,
        "gold_share": 0.5,
    }
    with Project.create(
        tmp_path / "shop",
        task="multi_label",
        media="table",
        classes=["red", "cotton", "blue"],
        policy=policy,
    ) as made:
        made.add([{"id": f"r{i}", "x": float(i)} for i in range(30)])
        for i in range(20, 30):
            made.gold.add(f"r{i}", ["cotton", "red"], created_by="rev")
        made.next_round(6)
        yield made


def answer_all(project: Project, said=ORDERS) -> None:
    """Each says the same of all that is asked of him."""
    for who, value in said.items():
        while items := project.queue.next(who, 1).items:
            task = items[0].task
            project.labels.submit(items[0].asset.id, value, annotator=who, task_id=task.id)


def test_a_set_in_another_order_is_the_right_answer(project):
    """Gold questions, the label that holds, and a consensus made anew: nobody is wrong."""
    answer_all(project)
    found = {it.annotator: it for it in project.opinions.agreement().annotators}
    assert [found[who].gold_answers for who in ORDERS] == [6, 6]
    assert [found[who].gold_accuracy for who in ORDERS] == [1.0, 1.0]
    assert [found[who].agreement for who in ORDERS] == [1.0, 1.0]
    assert not project.opinions.preview("majority")
    assert not project.opinions.disputes()


def test_a_set_that_holds_is_not_imported_again_in_another_order(project):
    """Importing twice is the same as once; the label keeps the order it was given in."""
    assert project.labels.import_many([("r0", ["red", "cotton"])], annotator="known") == 1
    assert project.labels.import_many([("r0", ["cotton", "red"])], annotator="known") == 0
    assert project.labels.current("r0").value.names == ("red", "cotton")
    assert project.labels.import_many([("r0", ["cotton"])], annotator="known") == 1


def test_agreement_of_sets_is_alpha_with_the_masi_distance(project):
    """Ana and bob say the same of five assets; of the sixth bob names one of ana's two classes."""
    said = [([], []), (["red"], ["red"]), (["blue"], ["blue"]), (["cotton"], ["cotton"])]
    said += [(["red", "blue"], ["blue", "red"]), (["red", "cotton"], ["red"])]
    asked = sorted({it.asset_id for it in project.catalog.records.tasks.open(1)})
    answers = dict(zip(asked, said, strict=True))
    for at, who in enumerate(("ana", "bob")):
        while items := project.queue.next(who, 1).items:
            task, asset_id = items[0].task, items[0].asset.id
            value = answers[asset_id][at] if asset_id in answers else []
            project.labels.submit(asset_id, value, annotator=who, task_id=task.id)
    flat = [frozenset(it) for pair in said for it in pair]
    apart = [masi(a, b) for a, b in permutations(flat, 2)]
    wanted = 1 - 2 * masi(*flat[-2:]) / 12 / (sum(apart) / len(apart))
    found = project.opinions.agreement()
    assert (found.assets, found.opinions, found.distance) == (6, 12, "masi")
    assert found.alpha == pytest.approx(wanted)
    assert 0.8 < wanted < 1
    (pair,) = found.pairs
    assert (pair.first, pair.second, pair.assets, pair.kappa) == ("ana", "bob", 6, None)
    assert pair.alpha == pytest.approx(wanted)


def test_agreement_of_numbers_is_alpha_with_the_squared_difference(tmp_path):
    """Three people, one of whom is off by half; skips are no answers, and one answer is not two."""
    policy = {"audit_size": 0, "control_share": 0.0, "overlap": 3, "overlap_share": 1.0}
    with Project.create(
        tmp_path / "shop", task="regression", media="table", policy=policy
    ) as project:
        project.add([{"id": f"r{i}", "x": float(i)} for i in range(8)])
        assert project.opinions.agreement().alpha is None
        project.next_round(8)
        for who, way in (("ana", 1.0), ("bob", 1.1), ("cid", 0.5)):
            for item in project.queue.next(who, 8).items:
                number = way * (1 + int(item.asset.id[1:]))
                if item.asset.id == "r7" and who != "ana":
                    project.labels.skip(item.asset.id, annotator=who, task_id=item.task.id)
                    continue
                project.labels.submit(item.asset.id, number, annotator=who, task_id=item.task.id)
        found = project.opinions.agreement()
    assert (found.assets, found.opinions, found.distance) == (7, 21, "interval")
    rows = [[i, 1.1 * i, 0.5 * i] for i in range(1, 8)]
    within = [sum((a - b) ** 2 for a, b in permutations(row, 2)) / 2 for row in rows]
    apart = [(a - b) ** 2 for a, b in permutations([it for row in rows for it in row], 2)]
    assert found.alpha == pytest.approx(1 - sum(within) / 21 / (sum(apart) / len(apart)))
    alpha = {(it.first, it.second): it.alpha for it in found.pairs}
    assert alpha["ana", "bob"] > 0.95 > alpha["ana", "cid"]
    assert [it.assets for it in found.pairs] == [7, 7, 7]


def masi(a, b) -> float:
    """The distance of two sets in Passonneau's words."""
    if a == b:
        return 0.0
    alike = 2 / 3 if a <= b or b <= a else 1 / 3 if a & b else 0
    return 1 - alike * len(a & b) / len(a | b)
