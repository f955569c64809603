"""The command line as a person uses it: real processes, real files, real mistakes."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist_processes import run_querist

pytestmark = pytest.mark.slow


def querist(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, on lines of 160 signs."""
    return run_querist(*words, COLUMNS="160", **environment)


def ok(*arguments: object) -> str:
    """Run the command line, which must succeed, and return what it printed."""
    done = querist(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 40 real image files, bright ones and dark ones."""
    home = tmp_path_factory.mktemp("shop")
    photos = home / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for i in range(40):
        pixels = rng.integers(0, 90, size=(24, 24), dtype=np.uint8) + np.uint8(150 * (i % 2))
        Image.fromarray(pixels).save(photos / f"img-{i:02d}.png")
    (photos / "broken.png").write_bytes(b"no picture")
    (photos / "empty.png").write_bytes(b"")
    ok("init", home / "project", "-c", "dark", "-c", "bright")
    added = ok("add", photos, "-p", home / "project")
    assert "Added 40 assets" in added
    assert "2 problems" in added
    ok("init", home / "bare", "-c", "a")
    ok("label", "img-01.png", "bright", "-p", home / "project")
    return home / "project"


def test_a_project_from_folder_to_export(shop: Path, tmp_path: Path) -> None:
    """init, add, next, label, train, status, replay and export do the main job."""
    drawn = json.loads(ok("next", 6, "-p", shop, "--json"))
    wanted = [row["asset_id"] for row in drawn["selected"]]
    for asset_id in dict.fromkeys(wanted):
        ok("label", asset_id, ["dark", "bright"][int(asset_id[4:6]) % 2], "-p", shop, "-a", "ana")
    assert "Trained model-" in ok("train", "-p", shop)
    status = json.loads(ok("status", "-p", shop, "--json"))
    assert status["labeled"] == len({*wanted, "img-01.png"})
    assert status["curve"]["active"][-1]["accuracy"]["value"] > 0.5
    assert "the same assets" in ok("replay", 1, "-p", shop)
    assert "holds “img-0”" in ok("slices", "save", "first ten", "--text", "img-0", "-p", shop)
    assert "first ten" in ok("diagnose", "-p", shop)
    out = tmp_path / "labels.csv"
    ok("export", out, "-p", shop)
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == {*wanted, "img-01.png"}
    assert {row["annotator"] for row in rows} <= {"ana", "me"}


def test_adding_again_changes_nothing(shop: Path) -> None:
    """A second add finds everything there and names the bad files again."""
    again = querist("add", shop.parent / "photos", "-p", shop)
    assert "Added 0 assets" in again.stdout
    assert "40 were there already" in again.stdout
    assert "broken.png" in again.stderr
    assert "empty.png" in again.stderr


MISTAKES = {
    "missing folder": (["add", "nowhere", "-p", "{shop}"], "nowhere"),
    "no project": (["status", "-p", "{tmp}"], "querist init"),
    "a second project": (["init", "{shop}", "-c", "a"], "already"),
    "empty project": (["next", "5", "-p", "{empty}"], "querist add"),
    "unknown class": (["label", "img-00.png", "brihgt", "-p", "{shop}"], "bright"),
    "unknown asset": (["label", "img-99.png", "dark", "-p", "{shop}"], "img-99.png"),
    "stale version": (["label", "{labeled}", "dark", "--version", "0", "-p", "{shop}"], "version"),
    "unknown strategy": (["simulate", "{npz}", "-s", "margim", "--rounds", "1"], "margin"),
    "too large a batch": (["simulate", "{npz}", "--batch", "99"], "99"),
    "nothing to resume": (["simulate", "{npz}", "--resume"], "--json"),
    "simulate without labels": (["simulate", "{empty}"], "0 labels"),
    "a column of a project": (["simulate", "{shop}", "--label-column", "kind"], "'kind'"),
    "unknown order": (["simulate", "{npz}", "--order", "easy"], "easy-first"),
    "orders beside strategies": (
        ["simulate", "{npz}", "--order", "balanced", "-s", "badge"],
        "--against",
    ),
    "a slice of nothing": (["slices", "save", "x", "-p", "{empty}"], "--finding"),
    "unknown data file": (["simulate", "nothing.npz"], "nothing.npz"),
    "unknown data set": (["demo", "--headless", "--dataset", "shoes"], "shoes"),
    "port taken": (["serve", "{shop}", "--port", "{port}", "--no-browser"], "port"),
    "path outside": (["add", "{outside}", "-p", "{empty}"], "outside"),
    "unknown role": (["token", "bot", "--role", "boss", "-p", "{shop}"], "boss"),
    "unknown ending": (["export", "labels.doc", "-p", "{shop}"], ".doc"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_a_clear_error(mistake: str, shop: Path, tmp_path: Path) -> None:
    """Each mistake ends with another exit code than 0, names the value, and shows no traceback."""
    np.savez(tmp_path / "d.npz", X=np.eye(30, 3), y=np.arange(30) % 2)
    (tmp_path / "outside.csv").write_text("id,image\nx,../../../../etc/passwd\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = {
            "shop": shop,
            "tmp": tmp_path,
            "empty": shop.parent / "bare",
            "labeled": "img-01.png",
            "npz": tmp_path / "d.npz",
            "outside": tmp_path / "outside.csv",
            "port": taken.getsockname()[1],
        }
        arguments, named = MISTAKES[mistake]
        done = querist(*(argument.format(**places) for argument in arguments))
    told = (done.stderr + done.stdout).lower()
    assert done.returncode > 1, told
    assert named.lower() in told
    assert "traceback" not in told


def test_a_column_of_a_table_may_be_kept_from_the_models(tmp_path: Path) -> None:
    """A metadata column is no feature, and slices can be saved by it."""
    lines = ["id,size,site", *(f"r{i},{i},{'east' if i % 3 else 'west'}" for i in range(12))]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    project = tmp_path / "project"
    ok("init", project, "--media", "table", "-c", "a", "-c", "b")
    ok("add", tmp_path / "rows.csv", "--metadata-column", "site", "-p", project)
    ok("slices", "save", "east", "--where", "site=east", "-p", project)
    (saved,) = json.loads(ok("slices", "list", "--json", "-p", project))
    assert saved["assets"] == 8


def test_a_token_lets_a_program_in(shop: Path) -> None:
    """`token` prints the secret alone; the project knows whose it is, and keeps only its hash."""
    from querist.project import Project

    secret = ok("token", "bot", "--role", "model", "-p", shop).strip()
    assert secret.encode() not in (shop / "records.db").read_bytes()
    with Project.open(shop) as project:
        assert project.catalog.records.tokens.verify(secret, "api").name == "bot"


def test_simulation_proves_a_strategy(tmp_path: Path) -> None:
    """`simulate` writes the JSON of the design, a page and a picture, and tells the verdict."""
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    np.savez(tmp_path / "iris.npz", X=X.astype("float32"), y=y)
    out, page, picture = (tmp_path / f"out.{ending}" for ending in ("json", "html", "png"))
    # Started as by the shell: it starts processes itself, which wait for ever in a forked one.
    told = subprocess.run(
        [
            sys.executable, "-m", "querist",
            "simulate", tmp_path / "iris.npz", "--strategy", "power-margin:beta=2", "--strategy",
            "bald", "--batch", "5", "--rounds", "3", "--seeds", "2", "--jobs", "2",
            "--json", out, "--report", page, "--png", picture,
        ],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "160"},
    ).stdout  # fmt: skip
    result = json.loads(out.read_text())
    assert set(result) == {"data", "settings", "runs", "comparison"}
    arms = {"power-margin:beta=2", "bald", "random"}
    assert {run["strategy"] for run in result["runs"]} == arms
    assert len(result["runs"]) == 6
    assert all(len(run["accuracy"]) == 3 for run in result["runs"])
    assert all(arm in told for arm in arms)
    assert "2 paired seeds" in told
    assert page.read_text().startswith("<!doctype html>")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_orders_are_compared_seed_by_seed(tmp_path: Path) -> None:
    """`simulate --order` tells each order's paired differences, and writes them."""
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    np.savez(tmp_path / "iris.npz", X=X, y=y)
    out = tmp_path / "orders.json"
    orders = ("--order", "balanced", "--order", "by-class+replay")
    told = ok("simulate", tmp_path / "iris.npz", *orders, "--seeds", 2, "--json", out)
    assert "Feeding by-class+replay" in told
    result = json.loads(out.read_text())
    assert [one["order"] for one in result["orders"]] == ["balanced", "by-class+replay"]
    for one in result["orders"]:
        assert len(one["differences"]) == 2
        assert np.isclose(np.mean(one["differences"]), one["gain"])


def test_a_simulation_stopped_by_ctrl_c_goes_on(tmp_path: Path) -> None:
    """The finished runs are kept, the command says how to go on, and then does."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=600)
    np.savez(tmp_path / "d.npz", X=rng.normal(size=(600, 8)) + np.eye(8)[y], y=y)
    arguments = [
        "simulate", str(tmp_path / "d.npz"), "-s", "bald", "--batch", "5", "--rounds", "12",
        "--json", str(tmp_path / "out.json"),
    ]  # fmt: skip
    kept = tmp_path / "out.runs.jsonl"
    command = [sys.executable, "-m", "querist", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        while not kept.exists() or kept.read_text().count('"run"') < 2:
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        told = running.communicate()[1]
    assert running.returncode == 130
    assert "--resume" in told
    assert "Traceback" not in told
    before = kept.read_text().splitlines()
    assert 3 < len(before) < 1 + 8 * 3
    ok(*arguments, "--resume")
    assert kept.read_text().splitlines()[: len(before)] == before
    assert len(json.loads((tmp_path / "out.json").read_text())["runs"]) == 16


@pytest.mark.parametrize("command", ["strategies", "learners", "formats", "--help", "--version"])
def test_what_is_there_is_listed(command: str) -> None:
    """The catalogs, the help and the version are printed."""
    assert ok(command).strip()


def test_headless_demo_writes_its_report(tmp_path: Path) -> None:
    """The demo runs on scikit-learn's digits from image files to report."""
    told = ok(
        "demo", "--headless", "--dataset", "digits", "--rounds", 3, "--batch", 20,
        "--out", tmp_path / "report",
    )  # fmt: skip
    assert "random control" in told
    body = json.loads((tmp_path / "report" / "report.json").read_text())
    assert len(body["rounds"]) == 3
    assert body["all_known_labels"]["accuracy"]["value"] > 0.9
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.count("data:image/") > 10
