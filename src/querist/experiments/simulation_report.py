"""The HTML report of a simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from querist.experiments.charts import Curve, learning_curves
from querist.experiments.page import facts, page, section, table
from querist.experiments.runner import Run
from querist.experiments.settings import CONTROL
from querist.experiments.statistics import curve_band

COLORS = ("--a0", "--a1", "--a2", "--a3", "--a4", "--a5")
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def simulation_report(result: Mapping[str, Any]) -> str:
    """The report of a simulation, from the object that ``run_simulation`` returns."""
    data, rows = result["data"], result["comparison"]
    best = next((row for row in rows if row["strategy"] != CONTROL), rows[0])
    seeds = int(result["settings"]["seeds"])
    return page(
        f"Simulation on {data['name']}",
        kicker="Querist simulation",
        sentence=_verdict(best, seeds),
        parts=[
            facts(_simulation_facts(best, data, seeds)),
            section(
                "Accuracy against labels",
                f"Mean of {seeds} paired seeds on {data['test']:,} test rows; the bands are 95 % "
                "bootstrap intervals over the seeds.",
                _simulation_curves(result, [row["strategy"] for row in rows]),
            ),
            section(
                "Compared with random, seed by seed",
                "The area is the mean accuracy over the rounds. Beaten counts the other arms that "
                "were better in a paired t-test, averaged over the rounds: lower is better.",
                _comparison(rows, seeds),
            ),
            section(
                "Labels needed",
                "Mean labels until a share of the accuracy of a model trained on the whole pool.",
                _labels_needed(rows, seeds),
            ),
            section(
                "What it cost", "Means of one round, in seconds, and of one run.", _cost(result)
            ),
        ],
        footer=_provenance(result),
    )


def _verdict(best: Mapping[str, Any], seeds: int) -> str:
    low, high = best["gain_ci"]
    name, gain = best["strategy"], best["aulc_gain"]
    doubt = f"95 % interval {_signed(low)} to {_signed(high)}"
    if low > 0:
        return (
            f"{name} beats random by {100 * gain:.1f} points of accuracy on average ({doubt}) "
            f"and won with {best['wins']} of {seeds} seeds."
        )
    if high < 0:
        return f"{name} loses to random by {-100 * gain:.1f} points on average ({doubt})."
    return f"{name} and random cannot be told apart here: {_signed(gain)} points ({doubt})."


def _simulation_facts(
    best: Mapping[str, Any], data: Mapping[str, Any], seeds: int
) -> Iterable[tuple[str, str, str]]:
    yield from _saving_fact(best)
    yield ("Gain over random", _signed(best["aulc_gain"]), "points of accuracy, mean of all rounds")
    yield ("Won", f"{best['wins']} of {seeds}", f"paired seeds, {best['losses']} lost")
    yield (
        "Full data",
        f"{100 * data['full_data_accuracy_mean']:.1f} %",
        f"accuracy with all {data['pool']:,} pool rows labelled",
    )


def _saving_fact(best: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """The label saving at the target nearest to 95 %; nothing unless the gain itself is proven."""
    known = [key for key, found in best["labels_at"].items() if found["saving"] is not None]
    if not known or best["gain_ci"][0] <= 0:
        return
    key = min(known, key=lambda target: abs(float(target) - 0.95))
    found = best["labels_at"][key]
    least = "at least this much, to reach" if found["at_least"] else "to reach"
    yield (
        "Labels saved",
        f"{100 * found['saving']:.0f} %",
        (
            f"{least} {100 * float(key):g} % of full-data accuracy: "
            f"{found['strategy']:,.0f} instead of {found['control']:,.0f}"
        ),
    )


def _simulation_curves(result: Mapping[str, Any], order: Sequence[str]) -> str:
    arms = [name for name in order if name != CONTROL]
    runs = [Run(**body) for body in result["runs"]]
    curves = [
        Curve(
            name=name,
            color=COLORS[i % len(COLORS)],
            points=curve_band([run for run in runs if run.strategy == name]),
        )
        for i, name in enumerate(arms)
    ]
    control = [run for run in runs if run.strategy == CONTROL]
    curves.append(Curve(name=CONTROL, color="--control", points=curve_band(control), dashed=True))
    full = result["data"]["full_data_accuracy_mean"]
    return learning_curves(
        curves,
        description="Mean test accuracy against labels for each strategy.",
        ceiling=(full, f"whole pool: {100 * full:.1f} %"),
    )


def _comparison(rows: Sequence[Mapping[str, Any]], seeds: int) -> str:
    columns = [
        ("Strategy", ""),
        ("Area", "n"),
        ("Gain, points", "n"),
        ("95 % interval", "n"),
        (f"Won / lost of {seeds}", "n"),
        ("Beaten", "n"),
    ]
    return table(
        columns,
        [
            (
                f"<strong>{escape(row['strategy'])}</strong>",
                f"{100 * row['aulc_mean']:.1f} %",
                DASH if row["strategy"] == CONTROL else _signed(row["aulc_gain"]),
                DASH if row["strategy"] == CONTROL else " to ".join(map(_signed, row["gain_ci"])),
                DASH if row["strategy"] == CONTROL else f"{row['wins']} / {row['losses']}",
                f"{row['beaten']:.2f}",
            )
            for row in rows
        ],
    )


def _labels_needed(rows: Sequence[Mapping[str, Any]], seeds: int) -> str:
    targets = list(rows[0]["labels_at"])
    columns = [("Strategy", ""), *((f"{100 * float(t):g} % of full", "n") for t in targets)]
    body = [
        (
            f"<strong>{escape(row['strategy'])}</strong>",
            *(_needed(row["labels_at"][t], row["strategy"] == CONTROL, seeds) for t in targets),
        )
        for row in rows
    ]
    return table(columns, body)


def _needed(found: Mapping[str, Any], is_control: bool, seeds: int) -> str:
    if found["strategy"] is None:
        return f"<small>reached in {found['reached'][0]} of {seeds}</small>"
    text = f"{found['strategy']:,.0f}"
    if is_control:
        return text
    least = "≥ " if found["at_least"] else ""
    kind = "up" if found["saving"] > 0 else "down"
    share = f"{100 * abs(found['saving']):.0f} % {'fewer' if found['saving'] >= 0 else 'more'}"
    return f'{text} <small class="{kind}">{least}{share}</small>'


def _cost(result: Mapping[str, Any]) -> str:
    columns = [("Strategy", ""), ("Select, s", "n"), ("Train, s", "n"), ("Peak memory, MB", "n")]
    rows = []
    for name in dict.fromkeys(run["strategy"] for run in result["runs"]):
        own = [run for run in result["runs"] if run["strategy"] == name]
        rows.append(
            (
                f"<strong>{escape(name)}</strong>",
                f"{_mean(s for run in own for s in run['select_seconds']):.3f}",
                f"{_mean(s for run in own for s in run['fit_seconds']):.3f}",
                f"{max(run['peak_mb'] for run in own):,.0f}",
            )
        )
    return table(columns, rows)


def _provenance(result: Mapping[str, Any]) -> str:
    s, data = result["settings"], result["data"]
    return (
        f"{data['rows']:,} rows, {data['features']} features, {len(data['classes'])} classes; "
        f"pool {data['pool']:,}, test {data['test']:,}; batches of {s['batch_size']}, "
        f"{s['rounds']} rounds, {s['seeds']} paired seeds, learner {s['learner']}. "
        f"Data SHA-256 {data['digest'][:16]}. Querist {s['querist']}."
    )


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", MINUS)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
