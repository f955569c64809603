"""Sets of classes: what people say is compared as a set, whatever the order of the names."""

from __future__ import annotations

from collections.abc import Iterator

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
