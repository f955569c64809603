"""A project whose learner is a torch network: rounds asked by models drawn from one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from querist.learners.torch_learner import TorchLearner
from querist.project import Project

pytestmark = pytest.mark.slow

COLOURS = ["amber", "blue", "green"]


@pytest.mark.parametrize("uncertainty", ["dropout", "laplace"])
def test_bald_asks_the_models_that_were_drawn(
    tmp_path: Path, uncertainty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``querist.toml`` names the learner; a saved model is loaded, drawn from, and asks a batch."""
    draws: list[int] = []
    sample = TorchLearner.sample_proba

    def counted(self: TorchLearner, X: np.ndarray, **options: object) -> np.ndarray:
        draws.append(len(X))
        return sample(self, X, **options)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(TorchLearner, "sample_proba", counted)
    rng = np.random.default_rng(0)
    rows = []
    for i in range(60):
        x, y = rng.normal([(i % 3) * 3.0, (i % 3) * -2.0], 0.5)
        rows.append({"id": f"row-{i:02d}", "x": float(x), "y": float(y)})
    with Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        learner={"name": "torch", "parameters": {"uncertainty": uncertainty, "hidden": 16}},
        policy={"batch_size": 8, "audit_size": 9},
    ) as project:
        project.add(rows, id_column="id")
        for strategy in ("random", "bald"):  # a first round has no model to draw from
            project.next_round(8, strategy=strategy)
            for item in project.queue.next("ana", 100).items:
                name = COLOURS[int(item.task.asset_id[-2:]) % 3]
                project.labels.submit(item.task.asset_id, name, annotator="ana")
            project.train()
        assert project.status().curve.active[-1].accuracy.value > 0.8
        model = project.catalog.records.models.get(project.rounds.latest().model_id)
    assert model.learner == "torch"
    assert model.parameters["uncertainty"] == uncertainty
    assert draws == [60]
    assert 'name = "torch"' in (tmp_path / "p" / "querist.toml").read_text(encoding="utf-8")
