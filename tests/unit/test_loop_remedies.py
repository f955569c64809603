"""From a finding to its batch and back: the composed batch is drawn, replays, and is reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from querist.errors import InvalidInputError, NotFoundError
from querist.loop import round_confusions
from querist.project import Project
from querist.schema import Arm

COLOURS = ["amber", "blue", "green"]


CENTERS = [(0.0, 0.0), (2.4, -1.8), (1.0, 1.2)]


def make_rows(n: int, seed: int) -> list[dict[str, object]]:
    """Rows of two numbers in three overlapping classes; the last is one in 16."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        code = 2 if i % 16 == 0 else i % 2
        x, y = rng.normal(CENTERS[code], 0.7)
        rows.append({"id": f"row-{i:04d}", "x": float(x), "y": float(y), "known": COLOURS[code]})
    return rows


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A finished first round of random labels in which one class is rare and missed."""
    made = Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        oracle_column="known",
        policy={"batch_size": 60, "audit_size": 240, "control_share": 0.2, "strategy": "random"},
    )
    made.add(make_rows(1500, 0), id_column="id", metadata_columns=["known"])
    made.oracle(1)
    return made


def name_of(project: Project, kind: str) -> str:
    """The name of the newest round's finding of a kind."""
    round_ = project.rounds.list()[-1]
    place = next(i for i, finding in enumerate(round_.findings, 1) if finding.kind == kind)
    return f"{round_.number}.{place}"


def test_the_batch_of_a_finding_brings_what_is_missing(project: Project) -> None:
    """For a rare class the remedy's batch holds far more of it than the pool does; it replays."""
    name = name_of(project, "class_frequency")
    round_ = project.next_round(40, remedy=name)
    assert round_.plan is not None
    assert (round_.plan.remedy, round_.plan.strategy) == (name, "mixture")
    drawn = [
        row.asset_id
        for row in project.catalog.records.rounds.selected(round=2)
        if row.arm is Arm.ACTIVE
    ]
    known = dict(
        zip(project.catalog.assets.ids(), project.catalog.assets.metadata("known"), strict=True)
    )
    assert len(drawn) == 40
    assert np.mean([known[asset_id] == "green" for asset_id in drawn]) > 0.25
    assert project.replay(2)


def test_two_rounds_later_it_is_told_whether_it_helped(project: Project) -> None:
    """The report compares the slice's assets that were no examples, before and after."""
    name = name_of(project, "class_frequency")
    finding = project.rounds.list()[0].findings[int(name.split(".")[1]) - 1]
    assert finding.batch is not None
    project.next_round(60, remedy=name)
    project.oracle(2)
    told = [one for one in project.rounds.list()[2].findings if one.kind == "remedy"]
    assert [one.evidence["finding"] for one in told] == [name]
    assert told[0].evidence["count"] == len(set(finding.members) - set(finding.batch.examples))
    assert told[0].evidence["after"] > told[0].evidence["before"]
    assert not [one for one in project.rounds.list()[1].findings if one.kind == "remedy"]


def test_findings_that_are_not_there_are_refused(project: Project) -> None:
    """Unknown rounds and places are named; no round is begun."""
    for name in ("9.1", "1.99", "1", "nonsense"):
        with pytest.raises(NotFoundError, match="no finding"):
            project.next_round(5, remedy=name)
    assert len(project.rounds.list()) == 1


def test_a_report_has_no_batch_to_draw(project: Project) -> None:
    """A finding that no label mends says so."""
    project.next_round(60, remedy=name_of(project, "class_frequency"))
    project.oracle(2)
    with pytest.raises(InvalidInputError, match="not mended by further labels"):
        project.next_round(5, remedy=name_of(project, "remedy"))


def test_a_batch_like_some_examples_is_like_them(project: Project) -> None:
    """Examples of the rare class bring more of it than the pool holds; the round replays."""
    ids, known = project.catalog.assets.ids(), project.catalog.assets.metadata("known")
    examples = [asset_id for asset_id, name in zip(ids, known, strict=True) if name == "green"][:4]
    round_ = project.next_round(40, examples=examples)
    assert round_.plan is not None
    assert round_.plan.strategy == "mixture"
    selected = project.catalog.records.rounds.selected(round=2)
    drawn = [row.asset_id for row in selected if row.arm is Arm.ACTIVE]
    found = dict(zip(ids, known, strict=True))
    assert np.mean([found[asset_id] == "green" for asset_id in drawn]) > 0.25
    assert project.replay(2)


def test_examples_that_make_no_sense_are_refused(project: Project) -> None:
    """An unknown asset, and examples beside a finding, begin no round."""
    with pytest.raises(NotFoundError, match="nowhere"):
        project.next_round(5, examples=["nowhere"])
    with pytest.raises(InvalidInputError, match="Both"):
        project.next_round(5, remedy="1.1", examples=["row-0001"])
    assert len(project.rounds.list()) == 1


def test_the_cells_of_a_round_count_what_its_findings_rest_on(project: Project) -> None:
    """They hold the labels of audit and control, and none that the active model learned."""
    round_ = project.rounds.list()[0]
    cells = round_confusions(project.catalog, round_)
    records = project.catalog.records.rounds
    drawn = {*records.arm_ids(Arm.AUDIT), *records.arm_ids(Arm.CONTROL)}
    named = {asset_id for cell in cells for asset_id in cell.asset_ids}
    assert named <= drawn
    assert sum(cell.count for cell in cells) <= len(drawn)
    assert sum(cell.count for cell in cells) >= round_.evaluations[0].accuracy.count
