"""Facts about predictions and vectors that were made elsewhere, from files of every kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet
from typer.testing import CliRunner

from querist.cli.app import app
from querist.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StorageError,
    UnknownNameError,
)
from querist.loop import nameable
from querist.project import Project
from querist.schema import Arm, Role, Step
from querist.server import create_app

NAMES = ["amber", "blue", "green"]
COUNT = 90


@pytest.fixture
def project(tmp_path: Path):
    """90 rows of three known classes; nothing is labelled yet."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(COUNT):
        x, y = rng.normal([(i % 3) * 2.0, -(i % 2)], 0.6)
        rows.append({"id": f"row-{i:02d}", "x": float(x), "y": float(y), "known": NAMES[i % 3]})
    with Project.create(
        tmp_path / "p",
        media="table",
        classes=NAMES,
        oracle_column="known",
        policy={"batch_size": 9, "audit_size": 15, "control_share": 0.5},
    ) as made:
        made.add(rows, id_column="id", metadata_columns=["known"])
        yield made


def said(count: int = COUNT, sure: float = 0.8) -> tuple[list[str], np.ndarray]:
    """What a good model says: the right class with probability ``sure``."""
    table = np.full((count, 3), (1 - sure) / 2)
    table[np.arange(count), np.arange(count) % 3] = sure
    return [f"row-{i:02d}" for i in range(count)], table


def written(folder: Path, kind: str) -> Path:
    """The predictions as a file of a kind, rows and columns in another order than the project's."""
    ids, table = said()
    ids, table = ids[::-1], table[::-1][:, [2, 0, 1]]
    names = [NAMES[i] for i in (2, 0, 1)]
    path = folder / f"said.{kind}"
    if kind == "npz":
        np.savez(path, ids=np.array(ids), logits=np.log(table) + 7, classes=np.array(names))
    elif kind == "parquet":
        columns = {"id": ids, **{n: table[:, i] for i, n in enumerate(names)}}
        parquet.write_table(pa.table(columns), path)
    else:
        lines = [",".join(["asset_id", *names])]
        lines += [
            ",".join([a, *map(repr, row)]) for a, row in zip(ids, table.tolist(), strict=True)
        ]
        path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_a_file_of_each_kind_becomes_the_newest_model(project, tmp_path, kind: str) -> None:
    """Rows go to their assets and columns to their classes, whatever the order."""
    found = project.models.import_predictions(str(written(tmp_path, kind)), name="mine")
    stored = project.catalog.predictions.probabilities(found.model.id)
    np.testing.assert_allclose(stored, said()[1], atol=1e-4)
    assert project.catalog.records.models.latest(Arm.ACTIVE) == found.model
    assert (found.told, found.missing, found.evaluation) == (COUNT, 0, None)


def test_it_chooses_and_rates_like_any_model_and_the_audit_measures_it(project) -> None:
    """The next batch goes by its doubt, difficulty is told, and the evaluation is its own."""
    ids, table = said(sure=0.8)
    table[30:40] = [0.34, 0.33, 0.33]
    project.oracle(1)
    found = project.models.import_predictions({"ids": ids, "probabilities": table})
    assert found.evaluation is not None
    assert found.evaluation.accuracy.count == 15
    assert found.evaluation.measures["log_loss"].value > 0.2
    summary = project.catalog.predictions.summary(found.model.id)
    assert (summary.difficulty >= 0).all()
    round_ = project.next_round(4, strategy="margin")
    assert round_.plan.model_id == found.model.id
    drawn = project.catalog.records.rounds.selected(round=round_.number, arm=Arm.ACTIVE)
    assert {row.asset_id for row in drawn} <= set(ids[30:40])
    assert project.replay(round_.number)


