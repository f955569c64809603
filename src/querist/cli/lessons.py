"""How ``querist diagnose`` tells what data taught."""

from __future__ import annotations

from typing import TYPE_CHECKING

from querist.cli.printing import output, print_table
from querist.schema import percent
from querist.schema.wording import counted, number

if TYPE_CHECKING:
    from querist.loop import ClassLesson, Lessons


def print_lessons(found: Lessons) -> None:
    """What each batch and the labels of each class brought, and how the classes were learned."""
    output.print(f"\n[bold]What data taught[/] (on {found.sample} assets it did not learn from)")
    output.print(found.sentence, markup=False)
    print_table(
        ["batch", "labels", "points", "95 % interval", "a hundred labels", "moved most"],
        (
            (
                one.name,
                one.labels,
                number(one.points, "+.2f"),
                f"{number(one.low, '+.2f')} to {number(one.high, '+.2f')}",
                "" if one.density is None else number(one.density, "+.1f"),
                ", ".join(
                    f"{name} {number(points, '+.1f')}" for name, points in one.per_class.items()
                ),
            )
            for one in found.batches
        ),
    )
    print_table(
        ["class", "labels", "brought", "95 % interval", "found", "learned"],
        (
            (one.name, one.labels, *_brought(one), _recall(one), _learned(one))
            for one in found.classes
        ),
    )
    for sentence in _course(found):
        output.print(sentence, markup=False)


def _brought(one: ClassLesson) -> tuple[str, str]:
    if one.points is None or one.low is None or one.high is None:
        return "not compared", ""
    return number(one.points, "+.2f"), f"{number(one.low, '+.2f')} to {number(one.high, '+.2f')}"


def _recall(one: ClassLesson) -> str:
    known = [share for share in one.recall if share is not None]
    return percent(known[-1]) if known else "not measured"


def _learned(one: ClassLesson) -> str:
    words = "not yet" if one.learned is None else f"round {one.learned}"
    if one.forgotten:
        words += f", forgotten in {', '.join(str(number) for number in one.forgotten)}"
    return f"{words}, stalled" if one.stalled else words


def _course(found: Lessons) -> list[str]:
    """Ties between classes, stability, overfitting, hard assets and capacity, in sentences."""
    told = list(found.ties)
    if any(one.points is None for one in found.classes):
        told.append(
            "Not compared are classes beyond those with most labels, and those without which fewer "
            "than two classes had labels."
        )
    if found.stability:
        told.append(
            f"The newest model agrees with the one before: kappa {found.stability[-1]:.2f}."
        )
    if found.overfitting is not None:
        told.append(
            f"Since round {found.overfitting} the model only learned its labels by heart: "
            "regularise it more, or add labels of assets that it has not seen the like of."
        )
    if found.hardness is not None:
        told.append(
            f"Over the rounds {found.hardness.easy} of these assets were easy to learn, "
            f"{found.hardness.ambiguous} ambiguous, {found.hardness.hard} hard to learn; "
            f"forgotten {counted(found.hardness.forgettings, 'time')}."
        )
    if found.capacity is not None:
        told.append(found.capacity.sentence)
    if found.alike < 1:
        told.append(
            "Batches and classes are compared by a linear model on the same vectors, which says "
            f"what the round's model says of {percent(found.alike)} of these assets."
        )
    return told
