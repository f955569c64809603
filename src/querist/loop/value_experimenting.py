"""The experiment where a label is a set of classes, boxes, spans or a number: both arms learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog, inputs_of
from querist.engine.base import Progress
from querist.errors import InvalidInputError
from querist.experiments import JudgedNumbers, JudgedObjects, ObjectArm, SideBySide, compared, sizes
from querist.experiments.judging import occurring
from querist.learners import Guesses, ValueLearner
from querist.loop import value_training
from querist.loop.evaluating import audit_remedy
from querist.loop.headline import headline_of
from querist.loop.intake import open_encoder
from querist.loop.measuring import boxes_of, spans_of
from querist.loop.snapshot import Positions, Snapshot
from querist.loop.value_comparing import hits_of
from querist.metrics import RankedBoxes, hits_of_spans
from querist.metrics.resampling import REPEATS, Floats
from querist.schema import Arm, NumberValue, Ontology, TaskKind, Value

# Fewer sizes than of single classes: a detector or a tagger takes its time for each.
_POINTS = 5
_OVERLAP = 0.5
_OR_REPEATED = "Where all labels are known: querist experiment --repeated"
Trial = JudgedObjects | JudgedNumbers
# Average precision goes through every box of every draw: as many draws as the rounds take.
_REPEATS = {TaskKind.BOXES: 300}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeled:
    """Assets and the label of each.

    Attributes:
        rows: Their positions (m,), in the order in which they were asked for.
        values: Their labels (m,).
    """

    rows: Positions
    values: Sequence[Value]

    @classmethod
    def of(cls, catalog: Catalog, seen: Snapshot, rows: Positions) -> Labeled:
        """Of those at ``rows`` whose label says something in the classes of now, in this order."""
        known, values = value_training.labels_of(catalog, seen, rows)
        label = dict(zip(known.tolist(), values, strict=True))
        kept = [row for row in rows.tolist() if row in label]
        return cls(rows=np.array(kept, np.int64), values=[label[row] for row in kept])


def of_arms(
    catalog: Catalog,
    seen: Snapshot,
    order: Mapping[Arm, Positions],
    seed: int,
    progress: Progress,
) -> tuple[SideBySide, dict[str, str]]:
    """Both arms' labels, learned at rising sizes and measured on the audit set.

    Args:
        catalog: The catalog.
        seen: Its labels.
        order: The labelled assets of both arms, in the order in which they were asked for.
        seed: Of the trainings and the bootstrap.
        progress: Told what is done.

    Returns:
        The comparison, and a digest of the labels of both arms and of the audit set.

    Raises:
        InvalidInputError: nothing learns these labels, or an arm or the audit set has too few.
    """
    value_training.create(catalog)  # refuses a task that nothing learns
    test = Labeled.of(catalog, seen, seen.audited())
    arms = {arm: Labeled.of(catalog, seen, rows) for arm, rows in order.items()}
    _check(catalog, test, arms)
    active, control = arms[Arm.ACTIVE], arms[Arm.CONTROL]
    own, other = len(active.rows), len(control.rows)
    at = (sizes(own, other, _POINTS), sizes(other, own, _POINTS))
    done, steps, said = 0, len(at[0]) + len(at[1]), []
    for arm, places in zip((active, control), at, strict=True):
        answers = []
        for size in places:
            progress(done, steps, f"Training on {size:,} labels")
            part = Labeled(rows=arm.rows[:size], values=arm.values[:size])
            answers.append(answered(catalog, part, test.rows, seed, last=size == places[-1]))
            done += 1
        said.append(answers)
    progress(steps, steps, "Comparing")
    ontology = catalog.records.ontologies.current()
    trial = judged(ontology, test.values, at, (said[0], said[1]))
    result = side_by_side(ontology, [trial], alike=True, seed=seed)
    parts = {"active": active, "control": control, "test": test}
    return result, {
        name: value_training.digest_of(seen, it.rows, it.values) for name, it in parts.items()
    }


def answered(
    catalog: Catalog, known: Labeled, rows: Positions, seed: int, *, last: bool
) -> list[Value]:
    """What the project's learner, trained on the labels ``known``, says of the assets at ``rows``.

    Where the first labels are too few to learn from, see ``unlearned``; the ``last`` ones must be
    enough.
    """
    try:
        learner = learned(catalog, known, np.random.default_rng(seed))
    except InvalidInputError:
        if last:
            raise
        return [unlearned(known.values)] * len(rows)
    return [value for part in said_of(catalog, learner, rows) for value in part.values]


def learned(catalog: Catalog, known: Labeled, rng: np.random.Generator) -> ValueLearner:
    """The project's learner, trained on the labels ``known``.

    Raises:
        InvalidInputError: they are too few to learn from.
    """
    learner = value_training.create(catalog)
    encoder = open_encoder(catalog).identity.key
    classes = catalog.records.ontologies.current().names
    learner.fit(inputs_of(catalog, encoder, known.rows), known.values, classes=classes, rng=rng)
    return learner


def said_of(catalog: Catalog, learner: ValueLearner, rows: Positions) -> Iterator[Guesses]:
    """What a learner says of the assets at ``rows``, some at a time."""
    encoder, size = open_encoder(catalog).identity.key, value_training.PART[catalog.settings.media]
    for start in range(0, len(rows), size):
        yield learner.predict(inputs_of(catalog, encoder, rows[start : start + size]))


def unlearned(values: Sequence[Value]) -> Value:
    """The mean of numbers; the label where all are the same; else the one that names nothing."""
    numbers = [value.number for value in values if isinstance(value, NumberValue)]
    if numbers:
        return NumberValue(number=float(np.mean(numbers)))
    alike = all(value == values[0] for value in values)
    return values[0] if alike else value_training.nothing_of(values[0])


def side_by_side(
    ontology: Ontology, trials: Sequence[Trial], *, alike: bool, seed: int
) -> SideBySide:
    """The trials compared by what the rounds of the task go by, class by class.

    Args:
        ontology: The task and its classes.
        trials: Each with the same labels at the same sizes.
        alike: Whether all have the same test assets.
        seed: Of the bootstrap.
    """
    objects = [one for one in trials if isinstance(one, JudgedObjects)]
    codes, objects = occurring(objects) if objects else (np.empty(0, np.int64), [])
    return compared(
        objects or trials,
        [ontology.names[code] for code in codes.tolist()],
        measure=headline_of(ontology.task),
        alike=alike,
        seed=seed,
        repeats=_REPEATS.get(ontology.task, REPEATS),
    )


def _check(catalog: Catalog, test: Labeled, arms: Mapping[Arm, Labeled]) -> None:
    if not len(test.rows):
        raise InvalidInputError(
            "There is no audit label to compare the arms on.",
            remedy=f"{audit_remedy(catalog)} {_OR_REPEATED}",
        )
    check_test(test.values)
    for arm, found in arms.items():
        if len(found.rows) < 2:
            raise InvalidInputError(
                f"The {arm.value} arm has {len(found.rows)} labels.",
                remedy="Label more rounds; control_share under [policy] says how many are random. "
                + _OR_REPEATED,
                arm=arm.value,
            )


def check_test(values: Sequence[Value]) -> None:
    """Refuse labels that no model can be measured on, since all say the same number or nothing."""
    alike = all(value == values[0] for value in values)
    if alike and (
        isinstance(values[0], NumberValue) or values[0] == value_training.nothing_of(values[0])
    ):
        what = "are the same number" if isinstance(values[0], NumberValue) else "name nothing"
        raise InvalidInputError(
            f"All {len(values):,} labels to measure on {what}.",
            remedy="Label more assets to measure on: those of the audit set, if there is one.",
        )


def judged(
    ontology: Ontology,
    truth: Sequence[Value],
    at: tuple[tuple[int, ...], tuple[int, ...]],
    said: tuple[Sequence[Sequence[Value]], Sequence[Sequence[Value]]],
) -> Trial:
    """Both arms' answers at each size as what figures are counted from."""
    size = min(at[0][-1], at[1][-1])
    if ontology.task is TaskKind.REGRESSION:
        numbers = [np.stack([_numbers(one) for one in arm]) for arm in said]
        return JudgedNumbers(
            size=size, labels=at, truth=_numbers(truth), answers=(numbers[0], numbers[1])
        )
    arms = [
        ObjectArm.of(
            labels,
            (_table(ontology, truth, one) for one in answers),
            size,
            _ranked(ontology, truth, answers),
        )
        for labels, answers in zip(at, said, strict=True)
    ]
    return JudgedObjects(size=size, active=arms[0], control=arms[1])


def _table(ontology: Ontology, truth: Sequence[Value], said: Sequence[Value]) -> Floats:
    """What is right, there and said of each asset and class (n, 3 C), as the rounds count it."""
    if ontology.task is not TaskKind.SPANS:
        return hits_of(ontology, truth, said)
    # Of spans a round counts all that are said, whatever their confidence.
    return hits_of_spans(
        spans_of(ontology, truth),
        spans_of(ontology, said),
        asset_count=len(truth),
        class_count=len(ontology.names),
    )


def _ranked(
    ontology: Ontology, truth: Sequence[Value], answers: Sequence[Sequence[Value]]
) -> list[RankedBoxes]:
    if ontology.task is not TaskKind.BOXES:
        return []
    there = boxes_of(ontology, truth, scored=False)
    return [
        RankedBoxes.of(
            there,
            boxes_of(ontology, said, scored=True),
            _OVERLAP,
            asset_count=len(truth),
            class_count=len(ontology.names),
        )
        for said in answers
    ]


def _numbers(values: Sequence[Value]) -> Floats:
    return np.array([it.number for it in values if isinstance(it, NumberValue)], np.float64)
