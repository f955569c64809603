"""The example's script drives a project of real pictures; a script that breaks costs no label."""

from __future__ import annotations

import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from own_model import EXAMPLES
from querist.errors import UnavailableError
from querist.experiments import datasets
from querist.learners.script_backend import stop_scripts
from querist.project import Project
from querist.schema import Arm, JobState, Step

pytestmark = pytest.mark.slow

COUNT = 300


def environment_in(folder: Path) -> None:
    """Another virtual environment, with the packages of this one."""
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text(sysconfig.get_path("purelib"))


def label_all(project: Project, names: dict[str, str]) -> int:
    """Answer every task of the round; returns how many labels there are."""
    for item in project.queue.next("ana", 500).items:
        project.labels.submit(item.task.asset_id, names[item.task.asset_id], annotator="ana")
    return project.status().labeled


def test_a_script_drives_rounds_and_costs_no_label(tmp_path: Path) -> None:
    """Two rounds in another environment; a third waits until the broken script is mended."""
    pictures = datasets.load_demo()
    folder = tmp_path / "p"
    given = {"file": "own_model.py", "python": "env/bin/python"}
    learner = {
        "name": "script",
        "encoder": "script-image",
        "parameters": given,
        "encoder_parameters": {**given, "dimensions": 144},
    }
    policy = {"batch_size": 60, "audit_size": 60, "control_share": 0.1}
    with Project.create(
        folder, classes=list(pictures.class_names), learner=learner, policy=policy
    ) as project:
        environment_in(folder / "env")
        source = (EXAMPLES / "own_model.py").read_text()
        told = "\nimport sys\nopen('prefix', 'w').write(sys.prefix)\n"
        (folder / "own_model.py").write_text(source + told)
        project.add(pictures.images[:COUNT])
        ids = project.catalog.assets.ids()
        names = {
            asset_id: pictures.class_names[code]
            for asset_id, code in zip(ids, pictures.labels[:COUNT].tolist(), strict=True)
        }
        for _ in range(2):
            project.next_round(60)
            labels = label_all(project, names)
            project.train()
        assert (folder / "prefix").read_text() == str(folder / "env") != sys.prefix
        status = project.status()
        assert [point.round for point in status.curve.active] == [1, 2]
        assert status.curve.active[-1].accuracy.value > 0.5
        last = project.rounds.latest().model_id
        assert project.rounds.list()[1].plan.model_id == project.rounds.list()[0].model_id
        assert len(project.catalog.predictions.probabilities(last)) == COUNT

        project.next_round(60)
        labels = label_all(project, names)
        broken = source.replace(
            'return {"weights"', "raise MemoryError('no room')\n    return {\"weights\""
        )
        (folder / "own_model.py").write_text(broken)
        with pytest.raises(UnavailableError, match="raised MemoryError: no room in line"):
            project.train()
        job = project.jobs.wait(project.jobs.submit("train", {}).id)
        assert job.state is JobState.FAILED
        assert job.error is not None
        assert job.error["code"] == "unavailable"
        assert "own_model.py" in job.error["message"]
        assert "MemoryError" in job.error["details"]["stderr"]
        assert project.status().labeled == labels
        assert project.rounds.latest().step is Step.TRAIN
        assert project.catalog.records.models.latest(Arm.ACTIVE).id == last
        shutil.copy(EXAMPLES / "own_model.py", folder / "own_model.py")
        assert project.train().id != last
        assert project.rounds.latest().step is Step.DONE
    stop_scripts()
