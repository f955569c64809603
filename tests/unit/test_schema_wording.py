"""How a number is told with its doubt."""

from __future__ import annotations

import pytest

from querist.metrics import wilson
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    Estimate,
    LabeledBox,
    LabeledSpan,
    NumberValue,
    Span,
    SpansValue,
    Value,
)
from querist.schema.wording import number, value_text

BOX = Box(x=0, y=0, width=2, height=2)


def share(hits: int, count: int) -> Estimate:
    """A share with Wilson's interval."""
    low, high = wilson(hits, count)
    return Estimate(value=hits / count, low=low, high=high, count=count)


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (share(1_412, 1_500), "94.1 % ± 1.2"),
        (share(45, 60), "75.0 % ± 10.7"),
        (share(27, 30), "90.0 % (74.4 to 96.5)"),
        (share(10, 20), "50.0 % ± 20.1"),
        (share(20, 20), "100.0 % (83.9 to 100.0)"),
        (share(0, 20), "0.0 % (0.0 to 16.1)"),
        (share(49, 50), "98.0 % (89.5 to 99.6)"),
        (Estimate(value=0.5, low=0.0, high=1.0, count=1), "50.0 % ± 50.0"),
        (Estimate(value=1.0, low=1.0, high=1.0, count=9), "100.0 % ± 0.0"),
        # R² may be below 0, and so may its interval.
        (Estimate(value=0.418, low=0.198, high=0.573, count=60), "41.8 % (19.8 to 57.3)"),
        (Estimate(value=0.05, low=-0.15, high=0.25, count=88), "5.0 % ± 20.0"),
    ],
)
def test_an_interval_to_one_side_is_told_by_its_ends(estimate: Estimate, words: str) -> None:
    """± is told only where it misses no end by much, and stays within what the measure can be."""
    assert str(estimate).replace("\N{NO-BREAK SPACE}", " ") == words


def test_numbers_below_zero_have_a_minus_sign() -> None:
    """A hyphen is none, and what rounds to zero has no sign of a loss."""
    assert [number(-2.94), number(-0.04), number(0.0)] == ["−2.9", "0.0", "0.0"]
    assert [number(2.94, "+.1f"), number(-2.94, "+.1f")] == ["+2.9", "−2.9"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        (ClassValue(name="boot"), "boot"),
        (ClassesValue(names=("wet", "old")), "wet, old"),
        (ClassesValue(names=()), "none of these"),
        (NumberValue(number=-1234.5), "\N{MINUS SIGN}1,234.5 kg"),
        (NumberValue(number=20.0), "20 kg"),
        (BoxesValue(boxes=()), "0 boxes"),
        (
            BoxesValue(boxes=tuple(LabeledBox(name=name, box=BOX) for name in "bab")),
            "3 boxes: b, a",
        ),
        (SpansValue(spans=(LabeledSpan(name="a", span=Span(start=0, end=2)),)), "1 span: a"),
    ],
)
def test_a_label_is_told_in_words(value: Value | None, words: str) -> None:
    """Shapes by how many there are and of which classes, numbers with their unit."""
    assert value_text(value, "kg") == words
