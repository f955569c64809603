"""Learning curves as inline SVG: bands for the doubt, names at the lines, no script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from querist.schema.wording import counted, percent

WIDTH, HEIGHT = 960, 400
LEFT, TOP, BOTTOM = 64, 28, 46
NAME_GAP = 19.0
# Room for the names right of the lines, at about this many pixels a letter.
LEAST_ROOM, LETTER, LETTERS = 150, 9.5, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line.

    Attributes:
        name: Written at its end.
        color: A CSS variable.
        points: Each with ``labels`` and ``value``, and ``low`` and ``high`` where there is doubt.
        dashed: Whether it is drawn broken, as the control is.
    """

    name: str
    color: str
    points: Sequence[Mapping[str, float]]
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An arrow drawn across the chart: at height ``value``, from ``start`` to ``end`` labels."""

    value: float
    start: float
    end: float
    text: str

    @classmethod
    def of_saving(
        cls, value: float, active: float, control: float, curve: Sequence[Mapping[str, float]]
    ) -> Span | None:
        """The labels that ``active`` saves of ``control``; ``None`` if it saves none.

        Where the first point of the active ``curve`` is as good, fewer were never tried.
        """
        if control <= active:
            return None
        least = "at least " if curve and active <= curve[0]["labels"] else ""
        text = f"{least}{counted(round(control - active), 'label')} saved"
        return cls(value=value, start=control, end=active, text=text)


def learning_curves(
    curves: Sequence[Curve],
    *,
    description: str,
    ceiling: tuple[float, str] | None = None,
    saving: Span | None = None,
) -> str:
    """An SVG of accuracy (shares of one) over labels; empty text if there is no point at all.

    Args:
        curves: The lines, the most important first: it is drawn on top.
        description: What a screen reader says.
        ceiling: A height and its name, drawn as a fine line across.
        saving: The labels saved, drawn as an arrow from the first line to the second.
    """
    drawn = [curve for curve in curves if curve.points]
    if not drawn:
        return ""
    frame = _frame(drawn, ceiling)
    parts = [*_grid(frame)]
    if ceiling is not None and frame.low <= ceiling[0] <= frame.high:
        parts.append(_ceiling(frame, *ceiling))
    parts += [_band(frame, curve) for curve in reversed(drawn)]
    parts += [_line(frame, curve) for curve in reversed(drawn)]
    parts += _names(frame, drawn)
    if saving is not None:
        parts.append(_saving(frame, saving))
    return (
        f'<div class="scroll"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(description)}">'
        f"{''.join(parts)}</svg></div>"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    right: float
    most: float
    low: float
    high: float
    step: float

    def x(self, labels: float) -> float:
        return LEFT + (self.right - LEFT) * labels / self.most

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _frame(curves: Sequence[Curve], ceiling: tuple[float, str] | None) -> _Frame:
    points = [point for curve in curves for point in curve.points]
    values = [value for p in points for value in (p.get("low", p["value"]), p["value"])]
    highs = [p.get("high", p["value"]) for p in points] + ([ceiling[0]] if ceiling else [])
    low, high = max(min(values), 0.0), min(max(highs), 1.0)
    step = _nice(max(high - low, 0.02) / 5)
    bottom = math.floor(low / step + 1e-9) * step
    top = min(math.ceil(high / step - 1e-9) * step, 1.0)
    if top <= bottom:
        bottom, top = max(top - step, 0.0), max(top - step, 0.0) + step
    room = max(LEAST_ROOM, 12 + LETTER * max(len(_short(curve.name)) for curve in curves))
    return _Frame(
        right=WIDTH - room,
        most=max(p["labels"] for p in points),
        low=bottom,
        high=top,
        step=step,
    )


def _nice(rough: float) -> float:
    """The nearest of 1, 2, 2.5, 5 × a power of ten that is not smaller."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * unit for unit in (1, 2, 2.5, 5, 10) if power * unit >= rough * 0.999)


