"""HTML reports in one file: of a simulation, and of a project's rounds with its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from querist.errors import InvalidInputError
from querist.experiments.charts import Curve, Span, learning_curves
from querist.experiments.page import facts, page, section, table
from querist.experiments.runner import Run
from querist.experiments.settings import CONTROL
from querist.experiments.statistics import curve_band

COLORS = ("--a0", "--a1", "--a2", "--a3", "--a4", "--a5")
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def project_report(data: Mapping[str, Any]) -> str:
    """The report of a project: what was reached, what it saved, round by round, in pictures.

    ``data`` is plain JSON; everything but ``title`` and ``sentence`` may be missing or ``None``::

        {"title": str, "sentence": str, "kicker": str, "footer": str,
         "facts":   [{"label": str, "value": str, "note": str}],          # the first one leads
         "curve":   {"active": [point], "control": [point]},
         "ceiling": {"value": 0.87, "text": "all 5,400 labels: 87.0 %"},
         "saving":  {"target": 0.82, "active": 310, "control": 640},      # labels of each arm
         "rounds":  [{"round": 1, "labels": 50, "active": estimate, "control": estimate,
                      "strategy": str, "note": str}],
         "advice":  {"stop": bool, "sentence": str, "reasons": [str]},
         "gallery": [{"title": str, "text": str,
                      "pictures": [{"src": "data:image/png;base64,…", "caption": str, "alt": str}]}]}

    with point = ``{"labels": 50, "value": 0.7, "low": 0.66, "high": 0.74}`` and
    estimate = ``{"value", "low", "high"}`` or ``None``; accuracies are shares of one.

    Raises:
        InvalidInputError: a picture's ``src`` is not a ``data:image/`` address.
    """
    parts = [
        facts((f["label"], f["value"], f.get("note", "")) for f in data.get("facts") or ()),
        _advice(data.get("advice")),
        _project_curve(data),
        *(_gallery(group) for group in data.get("gallery") or () if group.get("pictures")),
        _rounds(data.get("rounds") or ()),
    ]
    return page(
        str(data["title"]),
        kicker=str(data.get("kicker") or "Querist report"),
        sentence=str(data["sentence"]),
        parts=parts,
        footer=str(data.get("footer") or "Made by Querist on this machine; nothing was sent."),
    )


def simulation_report(result: Mapping[str, Any]) -> str:
    """The report of a simulation, from the object that ``simulate`` returns."""
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


def _advice(advice: Mapping[str, Any] | None) -> str:
    if not advice:
        return ""
    reasons = "".join(f"<li>{escape(str(reason))}</li>" for reason in advice.get("reasons") or ())
    body = f"<p>{escape(str(advice['sentence']))}</p>" + (f"<ul>{reasons}</ul>" if reasons else "")
    stop = bool(advice.get("stop"))
    return section("Advice", "", body, style="advice stop" if stop else "advice")


def _project_curve(data: Mapping[str, Any]) -> str:
    curve = data.get("curve") or {}
    chart = learning_curves(
        [
            Curve(name="Querist", color="--accent", points=curve.get("active") or ()),
            Curve(
                name="random control",
                color="--control",
                points=curve.get("control") or (),
                dashed=True,
            ),
        ],
        description="Accuracy against labels for Querist's choice and for the random control.",
        ceiling=_ceiling(data.get("ceiling")),
        saving=_span(data.get("saving")),
    )
    if not chart:
        return ""
    return section(
        "Accuracy against labels",
        "Measured on an audit set that was drawn at random and trains neither model; the bands "
        "are 95 % intervals.",
        chart,
    )


def _ceiling(ceiling: Mapping[str, Any] | None) -> tuple[float, str] | None:
    return (float(ceiling["value"]), str(ceiling["text"])) if ceiling else None


def _span(saving: Mapping[str, Any] | None) -> Span | None:
    if not saving:
        return None
    active, control = float(saving["active"]), float(saving["control"])
    return (
        Span(
            value=float(saving["target"]),
            start=control,
            end=active,
            text=f"{control - active:,.0f} labels saved",
        )
        if control > active
        else None
    )


def _rounds(rounds: Sequence[Mapping[str, Any]]) -> str:
    if not rounds:
        return ""
    columns = [
        ("Round", "n"),
        ("Labels", "n"),
        ("Querist", "n"),
        ("Random", "n"),
        ("Chosen by", ""),
        ("What happened", ""),
    ]
    rows = [
        (
            str(r["round"]),
            f"{r['labels']:,}",
            _estimate(r.get("active"), strong=True),
            _estimate(r.get("control")),
            escape(str(r.get("strategy") or "")),
            f"<small>{escape(str(r.get('note') or ''))}</small>",
        )
        for r in rounds
    ]
    return section("Round by round", "", table(columns, rows))


def _gallery(group: Mapping[str, Any]) -> str:
    figures = "".join(_figure(picture) for picture in group["pictures"])
    return section(
        str(group["title"]), str(group.get("text") or ""), f'<div class="pictures">{figures}</div>'
    )


def _figure(picture: Mapping[str, Any]) -> str:
    source = str(picture["src"])
    if not source.startswith("data:image/"):
        raise InvalidInputError(
            f"The picture {source[:60]!r} would be loaded from elsewhere.",
            remedy="Give it as a data URI: data:image/png;base64,…",
        )
    caption = str(picture.get("caption") or "")
    return (
        f'<figure><img src="{escape(source)}" alt="{escape(str(picture.get("alt") or caption))}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _verdict(best: Mapping[str, Any], seeds: int) -> str:
    low, high = best["gain_ci"]
    name, gain = best["strategy"], 100 * best["aulc_gain"]
    doubt = f"95 % interval {100 * low:.1f} to {100 * high:.1f}"
    if low > 0:
        return (
            f"{name} beats random by {gain:.1f} points of accuracy on average ({doubt}) "
            f"and won under {best['wins']} of {seeds} seeds."
        )
    if high < 0:
        return f"{name} loses to random by {-gain:.1f} points of accuracy on average ({doubt})."
    return f"{name} and random cannot be told apart here: {gain:+.1f} points ({doubt})."


def _simulation_facts(
    best: Mapping[str, Any], data: Mapping[str, Any], seeds: int
) -> Iterable[tuple[str, str, str]]:
    saved = [
        (key, value) for key, value in best["labels_at"].items() if value["saving"] is not None
    ]
    if saved:
        key, found = saved[-1]
        least = "at least " if found["at_least"] else ""
        yield (
            "Labels saved",
            f"{100 * found['saving']:.0f} %",
            f"{least}this much, to reach {100 * float(key):g} % of full-data accuracy: "
            f"{found['strategy']:,.0f} instead of {found['control']:,.0f}",
        )
    yield ("Gain over random", _signed(best["aulc_gain"]), "points of accuracy, mean of all rounds")
    yield ("Won", f"{best['wins']} of {seeds}", f"paired seeds, {best['losses']} lost")
    yield (
        "Full data",
        f"{100 * data['full_data_accuracy_mean']:.1f} %",
        f"accuracy with all {data['pool']:,} pool rows labelled",
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


def _estimate(found: Mapping[str, float] | None, *, strong: bool = False) -> str:
    if not found:
        return DASH
    text = f"{100 * found['value']:.1f} %"
    half = 50 * (found["high"] - found["low"])
    return f"{f'<strong>{text}</strong>' if strong else text} <small>± {half:.1f}</small>"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", MINUS)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
