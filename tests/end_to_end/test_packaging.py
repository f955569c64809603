"""What a person gets who installs the package: the compiled app, without Node on the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
WANTED = [
    "querist/server/static/index.html",
    "querist/py.typed",
    "querist/experiments/data/fashion-mnist-6000.npz",
    "querist/catalog/records/migrations/env.py",
]


def build(kind: str, source: Path, out: Path, **environment: str) -> Path:
    """Build one distribution of ``source`` with its build requirements in an isolated place."""
    done = subprocess.run(
        [sys.executable, "-m", "build", f"--{kind}", "--outdir", str(out), str(source)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (made,) = out.iterdir()
    return made


@pytest.mark.timeout(600)
def test_sdist_carries_the_app_and_installs_without_node(tmp_path: Path) -> None:
    """The sdist holds the compiled app; the wheel made of it needs no Node and holds it too."""
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    sdist = build("sdist", source, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert any(name.endswith("server/static/index.html") for name in names)
    assert not any("node_modules" in name or "/.venv" in name for name in names)
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    bare = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
    wheel = build("wheel", unpacked, tmp_path / "wheel", PATH=bare, npm_config_offline="true")
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    assert [name for name in WANTED if name not in held] == []