def _grid(frame: _Frame) -> list[str]:
    parts = []
    right = f"{frame.right:g}"
    decimals = 0 if round(frame.step * 100, 6).is_integer() else 1
    for i in range(round((frame.high - frame.low) / frame.step) + 1):
        value = frame.low + i * frame.step
        y = frame.y(value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="var(--grid)"/>')
        parts.append(
            f'<text x="{LEFT - 10}" y="{y + 4.5:.1f}" text-anchor="end">'
            f"{100 * value:.{decimals}f} %</text>"
        )
    step = max(_nice(frame.most / 8), 1.0)
    for i in range(int(frame.most / step + 1e-9) + 1):
        x = frame.x(i * step)
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{i * step:,.0f}'
            "</text>"
        )
    middle = (LEFT + frame.right) / 2
    parts.append(f'<text x="{middle:g}" y="{HEIGHT - 4}" text-anchor="middle">labels</text>')
    return parts


def _ceiling(frame: _Frame, value: float, name: str) -> str:
    y = frame.y(value)
    return (
        f'<path d="M{LEFT} {y:.1f}H{frame.right:g}" stroke="var(--faint)" stroke-dasharray="2 4"/>'
        f'<text x="{LEFT + 4}" y="{y - 7:.1f}">{escape(name)}</text>'
    )


def _band(frame: _Frame, curve: Curve) -> str:
    points = [p for p in curve.points if "low" in p and "high" in p]
    if len(points) < 2:
        return ""
    upper = [f"{frame.x(p['labels']):.1f} {frame.y(p['high']):.1f}" for p in points]
    lower = [f"{frame.x(p['labels']):.1f} {frame.y(p['low']):.1f}" for p in reversed(points)]
    return f'<path d="M{"L".join([*upper, *lower])}Z" fill="var({curve.color})" opacity=".13"/>'


def _line(frame: _Frame, curve: Curve) -> str:
    places = [(frame.x(p["labels"]), frame.y(p["value"])) for p in curve.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dash = ' stroke-dasharray="7 5"' if curve.dashed else ""
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="var({curve.color})"><title>'
        f"{escape(curve.name)}: {percent(p['value'])} at "
        f"{counted(round(p['labels']), 'label')}</title>"
        "</circle>"
        for (x, y), p in zip(places, curve.points, strict=True)
    )
    return (
        f'<path d="M{path}" fill="none" stroke="var({curve.color})" stroke-width="2.4" '
        f'stroke-linejoin="round" stroke-linecap="round"{dash}/>{dots}'
    )


def _names(frame: _Frame, curves: Sequence[Curve]) -> list[str]:
    """The names right of the last points, moved apart where they would overlap."""
    wanted = sorted(
        (frame.y(curve.points[-1]["value"]), position, curve)
        for position, curve in enumerate(curves)
    )
    parts: list[str] = []
    free = 0.0
    for height, _, curve in wanted:
        y = max(height, free)
        free = y + NAME_GAP
        x = frame.x(curve.points[-1]["labels"]) + 12
        parts.append(
            f'<text class="name" x="{x:.1f}" y="{y + 5:.1f}" style="fill:var({curve.color})">'
            f"{escape(_short(curve.name))}</text>"
        )
    return parts


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def _saving(frame: _Frame, saving: Span) -> str:
    y, start, end = frame.y(saving.value), frame.x(saving.start), frame.x(saving.end)
    tip = -7 if end > start else 7
    # Below the middle of the arrow is the space between the two curves.
    return (
        f'<g stroke="var(--text)" stroke-width="1.4" fill="none">'
        f'<path d="M{start:.1f} {y:.1f}H{end:.1f}"/>'
        f'<path d="M{end + tip:.1f} {y - 4:.1f}L{end:.1f} {y:.1f}L{end + tip:.1f} {y + 4:.1f}"/>'
        f'<path d="M{start:.1f} {y - 5:.1f}V{y + 5:.1f}"/></g>'
        f'<text class="mark" x="{(start + end) / 2:.1f}" y="{y + 19:.1f}" text-anchor="middle">'
        f"{escape(saving.text)}</text>"
    )
