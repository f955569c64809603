"""Prints benchmark figures beside their targets, keeps them as JSON, and says whether they hold."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number.

    Attributes:
        name: What was measured.
        value: The number.
        target: What it should reach; ``None`` for a number that is only told.
        unit: Its unit, for example ``images/s``.
        better: ``higher`` if the value must be at least the target, ``lower`` if at most.
    """

    name: str
    value: float
    target: float | None = None
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"

    @property
    def holds(self) -> bool:
        """Whether the target is reached; NaN never is."""
        if self.target is None:
            return True
        if self.better == "higher":
            return self.value >= self.target
        return self.value <= self.target


def report(name: str, figures: Sequence[Figure], *, details: dict[str, Any] | None = None) -> int:
    """Print ``figures``, write ``benchmarks/results/<name>.json``; 0 if all targets hold, else 1.

    Args:
        name: Name of the benchmark, also of its file.
        figures: What was measured.
        details: What else is worth keeping, JSON-compatible.
    """
    width = max((len(figure.name) for figure in figures), default=0)
    for figure in figures:
        print(_line(figure, width))
    body = {
        "name": name,
        "figures": [{**asdict(figure), "holds": figure.holds} for figure in figures],
        "targets": {f.name: f.target for f in figures if f.target is not None},
        "details": details or {},
        "commit": _commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "arch": platform.machine(),
        },
        "python": platform.python_version(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    short = [figure.name for figure in figures if not figure.holds]
    print(f"{name}: falls short on {', '.join(short)}" if short else f"{name}: every target holds")
    return 1 if short else 0


def _line(figure: Figure, width: int) -> str:
    value = f"{figure.value:>14,.3f} {figure.unit:<10}"
    if figure.target is None:
        return f"  {figure.name:<{width}} {value}"
    sign = "≥" if figure.better == "higher" else "≤"
    word = "ok" if figure.holds else "SHORT"
    return f"  {figure.name:<{width}} {value} target {sign} {figure.target:,g}  {word}"


def _commit() -> str:
    """The checked-out commit, with ``+`` when files differ from it; empty outside a checkout."""
    try:
        root = Path(__file__).parent
        head = _git(root, "rev-parse", "--short", "HEAD")
        return head + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()
