"""The experiment in a real browser: one key runs it, its classes open their assets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.project import Project

pytestmark = pytest.mark.browser

NAMES = ["amber", "blue", "green"]


@pytest.fixture
def compared(tmp_path: Path) -> Path:
    """Three rounds of 12 with as many random ones, on 240 rows of known classes."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(240):
        x, y = rng.normal([(i % 3) * 1.5, -(i % 2)], 0.8)
        rows.append({"id": f"row-{i:03d}", "x": float(x), "y": float(y), "known": NAMES[i % 3]})
    policy = {"batch_size": 12, "audit_size": 48, "control_share": 1.0, "strategy": "margin"}
    with Project.create(
        tmp_path / "p", media="table", classes=NAMES, oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(3)
    return tmp_path / "p"


def test_one_key_runs_it_and_a_class_opens_its_assets(compared, serve, enter, look):
    """What the page says is what is kept; another comparison by mouse; both pass axe."""
    page = enter(serve(compared))
    page.get_by_role("link", name="Class by class").click()
    page.get_by_role("heading", name="What was it worth to choose?").wait_for()
    page.get_by_text("This project's labels").click()
    page.keyboard.press("e")
    page.get_by_role("heading", name="Efficiency boost").wait_for()
    with Project.open(compared) as project:
        (kept,) = project.experiments.list()
    assert kept.source == "arms"
    page.get_by_role("heading", level=1).get_by_text(kept.sentence).wait_for()
    classes = page.get_by_role("region", name="Class by class").get_by_role("rowheader")
    expect(classes).to_have_count(3)
    assert sorted(classes.all_inner_texts()) == NAMES
    page.get_by_text("Repeat 8 times").click()
    page.get_by_role("button", name="Run the experiment").click()
    page.get_by_text("Mean of 8 repetitions").wait_for()
    assert not look(page, "experiment")
    page.reload()
    page.get_by_text("Mean of 8 repetitions").wait_for()
    page.get_by_role("link", name="blue").click()
    page.wait_for_url("**/catalog?label=blue")
