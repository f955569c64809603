"""What `pip install querist` alone can do: none of the platform's packages are there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

WITHOUT = """
import sys

class Missing:
    names = {"PIL", "alembic", "fastapi", "httpx", "lance", "pyarrow", "safetensors", "skops"}
    names |= {"sqlalchemy", "starlette", "tomlkit", "torch", "uvicorn"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


def base(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as in an environment without the extras."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + script, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def querist(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in such an environment."""
    return base("from querist.cli import main\nmain()", *arguments)


def test_every_command_tells_its_help() -> None:
    """A module that a command imports at its head would break all of them."""
    script = """
import contextlib, io, json
import typer
from querist.cli.app import app

def paths(command, path):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, [*path, name])

whole = typer.main.get_command(app)
told = {}
for path in paths(whole, []):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = whole.main([*path, "--help"], "querist", standalone_mode=False)
    told[" ".join(path)] = code or not printed.getvalue().strip()
print(json.dumps(told))
"""
    done = base(script)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told) > 60
    assert {path for path, code in told.items() if code} == set()


def test_a_command_of_the_platform_says_what_to_install(tmp_path: Path) -> None:
    """It ends with the exit code of a missing extra, without a traceback."""
    done = querist("status", "--project", str(tmp_path))
    assert done.returncode == 7, done.stderr
    assert "pip install 'querist[app]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_simulation_runs(tmp_path: Path) -> None:
    """Strategies, estimators and simulations need no platform."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3)).astype(np.float32)
    np.savez(tmp_path / "blobs.npz", X=X, y=(X[:, 0] > 0).astype(np.int64))
    done = querist("simulate", str(tmp_path / "blobs.npz"), "--rounds", "2", "--seeds", "2")
    assert done.returncode == 0, done.stderr
    assert "random" in done.stdout


def test_a_project_says_what_to_install() -> None:
    """In Python too."""
    script = """
import querist
from querist.errors import MissingDependencyError
try:
    querist.Project
except MissingDependencyError as error:
    print(error.message, error.remedy)
"""
    assert base(script).stdout.strip() == (
        "querist.Project needs packages that are not installed. Run: pip install 'querist[app]'"
    )
