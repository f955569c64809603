"""Numbers are told alike in sentences and in the app, whose test reads the same table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from querist.schema.wording import interval, money, number, percent

TABLE = Path(__file__).parents[2] / "web" / "src" / "parts" / "told.json"
TOLD: dict[str, list[list[Any]]] = json.loads(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("share", "digits", "text"), TOLD["percent"])
def test_shares_are_rounded_as_in_the_app(share: float, digits: int, text: str) -> None:
    """Halves go away from zero, whatever noise the float carries; what is less is never 100."""
    assert percent(share, digits) == f"{text}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(("difference", "text"), TOLD["points"])
def test_points_are_rounded_as_in_the_app(difference: float, text: str) -> None:
    """A sentence gives a gain of nothing the sign that it has; the app says ±."""
    assert number(100 * difference, "+.1f") == text.replace("±", "+")


@pytest.mark.parametrize(("value", "low", "high", "text"), TOLD["interval"])
def test_intervals_are_rounded_as_in_the_app(
    value: float, low: float, high: float, text: str
) -> None:
    """Half the width, and both ends."""
    assert interval(value, low, high) == text


@pytest.mark.parametrize(("amount", "currency", "text"), TOLD["money"])
def test_money_is_told_as_in_the_app(amount: float, currency: str | None, text: str) -> None:
    """To the cent, below a tenth to two figures, with the currency only where one is set."""
    assert money(amount, currency).replace("\N{NO-BREAK SPACE}", " ") == text