def test_a_project_whose_model_lives_elsewhere_trains_nothing(project) -> None:
    """With the learner ``imported`` a round ends with the newest import, diagnosed and measured."""
    text = project.folder / "querist.toml"
    body = text.read_text("utf-8").replace('name = "logistic-regression"', 'name = "imported"')
    text.write_text(body, "utf-8")
    with Project.open(project.folder) as opened:
        opened.oracle(1)
        assert opened.rounds.latest().model_id is None
        with pytest.raises(InvalidInputError, match="imported"):
            opened.train()
        ids, table = said()
        model = opened.models.import_predictions({"ids": ids, "probabilities": table}).model
        opened.oracle(1)
        done = opened.rounds.latest()
        assert (done.step, done.model_id, done.control_model_id) == (Step.DONE, model.id, None)
        assert [e.accuracy.value for e in done.evaluations] == [1.0]
        with pytest.raises(InvalidInputError, match="elsewhere"):
            opened.experiments.run("arms")


def test_assets_beside_the_file_are_answered_by_a_stand_in(project) -> None:
    """A partial file has to be wished for; what it says stays when assets join later."""
    ids, table = said(60, sure=0.95)
    with pytest.raises(InvalidInputError, match="30 are missing"):
        project.models.import_predictions({"ids": ids, "probabilities": table})
    found = project.models.import_predictions({"ids": ids, "probabilities": table}, partial=True)
    assert found.missing == 30
    stored = np.array(project.catalog.predictions.probabilities(found.model.id))
    np.testing.assert_allclose(stored[:60], table, atol=1e-6)
    assert (stored[60:].argmax(axis=1) == np.arange(60, 90) % 3).mean() > 0.7
    project.add([{"id": "late", "x": 0.0, "y": 0.0, "known": "amber"}], metadata_columns=["known"])
    project.next_round(3, strategy="margin")
    grown = project.catalog.predictions.probabilities(found.model.id)
    np.testing.assert_array_equal(grown[:90], stored)
    assert len(grown) == 91


def test_what_does_not_fit_is_refused_and_nothing_is_stored(project, tmp_path) -> None:
    """Unknown ids and classes, rows that are no probabilities, gaps, repeats, damaged files."""
    ids, table = said()

    def refused(error: type[Exception], match: str, **arrays: object) -> None:
        given = {"ids": ids, "probabilities": table, **arrays}
        with pytest.raises(error, match=match):
            project.models.import_predictions(given)

    refused(NotFoundError, "2 ids of the file", ids=["x", "y", *ids[2:]])
    refused(UnknownNameError, "blau", classes=["amber", "blau", "green"])
    refused(InvalidInputError, "90 rows are no prob.*'row-00' sums to 2", probabilities=2 * table)
    refused(InvalidInputError, "twice", ids=[ids[0], *ids[:-1]])
    refused(
        InvalidInputError,
        "The dict holds a gap, .* in 1 row,",
        probabilities=np.where(table[:, :1] + np.arange(90)[:, None] < 1, np.nan, table),
    )
    refused(InvalidInputError, "2 columns without names", probabilities=np.full((90, 2), 0.5))
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"nothing")
    with pytest.raises(StorageError):
        project.models.import_predictions(str(bad))
    plain = tmp_path / "plain.csv"
    plain.write_text("who,amber\nrow-00,1\n", "utf-8")
    with pytest.raises(UnknownNameError, match="ids of the assets"):
        project.models.import_predictions(str(plain))
    assert project.catalog.records.models.latest(Arm.ACTIVE) is None


def test_a_model_from_a_file_is_titled_by_its_name(project) -> None:
    """With its kind and labels behind; without a name these alone."""
    ids, table = said()
    project.models.import_predictions({"ids": ids, "probabilities": table}, name="resnet-7")
    project.models.import_predictions({"ids": ids, "probabilities": table})
    titles = [it.title for it in nameable(project.catalog)]
    assert titles == ["imported (0 labels)", "resnet-7 (imported, 0 labels)"]


