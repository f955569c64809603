"""The HTML report of an experiment: both curves, both arms side by side, class by class."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from querist.experiments.charts import Curve, Span, learning_curves
from querist.experiments.comparing import (
    ClassFigures,
    ClassRow,
    Experiment,
    SizePoint,
    bound,
    class_measure,
    class_names,
    in_words,
    points,
    whole_names,
)
from querist.experiments.page import facts, page, section, table
from querist.experiments.words import signed
from querist.schema.measure import Measure, called
from querist.schema.wording import number, percent

DASH = "\N{EN DASH}"
# What there is of a class, and how it is told from what is not, where that is no row.
_COUNTED = {"map50": "Boxes", "f1": "Spans"}
_ABOUT_CLASSES = {
    "map50": "AP50 is the average precision at an overlap of a half; precision and recall count "
    "what is said with a confidence of a half or more. ",
    "f1": "A span is right if its class, its start and its end are. ",
}


def experiment_report(found: Experiment) -> str:
    """The report of an experiment as one HTML page that loads nothing."""
    result = found.result
    name, whole_kinds = called(result.measure), whole_names(result.measure)
    chart = learning_curves(
        [
            Curve(name=found.strategy, color="--accent", points=_points(result.active_curve)),
            Curve(
                name="random control",
                color="--control",
                points=_points(result.control_curve),
                dashed=True,
            ),
        ],
        description=f"{name} against labels for the active set and for the random control.",
        saving=_saving(found),
    )
    head = [("", ""), *((text, "n") for text in whole_kinds.values())]
    whole = [
        ("Active set", *_cells(result.active, whole_kinds)),
        ("Random control", *_cells(result.control, whole_kinds)),
        ("Gain, points", *_gains(result.gain, whole_kinds)),
    ]
    return page(
        "Active set against random control",
        kicker="Querist experiment",
        sentence=found.sentence,
        parts=[
            facts(_facts(found)),
            section(f"{name} against labels", _about(found), chart),
            section(f"{_all(result.measure)}, {result.size:,} labels each", "", table(head, whole)),
            *_by_class(found),
        ],
        footer=_provenance(found),
    )


def _all(measure: str) -> str:
    return "All classes" if class_names(measure) else "All test assets"


def _by_class(found: Experiment) -> list[str]:
    """The table of the classes; nothing of numbers, which have none."""
    measure = found.result.measure
    kinds, judged = class_names(measure), class_measure(measure)
    if not kinds:
        return []
    columns = [("Class", ""), (_COUNTED.get(measure, "Rows"), "n")]
    columns += [(f"{text}, {arm}", "n") for text in kinds.values() for arm in ("active", "random")]
    columns.append((f"{kinds[judged]} gain, points", "n"))
    return [
        section(
            "Class by class",
            _ABOUT_CLASSES.get(measure, "")
            + "The intervals of a class are never narrower than Wilson's for its "
            f"{_COUNTED.get(measure, 'Rows').lower()}.",
            table(columns, (_class_cells(row, kinds, judged) for row in found.result.classes)),
        )
    ]


def _points(curve: Iterable[SizePoint]) -> list[dict[str, float]]:
    return [
        {
            "labels": point.labels,
            "value": point.accuracy.value,
            "low": point.accuracy.low,
            "high": point.accuracy.high,
        }
        for point in curve
    ]


def _saving(found: Experiment) -> Span | None:
    boost = found.result.boost
    if boost is None:
        return None
    curve = _points(found.result.active_curve)
    return Span.of_saving(boost.accuracy, boost.active_labels, boost.control_labels, curve)


def _facts(found: Experiment) -> Iterable[tuple[str, str, str]]:
    result = found.result
    if result.boost is not None:
        times = result.boost.times
        note = f"95 % interval {times.low:.2f} to {times.high:.2f}: labels random needs for each"
        yield ("Efficiency boost", f"{bound(result)}{times.value:.2f} ×", note)
    if result.gain.accuracy is not None:
        gain = result.gain.accuracy
        yield (
            "Gain at equal labels",
            signed(gain.value),
            f"points of {in_words(result.measure)}, {signed(gain.low)} to {signed(gain.high)}",
        )
    yield ("Labels", f"{result.size:,}", "in each arm")


def _about(found: Experiment) -> str:
    where = "the audit set, which trains neither arm" if found.test == "audit" else "split-off rows"
    times = f"{len(found.seeds)} repetitions from scratch. " if found.seeds else ""
    return f"{times}Measured on {where}. The bands are 95 % bootstrap intervals."


def _cells(figures: ClassFigures, kinds: Iterable[str]) -> list[str]:
    return [_share(getattr(figures, kind)) for kind in kinds]


def _gains(figures: ClassFigures, kinds: Iterable[str]) -> list[str]:
    return [_gain(getattr(figures, kind)) for kind in kinds]


def _class_cells(row: ClassRow, kinds: Iterable[str], judged: str) -> list[str]:
    pairs = [_share(getattr(arm, kind)) for kind in kinds for arm in (row.active, row.control)]
    # With the interval below its figure the whole table fits the page.
    cells = [cell.replace(" <small>", "<br><small>") for cell in pairs]
    gain = _gain(getattr(row.gain, judged)).replace(" (", "<br><small>(", 1)
    return [
        f"<strong>{escape(row.name)}</strong>",
        str(row.count),
        *cells,
        f"{gain}</small>" if "<small>" in gain else gain,
    ]


def _share(found: Measure | None) -> str:
    if found is None:
        return DASH
    ends = f"{number(100 * found.low, '.0f')} to {number(100 * found.high, '.0f')}"
    return f"{percent(found.value)} <small>{ends}</small>"


def _gain(found: Measure | None) -> str:
    return DASH if found is None else points(found).replace(" points", "")


def _provenance(found: Experiment) -> str:
    digests = ", ".join(f"{name} {value[:12]}" for name, value in found.digests.items())
    seeds = f"seeds {found.seeds[0]} to {found.seeds[-1]}" if found.seeds else f"seed {found.seed}"
    return (
        f"Experiment {found.id}: strategy {found.strategy}, learner {found.learner}, encoder "
        f"{found.encoder}, {seeds}. SHA-256 of the labels: {digests}. Querist {found.version}."
    )
