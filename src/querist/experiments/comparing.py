"""What an experiment finds: both arms with the same number of labels, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from querist.experiments.words import signed
from querist.schema.measure import Measure, called
from querist.schema.wording import at_least, percent

# The project's own labels of both arms, or a repetition from scratch where all labels are known.
Source = Literal["arms", "repeated"]
# What single classes are judged by; other tasks have another measure, see ``SideBySide``.
ACCURACY = "accuracy"
_MAP50, _R2 = "map50", "r2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """Four figures with 95 % intervals, higher is better; ``None`` where one is not defined.

    Of one class they are those of finding it among the rest: of single classes and sets over
    assets, of boxes over boxes (an overlap of .5, said with a confidence of .5 or more), of spans
    over spans (the same class, start and end). Of all classes together the first three are means
    over the classes.

    Attributes:
        precision: Share of what is said of it that is right.
        recall: Share of what there is of it that is said.
        f1: 2 tp / (2 tp + fp + fn).
        accuracy: The ``measure`` of the comparison: of single classes the share of right rows, of
            sets and spans micro F1, of boxes mAP50, of numbers R². Of one class: the share of right
            rows, of boxes AP50, else ``None``.
    """

    precision: Measure | None
    recall: Measure | None
    f1: Measure | None
    accuracy: Measure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class in both arms.

    Attributes:
        name: The class.
        count: Its test rows; of boxes and spans how many there are by the labels.
        active: Its figures in the active arm.
        control: In the random control.
        gain: Active less control, on the same rows.
    """

    name: str
    count: int
    active: ClassFigures
    control: ClassFigures
    gain: ClassFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class SizePoint:
    """One point of an arm's learning curve: what it is judged by after so many labels."""

    labels: int
    accuracy: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyBoost:
    """How many labels random needs for each label of the active arm.

    Attributes:
        times: Control labels for each active label, over the qualities that both arms passed;
            above one the active arm needs fewer.
        accuracy: The highest quality that both arms reached, in the measure of the comparison.
        active_labels: Labels the active arm needed for it.
        control_labels: Labels random needed for it.
    """

    times: Measure
    accuracy: float
    active_labels: float
    control_labels: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Both arms with the same number of labels, and their curves.

    Attributes:
        size: Labels of each arm in the tables.
        repeats: How often the comparison was made from the start.
        active: The active arm, all classes together.
        control: The random control.
        gain: Active less control at ``size`` labels, on the same rows.
        classes: Each class that occurs, in order.
        boost: ``None`` where nobody knows yet.
        active_curve: The measure of the active arm by labels.
        control_curve: Of the random control.
        measure: What ``accuracy`` holds wherever it stands: ``accuracy`` of single classes,
            ``micro_f1`` of sets, ``f1`` of spans (micro F1 too), ``map50`` of boxes, ``r2`` of
            numbers, as in the rounds.
    """

    size: int
    repeats: int
    active: ClassFigures
    control: ClassFigures
    gain: ClassFigures
    classes: tuple[ClassRow, ...]
    boost: EfficiencyBoost | None
    active_curve: tuple[SizePoint, ...]
    control_curve: tuple[SizePoint, ...]
    measure: str = ACCURACY


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A comparison of a project's active labels with random ones, and all that it rests on.

    Attributes:
        id: The first 16 digits of a SHA-256 over everything below that the result depends on: the
            same labels, settings and seeds give the same id and the same figures.
        source: ``arms`` where the project's own labels were compared, ``repeated`` where all labels
            are known and both arms were run again from scratch.
        sentence: The result in plain words.
        result: The figures.
        strategy: What chose the active set.
        learner: What was trained on both.
        parameters: Its parameters.
        encoder: Key of the embeddings.
        seed: Seed of the training and of the bootstrap.
        seeds: Seeds of the repetitions, one each.
        batch_size: Labels asked for at a time.
        test: Where the test rows come from: ``audit`` or ``split``.
        digests: SHA-256 of the labels of the active set, the control, and the test rows.
        version: The version of Querist that ran it.
        created_at: UTC.
    """

    id: str
    source: Source
    sentence: str
    result: SideBySide
    strategy: str
    learner: str
    parameters: Mapping[str, Any]
    encoder: str
    seed: int
    seeds: tuple[int, ...]
    batch_size: int
    test: Literal["audit", "split"]
    digests: Mapping[str, str]
    version: str
    created_at: datetime


def points(found: Measure) -> str:
    """A gain in points with its interval: ``+5.1 points (1.2 to 8.9)``."""
    ends = " to ".join(map(signed, (found.low, found.high)))
    return f"{signed(found.value)} points ({ends})"


def in_words(measure: str) -> str:
    """The name of a measure inside a sentence: "accuracy", "micro F1", "mAP50"."""
    name = called(measure)
    return name[0].lower() + name[1:] if name[:2].istitle() and name[1:2].islower() else name


def whole_names(measure: str) -> dict[str, str]:
    """What the figures of all classes together are called, by field, in order."""
    if measure == ACCURACY:
        return {"precision": "Precision", "recall": "Recall", "f1": "F1", ACCURACY: "Accuracy"}
    found = {ACCURACY: called(measure)}
    if measure != _R2:
        found |= {"precision": "Macro precision", "recall": "Macro recall", "f1": "Macro F1"}
    return found


def class_names(measure: str) -> dict[str, str]:
    """What the three figures of one class are called, by field; numbers have no classes."""
    if measure == _R2:
        return {}
    found = {"precision": "Precision", "recall": "Recall"}
    return {ACCURACY: "AP50", **found} if measure == _MAP50 else {**found, "f1": "F1"}


def class_measure(measure: str) -> str:
    """The field by which a class is judged: of boxes its AP50, else its F1."""
    return ACCURACY if measure == _MAP50 else "f1"


def bound(result: SideBySide) -> str:
    """What stands before the boost where an arm's first model was as good already."""
    boost = result.boost
    if boost is None or not result.active_curve or not result.control_curve:
        return ""
    return at_least(
        boost.active_labels,
        boost.control_labels,
        first_active=result.active_curve[0].labels,
        first_control=result.control_curve[0].labels,
    )


def sentence(result: SideBySide) -> str:
    """The result in plain words; what cannot be told from chance is said to be so."""
    gain, words = result.gain.accuracy, []
    name = "" if result.measure == ACCURACY else f" {in_words(result.measure)}"
    if result.active.accuracy and result.control.accuracy and gain:
        words.append(
            f"With {result.size:,} labels each, the active set reaches "
            f"{percent(result.active.accuracy.value)}{name} and random "
            f"{percent(result.control.accuracy.value)}: {points(gain)}"
            f"{'' if gain.low > 0 or gain.high < 0 else ', which may be chance'}."
        )
    if result.boost is None:
        words.append(
            "It is too early to say how many labels random needs for the same: more labels of both "
            "arms, or more to measure on, would tell."
        )
    else:
        times = result.boost.times
        words.append(
            f"Over the whole curve random needs {bound(result)}{times.value:.2f} times the labels "
            f"({times.low:.2f} to {times.high:.2f})"
            f"{', which may be chance' if times.low <= 1 <= times.high else ''}."
        )
    return " ".join(words)
