"""What a process of the user says of assets, read as labels: as a whole, or not at all.

Labels have the JSON form that REST and exports use. What is wrong with one is an
``UnavailableError`` that names the asset; the only thing that is mended are boxes that go on beyond
the edge of their picture, which are cut there as those of the detectors here are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, UnknownNameError
from querist.learners.label_sets import set_table, sets_of_chances
from querist.learners.remote_backend import Blamed, as_float32, unpack
from querist.learners.remote_items import Part
from querist.learners.value_base import Guesses, doubt_of_shapes
from querist.metrics import Shapes, confidences
from querist.schema import (
    Bounds,
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledSpan,
    NumberValue,
    Ontology,
    SpansValue,
    TaskKind,
    Value,
    check_value,
    cut_to,
    from_json,
)
from querist.schema.wording import counted

PATH = "/predict"
VALUES, DOUBT, CHANCES, MEMBERS = "values", "uncertainty", "probabilities", "members"
# Of what is wrong with a label, what an error repeats.
_REPEATED = 300
_FLOAT32 = float(np.finfo(np.float32).max)


def read_guesses(
    answer: Mapping[str, Any], part: Part, ontology: Ontology, tool: Blamed
) -> Guesses:
    """The labels of n assets, how unsure the model is of each, and what the task has beyond.

    Where no doubt is told, that of a set is the number of decisions that are expected to be wrong,
    of a number how far its members lie apart (standard deviation), and of boxes and spans how far
    each is from being sure, summed up. A set whose chances are not told is taken as sure.

    Raises:
        UnavailableError: another number of labels, or one that is none, of another kind, of classes
            that do not exist, outside of its asset, or without a confidence; numbers that are none
            or of another shape; or what the task does not have.
    """
    count = len(part.ids)
    _refuse_what_is_foreign(answer, ontology.task, tool)
    chances = _chances(answer, count, ontology, tool)
    members = _members(answer, count, tool)
    if chances is not None and answer.get(VALUES) is None:
        values: Sequence[Value] = sets_of_chances(chances, ontology.names).values
    else:
        values = _values(answer, part, ontology, tool)
    if chances is None and ontology.task is TaskKind.MULTI_LABEL:
        sets = [value for value in values if isinstance(value, ClassesValue)]
        chances = set_table(sets, ontology.names).astype(np.float32)
    return Guesses(
        values=values,
        uncertainty=_doubt(answer, values, chances, members, tool),
        probabilities=chances,
        members=members,
    )


def shares_characters(value: Value) -> bool:
    """Whether two spans of a label have a character in common."""
    if not isinstance(value, SpansValue):
        return False
    spans = sorted((it.span.start, it.span.end) for it in value.spans)
    return any(before[1] > after[0] for before, after in pairwise(spans))


def _refuse_what_is_foreign(answer: Mapping[str, Any], task: TaskKind, tool: Blamed) -> None:
    for key, owner in ((CHANCES, TaskKind.MULTI_LABEL), (MEMBERS, TaskKind.REGRESSION)):
        if answer.get(key) is not None and task is not owner:
            raise tool.failed(f"answered {PATH} with {key!r}, which {task.value} does not have")


def _chances(
    answer: Mapping[str, Any], count: int, ontology: Ontology, tool: Blamed
) -> NDArray[np.float32] | None:
    """The chance (n, C) of each class of a set."""
    if answer.get(CHANCES) is None:
        return None
    found = unpack(answer, CHANCES, (count, len(ontology.names)), tool, PATH)
    wrong = np.argwhere((found < 0) | (found > 1))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise tool.failed(
            f"answered {PATH} with what are no probabilities: {found[row, column]:.4g} in row {row}"
        )
    return found.astype(np.float32)


def _members(answer: Mapping[str, Any], count: int, tool: Blamed) -> NDArray[np.float32] | None:
    """What each of K ≥ 2 models says (K, n)."""
    if answer.get(MEMBERS) is None:
        return None
    found = as_float32(unpack(answer, MEMBERS, (None, count), tool, PATH), MEMBERS, tool, PATH)
    if len(found) < 2:
        raise tool.failed(f"answered {PATH} with {len(found)} of {MEMBERS!r}, two are the least")
    return found


def _doubt(
    answer: Mapping[str, Any],
    values: Sequence[Value],
    chances: NDArray[np.float32] | None,
    members: NDArray[np.float32] | None,
    tool: Blamed,
) -> NDArray[np.float32]:
    if answer.get(DOUBT) is not None:
        found = unpack(answer, DOUBT, (len(values),), tool, PATH)
        if (found < 0).any():
            raise tool.failed(f"answered {PATH} with {found.min():.4g} among {DOUBT!r}, below 0")
        return as_float32(found, DOUBT, tool, PATH)
    if chances is not None:
        return np.asarray(np.minimum(chances, 1 - chances).sum(axis=1, dtype=np.float32))
    if members is not None:
        return np.asarray(members.std(axis=0, ddof=1, dtype=np.float64), dtype=np.float32)
    said = [doubt_of_shapes(value) if isinstance(value, Shapes) else 0.0 for value in values]
    return np.array(said, dtype=np.float32)


def _values(answer: Mapping[str, Any], part: Part, ontology: Ontology, tool: Blamed) -> list[Value]:
    said = answer.get(VALUES)
    if not isinstance(said, list):
        raise tool.failed(f"answered {PATH} without a list of labels {VALUES!r}")
    if len(said) != len(part.ids):
        given, assets = counted(len(said), "label"), counted(len(part.ids), "asset")
        raise tool.failed(f"answered {PATH} with {given} for {assets}")
    found = []
    for asset_id, body, bounds in zip(part.ids, said, part.bounds, strict=True):
        try:
            found.append(_value(body, bounds, ontology))
        except (InvalidInputError, UnknownNameError) as problem:
            why = f"{problem.message[:_REPEATED]} {problem.remedy[:_REPEATED]}".rstrip(".")
        except (TypeError, OverflowError):  # a tag that is no text, a number beyond all numbers
            why = "it has not the form of a label"
        else:
            continue
        raise tool.failed(f"answered {PATH} for {asset_id!r} with what is no label: {why}")
    return found


def _value(body: Any, bounds: Bounds, ontology: Ontology) -> Value:
    # A union is no class for the checker of types.
    value: Value = from_json(Value, body)  # type: ignore[arg-type]
    if shares_characters(value) and not ontology.limits.overlapping:
        raise InvalidInputError(
            "Two of its spans share characters.",
            remedy="Shorten one: none of the labels has such spans.",
        )
    check_value(value, ontology)
    match value:
        case NumberValue():
            if not abs(value.number) <= _FLOAT32:
                raise InvalidInputError(
                    f"The number is {value.number:g}.", remedy="Give a finite one of float32."
                )
        case ClassesValue():
            if len(set(value.names)) < len(value.names):
                raise InvalidInputError(
                    f"It names a class twice: {list(value.names)}.", remedy="Name each once."
                )
        case _ if isinstance(value, Shapes):
            _check_sure(value)
            return _within(value, bounds)
    return value


def _check_sure(value: Shapes) -> None:
    shapes: Sequence[LabeledBox | LabeledSpan] = ()
    if isinstance(value, BoxesValue):
        shapes = value.boxes
    elif isinstance(value, SpansValue):
        shapes = value.spans
    silent = next((it.name for it in shapes if it.confidence is None), None)
    if silent is not None:
        raise InvalidInputError(
            f"An object of {silent!r} has no confidence.", remedy="Give each one, 0 to 1."
        )
    sure = confidences(value)
    wrong = ~((sure >= 0) & (sure <= 1))
    if wrong.any():
        raise InvalidInputError(
            f"A confidence is {sure[wrong][0]:.4g}.", remedy="Give numbers from 0 to 1."
        )


def _within(value: Shapes, bounds: Bounds) -> Value:
    """Spans within the text, and boxes cut at the edges of the picture, none left out."""
    for item in value.boxes if isinstance(value, BoxesValue) else ():
        if _is_outside(item.box, bounds):
            box = item.box
            raise InvalidInputError(
                f"The box of {item.name!r} at {box.x:g}, {box.y:g} of {box.width:g} by "
                f"{box.height:g} lies outside of the picture of {bounds.width} by "
                f"{bounds.height} pixels.",
                remedy="Give left, top, width and height in pixels of the upright picture.",
            )
    return cut_to(value, bounds)


def _is_outside(box: Box, bounds: Bounds) -> bool:
    if bounds.width is None or bounds.height is None:
        return False
    across = box.x < bounds.width and box.x + box.width > 0
    return not (across and box.y < bounds.height and box.y + box.height > 0)
