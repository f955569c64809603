"""Choosing rows by their score and their seconds, within a budget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Halvings of the price; after these it is exact to a millionth of a millionth.
_STEPS = 45


def by_worth(scores: Floats, costs: Values, budget: float, most: int) -> Positions:
    """Places (k,) in the order in which to take them while the budget lasts.

    A price per second is set on time, the lowest at which the best ``most`` rows by score minus
    price × seconds fit into the budget (the Lagrangian form of the knapsack problem; Everett,
    1963); then rows are swapped for better ones where what is left of the budget allows. So where
    time is not short the scores alone decide, and where it is, scores per second. If not even the
    cheapest ``most`` fit, only rows worth their price are counted, with the lowest score worth
    nothing.

    Args:
        scores: Of each row (k,) in order of preference, higher is better; any sign. Where all are
            equal the places in the order count in their stead.
        costs: Seconds of each row (k,), above 0.
        budget: Seconds for all together.
        most: How many rows are wanted.

    Returns:
        The chosen rows in the order given, then the others, those most worth their price first.
    """
    values = scores.astype(np.float64) - float(scores.min())
    if costs[:most].sum() <= budget:
        return np.arange(len(values))
    if not values.any():
        values = np.arange(len(values), 0.0, -1)
    order = np.argsort(-_net(values, costs, budget, most), kind="stable")
    chosen = _swapped(_filled(order, costs, budget, most), values, costs, budget)
    return np.concatenate([np.flatnonzero(chosen), order[~chosen[order]]])


def _net(values: Values, costs: Values, budget: float, most: int) -> Values:
    enough = fits(costs, budget, most)

    def cost(price: float) -> float:
        net = values - price * costs
        best = np.argsort(-net, kind="stable")[:most]
        return float(costs[best if enough else best[net[best] > 0]].sum())

    low, high = 0.0, float((values / costs).max())
    while enough and cost(high) > budget:
        # Where a full batch is wanted, rows that are not worth their price fill it.
        low, high = high, 4 * high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if cost(middle) <= budget else (middle, high)
    return values - high * costs


def _filled(order: Positions, costs: Values, budget: float, most: int) -> Mask:
    chosen = np.zeros(len(costs), dtype=bool)
    for place in order.tolist():
        if chosen.sum() < most and costs[place] <= budget - costs[chosen].sum():
            chosen[place] = True
    return chosen


def _swapped(chosen: Mask, values: Values, costs: Values, budget: float) -> Mask:
    left = budget - costs[chosen].sum()
    for place in np.argsort(-values, kind="stable").tolist():
        out = chosen & (costs >= costs[place] - left) & (values < values[place])
        if not chosen[place] and out.any():
            worst = int(np.where(out, values, np.inf).argmin())
            chosen[worst], chosen[place] = False, True
            left += costs[worst] - costs[place]
    return chosen


def least_costs(costs: Values, budget: float, most: int) -> Values:
    """What 0, 1, … ``most`` rows cost at least (most + 1,); all 0 where so many cannot be had."""
    if len(costs) < most or not fits(costs, budget, most):
        return np.zeros(most + 1)
    return np.concatenate([[0.0], np.cumsum(np.sort(costs)[:most])])


def fits(costs: Values, budget: float, most: int) -> bool:
    """Whether the ``most`` cheapest rows, or all if there are fewer, cost no more than allowed."""
    cheapest = costs if len(costs) <= most else np.partition(costs, most - 1)[:most]
    return bool(cheapest.sum() <= budget)
