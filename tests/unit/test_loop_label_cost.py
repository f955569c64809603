"""What a label costs: all opinions on an asset, and the control labels that come with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from querist import Project
from querist.loop import snapshot
from querist.loop.stop_evidence import control_labels


def labeled_by(project: Project, people: tuple[str, ...], rounds: int) -> None:
    """Each of them answers every task in 10 seconds."""
    for _ in range(rounds):
        project.next_round(10)
        for who in people:
            for item in project.queue.next(who, 100).items:
                name = "ab"[int(item.asset.id[1:]) % 2]
                project.labels.submit(
                    item.asset.id, name, annotator=who, task_id=item.task.id, seconds=10.0
                )
        project.train()


@pytest.mark.parametrize("people", [("ana",), ("ana", "ben", "cyd")])
def test_an_asset_costs_all_opinions_on_it(tmp_path: Path, people: tuple[str, ...]) -> None:
    """With three opinions an asset the curve's hours and money are three times those of one."""
    policy = {
        "batch_size": 10,
        "audit_size": 20,
        "control_share": 0.0,
        "overlap": len(people),
        "overlap_share": 1.0,
        "hourly_cost": 36.0,
        "error_cost": 1.0,
        "horizon": 5_000,
    }
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(x + 1.5 * (i % 2)), "y": float(y)}
        for i, (x, y) in enumerate(rng.normal(size=(150, 2)))
    ]
    with Project.create(tmp_path / "p", media="table", classes="ab", policy=policy) as project:
        project.add(rows)
        labeled_by(project, people, rounds=4)
        status = project.status()
        last, opinions = status.curve.active[-1], len(people)
        booked = {
            it["unit"]: it["quantity"]
            for it in status.ledger
            if it["kind"] == "label" and it["arm"] == "active"
        }
        assert last.labels == 40
        assert (last.seconds, last.money) == pytest.approx((400 * opinions, 4 * opinions))
        assert (last.seconds, last.money) == pytest.approx((booked["seconds"], booked["money"]))
        assert status.advice is not None
        assert status.advice.worth is not None
        assert status.advice.worth.label_cost == pytest.approx(0.1 * opinions)
        assert status.advice.worth.control_labels == 0


def test_a_further_label_asks_for_its_share_of_the_control(tmp_path: Path) -> None:
    """The control draws from all outside the audit set: what has a label there costs nothing."""
    rows = [{"id": f"r{i}", "x": float(i % 2)} for i in range(20)]
    with Project.create(tmp_path / "p", media="table", classes="ab") as project:
        project.add(rows)
        seen = snapshot.take(project.catalog)
    audit, control = np.arange(20) < 4, (np.arange(20) >= 4) & (np.arange(20) < 8)
    seen = replace(seen, audit=audit, control=control)
    assert control_labels(0.5, seen) == 0.5
    assert control_labels(0.5, replace(seen, answered=np.arange(20) < 11)) == 0.5 * 9 / 12
    assert control_labels(0.0, seen) == 0
    assert control_labels(0.5, replace(seen, control=~audit)) == 0
