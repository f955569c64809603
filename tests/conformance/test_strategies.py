"""Every registered strategy passes every check of the conformance kit."""

from __future__ import annotations

import pytest

from querist.strategies import kit, names


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", names())
def test_strategy_conforms(name, check):
    """The strategy does what the kit's check states."""
    check(name)
