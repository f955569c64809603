"""`querist stream` as a program uses it: pipes, files, kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "querist", "stream"]


def stream(*arguments: object, lines: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end on some lines."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "160"},
    )


def arrivals(count: int, seed: int = 0) -> list[str]:
    """Lines of arrivals of all kinds."""
    table = np.random.default_rng(seed).dirichlet(np.full(3, 0.7), size=count).round(6)
    table[:, 0] = 1 - table[:, 1:].sum(axis=1)
    return [
        json.dumps({"id": f"a{i}", "probabilities": row}) for i, row in enumerate(table.tolist())
    ]


def answers(done: subprocess.CompletedProcess[str]) -> list[dict]:
    """What it printed, line by line."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_answered_before_the_next_is_written() -> None:
    """A program that waits for each answer gets it at once, also after a wrong line."""
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        for line in [*arrivals(20), "oops", *arrivals(5)]:
            run.stdin.write(line + "\n")
            run.stdin.flush()
            assert json.loads(run.stdout.readline()).keys() & {"ask", "error"}
        run.stdin.close()
        assert run.wait() == 2


@pytest.mark.parametrize("strategy", ["randomized-variable", "split", "fixed", "biqf", "random"])
def test_the_budget_holds(strategy: str) -> None:
    """Of 2,000 lines at most a tenth are asked at every moment, and the exit code is 0."""
    done = stream("-s", strategy, "--budget", 0.1, lines="\n".join(arrivals(2_000)))
    assert done.returncode == 0, done.stderr
    found = answers(done)
    assert [answer["id"] for answer in found] == [f"a{i}" for i in range(2_000)]
    asked = np.cumsum([answer["ask"] for answer in found])
    assert (asked <= np.ceil(0.1 * np.arange(1, 2_001) - 1e-9)).all()
    assert asked[-1] >= 40
    assert found[-1]["budget_used"] == asked[-1] / 2_000


def test_a_break_changes_nothing(tmp_path: Path) -> None:
    """Two runs with a state file answer as one without a break; another budget is refused."""
    lines = arrivals(800)
    whole = answers(stream(lines="\n".join(lines)))
    state = tmp_path / "state.json"
    (tmp_path / "first.jsonl").write_text("\n".join(lines[:333]))
    first = stream(tmp_path / "first.jsonl", "--state", state)
    second = stream("--state", state, lines="\n".join(lines[333:]))
    assert answers(first) + answers(second) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.jsonl", "state.json"]
    refused = stream("--state", state, "--budget", 0.2)
    assert refused.returncode == 4
    assert "other settings: budget" in refused.stderr


def test_a_kill_cannot_lift_the_budget(tmp_path: Path) -> None:
    """Killed after many answers, it goes on with every question that it gave counted."""
    state = tmp_path / "state.json"
    options = ["--budget", "1", "--random-share", "0", "-s", "fixed", "--state", str(state)]
    hard = json.dumps({"id": "a", "probabilities": [0.5, 0.5], "time": 100.0})
    given = 0
    for _ in range(3):
        with subprocess.Popen(
            [*COMMAND, *options, "--per-hour", "25"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as run:
            for _ in range(10):
                run.stdin.write(hard + "\n")
                run.stdin.flush()
                given += json.loads(run.stdout.readline())["ask"]
            run.send_signal(signal.SIGKILL)
    assert given == 25


def test_wrong_lines_and_wrong_use(tmp_path: Path) -> None:
    """Wrong lines are answered and counted in the exit code; wrong options are refused before."""
    half = r'{"id": "\ud800", "probabilities": []}'
    done = stream("--budget", 0.5, lines=f"oops\n\n{half}\n")
    assert done.returncode == 2
    first, second = answers(done)
    assert second["id"] == "\ud800"
    assert first["error"]["details"] == {"line": 1}
    assert second["ask"]
    for options, code, words in (
        (["-s", "fixt"], 2, "Did you mean fixed"),
        (["--budget", 2], 2, "budget is 2.0"),
        (["--per-hour", 0], 2, "per_hour is 0"),
        ([tmp_path / "none.jsonl"], 3, "no file"),
        ([tmp_path], 6, "cannot be read"),
    ):
        done = stream(*options)
        assert done.returncode == code, done.stderr
        assert words in done.stderr
    (tmp_path / "bad.json").write_text("{")
    assert "is no JSON" in stream("--state", tmp_path / "bad.json").stderr
    (tmp_path / "other.json").write_text("{}")
    assert "no state" in stream("--state", tmp_path / "other.json").stderr
    assert stream("--state", tmp_path / "no" / "folder.json", lines=arrivals(1)[0]).returncode == 6


def test_help_and_the_list() -> None:
    """The help has an example that runs, and `querist strategies` lists the stream strategies."""
    shown = stream("--help").stdout
    assert "querist stream --budget 0.05" in shown
    listed = subprocess.run(
        [sys.executable, "-m", "querist", "strategies", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(listed.stdout)
    assert {row["for"] for row in rows} == {"pool", "stream", "synthesis"}
    assert {"split", "biqf", "vessal", "density"} <= {
        row["strategy"] for row in rows if row["for"] == "stream"
    }
