"""What a simulation found, in sentences for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.experiments.arms import CONTROL
from querist.metrics import is_undecided
from querist.schema.measure import Measure
from querist.schema.wording import counted, number, percent

# Of fewer seeds nobody sees whether their gains spread as Student's interval supposes.
FEW = 5


def best_arm(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The row of the comparison with the best area, the control's only if it is alone."""
    return next((row for row in rows if row["strategy"] != CONTROL), rows[0])


def sentences(rows: Sequence[Mapping[str, Any]], seeds: int) -> list[str]:
    """Whether the best arm beats random and which labels it needs; of each other arm the latter."""
    best = best_arm(rows)
    found = [verdict(best, seeds)]
    if best["strategy"] == CONTROL:
        return found
    found.append(match_words(best, seeds))
    for target in best["labels_at"]:
        found.append(saving_words(best, target, seeds))
        if best["labels_at"][target]["saving"] is None:
            break  # nor was a higher one reached
    for row in rows:
        if row["strategy"] not in (best["strategy"], CONTROL):
            found.append(match_words(row, seeds))
    return found


def verdict(row: Mapping[str, Any], seeds: int) -> str:
    """One sentence: whether an arm of the comparison beats random, by how much, how surely."""
    name, gain = row["strategy"], row["aulc_gain"]
    if name == CONTROL:
        return "Only random was run, so there is nothing to compare."
    if row["gain_ci"] is None:
        side = "above" if gain >= 0 else "below"
        return (
            f"{name} is {_points(gain)} {side} random on average, with a single seed: that proves "
            "nothing."
        )
    low, high = row["gain_ci"]
    few = ", few for a sure answer" if seeds < FEW else ""
    doubt = f"{seeds} paired seeds{few}; 95 % interval {signed(low)} to {signed(high)}"
    if low > 0:
        return f"{name} beats random by {_points(gain)} of accuracy on average ({doubt})."
    if high < 0:
        return f"{name} loses to random by {_points(gain)} of accuracy on average ({doubt})."
    return f"{name} and random cannot be told apart here: {signed(gain)} points ({doubt})."


def saving_words(row: Mapping[str, Any], target: str, seeds: int) -> str:
    """One sentence: the labels that an arm needs for a share of full-data accuracy.

    Args:
        row: The arm's row of the comparison.
        target: A key of its ``labels_at``, such as ``0.95``.
        seeds: Number of paired seeds.
    """
    found, name = row["labels_at"][target], row["strategy"]
    goal = f"{100 * float(target):g} % of full-data accuracy"
    reached, base = found["reached"]
    if found["saving"] is None:
        many = f"with {reached} of {seeds} seeds only" if reached else "with no seed"
        return (
            f"{name} reached {goal} {many} (random with {base} of {seeds}), so no saving is told; "
            "more rounds may tell one."
        )
    if name == CONTROL:
        return f"random needs {found['control']:,.0f} labels for {goal}."
    return _needs(name, goal, found, seeds)


def match_words(row: Mapping[str, Any], seeds: int) -> str:
    """One sentence: the labels that an arm needs for the best accuracy that random came to."""
    found, name = row["labels_to_match"], row["strategy"]
    goal = f"random's best accuracy of {percent(found['accuracy'])}"
    if found["saving"] is None:
        return f"{name} did not come to {goal}."
    return _needs(name, goal, found, seeds)


def too_few_seeds(found: Mapping[str, Any]) -> bool:
    """Whether the seeds tell nothing of a saving: see ``is_undecided``."""
    if found["saving_ci"] is None:
        return True
    low, high = sorted(1 - end for end in found["saving_ci"])
    return is_undecided(Measure(value=1 - found["saving"], low=low, high=high, count=0))


def _needs(name: str, goal: str, found: Mapping[str, Any], seeds: int) -> str:
    if found["saving"] == 0 and found["saving_ci"] in (None, [0, 0]):
        return f"{name} and random need the same {found['control']:,.0f} labels for {goal}."
    many = counted(seeds, "paired seed")
    if too_few_seeds(found):
        few = "is" if seeds == 1 else "are"
        least = "at least " if found.get("at_least") else ""
        return (
            f"{many} {few} too few to say what {name} saves for {goal}: on average it needs "
            f"{found['strategy']:,.0f} labels, random {least}{found['control']:,.0f}."
        )
    low, high = sorted(1 - end for end in found["saving_ci"])
    doubt = f"{many}; 95 % interval {percent(low, 0)} to {percent(high, 0)}"
    most = ""
    if found.get("at_least"):
        most = "at most "
        doubt += f"; random got there with {found['reached'][1]} of {seeds}"
    return (
        f"{name} needs {most}{percent(1 - found['saving'], 0)} of random's labels for {goal}: "
        f"{found['strategy']:,.0f} instead of {found['control']:,.0f} ({doubt})."
    )


def signed(share: float) -> str:
    """A share of one in points, with its sign."""
    return number(100 * share, "+.1f")


def _points(gain: float) -> str:
    return f"{number(100 * abs(gain))} points"
