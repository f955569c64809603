"""The HTML report of a simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from querist.experiments.arms import CONTROL
from querist.experiments.charts import Curve, learning_curves
from querist.experiments.page import facts, page, section, table
from querist.experiments.runner import Run
from querist.experiments.statistics import curve_band
from querist.experiments.words import (
    best_arm,
    sentences,
    signed,
    too_few_seeds,
    verdict,
)
from querist.schema.wording import counted, percent

COLORS = ("--a0", "--a1", "--a2", "--a3", "--a4", "--a5")
DASH = "\N{EN DASH}"


def simulation_report(result: Mapping[str, Any]) -> str:
    """The report of a simulation, from the object that ``run_simulation`` returns."""
    data, rows = result["data"], result["comparison"]
    best = best_arm(rows)
    seeds = int(result["settings"]["seeds"])
    return page(
        f"Simulation on {data['name']}",
        kicker="Querist simulation",
        sentence=verdict(best, seeds),
        parts=[
            facts(_simulation_facts(best, data, seeds)),
            section(
                "Accuracy against labels",
                f"Mean of {counted(seeds, 'paired seed')} on {data['test']:,} test rows; "
                f"{'the bands are 95 % intervals' if seeds > 1 else 'no band'} over the seeds.",
                _simulation_curves(result, [row["strategy"] for row in rows]),
            ),
            section(
                "Compared with random, seed by seed",
                "The area is the mean accuracy over the rounds; its gain is told in points.",
                _comparison(rows),
            ),
            section(
                "Labels needed",
                "Mean labels until a share of the accuracy of a model trained on the whole pool.",
                _labels_needed(rows, seeds),
            ),
            section(
                "Who beats whom",
                "Share of the rounds in which the arm of the row was better than the arm of the "
                "column in a paired t-test (p < 0.05). The last row sums how often an arm was "
                "beaten: lower is better.",
                _penalty(rows),
            ),
            section(
                "What it cost",
                "Means of one round, in seconds, and the largest memory of the process.",
                _cost(rows),
            ),
        ],
        footer=_provenance(result),
    )


def _simulation_facts(
    best: Mapping[str, Any], data: Mapping[str, Any], seeds: int
) -> Iterable[tuple[str, str, str]]:
    yield from _saving_fact(best)
    yield ("Gain over random", signed(best["aulc_gain"]), "points of accuracy, mean of all rounds")
    yield (
        "Won",
        f"{best['wins']} of {seeds}",
        f"paired seeds, {best['ties']} tied, {best['losses']} lost",
    )
    yield (
        "Full data",
        percent(data["full_data_accuracy_mean"]),
        f"accuracy with all {data['pool']:,} pool rows labelled",
    )


def _saving_fact(best: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """The label saving at the target nearest to 95 %; nothing unless gain and saving are proven.

    Where no target was reached, it is the saving for the best accuracy that random came to.
    """
    if best["gain_ci"] is None or best["gain_ci"][0] <= 0:
        return
    known = [key for key, found in best["labels_at"].items() if found["saving"] is not None]
    least = ""
    if known:
        key = min(known, key=lambda target: abs(float(target) - 0.95))
        found, goal = best["labels_at"][key], f"{100 * float(key):g} % of full-data accuracy"
        least = "at least this much, " if found["at_least"] else ""
    else:
        found = best["labels_to_match"]
        goal = f"random's best accuracy of {percent(found['accuracy'])}"
    if found["saving"] is not None and not too_few_seeds(found):
        yield (
            "Labels saved",
            percent(found["saving"], 0),
            f"{least}to reach {goal}: {found['strategy']:,.0f} instead of {found['control']:,.0f}",
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
        ceiling=(full, f"whole pool: {percent(full)}"),
    )


def _comparison(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = [
        ("Strategy", ""),
        ("Area", "n"),
        ("Gain, points", "n"),
        ("95 % interval", "n"),
        ("Won / tied / lost", "n"),
    ]
    return table(columns, [_compared(row) for row in rows])


def _compared(row: Mapping[str, Any]) -> Sequence[str]:
    cells = [f"<strong>{escape(row['strategy'])}</strong>", percent(row["aulc_mean"])]
    if row["strategy"] == CONTROL:
        return [*cells, DASH, DASH, DASH]
    return [
        *cells,
        signed(row["aulc_gain"]),
        " to ".join(map(signed, row["gain_ci"] or ())) or DASH,
        f"{row['wins']} / {row['ties']} / {row['losses']}",
    ]


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
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(rows, seeds)[1:])
    return f'{table(columns, body)}<ul class="told">{told}</ul>'


def _needed(found: Mapping[str, Any], is_control: bool, seeds: int) -> str:
    if found["strategy"] is None:
        return f"<small>reached in {found['reached'][0]} of {seeds}</small>"
    text = f"{found['strategy']:,.0f}"
    if is_control:
        return text
    least = "≥ " if found["at_least"] else ""
    kind = "up" if found["saving"] > 0 else "down"
    share = f"{percent(abs(found['saving']), 0)} {'fewer' if found['saving'] >= 0 else 'more'}"
    return f'{text} <small class="{kind}">{least}{share}</small>'


def _penalty(rows: Sequence[Mapping[str, Any]]) -> str:
    names = [row["strategy"] for row in rows]
    body = [
        (
            f"<strong>{escape(row['strategy'])}</strong>",
            *(DASH if name == row["strategy"] else _shaded(row["beats"][name]) for name in names),
        )
        for row in rows
    ]
    sums = [f"{row['beaten']:.2f}" for row in rows]
    return table([("", ""), *((name, "n") for name in names)], [*body, ("beaten", *sums)])


def _shaded(share: float) -> str:
    return f'<span class="share" style="--share:{100 * share:.0f}%">{share:.2f}</span>'


def _cost(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = [("Strategy", ""), ("Select, s", "n"), ("Train, s", "n"), ("Peak memory, MB", "n")]
    return table(
        columns,
        [
            (
                f"<strong>{escape(row['strategy'])}</strong>",
                f"{row['select_seconds']:.3f}",
                f"{row['fit_seconds']:.3f}",
                f"{row['peak_mb']:,.0f}",
            )
            for row in rows
        ],
    )


def _provenance(result: Mapping[str, Any]) -> str:
    s, data = result["settings"], result["data"]
    return (
        f"{data['rows']:,} rows, {data['features']} features, {len(data['classes'])} classes; "
        f"pool {data['pool']:,}, test {data['test']:,}; batches of {s['batch_size']}, "
        f"{s['rounds']} rounds, {s['seeds']} paired seeds, learner {s['learner']}. "
        f"Data SHA-256 {data['digest'][:16]}. Querist {s['querist']}."
    )
