"""From a finding to its batch and back: the composed batch is drawn, replays, and is reported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from querist.errors import InvalidInputError, NotFoundError
from querist.loop import round_confusions, training
from querist.loop.remedies import standing_findings, strategy_for
from querist.loop.remedy_reports import beyond_picking
from querist.project import Project
from querist.schema import (
    AddClass,
    Arm,
    Finding,
    MergeClasses,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
)

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


@pytest.fixture(scope="module")
def first_round(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished first round of random labels in which one class is rare and missed."""
    folder = tmp_path_factory.mktemp("made") / "p"
    with Project.create(
        folder,
        media="table",
        classes=COLOURS,
        oracle_column="known",
        policy={"batch_size": 60, "audit_size": 240, "control_share": 0.2, "strategy": "random"},
    ) as made:
        made.add(make_rows(1500, 0), id_column="id", metadata_columns=["known"])
        made.oracle(1)
    return folder


@pytest.fixture
def project(first_round: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for one test."""
    with Project.open(Path(shutil.copytree(first_round, tmp_path / "p"))) as opened:
        yield opened


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
    """By the assets that made the finding and were no examples, where chance drew few since."""
    name = name_of(project, "class_frequency")
    finding = project.rounds.list()[0].findings[int(name.split(".")[1]) - 1]
    assert finding.batch is not None
    project.next_round(60, remedy=name)
    project.oracle(2)
    assert len(drawn_since(project)) < 6
    (told,) = [one for one in project.rounds.list()[2].findings if one.kind == "remedy"]
    measured = [it for it in finding.members if it not in finding.batch.examples]
    assert (told.evidence["finding"], told.evidence["picked"]) == (name, True)
    check_figures(project, told, measured)
    assert told.evidence["after"] > told.evidence["before"]
    assert told.evidence["p_value"] is None
    assert not [one for one in project.rounds.list()[1].findings if one.kind == "remedy"]


@pytest.mark.parametrize("to", ["green", "lime"])
def test_what_chance_drew_since_tells_whether_it_helped(project: Project, to: str) -> None:
    """The old model's errors did not pick these assets, so that they count before the others.

    They do so too when the class is renamed meanwhile.
    """
    name = name_of(project, "class_frequency")
    finding = project.rounds.list()[0].findings[int(name.split(".")[1]) - 1]
    project.catalog.change_policy(control_share=0.9)
    project.next_round(20, remedy=name)
    project.oracle(1)
    if to != "green":
        project.ontology_changes.apply(RenameClass(name="green", to=to), author="ana")
    project.next_round(300)
    label_as_known(project, {"green": to})
    (told,) = [one for one in project.rounds.list()[2].findings if one.kind == "remedy"]
    since = drawn_since(project)
    assert len(since) >= 6
    assert not set(since) & set(finding.members)
    assert told.evidence["picked"] is False
    check_figures(project, told, since)
    assert 0 < told.evidence["p_value"] <= 1


def test_assets_that_were_picked_for_errors_seldom_praise_a_model_that_is_as_good() -> None:
    """On the worst of 200 groups of 20 the sign test often would."""
    rng = np.random.default_rng(0)
    praised = by_signs = 0
    for _ in range(200):
        old, new = (rng.random((2, 200, 20)) < 0.7).astype(float)
        worst = old.mean(axis=1).argmin()
        then, now = old[worst], new[worst]
        praised += beyond_picking(then, now)
        better, worse = int((now > then).sum()), int((then > now).sum())
        by_signs += better > worse and binomtest(better, better + worse).pvalue <= 0.05
    assert praised <= 2
    assert by_signs > 30
    assert beyond_picking(np.zeros(12), np.array([1.0] * 11 + [0.0]))


def check_figures(project: Project, told: Finding, measured: list[str]) -> None:
    """A report on the rare class counts some assets, under the first model and the newest."""
    assert told.evidence["count"] == len(measured)
    first, _, newest = (str(one.model_id) for one in project.rounds.list())
    for key, model in (("before", first), ("after", newest)):
        assert told.evidence[key] == pytest.approx(share_right(project, model, measured))


def label_as_known(project: Project, called: Mapping[str, str]) -> None:
    """Label the open batch by the known column, some of whose classes are called otherwise."""
    known = dict(
        zip(project.catalog.assets.ids(), project.catalog.assets.metadata("known"), strict=True)
    )
    records = project.catalog.records
    for asset_id in records.tasks.asked():
        name = str(known[asset_id])
        project.labels.submit(asset_id, called.get(name, name), annotator="ana")
    project.oracle(1)


def drawn_since(project: Project) -> list[str]:
    """Assets of the rare class that the control arm alone drew in the second round or the third."""
    records = project.catalog.records.rounds
    known = dict(
        zip(project.catalog.assets.ids(), project.catalog.assets.metadata("known"), strict=True)
    )
    drawn = [row.asset_id for row in records.selected(arm=Arm.CONTROL) if row.round in (2, 3)]
    active = set(records.arm_ids(Arm.ACTIVE))
    return [it for it in drawn if known[it] == "green" and it not in active]


def share_right(project: Project, model_id: str, asset_ids: list[str]) -> float:
    """How many of some assets of the rare class a model calls by it."""
    model = project.catalog.records.models.get(model_id)
    rows = np.asarray(project.catalog.assets.positions(asset_ids))
    said = training.predict(project.catalog, model, rows).argmax(axis=1)
    # By its place: it may be called otherwise by now.
    return float(np.mean(said == COLOURS.index("green")))


def test_findings_that_are_not_there_are_refused(project: Project) -> None:
    """Unknown rounds and places are named; no round is begun."""
    for name in ("9.1", "1.99", "1", "nonsense"):
        with pytest.raises(NotFoundError, match="no finding"):
            project.next_round(5, remedy=name)
    assert len(project.rounds.list()) == 1


def test_a_remedy_follows_its_class_through_a_rename_and_a_merge(project: Project) -> None:
    """The batch looks for what the class became, whoever has its old name meanwhile; it replays."""
    name = name_of(project, "class_frequency")
    project.ontology_changes.apply(RenameClass(name="green", to="lime"), author="ana")
    project.ontology_changes.apply(AddClass(name="green"), author="ana")
    assert wanted_by(project, name) == "lime"
    project.ontology_changes.apply(MergeClasses(names=("blue", "lime"), into="cold"), author="ana")
    assert wanted_by(project, name) == "cold"
    project.next_round(20, remedy=name)
    assert project.replay(2)


def test_a_remedy_whose_class_was_split_or_retired_is_refused(project: Project) -> None:
    """It says what became of it, begins no round, and is no longer offered."""
    name = name_of(project, "class_frequency")
    project.ontology_changes.apply(SplitClass(name="green", into=("lime", "olive")), author="ana")
    with pytest.raises(InvalidInputError, match=r"'green'.* may be lime or olive now"):
        project.next_round(20, remedy=name)
    (round_,) = project.rounds.list()
    place = int(name.partition(".")[2]) - 1
    told = standing_findings(project.catalog, round_)[place]
    assert told.batch is None
    assert "may be lime or olive now" in told.remedy
    project.ontology_changes.apply(RevertOntology(version=1), author="ana")
    assert standing_findings(project.catalog, round_) == round_.findings
    assert wanted_by(project, name) == "green"
    project.ontology_changes.apply(RetireClass(name="green"), author="ana")
    with pytest.raises(InvalidInputError, match=r"'green'.* is not there any more"):
        project.next_round(20, remedy=name)
    assert len(project.rounds.list()) == 1


def wanted_by(project: Project, name: str) -> str:
    """The class that the batch of a finding looks for, as it is called now."""
    _, parameters = strategy_for(project.catalog, name)
    return project.ontology.names[parameters["parameters"]["certainty"]["wanted"]]


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


def test_confused_classes_have_a_batch_and_a_report(tmp_path: Path) -> None:
    """Of three classes two overlap: the batch is of these, and later it is told what it did."""
    rng = np.random.default_rng(0)
    centers = {"amber": (0.0, 0.0), "blue": (1.2, 0.0), "green": (0.0, 9.0)}
    rows = [
        {"id": f"r{i}", "x": centers[name][0] + dx, "y": centers[name][1] + dy, "known": name}
        for i, name in enumerate(COLOURS * 400)
        for dx, dy in [rng.normal(0, 0.7, 2).tolist()]
    ]
    policy = {"batch_size": 60, "audit_size": 240, "control_share": 0.0, "strategy": "random"}
    with Project.create(
        tmp_path / "p", media="table", classes=COLOURS, oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(1)
        name = name_of(project, "confused_classes")
        project.next_round(40, remedy=name)
        known = dict(
            zip(project.catalog.assets.ids(), project.catalog.assets.metadata("known"), strict=True)
        )
        drawn = project.catalog.records.rounds.selected(round=2)
        assert np.mean([known[row.asset_id] != "green" for row in drawn]) > 0.9
        project.oracle(2)
        (told,) = [one for one in project.rounds.list()[2].findings if one.kind == "remedy"]
        assert (told.evidence["finding"], told.evidence["kind"]) == (name, "confused_classes")
