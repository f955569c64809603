"""Facts about the HTML reports."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.experiments import (
    SimulationSettings,
    labeled_data,
    project_report,
    run_simulation,
    simulation_report,
)
from querist.experiments.charts import Curve, learning_curves
from querist.experiments.words import sentences

VOID = {"meta", "img"}


class _Checker(HTMLParser):
    """Follows the tags and remembers what is open and what is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.loaded += [value or "" for key, value in attrs if key in ("src", "href")]
        assert tag not in ("script", "link", "iframe", "object")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _checked(page: str) -> _Checker:
    found = _Checker()
    found.feed(page)
    assert found.open == []
    assert all(address.startswith("data:image/") for address in found.loaded)
    assert "url(" not in page
    assert "@import" not in page
    assert "nan" not in " ".join(re.findall(r'd="([^"]*)"', page)).lower()
    return found


def _project() -> dict[str, Any]:
    points = [
        {"labels": n, "value": v, "low": v - 0.03, "high": v + 0.03}
        for n, v in ((50, 0.6), (100, 0.75), (150, 0.8))
    ]
    estimate = {"value": 0.8, "low": 0.77, "high": 0.83}
    picture = {"src": "data:image/png;base64,AAAA", "caption": "boot, sure", "alt": "a boot"}
    return {
        "title": "Shop",
        "sentence": "150 labels.",
        "facts": [{"label": "Saved", "value": "50 %", "note": "of 300"}],
        "curve": {"active": points, "control": points[:2]},
        "ceiling": {"value": 0.85, "text": "all labels"},
        "saving": {"target": 0.7, "active": 83, "control": 150},
        "rounds": [
            {"round": 1, "labels": 150, "active": estimate, "control": None, "note": "fine"}
        ],
        "advice": {"stop": False, "sentence": "Go on.", "reasons": ["It still grows."]},
        "gallery": [{"title": "Asked first", "text": "", "pictures": [picture]}],
    }


def test_a_project_report_says_everything_it_was_given() -> None:
    """Each part is on the page, the tags are balanced, and nothing is loaded from elsewhere."""
    found = _checked(project_report(_project()))
    for words in (
        "Shop",
        "50 %",
        "Go on.",
        "It still grows.",
        "67 labels saved",
        "80.0\N{NO-BREAK SPACE}%",
        "± 3.0",
        "boot, sure",
        "all labels",
        "random control",
    ):
        assert words in found.text
    assert found.loaded == ["data:image/png;base64,AAAA"]


def test_an_interval_to_one_side_is_told_by_its_ends_in_the_report_too() -> None:
    """All 20 right is no 100 ± 8."""
    sure = {"round": 1, "labels": 50, "active": {"value": 1.0, "low": 0.839, "high": 1.0}}
    assert "(83.9 to 100.0)" in _checked(project_report(_project() | {"rounds": [sure]})).text


def test_a_saving_at_the_first_point_of_the_curve_is_the_least_there_can_be() -> None:
    """Fewer labels than those of the first model were never tried; no saving draws no arrow."""
    early = {"saving": {"target": 0.6, "active": 50, "control": 150}}
    assert "at least 100 labels saved" in _checked(project_report(_project() | early)).text
    none = {"saving": {"target": 0.7, "active": 150, "control": 150}}
    assert "labels saved" not in _checked(project_report(_project() | none)).text


def test_a_project_report_needs_only_a_title_and_a_sentence() -> None:
    """A project without rounds has a page, without empty headings."""
    found = _checked(project_report({"title": "New", "sentence": "No label yet."}))
    assert "No label yet." in found.text
    assert "Round by round" not in found.text


def test_text_from_outside_cannot_become_markup() -> None:
    """Names, captions and notes are escaped wherever they stand."""
    evil = "<script>alert(1)</script>\"'"
    data = _project()
    data |= {"title": evil, "sentence": evil, "kicker": evil, "footer": evil}
    data["facts"] = [{"label": evil, "value": evil, "note": evil}]
    data["rounds"][0] |= {"note": evil, "strategy": evil}
    data["gallery"][0]["title"] = evil
    data["gallery"][0]["pictures"][0] |= {"caption": evil, "alt": evil}
    data["advice"] = {"sentence": evil, "reasons": [evil]}
    data["ceiling"]["text"] = evil
    assert _checked(project_report(data)).text.count(evil) >= 12


def test_a_picture_from_elsewhere_is_refused() -> None:
    """Only pictures inside the page are taken, so that the file shows the same everywhere."""
    data = _project()
    data["gallery"][0]["pictures"][0]["src"] = "https://example.org/a.png"
    with pytest.raises(InvalidInputError, match="data URI"):
        project_report(data)


