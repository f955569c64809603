"""Every registered stream strategy passes every check of the conformance kit."""

from __future__ import annotations

import pytest

from querist.strategies.streams import kit, names


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", names())
def test_stream_strategy_conforms(name, check):
    """The stream strategy does what the kit's check states."""
    check(name)
