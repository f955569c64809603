"""Facts about how likely sets, boxes and spans are wrong, as wholes and object by object."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from querist.autolabel import Claims, fit_risk
from querist.learners import Guesses
from querist.metrics import (
    believed,
    calibration_error,
    fit_sureness,
    is_right,
    objects_right,
)
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledSpan,
    NumberValue,
    Span,
    SpansValue,
)


def _boxes(rng: np.random.Generator, count: int, *, sure: bool) -> BoxesValue:
    """Boxes of two classes that often cover each other."""
    found = []
    for _ in range(count):
        x, y = rng.integers(0, 6, 2).tolist()
        confidence = float(rng.uniform()) if sure else None
        box = Box(x=x, y=y, width=6, height=6)
        found.append(LabeledBox(name="ab"[rng.integers(2)], box=box, confidence=confidence))
    return BoxesValue(boxes=tuple(found))


@pytest.mark.parametrize("seed", range(40))
def test_boxes_are_right_as_the_surest_first_would_take_them(seed: int) -> None:
    """The same as a loop over boxes, the surest first, each taking the best true one left."""
    rng = np.random.default_rng(seed)
    given = _boxes(rng, int(rng.integers(0, 7)), sure=True)
    truth = _boxes(rng, int(rng.integers(0, 7)), sure=False)
    free, wanted = list(truth.boxes), {}
    for box in sorted(given.boxes, key=lambda it: -(it.confidence or 0)):
        near = [it for it in free if it.name == box.name and it.box.iou(box.box) >= 0.5]
        best = max(near, key=lambda it: it.box.iou(box.box), default=None)
        wanted[id(box)] = best is not None
        if best is not None:
            free.remove(best)
    found = objects_right(given, truth)
    assert found.tolist() == [wanted[id(box)] for box in given.boxes]
    assert is_right(given, truth) == (not free and all(wanted.values()))


def test_spans_are_right_where_they_begin_and_end_as_a_true_one() -> None:
    """One character off is wrong, so is another class, and a span told twice is right once."""

    def spans(*parts: tuple[str, int, int]) -> SpansValue:
        made = (LabeledSpan(name=n, span=Span(start=i, end=j)) for n, i, j in parts)
        return SpansValue(spans=tuple(made))

    truth = spans(("a", 0, 4), ("b", 6, 9))
    given = spans(("a", 0, 4), ("a", 6, 9), ("b", 6, 8), ("a", 0, 4), ("b", 6, 9))
    assert objects_right(given, truth).tolist() == [True, False, False, False, True]
    for order in permutations(truth.spans):
        assert is_right(SpansValue(spans=order), truth)
    assert not is_right(spans(("a", 0, 4)), truth)
    assert is_right(spans(), spans())


def test_a_set_is_right_whatever_its_order() -> None:
    """Two sets are the same label if they name the same classes."""
    assert is_right(ClassesValue(names=("b", "a")), ClassesValue(names=("a", "b")))
    assert not is_right(ClassesValue(names=("a",)), ClassesValue(names=("a", "b")))


def test_doubt_beside_the_claim_helps_where_it_knows_more() -> None:
    """Claims that are all the same leave the chance to the doubt, which never raises it."""
    rng = np.random.default_rng(0)
    doubt = rng.gamma(2.0, size=4_000)
    right = rng.uniform(size=4_000) < 1 / (1 + doubt)
    claimed = np.full(4_000, 0.9)
    found = fit_sureness(right[:600], claimed[:600], np.arange(600) % 5, doubt=doubt[:600])
    sure = found.of(claimed, doubt)
    assert max(found.shares, key=lambda method: found.shares[method]) == "doubt"
    assert calibration_error(right[600:], sure[600:]).value < 0.05
    assert (np.diff(sure[np.argsort(doubt)]) <= 1e-12).all()


def _marked(rng: np.random.Generator, count: int) -> tuple[Guesses, list[SpansValue]]:
    """Texts of ten places: spans that are right with half the confidence more than claimed."""
    said, truth, doubts = [], [], []
    for _ in range(count):
        told, there = [], []
        confidences = rng.uniform(0.3, 1, int(rng.integers(0, 5)))
        for at, sure in enumerate(confidences.tolist()):
            span = Span(start=10 * at, end=10 * at + 4)
            told.append(LabeledSpan(name="a", span=span, confidence=sure))
            if rng.uniform() < sure**2:
                there.append(LabeledSpan(name="a", span=span))
        missed = float(rng.uniform(0, 0.5))
        if rng.uniform() < missed:
            there.append(LabeledSpan(name="a", span=Span(start=90, end=95)))
        said.append(SpansValue(spans=tuple(told)))
        truth.append(SpansValue(spans=tuple(there)))
        doubts.append(missed)
    return Guesses(values=said, uncertainty=np.array(doubts, np.float32)), truth


def test_errors_of_objects_and_assets_mean_what_they_say_on_other_assets() -> None:
    """With 400 labels the calibration error of spans and of whole texts is below .05."""
    rng = np.random.default_rng(1)
    said, truth = _marked(rng, 400)
    claims = Claims.of(said, ["a"])
    assert claims is not None
    fitted = fit_risk(claims, said.values, truth, rng)
    assert fitted is not None
    risk, left_out = fitted
    other, real = _marked(rng, 4_000)
    theirs = Claims.of(other, ["a"])
    assert theirs is not None
    wrong = risk.of_objects(theirs)
    parts = np.split(wrong, np.cumsum(theirs.counts)[:-1])
    hits = np.concatenate([objects_right(a, b) for a, b in zip(other.values, real, strict=True)])  # type: ignore[arg-type]  # both are spans
    assert calibration_error(hits, 1 - wrong).value < 0.05
    answers = [believed(it, part) for it, part in zip(other.values, parts, strict=True)]
    right = np.array([is_right(a, b) for a, b in zip(answers, real, strict=True)])
    errors = risk.of_assets(theirs)
    assert calibration_error(right, 1 - errors).value < 0.05
    assert right[np.argsort(errors)[:800]].mean() > 0.3 + right[np.argsort(errors)[-800:]].mean()
    assert left_out.shape == (400,)
    assert abs(left_out.mean() - (1 - right.mean())) < 0.08


def test_sets_are_judged_as_wholes_by_the_chances_of_their_decisions() -> None:
    """Independent honest chances: the product is the chance that the whole set is right."""
    rng = np.random.default_rng(2)
    chances = rng.beta(0.3, 0.3, (3_000, 4))
    names = np.array(list("abcd"))
    truth = [
        ClassesValue(names=tuple(names[row])) for row in rng.uniform(size=(3_000, 4)) < chances
    ]
    said = Guesses(
        values=[ClassesValue(names=tuple(names[row])) for row in chances > 0.5],
        uncertainty=np.minimum(chances, 1 - chances).sum(axis=1).astype(np.float32),
        probabilities=chances.astype(np.float32),
    )
    claims = Claims.of(said, list("abcd"))
    assert claims is not None
    fitted = fit_risk(claims.rows(np.arange(3_000) < 300), said.values[:300], truth[:300], rng)
    assert fitted is not None
    errors = fitted[0].of_assets(claims)
    right = np.array([is_right(a, b) for a, b in zip(said.values, truth, strict=True)])
    assert calibration_error(right[300:], 1 - errors[300:]).value < 0.05
    exact = 1 - np.where(chances > 0.5, chances, 1 - chances).prod(axis=1)
    assert np.corrcoef(errors, exact)[0, 1] > 0.95


def test_few_labels_and_numbers_tell_nothing() -> None:
    """Below 30 labels there is no risk; a number is never just right or wrong."""
    rng = np.random.default_rng(3)
    said, truth = _marked(rng, 29)
    claims = Claims.of(said, ["a"])
    assert claims is not None
    assert fit_risk(claims, said.values, truth, rng) is None
    numbers = Guesses(values=[NumberValue(number=1.0)], uncertainty=np.zeros(1, np.float32))
    assert Claims.of(numbers, []) is None
