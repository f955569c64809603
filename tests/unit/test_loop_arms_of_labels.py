"""Files of labels tell what measures models, so that nobody trains on it elsewhere."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

from PIL import Image

from querist.formats.label_row import from_record, to_record
from querist.loop import snapshot
from querist.loop.outtake import rows
from querist.project import Project
from querist.schema import Arm, Box, BoxesValue, LabeledBox


def labelled(folder: Path) -> Project:
    """Pictures with a box each: of a round with audit and control, and some that nobody asked."""
    policy = {"batch_size": 8, "audit_size": 8, "control_share": 0.5, "strategy": "random"}
    project = Project.create(
        folder / "p", media="image", task="boxes", classes=["spot"], policy=policy
    )
    pictures = folder / "pictures"
    pictures.mkdir()
    for at in range(48):
        Image.new("RGB", (16, 12), (5 * at, 80, 10)).save(pictures / f"{at:02d}.png")
    project.add(pictures)
    project.next_round()
    asked = [it.asset_id for it in project.catalog.records.tasks.open(1)]
    beyond = [it for it in project.catalog.assets.ids() if it not in asked][:3]
    box = BoxesValue(boxes=(LabeledBox(name="spot", box=Box(x=2, y=2, width=4, height=4)),))
    for asset_id in (*asked, *beyond):
        project.labels.submit(asset_id, box, annotator="ana")
    return project


def test_the_export_names_the_arm_of_each_label(tmp_path: Path) -> None:
    """Who trains on what the file says may train learns just what the active model learns."""
    project = labelled(tmp_path)
    project.export(tmp_path / "labels.csv")
    table = list(csv.DictReader(io.StringIO((tmp_path / "labels.csv").read_text("utf-8"))))
    seen = snapshot.take(project.catalog)
    learned = {seen.ids[i] for i in seen.training(Arm.ACTIVE).tolist()}
    assert {it["id"] for it in table if it["arm"] in {"active", ""}} == learned
    assert {it["arm"] for it in table} == {"active", "", "control", "audit"}

    project.export(tmp_path / "labels.json")
    images = json.loads((tmp_path / "labels.json").read_text("utf-8"))["images"]
    arms = {it["id"]: it["arm"] for it in table}
    assert {it["file_name"]: it.get("arm", "") for it in images} == arms

    project.export(tmp_path / "labels.zip")
    with zipfile.ZipFile(tmp_path / "labels.zip") as archive:
        described = archive.read("data.yaml").decode()
        train, val = (archive.read(f"{it}.txt").decode().split() for it in ("train", "val"))
    assert "train: train.txt\nval: val.txt\n" in described
    assert set(train) == {f"./images/{it}" for it in learned}
    assert set(val) == {f"./images/{it['id']}" for it in table} - set(train)


def test_a_file_of_before_is_read_without_arms(tmp_path: Path) -> None:
    """Its columns are all but that one."""
    row = next(iter(rows(labelled(tmp_path).catalog)))
    record = to_record(row)
    assert record.pop("arm") == row.arm
    assert from_record(record).id == row.id
