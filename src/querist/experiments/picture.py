"""The learning curves of a simulation as a PNG picture, drawn by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from querist.errors import MissingDependencyError
from querist.experiments.arms import CONTROL
from querist.experiments.runner import Run
from querist.experiments.statistics import curve_band
from querist.experiments.words import best_arm, verdict
from querist.schema.wording import percent

COLORS = ("#4f4fc4", "#0f7b6c", "#b4540a", "#9c2f7f", "#2f6db5", "#7a6a00")
GRAY = "#767882"


def check_picture() -> None:
    """Tell before a long simulation that its picture cannot be drawn.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401 - whether it is there is all that matters
    except ImportError as problem:
        raise MissingDependencyError.of("Drawing a PNG picture", "plots") from problem


def simulation_png(result: Mapping[str, Any]) -> bytes:
    """The picture of a simulation, from the object that ``run_simulation`` returns.

    Mean accuracy against labels for each arm with its 95 % band over the seeds, the control dashed.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    check_picture()
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    # A figure of its own, without pyplot: nothing global is touched and no window can open.
    figure = Figure(figsize=(9, 5), dpi=160, layout="constrained")
    axes = figure.add_subplot()
    runs = [Run(**body) for body in result["runs"]]
    names = [row["strategy"] for row in result["comparison"] if row["strategy"] != CONTROL]
    for position, name in enumerate([*names, CONTROL]):
        points = curve_band([run for run in runs if run.strategy == name])
        color = GRAY if name == CONTROL else COLORS[position % len(COLORS)]
        labels = [point["labels"] for point in points]
        if "low" in points[0]:
            low, high = ([point[end] for point in points] for end in ("low", "high"))
            axes.fill_between(labels, low, high, color=color, alpha=0.12, linewidth=0)
        axes.plot(
            labels,
            [point["value"] for point in points],
            color=color,
            label=_literal(name),
            marker="o",
            markersize=3.5,
            linewidth=2,
            linestyle="--" if name == CONTROL else "-",
        )
    full = result["data"]["full_data_accuracy_mean"]
    axes.axhline(full, color=GRAY, linewidth=1, linestyle=":")
    axes.annotate(
        f"whole pool: {percent(full)}",
        (0.01, full),
        xycoords=("axes fraction", "data"),
        xytext=(0, 4),
        textcoords="offset points",
        color=GRAY,
        fontsize=9,
    )
    axes.set_xlabel("labels")
    axes.set_ylabel("test accuracy")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#ececf0")
    axes.set_axisbelow(True)
    axes.legend(frameon=False, loc="lower right")
    sentence = verdict(best_arm(result["comparison"]), int(result["settings"]["seeds"]))
    figure.suptitle(_literal(result["data"]["name"]), x=0.01, ha="left", fontweight="bold")
    axes.set_title(_literal(sentence), loc="left", fontsize=9, wrap=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return drawn.getvalue()


def _literal(text: str) -> str:
    """The text as it stands: matplotlib would set what is between dollar signs as a formula."""
    return text.replace("$", r"\$")
