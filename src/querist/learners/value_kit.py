"""Conformance kit of learners of sets, numbers, boxes and spans, for our own and for others.

    from querist.learners.value_kit import check_value_learner

    def test_my_learner():
        check_value_learner(MyLearner)

Every check runs with fresh learners from the factory, once for each task that they learn. To see
each as a test of its own, parametrise over ``VALUE_LEARNER_CHECKS`` and the tasks; a check is
called with the factory and the task. ``sample_problem`` gives the assets that it learns from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from querist.errors import InvalidInputError, NotFittedError, StorageError
from querist.learners.requiring import folder_of_its_own, no_pickle, raises, require
from querist.learners.value_base import Guesses, Inputs, ValueLearner
from querist.learners.value_problems import CLASSES, quality, sample_problem, taken
from querist.schema import (
    BoxesValue,
    ClassValue,
    NumberValue,
    Ontology,
    SpansValue,
    TaskKind,
    Value,
    check_value,
)

ValueLearnerFactory = Callable[[], ValueLearner]
# What a learner reaches on the few plain assets that it was trained on, at the least.
_LEAST_QUALITY = 0.5


def check_value_learner(factory: ValueLearnerFactory) -> None:
    """Run every check on learners from ``factory``, for each task that they learn.

    Raises:
        AssertionError: a check fails; its message is a sentence.
    """
    for task in sorted(factory().tasks):
        for check in VALUE_LEARNER_CHECKS:
            check(factory, task)


def learner_tells_what_it_is(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """It has a name, a line about itself, and tasks that this seam is for."""
    learner = factory()
    require(isinstance(learner, ValueLearner), "it lacks a part of the seam")
    require(bool(learner.name and learner.summary), "it has no name or no summary")
    require(task in learner.tasks, f"it does not say that it learns {task.value}")


def learner_says_labels_of_its_task(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """Every asset gets a label that fits the task, a finite doubt, and what the task needs."""
    inputs, values = sample_problem(task)
    found = _trained(factory, inputs, values).predict(inputs)
    require(len(found.values) == len(inputs), "not every asset has a label")
    ontology = Ontology.of(task, [] if task is TaskKind.REGRESSION else CLASSES)
    for value in found.values:
        check_value(value, ontology)
    doubt = found.uncertainty
    require(doubt.dtype == np.float32, f"the uncertainty is {doubt.dtype}, not float32")
    require(doubt.shape == (len(inputs),), f"the uncertainty has the shape {doubt.shape}")
    require(bool(np.isfinite(doubt).all() and (doubt >= 0).all()), "a doubt is below 0 or NaN")
    _require_signals(found, task, len(inputs))


def _require_signals(found: Guesses, task: TaskKind, count: int) -> None:
    if task in (TaskKind.MULTI_LABEL, TaskKind.CLASSIFICATION):
        chances = found.probabilities
        require(chances is not None, "classes come without the chance of each")
        assert chances is not None
        require(chances.shape == (count, len(CLASSES)), f"the chances are {chances.shape}")
        require(bool(((chances >= 0) & (chances <= 1)).all()), "a chance is not in 0 to 1")
        if task is TaskKind.CLASSIFICATION:
            whole = np.allclose(chances.sum(axis=1), 1, atol=1e-3)
            require(bool(whole), "the chances of one class an asset do not sum to one")
            said = [CLASSES[code] for code in chances.argmax(axis=1)]
            named = [value.name for value in found.values if isinstance(value, ClassValue)]
            require(said == named, "what is said is not the likeliest class")
    if found.members is not None:
        require(task is TaskKind.REGRESSION, "members are for numbers")
        require(found.members.ndim == 2, f"the members have the shape {found.members.shape}")
        require(found.members.shape[1] == count, "the members do not speak of every asset")
        require(bool(np.isfinite(found.members).all()), "a member says no number")
    for value in found.values:
        shapes: Sequence[Any] = ()
        if isinstance(value, BoxesValue):
            shapes = value.boxes
        elif isinstance(value, SpansValue):
            shapes = value.spans
        sure = [it.confidence for it in shapes]
        require(
            all(it is not None and 0 <= it <= 1 for it in sure),
            "a box or span has no confidence from 0 to 1",
        )


def learner_learns(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """Of the plain assets it was trained on it gets at least half right."""
    inputs, values = sample_problem(task)
    found = _trained(factory, inputs, values).predict(inputs)
    reached = quality(values, found.values)
    require(reached >= _LEAST_QUALITY, f"it gets {reached:.0%} of plain assets right")


def learner_is_deterministic(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """The same assets and generator state give the same model."""
    inputs, values = sample_problem(task)
    first, second = (_trained(factory, inputs, values).predict(inputs) for _ in range(2))
    _same(first, second, "two fits with one seed differ")


def learner_starts_from_scratch(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """A second fit forgets the first: it equals a fit by a fresh learner."""
    inputs, values = sample_problem(task)
    other = list(range(0, len(inputs), 3))
    again = _trained(factory, taken(inputs, other), [values[i] for i in other])
    again.fit(inputs, values, classes=CLASSES, rng=_rng())
    fresh = _trained(factory, inputs, values)
    _same(again.predict(inputs), fresh.predict(inputs), "a refit differs")


def learner_survives_a_round_trip(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """A loaded model, rebuilt by its parameters, says the same, and nothing is pickled."""
    inputs, values = sample_problem(task)
    trained = _trained(factory, inputs, values)
    parameters = json.loads(json.dumps(dict(trained.parameters), allow_nan=False))
    loaded = type(trained)(**parameters)
    require(dict(loaded.parameters) == parameters, "the rebuilt learner has other parameters")
    with folder_of_its_own() as folder:
        trained.save(folder / "model")
        no_pickle(folder)
        loaded.load(folder / "model")
    _same(trained.predict(inputs), loaded.predict(inputs), "a loaded model differs")


def learner_predicts_in_parts(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """Assets do not see each other: parts give what the whole gives, no assets give nothing."""
    inputs, values = sample_problem(task)
    learner = _trained(factory, inputs, values)
    whole = learner.predict(inputs)
    at = np.arange(len(inputs))
    parts = [learner.predict(taken(inputs, rows.tolist())) for rows in np.array_split(at, 3)]
    _same(_joined(parts), whole, "parts differ from the whole")
    require(not len(learner.predict(taken(inputs, [])).values), "no assets give labels")


def learner_refuses_when_unfitted(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """Before ``fit``, prediction and saving raise NotFittedError; an empty folder StorageError."""
    inputs, _ = sample_problem(task)
    with raises(NotFittedError, "predict before fit"):
        factory().predict(inputs)
    with folder_of_its_own() as folder:
        with raises(NotFittedError, "save before fit"):
            factory().save(folder / "model")
        with raises(StorageError, "load of an empty folder"):
            factory().load(folder)


def learner_refuses_bad_labels(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """No assets, too few labels and labels of another kind raise InvalidInputError."""
    inputs, values = sample_problem(task)
    other: Value = ClassValue(name=CLASSES[0])
    if task is TaskKind.CLASSIFICATION:
        other = NumberValue(number=1.0)
    strange = [*values[:1], *[other] * (len(inputs) - 1)]
    bad = {
        "no assets": (taken(inputs, []), values[:0]),
        "too few labels": (inputs, values[:-1]),
        "labels of another kind": (inputs, strange),
    }
    for what, (rows, labels) in bad.items():
        with raises(InvalidInputError, f"fit on {what}"):
            factory().fit(rows, labels, classes=CLASSES, rng=_rng())


def learner_leaves_inputs_alone(factory: ValueLearnerFactory, task: TaskKind) -> None:
    """Read-only vectors, such as memory maps, are enough, and stay as they are."""
    inputs, values = sample_problem(task)
    vectors = np.array(inputs.vectors)
    vectors.setflags(write=False)
    before = vectors.copy()
    given = replace(inputs, vectors=vectors)
    _trained(factory, given, values).predict(given)
    require(np.array_equal(vectors, before), "the vectors were changed")


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _trained(factory: ValueLearnerFactory, inputs: Inputs, values: Sequence[Value]) -> ValueLearner:
    learner = factory()
    learner.fit(inputs, values, classes=CLASSES, rng=_rng())
    return learner


def _joined(parts: Sequence[Guesses]) -> Guesses:
    return Guesses(
        values=[value for part in parts for value in part.values],
        uncertainty=np.concatenate([part.uncertainty for part in parts]),
    )


def _same(first: Guesses, second: Guesses, sentence: str) -> None:
    """Labels agree but for rounding; a matrix product may round by the number of rows."""
    alike = len(first.values) == len(second.values)
    near = alike and np.allclose(first.uncertainty, second.uncertainty, rtol=1e-3, atol=1e-4)
    require(bool(near), f"{sentence} in its doubt")
    for a, b in zip(first.values, second.values, strict=True):
        require(_rounded(a) == _rounded(b), f"{sentence}: {a} is not {b}")


def _rounded(value: Value) -> object:
    if isinstance(value, NumberValue):
        return f"{value.number:.3g}" if abs(value.number) > 1e-3 else "0"
    if isinstance(value, BoxesValue):
        return sorted(
            (it.name, *(round(x) for x in (it.box.x, it.box.y, it.box.width, it.box.height)))
            for it in value.boxes
            if (it.confidence or 0) >= _LEAST_QUALITY
        )
    if isinstance(value, SpansValue):
        return sorted((it.name, it.span.start, it.span.end) for it in value.spans)
    return value


VALUE_LEARNER_CHECKS = (
    learner_tells_what_it_is,
    learner_says_labels_of_its_task,
    learner_learns,
    learner_is_deterministic,
    learner_starts_from_scratch,
    learner_survives_a_round_trip,
    learner_predicts_in_parts,
    learner_refuses_when_unfitted,
    learner_refuses_bad_labels,
    learner_leaves_inputs_alone,
)
