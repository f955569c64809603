"""The examples' model servers, for learners and encoders whose model lives elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from own_model import EXAMPLES, VALUES, VALUES_SERVER, BackendServer, OwnModelServer


@pytest.fixture(scope="session")
def own_model_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the example's server, in a process of its own."""
    server = OwnModelServer(tmp_path_factory.mktemp("models"))
    yield server.url
    server.kill()


@pytest.fixture
def own_model_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A script in the working folder: the example's model, and vectors of any medium."""
    shutil.copy(EXAMPLES / "own_model.py", tmp_path / "example.py")
    (tmp_path / "own_model.py").write_text(
        "import zlib\nimport numpy as np\nfrom example import predict, state, train\n"
        "def one(item):\n"
        "    said = item.get('data') or repr(item.get('text') or item['features']).encode()\n"
        "    return np.random.default_rng(zlib.crc32(said)).normal(size=64)\n"
        "def embed(items):\n"
        "    return np.array([one(item) for item in items])\n"
    )
    monkeypatch.chdir(tmp_path)
    return "own_model.py"


@pytest.fixture(scope="session")
def own_values_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a model of sets, numbers, boxes and spans, in a process of its own."""
    server = OwnModelServer(tmp_path_factory.mktemp("models"), script=VALUES_SERVER)
    yield server.url
    server.kill()


@pytest.fixture
def own_values_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same model as a script in the working folder."""
    shutil.copy(VALUES, tmp_path / "own_values.py")
    monkeypatch.chdir(tmp_path)
    return "own_values.py"


@pytest.fixture(scope="session")
def label_studio_backend_url() -> Iterator[str]:
    """The address of the example's backend for Label Studio, in a process of its own."""
    with BackendServer() as server:
        yield server.url
