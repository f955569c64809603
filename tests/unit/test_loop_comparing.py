"""Models side by side: rounds, arms and versions on the same audit assets, and at a confidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from querist.cli.app import app
from querist.errors import ConflictError, InvalidInputError, NotFoundError
from querist.loop import nameable, said_of, snapshot, training
from querist.loop.naming_models import version_of
from querist.project import Project
from querist.schema import Action, Arm, ClassValue, Origin

COLOURS = ["amber", "blue", "green"]
CENTERS = [(0.0, 0.0), (2.4, -1.8), (1.0, 1.2)]


def make_rows(n: int, seed: int) -> list[dict[str, object]]:
    """Rows of two numbers in three overlapping classes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, size=n)
    places = rng.normal(np.array(CENTERS)[codes], 0.8)
    return [
        {"id": f"row-{i:04d}", "x": float(x), "y": float(y), "known": COLOURS[code]}
        for i, (code, (x, y)) in enumerate(zip(codes.tolist(), places, strict=True))
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Three finished rounds of table rows with a control arm."""
    folder: Path = tmp_path_factory.mktemp("compare") / "p"
    policy = {"batch_size": 30, "audit_size": 90, "control_share": 0.5, "seed": 2}
    with Project.create(
        folder, media="table", classes=COLOURS, oracle_column="known", policy=policy
    ) as made:
        made.add(make_rows(500, 1), id_column="id", metadata_columns=["known"])
        made.oracle(3)
        yield made


def audit_truth(project: Project) -> dict[str, str]:
    """The class of each labelled audit asset."""
    labels = project.catalog.records.labels
    audit = project.catalog.records.rounds.arm_ids(Arm.AUDIT)
    found = ((asset_id, labels.current(asset_id)) for asset_id in audit)
    return {
        asset_id: label.value.name
        for asset_id, label in found
        if label is not None and isinstance(label.value, ClassValue)
    }


def said_by(project: Project, model_id: str, ids: list[str]) -> list[str]:
    """The class that a model says of each asset."""
    catalog = project.catalog
    rows = catalog.assets.positions(ids)
    table = training.predict(catalog, catalog.records.models.get(model_id), rows)
    return [COLOURS[code] for code in table.argmax(axis=1)]


def test_two_rounds_are_compared_asset_by_asset_on_the_audit_set(project: Project) -> None:
    """Counts, accuracies and galleries are those of a loop over the audit labels."""
    found = project.rounds.compare(1, 3)
    truth = audit_truth(project)
    ids = list(truth)
    rounds = project.rounds.list()
    one, two = (said_by(project, str(rounds[i].model_id), ids) for i in (0, 2))
    true = list(truth.values())
    right = [np.array([a == b for a, b in zip(true, said, strict=True)]) for said in (one, two)]
    assert found.count == len(ids) == 90
    accuracy = found.measures["accuracy"]
    assert (accuracy.first.value, accuracy.second.value) == (right[0].mean(), right[1].mean())
    assert accuracy.difference.low <= accuracy.difference.value <= accuracy.difference.high
    assert (found.lost, found.gained) == (
        (right[0] & ~right[1]).sum(),
        (~right[0] & right[1]).sum(),
    )
    by_kind = {gallery.kind: gallery for gallery in found.galleries}
    assert by_kind["newly_wrong"].count == found.lost
    assert {it.id for it in by_kind["newly_right"].assets} == {
        asset_id for asset_id, a, b in zip(ids, *right, strict=True) if b and not a
    }
    for asset in by_kind["newly_right"].assets:
        assert asset.truth == asset.second == truth[asset.id] != asset.first
    sure = [it.confidence for it in by_kind["least_confident"].assets]
    assert sure == sorted(sure)
    assert [part.name for part in found.classes] == COLOURS
    assert sum(part.count for part in found.classes) == found.count


def test_the_random_labels_of_a_round_and_any_model_can_be_compared(project: Project) -> None:
    """``3-control`` is the model of the control arm; an id is any version; none else is."""
    rounds = project.rounds.list()
    found = project.rounds.compare("3-control", str(rounds[2].model_id))
    assert found.first.model_id == rounds[2].control_model_id
    assert (found.first.arm, found.first.title) == (Arm.CONTROL, "Round 3, random labels")
    assert found.second.model_id == rounds[2].model_id
    names = [it.name for it in nameable(project.catalog)]
    assert {"1", "3", "3-control"} <= set(names)
    assert {it.model_id for it in nameable(project.catalog)} == {
        it.id for it in project.catalog.records.models.list()
    }
    for name in ("9", "1-control-control", "model-none"):
        with pytest.raises(NotFoundError):
            project.rounds.compare(name, 3)
    with pytest.raises(NotFoundError, match="There is no model 'mine'") as none:
        project.rounds.thresholds("mine")
    assert set(none.value.remedy.removeprefix("Name one of: ")[:-1].split(", ")) == set(names)


def test_an_imported_model_is_called_by_its_name(tmp_path: Path) -> None:
    """The newest of a name is meant; others are offered by theirs."""
    with Project.create(tmp_path / "p", media="table", classes=COLOURS) as made:
        made.add(make_rows(40, 0), id_column="id", metadata_columns=["known"])
        ids = made.catalog.assets.ids()
        table = np.full((len(ids), len(COLOURS)), 1 / len(COLOURS))
        first, second = (
            made.models.import_predictions({"ids": ids, "probabilities": table}, name="mine").model
            for _ in range(2)
        )
        assert version_of(made.catalog, "mine").id == second.id
        assert version_of(made.catalog, first.id).id == first.id
        with pytest.raises(NotFoundError) as none:
            version_of(made.catalog, "hers")
        assert none.value.remedy == "Name one of: mine."


def test_a_model_compared_with_itself_turns_nothing(project: Project) -> None:
    """No asset turns; the difference is none, with an interval as wide as few assets leave it."""
    found = project.rounds.compare(3, 3)
    assert (found.lost, found.gained, found.chance) == (0, 0, 1.0)
    gap = found.measures["accuracy"].difference
    assert gap.low < 0 == gap.value < gap.high


def test_the_answer_is_the_same_again_and_rests_on_people(tmp_path: Path) -> None:
    """A label by a model measures nobody: its asset leaves the comparison."""
    policy = {"batch_size": 20, "audit_size": 30, "control_share": 0.0, "seed": 4}
    with Project.create(
        tmp_path / "p", media="table", classes=COLOURS, oracle_column="known", policy=policy
    ) as made:
        made.add(make_rows(200, 3), id_column="id", metadata_columns=["known"])
        made.oracle(2)
        before = made.rounds.compare(1, 2)
        assert made.rounds.compare(1, 2) == before
        asset_id = before.galleries[-1].assets[0].id
        made.catalog.records.labels.append(
            asset_id=asset_id,
            action=Action.LABEL,
            annotator="m",
            value=ClassValue(name="blue"),
            origin=Origin.MODEL,
            ontology_version=made.ontology.version,
            submission_id="by-model",
        )
        assert snapshot.take(made.catalog).by_model.sum() == 1
        assert made.rounds.compare(1, 2).count == before.count - 1


def test_one_asset_in_the_eyes_of_both(project: Project) -> None:
    """What people and both models say of one asset is what its gallery tells."""
    found = project.rounds.compare(1, 3)
    asset = found.galleries[1].assets[0]
    said = said_of(project.catalog, asset.id, 1, 3)
    assert [said.truth, said.first, said.second] == [
        ClassValue(name=str(name)) for name in (asset.truth, asset.first, asset.second)
    ]


def test_a_confidence_leaves_some_answers_that_are_more_often_right(project: Project) -> None:
    """At none all audit assets are left; higher up fewer are, and more of these are right."""
    low, high = (project.rounds.thresholds(3, confidence=at) for at in (0.0, 0.9))
    plain = project.rounds.compare(3, 3).measures["accuracy"].first
    assert low.kept is not None
    assert high.kept is not None
    assert low.precision is not None
    assert high.precision is not None
    assert (low.kept.value, low.precision.value) == (1.0, plain.value)
    assert high.kept.value < 1
    assert high.precision.value > low.precision.value
    assert low.overlap is None
    assert low.curve == high.curve
    assert low.curve[90].kept == high.precision.count
    assert sum(one.count for one in low.classes) == low.count


def test_the_reliability_diagram_tells_of_every_audit_asset_before_and_after(
    project: Project,
) -> None:
    """Both diagrams hold all audit assets; their right ones are those of the comparison."""
    found = project.rounds.reliability(3)
    plain = project.rounds.compare(3, 3).measures["accuracy"].first
    assert found.assets == found.diagram.count == plain.count
    for points in (found.diagram.claimed, found.diagram.calibrated):
        assert sum(it.right.count for it in points) == found.assets
        right = sum(it.right.value * it.right.count for it in points)
        assert right == pytest.approx(plain.value * plain.count)
        assert [it.claimed for it in points] == sorted(it.claimed for it in points)
    assert project.rounds.reliability(3) == found


def test_where_calibration_helps_nothing_one_table_says_so(tmp_path: Path) -> None:
    """Of a model that claims 80 % and is right in 80 % the claims are not told twice."""
    folder = tmp_path / "p"
    policy = {"batch_size": 30, "audit_size": 90, "seed": 2}
    with Project.create(
        folder, media="table", classes=COLOURS, oracle_column="known", policy=policy
    ) as made:
        made.add(make_rows(500, 1), id_column="id", metadata_columns=["known"])
        made.oracle(1)
        truth = audit_truth(made)
        ids = [*truth, *(it for it in made.catalog.assets.ids() if it not in truth)]
        table = np.full((len(ids), len(COLOURS)), 0.1)
        for row, name in enumerate(truth.values()):
            table[row, (COLOURS.index(name) + (row % 5 == 4)) % len(COLOURS)] = 0.8
        table[len(truth) :, 0] = 0.8
        found = made.models.import_predictions({"ids": ids, "probabilities": table}, name="sure")
        assert made.rounds.reliability(found.model.id).diagram.method == "none"
        overconfident = made.rounds.reliability(1).diagram
    shown = [
        CliRunner().invoke(app, ["reliability", model, "-p", str(folder)]).output
        for model in ("sure", "1")
    ]
    assert "no calibration serves better" in shown[0]
    assert [it.count("answers") for it in shown] == [1, 2]
    assert f"(method: {overconfident.method})" in shown[1]


def test_without_audit_labels_or_with_nonsense_it_says_what_to_do(tmp_path: Path) -> None:
    """A conflict names the audit set; a confidence of 2 is refused."""
    with Project.create(tmp_path / "p", media="table", classes=COLOURS) as made:
        made.add(make_rows(40, 0), id_column="id", metadata_columns=["known"])
        for i, name in enumerate(COLOURS * 2):
            made.labels.submit(f"row-{i:04d}", name, annotator="ana")
        model = made.train()
        for call in (made.rounds.compare, made.rounds.thresholds, made.rounds.reliability):
            args = (model.id, model.id) if call == made.rounds.compare else (model.id,)
            with pytest.raises(ConflictError, match="audit"):
                call(*args)


def test_a_confidence_out_of_range_is_refused(project: Project) -> None:
    """Neither a confidence nor an overlap of 2 means anything."""
    with pytest.raises(InvalidInputError, match="confidence"):
        project.rounds.thresholds(3, confidence=2)
