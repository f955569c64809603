"""How numbers are written for people, the same in the app, the command line and reports."""

from __future__ import annotations


def percent(share: float, digits: int = 1) -> str:
    """A share as people read it: ``percent(0.941)`` is ``94.1 %``."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"
