"""How numbers and labels are written for people: alike in the app, commands and reports."""

from __future__ import annotations

import math
import re
from typing import Literal

from querist.schema.annotation import ClassesValue, ClassValue, NumberValue, Value, class_names

MINUS = "\N{MINUS SIGN}"
_DECIMALS = re.compile(r"\.(\d+)f")
# A half, and the noise that a float may be below it.
_HALF = 0.5 + 1e-9
# From here on a float has no decimals.
_WHOLE = 2.0**52
_MOST_DIGITS = 12
_ROUNDED = 0.0005
_LOPSIDED = 0.02
_SHAPE = {"boxes": ("box", "boxes"), "polygons": ("polygon",), "spans": ("span",)}


def percent(share: float, digits: int = 1) -> str:
    """A share as people read it: ``percent(0.941)`` is ``94.1 %``."""
    return f"{_in_hundred(share, digits)}\N{NO-BREAK SPACE}%"


def number(value: float, form: str = ".1f") -> str:
    """A number with a true minus sign, ``−2.9``; ``form`` is that of ``format``."""
    digits = _DECIMALS.search(form)
    text = format(rounded(value, int(digits[1])) if digits else value, form)
    zero = not text.strip("+-0.,")
    return text.replace("-", "" if zero else MINUS)


def rounded(value: float, digits: int) -> float:
    """The nearest number of so many decimals; halves go away from zero, as in the browser.

    ``format`` would take 76.25 to 76.2, and 28.749999999999996, which is 100 × 0.2875, to 28.7.
    """
    steps = abs(value) * 10**digits
    if not steps < _WHOLE:
        return value
    return math.copysign(math.floor(steps + _HALF) / 10**digits, value)


def _in_hundred(share: float, digits: int) -> str:
    """``94.1``; rounding never says 100 of what is less: ``>99.9``."""
    form = f".{digits}f"
    hides = share < 1 and rounded(100 * share, digits) >= 100
    return f">{number(100 - 10**-digits, form)}" if hides else number(100 * share, form)


def money(amount: float, currency: str | None) -> str:
    """An amount to the cent, ``EUR 0.10``; below a tenth to two figures, ``EUR 0.0032``.

    Without a currency it is the number alone.
    """
    close = (digits for digits in range(2, _MOST_DIGITS) if amount * 10**digits >= 9.95)
    digits = next(close, _MOST_DIGITS) if amount > 0 else 2
    text = number(amount, f",.{digits}f")
    return f"{currency}\N{NO-BREAK SPACE}{text}" if currency else text


def in_money(amount: float, currency: str | None) -> str:
    """The same where nothing else says that it is money: ``0.10 in money``."""
    return money(amount, currency) + ("" if currency else " in money")


def percent_beside(share: float, limit: float) -> str:
    """A share in whole percent beside a limit; finer where rounding hides that it is above.

    16.25 % beside a limit of 16 % is told as ``16.3 %``: ``16 %`` would say that it is reached.
    """

    def hides(digits: int) -> bool:
        return share > limit and rounded(100 * share, digits) <= rounded(100 * limit, digits)

    return percent(share, next((digits for digits in range(3) if not hides(digits)), 3))


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number of things: ``1 label``, ``1,200 labels``; ``many`` where no s makes the plural."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def value_text(value: Value | None, unit: str = "") -> str:
    """The words of a label: ``boot``, ``3.5 kg``, ``2 boxes: circle, square``; empty for none.

    Of shapes each class is named once, in the order in which they come.
    """
    match value:
        case None:
            return ""
        case ClassValue():
            return value.name
        case ClassesValue():
            return ", ".join(value.names) or "none of these"
        case NumberValue():
            figure = number(value.number, ",.6f").rstrip("0").rstrip(".")
            return f"{figure} {unit}".strip()
    names = class_names(value)
    many = counted(len(names), *_SHAPE[value.TYPE])
    return f"{many}: {', '.join(dict.fromkeys(names))}" if names else many


def interval(value: float, low: float, high: float) -> str:
    """The 95 % interval of a share, in points: ``± 1.2``, or its ends, ``(83.9 to 100.0)``.

    Both ends are told where the interval lies to one side of the value: where ± half its width
    would miss an end by more than two points, or lead beyond 0 or 1 though the interval does not.
    """
    half = (high - low) / 2
    lopsided = abs((high + low) / 2 - value) > _LOPSIDED
    # A tenth of a point is the last digit told: less than half of it beyond the end is none.
    beyond = value + half > max(high, 1.0) + _ROUNDED or value - half < min(low, 0.0) - _ROUNDED
    if lopsided or beyond:
        return f"({_in_hundred(low, 1)} to {_in_hundred(high, 1)})"
    return f"± {number(100 * half)}"


def at_least(
    active: float, control: float, *, first_active: float, first_control: float
) -> Literal["at least ", "at most ", ""]:
    """What stands before a saving, or a boost, where an arm's first model was as good already.

    What fewer labels would have reached has not been measured: the active arm may have needed
    fewer, and saved more; the control may have, and less was saved.

    Args:
        active: Labels that the active arm took for a quality.
        control: Labels that the control took for it.
        first_active: Labels of the active arm's first model.
        first_control: Those of the control's.
    """
    if active <= first_active:
        return "at least "
    return "at most " if control <= first_control else ""
