"""Continuing a learning curve: known curves are found, intervals hold, and money is weighed."""

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.metrics import CurveForecast, cost_optimum, forecast_curve

LABELS = np.arange(50, 550, 50)


def power(n: np.ndarray) -> np.ndarray:
    """A curve that every project knows: fast at first, slow later."""
    return 0.9 - 2.0 * n**-0.6


def test_a_curve_without_noise_is_continued() -> None:
    """A power law measured on many assets is met at twice the labels within half a point."""
    found = forecast_curve(LABELS, power(LABELS), [750, 1_000], count=100_000)
    assert found.value == pytest.approx(power(np.array([750, 1_000])), abs=0.005)
    assert found.gain == pytest.approx(power(np.array([750, 1_000])) - power(500), abs=0.005)


def test_intervals_hold_what_comes() -> None:
    """Over 200 noisy curves the 95 % interval of the next gain misses at most one in ten."""
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(200):
        seen = rng.binomial(200, power(LABELS)) / 200
        found = forecast_curve(LABELS, seen, [750], count=200)
        gain = power(750) - power(500)
        missed += not found.gain_low[0] <= gain <= found.gain_high[0]
    assert missed <= 20


def test_a_flat_curve_promises_nothing() -> None:
    """Where ten rounds brought nothing, twice the labels are expected to bring under a point."""
    rng = np.random.default_rng(1)
    found = forecast_curve(LABELS, 0.8 + rng.normal(0, 0.005, 10), [1_000], count=2_000)
    assert found.gain[0] < 0.01
    assert found.gain_low[0] <= 0 <= found.gain_high[0]


@pytest.mark.parametrize(
    ("seen", "count"),
    [
        ([0.40, 0.62, 0.78, 0.86, 0.94], 50),
        ([0.50, 0.65, 0.80, 0.95], 20),
        ([0.30, 0.20, 0.10, 0.05], 10),
    ],
)
def test_no_gain_leads_beyond_what_can_be_measured(seen: list[float], count: int) -> None:
    """The last round's measure with the gain or an end of its interval is within 0 and 1."""
    labels = 120.0 * np.arange(1, len(seen) + 1)
    found = forecast_curve(labels, seen, labels[-1] + [120, 240, 480, 960], count=count)
    now = seen[-1]
    assert found.low.min() >= 0
    assert found.high.max() <= 1 + 1e-12
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    assert found.value == pytest.approx(now + found.gain)


def test_a_last_round_below_its_curve_is_where_the_forecast_begins() -> None:
    """What is expected is never above the last round by another number than the gain told."""
    found = forecast_curve([20, 40, 60, 80], [0.85, 0.88, 0.87, 0.52], [100], count=300)
    assert found.value[0] == pytest.approx(0.52 + found.gain[0])
    assert found.low[0] == pytest.approx(0.52 + found.gain_low[0])
    assert found.high[0] == pytest.approx(0.52 + found.gain_high[0])


def test_fewer_assets_in_the_audit_set_widen_the_interval() -> None:
    """The same rounds, measured on 100 assets, leave more doubt than on 10,000."""
    wide, narrow = (
        forecast_curve(LABELS, power(LABELS), [1_000], count=count) for count in (100, 10_000)
    )
    assert wide.high[0] - wide.low[0] > narrow.high[0] - narrow.low[0]


def test_the_optimum_of_cost_is_the_least_sum() -> None:
    """It agrees with trying every label count, and stays where errors cost nothing."""
    at = np.arange(550, 5_000, 50.0)
    found = forecast_curve(LABELS, power(LABELS), at, count=10_000)
    costs = 0.5 * at - 20_000 * found.gain
    best = cost_optimum(found, (500, power(500)), label_cost=0.5, error_cost=20_000)
    assert best.labels == at[np.argmin(costs)]
    assert best.saving == pytest.approx(0.5 * 500 - costs.min())
    free = cost_optimum(found, (500, power(500)), label_cost=0.5, error_cost=0)
    assert (free.labels, free.saving) == (500, 0)


def test_what_gives_no_curve_is_refused() -> None:
    """Three rounds, labels that fall, and negative costs are told."""
    for labels in (LABELS[:3], LABELS[::-1]):
        with pytest.raises(InvalidInputError):
            forecast_curve(labels, np.linspace(0.5, 0.6, len(labels)), [900], count=100)
    zero = np.zeros(1)
    nothing = CurveForecast(labels=zero, last=0, gain=zero, gain_low=zero, gain_high=zero)
    with pytest.raises(InvalidInputError):
        cost_optimum(nothing, (0, 0), label_cost=-1, error_cost=1)
