"""Where a learning curve goes from here: the gain of further labels, its doubt and its worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import finite, same_length

Floats = NDArray[np.float64]

LEAST_ROUNDS = 4
# Shapes of the curves: how fast the error falls, and where it begins to.
_POWERS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)
_SCALES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
# So many rounds' worth of belief that rounds scatter as an audit set of that size lets them.
_BELIEF = 3.0
_QUANTILES = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveForecast:
    """What a learning curve will be; arrays have one entry for each label count asked.

    Attributes:
        labels: The label counts (m,).
        last: The measure of the last round.
        gain: What it is expected to be above the last round (m,); never below 0, and never more
            than the measure of the last round lacks to 1.
        gain_low: Lower end of the gain's 95 % interval (m,); never a loss of more than it had.
        gain_high: Its upper end (m,); bounded as the gain.
    """

    labels: Floats
    last: float
    gain: Floats
    gain_low: Floats
    gain_high: Floats

    @property
    def value(self) -> Floats:
        """The measure expected (m,), 0 to 1: that of the last round with the gain."""
        return self.last + self.gain

    @property
    def low(self) -> Floats:
        """Lower end of its 95 % interval (m,)."""
        return self.last + self.gain_low

    @property
    def high(self) -> Floats:
        """Its upper end (m,)."""
        return self.last + self.gain_high


@dataclass(frozen=True, slots=True, kw_only=True)
class CostOptimum:
    """Where labelling costs least in all.

    Attributes:
        labels: Labels in all at which labels and errors together cost least.
        saving: What that saves against stopping now; 0 where now is best.
    """

    labels: float
    saving: float


def forecast_curve(
    labels: ArrayLike, measure: ArrayLike, at: ArrayLike, *, count: int
) -> CurveForecast:
    """Continue a learning curve to label counts ``at``.

    Curves a - b h(n) of four families are fitted by least squares: powers of n, exponentials,
    hyperbolas with an offset, and the constant. None is chosen: each counts by how probable it
    makes the rounds seen, so that where several fit, their spread is part of the interval. The
    intervals are those of what this audit set will show. Viering and Loog (2023), "The shape of
    learning curves: a review".

    Args:
        labels: Labels after each round (R,), rising.
        measure: The measure after each (R,), 0 to 1, higher is better.
        at: Label counts (m,), not below the last round's.
        count: Assets of the audit set.

    Raises:
        InvalidInputError: fewer than four rounds, labels that do not rise, or no audit set.
    """
    x, y = same_length(labels=labels, measure=measure)
    x, y = finite("The labels", x), finite("The measure", y)
    later = np.atleast_1d(finite("The label counts", at))
    if len(x) < LEAST_ROUNDS or (np.diff(x) <= 0).any() or x[0] <= 0 or count < 1:
        raise InvalidInputError(
            f"{len(x)} rounds measured on {count} assets give no curve to continue.",
            remedy=f"Give at least {LEAST_ROUNDS} rounds with rising labels, and an audit set.",
        )
    now, then = _shapes(x, np.concatenate([x, later]))
    fits = _Fits.of(now, y, count)
    end, ahead = then[:, len(x) - 1], then[:, len(x) :]
    gain = fits.quantiles(end[:, None] - ahead)
    # The gain is told beside the last round's measure: their sum must be one that can be measured.
    last, room = float(y[-1]), 1.0 - float(y[-1])
    return CurveForecast(
        labels=later,
        last=last,
        gain=np.clip(gain[1], 0.0, room),
        gain_low=np.clip(gain[0], -last, room),
        gain_high=np.clip(gain[2], 0.0, room),
    )


def cost_optimum(
    forecast: CurveForecast, now: tuple[float, float], *, label_cost: float, error_cost: float
) -> CostOptimum:
    """The label count at which labels and errors cost least together.

    It minimises ``label_cost`` n + ``error_cost`` (1 - quality(n)) over now and the forecast.

    Args:
        forecast: Where quality goes.
        now: Labels and quality now.
        label_cost: Money for one label.
        error_cost: Money that errors would cost if every prediction of the horizon were wrong.

    Raises:
        InvalidInputError: a cost is negative or not finite.
    """
    if not (np.isfinite([label_cost, error_cost]).all() and min(label_cost, error_cost) >= 0):
        raise InvalidInputError(
            f"A label costs {label_cost} and errors {error_cost}.",
            remedy="Give costs of 0 or more.",
        )
    saved = error_cost * forecast.gain - label_cost * (forecast.labels - now[0])
    best = int(np.argmax(saved))
    if saved[best] <= 0:
        return CostOptimum(labels=float(now[0]), saving=0.0)
    return CostOptimum(labels=float(forecast.labels[best]), saving=float(saved[best]))


def _shapes(seen: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Every h (F, R) where it was seen, and (F, len(n)); what was seen runs from 1 to 0."""
    last = seen[-1]
    rows = [
        *((n / last) ** -power for power in _POWERS),
        *(np.exp(-n / (scale * last)) for scale in _SCALES),
        *(1 / (1 + n / (scale * last)) for scale in _SCALES),
    ]
    table = np.stack(rows)
    first, end = table[:, :1], table[:, len(seen) - 1 : len(seen)]
    scaled = np.asarray((table - end) / (first - end))
    return scaled[:, : len(seen)], scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fits:
    """Least-squares fits y = a - b h of every shape, and how much each counts."""

    b: Floats
    variance_of_b: Floats
    variance: Floats
    weight: Floats
    freedom: float

    @classmethod
    def of(cls, h: Floats, y: Floats, count: int) -> _Fits:
        rounds = len(y)
        mean_h, mean_y = h.mean(axis=1), y.mean()
        spread = ((h - mean_h[:, None]) ** 2).sum(axis=1)
        b = np.maximum(-((h - mean_h[:, None]) @ (y - mean_y)) / spread, 0.0)
        a = mean_y + b * mean_h
        rest = ((y - a[:, None] + b[:, None] * h) ** 2).sum(axis=1)
        # The same assets measure all rounds, so that these scatter less than two audit sets would.
        believed = max(mean_y * (1 - mean_y), 0.25 / count) / (2 * count)
        freedom = rounds - 2 + _BELIEF
        total = rest + _BELIEF * believed
        variance = total / freedom
        logs = -0.5 * freedom * np.log(total) - 0.5 * np.log(spread)
        weight = np.exp(logs - logs.max())
        # Where nothing rises the shapes are one and the same curve: it counts once, not F times.
        weight = np.where(b > 0, weight, weight / max(int((b == 0).sum()), 1))
        # A curve that ends far above 1 is none of an accuracy.
        ceiling = a + b * np.maximum(-_limit(h), 0.0)
        weight = np.where(ceiling > 1 + 2 * np.sqrt(variance), weight * 1e-3, weight)
        return cls(
            b=b,
            variance_of_b=variance / spread,
            variance=variance,
            weight=weight / weight.sum(),
            freedom=freedom,
        )

    def quantiles(self, rise: Floats) -> tuple[Floats, Floats, Floats]:
        """2.5 % quantile, mean and 97.5 % quantile (m,) of a gain of ``rise`` (F, m) times b.

        The models of two rounds are each a little better or worse than their curve.
        """
        from scipy.special import stdtrit

        mean = rise * self.b[:, None]
        fitted = rise**2 * self.variance_of_b[:, None]
        deviation = np.sqrt(fitted + 2 * self.variance[:, None])
        levels = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        steps = stdtrit(self.freedom, levels)
        points = mean[:, :, None] + deviation[:, :, None] * steps
        shares = np.broadcast_to(self.weight[:, None, None] / _QUANTILES, points.shape)
        flat = points.transpose(1, 0, 2).reshape(points.shape[1], -1)
        chances = shares.transpose(1, 0, 2).reshape(points.shape[1], -1)
        order = np.argsort(flat, axis=1)
        rising = np.take_along_axis(flat, order, axis=1)
        reached = np.cumsum(np.take_along_axis(chances, order, axis=1), axis=1)
        low, high = (
            np.take_along_axis(rising, (reached < level).sum(axis=1)[:, None], axis=1)[:, 0]
            for level in (0.025, 0.975)
        )
        return low, (flat * chances).sum(axis=1), high


def _limit(h: Floats) -> Floats:
    """Where each shape (F, R) goes with ever more labels, guessed from its last step (F,)."""
    return np.asarray(h[:, -1] - 2 * (h[:, -2] - h[:, -1]))