def test_a_simulation_report_shows_every_arm() -> None:
    """Curves, gains, label savings and provenance of a real simulation are on one page."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=120)
    data = labeled_data(rng.normal(size=(120, 4)) + 2 * np.eye(4)[y], y, name="blobs & <more>")
    settings = SimulationSettings(strategies=("auto", "margin"), batch_size=8, rounds=4, seeds=3)
    page = simulation_report(run_simulation(data, settings))
    found = _checked(page)
    for words in ("blobs & <more>", "auto", "margin", "random", "95 % interval", "whole pool"):
        assert words in found.text
    assert page.count("<svg") == 1


@pytest.mark.parametrize(
    "values", [[0.5], [0.0, 0.0], [1.0, 1.0], [0.83, 0.8301], [0.0, 1.0], [0.1, 0.95, 0.5]]
)
def test_a_chart_stays_inside_its_frame(values: list[float]) -> None:
    """Single points, flat lines and extreme values are drawn within the picture."""
    points = [{"labels": 20 * (i + 1), "value": v} for i, v in enumerate(values)]
    svg = learning_curves([Curve(name="a", color="--a0", points=points)], description="d")
    for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg):
        assert 64 <= float(x) <= 810
        assert 28 <= float(y) <= 354


def test_a_chart_without_points_is_no_chart() -> None:
    """Nothing is drawn where there is nothing."""
    assert learning_curves([Curve(name="a", color="--a0", points=[])], description="d") == ""


def test_a_saving_leads_only_where_the_gain_is_proven() -> None:
    """With an interval that holds zero, none, or an open saving the page claims none at its top."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=120)
    data = labeled_data(rng.normal(size=(120, 4)) + 2 * np.eye(4)[y], y)
    settings = SimulationSettings(strategies=("margin",), batch_size=8, rounds=3, seeds=3)
    result = run_simulation(data, settings)
    row = next(r for r in result["comparison"] if r["strategy"] == "margin")
    row["labels_at"]["0.95"] |= {"saving": 0.5, "strategy": 10.0, "control": 20.0}
    sure, open_ = [0.3, 0.6], [-1.5, 0.8]
    for interval, saving, told in (
        ([0.01, 0.03], sure, True),
        ([-0.01, 0.03], sure, False),
        (None, None, False),
        ([0.01, 0.03], open_, False),
    ):
        row["gain_ci"] = interval
        row["labels_at"]["0.95"]["saving_ci"] = saving
        assert ("Labels saved" in simulation_report(result)) == told


def test_names_of_arms_cannot_become_markup() -> None:
    """A parameter may hold any text; wherever the arm is named it is escaped."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=90)
    data = labeled_data(rng.normal(size=(90, 4)) + 2 * np.eye(4)[y], y, name="<b>")
    settings = SimulationSettings(strategies=("margin",), batch_size=8, rounds=3, seeds=2)
    told = json.dumps(run_simulation(data, settings)).replace('"margin"', '"<script>a"')
    found = _checked(simulation_report(json.loads(told)))
    assert found.text.count("<script>a") >= 6


def test_a_long_name_stands_whole_beside_its_line() -> None:
    """The lines end earlier, and what is longer still is cut."""
    points = [{"labels": 10 * n, "value": n / 10} for n in range(1, 5)]
    for name, shown in (("power-margin:beta=2", "power-margin:beta=2"), ("x" * 50, "x" * 29 + "…")):
        svg = learning_curves([Curve(name=name, color="--a0", points=points)], description="d")
        (place,) = re.findall(r'class="name" x="([\d.]+)"[^>]*>' + shown, svg)
        assert float(place) + 9 * len(shown) <= 960


def test_the_report_says_who_beats_whom_and_what_is_saved() -> None:
    """The penalty matrix has a cell for each pair, and the sentences of the command line stand."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=120)
    data = labeled_data(rng.normal(size=(120, 4)) + 2 * np.eye(4)[y], y)
    settings = SimulationSettings(strategies=("auto", "margin"), batch_size=8, rounds=4, seeds=3)
    result = run_simulation(data, settings)
    page = simulation_report(result)
    text = _checked(page).text
    assert page.count('class="share"') == 6
    for sentence in sentences(result["comparison"], 3):
        assert sentence in text


def test_nothing_is_said_twice() -> None:
    """A caption shared by all pictures stands once, and so does advice that is the sentence."""
    data = _project()
    picture = data["gallery"][0]["pictures"][0]
    data["gallery"][0]["pictures"] = [picture, picture]
    data["advice"]["sentence"] = data["sentence"]
    text = _checked(project_report(data)).text
    assert text.count("boot, sure") == 1
    assert text.count(data["sentence"]) == 1
    assert "It still grows." in text
