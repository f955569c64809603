"""Facts about `querist.simulate` and the files that it writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import querist
from querist.errors import InvalidInputError, MissingDependencyError, StorageError
from querist.experiments.picture import check_picture, simulation_png

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=90)
X = (RNG.normal(size=(90, 4)) + 2 * np.eye(4)[Y]).astype(np.float32)


def _found() -> querist.Simulation:
    return querist.simulate(X, Y, strategies=["margin"], batch_size=6, rounds=3, seeds=2)


def test_one_call_compares_arms_with_random() -> None:
    """The result is that of the command line, told in sentences and shown as a page."""
    seen: list[int] = []
    found = querist.simulate(
        X, Y, strategies="margin", batch_size=6, rounds=3, seeds=2,
        progress=lambda done, total=None, message="": seen.append(done),
    )  # fmt: skip
    assert set(found.result) == {"data", "settings", "runs", "comparison"}
    assert {row["strategy"] for row in found.comparison} == {"margin", "random"}
    assert "random" in str(found)
    assert found._repr_html_().startswith("<iframe srcdoc=")
    assert "<script" not in found._repr_html_()
    assert seen == list(range(5))


def test_a_given_split_is_kept() -> None:
    """Rows marked with 1 are the test rows."""
    split = np.arange(90) >= 70
    found = querist.simulate(X, Y, split=split, batch_size=6, rounds=2, seeds=1)
    assert (found.result["data"]["pool"], found.result["data"]["test"]) == (70, 20)
    with pytest.raises(InvalidInputError, match="rounds"):
        querist.simulate(X, Y, rounds=0)


def test_lists_frames_and_numpy_numbers_are_taken(tmp_path: Path) -> None:
    """Whatever holds the rows and counts, the result is the same plain JSON."""
    frame = pd.DataFrame(X)
    found = querist.simulate(
        frame, pd.Series(Y), strategies=["margin"], batch_size=np.int64(6), rounds=3, seeds=2
    )
    found.write_json(tmp_path / "a.json")
    told = [run["accuracy"] for run in found.result["runs"]]
    assert told == [run["accuracy"] for run in _found().result["runs"]]


def test_all_three_files_are_written(tmp_path: Path) -> None:
    """JSON that reads back, a page, and a picture of full size."""
    found = _found()
    found.write_json(tmp_path / "a.json")
    found.write_report(tmp_path / "a.html")
    found.write_png(tmp_path / "a.png")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == found.result
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == (1440, 800)
        assert len(set(picture.convert("RGB").resize((144, 80)).get_flattened_data())) > 20
    with pytest.raises(StorageError, match="cannot be written"):
        found.write_json(tmp_path / "gone" / "a.json")


def test_a_name_with_formula_signs_is_drawn_as_it_stands() -> None:
    """Dollar signs do not start a formula, which would fail here."""
    found = _found()
    result = {**found.result, "data": {**found.result["data"], "name": r"$\frac{$ _x_ <b>"}}
    assert simulation_png(result)[:8] == b"\x89PNG\r\n\x1a\n"


def test_without_matplotlib_the_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command that installs it."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match=r"querist\[plots\]"):
        check_picture()