def test_imported_vectors_carry_the_rounds(project, tmp_path) -> None:
    """They are an encoder of their own; other vectors of the same name are a conflict."""
    rng = np.random.default_rng(1)
    vectors = np.eye(3)[np.arange(COUNT) % 3] + rng.normal(0, 0.05, (COUNT, 3))
    ids = said()[0]
    path = tmp_path / "vectors.npz"
    np.savez(path, ids=np.array(ids), vectors=vectors)
    shown = CliRunner().invoke(
        app, ["import-embeddings", str(path), "--name", "clip", "-p", str(project.folder)]
    )
    assert shown.exit_code == 0, shown.output
    with Project.open(project.folder) as opened:
        opened.oracle(2)
        model = opened.catalog.records.models.latest(Arm.ACTIVE)
        assert model.encoder == "imported.clip-1-file-3"
        assert opened.status().curve.active[-1].accuracy.value == 1.0
        with pytest.raises(ConflictError, match="another vector"):
            opened.models.import_embeddings({"ids": ids, "vectors": vectors + 1}, name="clip")
        with pytest.raises(InvalidInputError, match="32 bits do not hold"):
            opened.models.import_embeddings({"ids": ids, "vectors": vectors * 1e150}, name="far")
        with pytest.raises(InvalidInputError, match="89 of 90"):
            opened.models.import_embeddings({"ids": ids[:1], "vectors": vectors[:1]}, name="other")
        with pytest.raises(NotFoundError, match="no imported vector"):
            opened.add([{"id": "late", "x": 0.0, "y": 0.0, "known": "amber"}])


def test_the_command_and_the_route_do_the_same(project, tmp_path) -> None:
    """Both say what came in; an annotator may not."""
    asked = ["import-predictions", str(written(tmp_path, "csv")), "-p", str(project.folder)]
    shown = CliRunner().invoke(app, asked)
    assert f"tells of {COUNT} assets" in shown.output
    project.catalog.records.annotators.ensure("mia", Role.MANAGER)
    token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
    client = TestClient(create_app(project), base_url="http://127.0.0.1:8321")
    client.headers["Authorization"] = f"Bearer {token}"
    ids, table = said()
    body = {"ids": ids, "logits": np.log(table).tolist(), "name": "mine"}
    answer = client.post("/api/v1/predictions", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["model"]["parameters"] == {"model": "mine"}
    refused = client.post("/api/v1/predictions", json=body | {"ids": ["x", *ids[1:]]})
    assert refused.json()["error"]["code"] == "not_found"


def test_files_on_the_server_come_in_as_jobs_of_the_owner(project, tmp_path) -> None:
    """Predictions and vectors by their paths; a broken file fails with what is wrong with it."""
    project.catalog.records.annotators.ensure("olga", Role.OWNER)
    token = project.catalog.records.tokens.issue("olga", kind="api", ttl_seconds=600)
    app = create_app(project, engine=project.jobs)
    client = TestClient(app, base_url="http://127.0.0.1:8321")
    client.headers["Authorization"] = f"Bearer {token}"

    def job(what: str, **body: object) -> dict:
        answer = client.post(f"/api/v1/{what}/file", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    done = job("predictions", path=str(written(tmp_path, "parquet")), name="mine")
    assert (done["state"], done["result"]["told"]) == ("done", COUNT), done
    assert done["message"] == f"Predictions of {COUNT} assets"
    vectors = tmp_path / "vectors.npz"
    np.savez(vectors, ids=np.array(said()[0]), vectors=np.eye(COUNT, 4))
    done = job("embeddings", path=str(vectors), name="mine")
    assert (done["state"], done["result"]["dimensions"]) == ("done", 4), done
    vectors.write_bytes(b"broken")
    failed = job("embeddings", path=str(vectors), name="mine")
    assert failed["state"] == "failed"
    assert "vectors.npz cannot be read" in failed["error"]["message"]


def test_predictions_of_one_class_are_refused_as_such(project: Project) -> None:
    """The class is named, and what lacks; nothing is said of labels, and no model is made."""
    ids, table = said(4, sure=1.0)
    table[:] = [0.0, 1.0, 0.0]
    with pytest.raises(InvalidInputError, match="4 assets say 'blue' only") as caught:
        project.models.import_predictions({"ids": ids, "probabilities": table}, partial=True)
    assert "label" not in caught.value.remedy
    assert project.catalog.records.models.latest(Arm.ACTIVE) is None
