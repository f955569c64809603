"""The examples' model servers, for learners and encoders whose model lives elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from own_model import BackendServer, OwnModelServer


@pytest.fixture(scope="session")
def own_model_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the example's server, in a process of its own."""
    server = OwnModelServer(tmp_path_factory.mktemp("models"))
    yield server.url
    server.kill()


@pytest.fixture(scope="session")
def label_studio_backend_url() -> Iterator[str]:
    """The address of the example's backend for Label Studio, in a process of its own."""
    with BackendServer() as server:
        yield server.url
