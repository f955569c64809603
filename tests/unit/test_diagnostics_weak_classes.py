"""Facts about classes that a model of sets, boxes or spans does worse than others."""

from __future__ import annotations

import numpy as np
import pytest

from querist.diagnostics import weak_classes
from querist.errors import InvalidInputError
from querist.metrics import wilson

NAMES = list("abcde")


def _hits(rng: np.random.Generator, n: int, recall: list[float], precision: float) -> np.ndarray:
    """Up to three objects of each class in n assets, found and wrongly said by chance."""
    there = rng.integers(0, 4, (n, 5)) * (rng.uniform(size=(n, 5)) < 0.5)
    right = rng.binomial(there, recall)
    said = right + rng.binomial(there, 1 - precision)
    return np.concatenate([right, there, said], axis=1).astype(float)


def test_a_class_that_is_found_less_is_named_with_its_interval() -> None:
    """Planted recall .5 among .9: the one class, its measure, and an interval that holds .5."""
    found = weak_classes(
        _hits(np.random.default_rng(0), 200, [0.9, 0.9, 0.5, 0.9, 0.9], 0.9), NAMES
    )
    first = found[0]
    assert (NAMES[first.code], first.measure) == ("c", "recall")
    assert first.low < 0.5 < first.high
    assert 0.85 < first.rest < 0.95
    assert not any(it.measure == "recall" and it.code != 2 for it in found)


def test_where_classes_do_not_differ_hardly_one_is_named() -> None:
    """At a level of 5 % over all classes at most 5 % of 200 samples may name any, and chance."""
    rng = np.random.default_rng(1)
    named = [bool(weak_classes(_hits(rng, 80, [0.8] * 5, 1.0), NAMES)) for _ in range(200)]
    assert np.mean(named) <= 0.08


def test_objects_of_one_asset_are_no_independent_proof() -> None:
    """Twelve assets in which all of a class is missed or found count as twelve, not as 600."""
    there = np.zeros((40, 5))
    there[:, 0] = 2
    there[:12, 1] = 50
    right = there.copy()
    right[:1, 1] = 0
    right[::10, 0] = 1
    table = np.concatenate([right, there, right], axis=1)
    assert not weak_classes(table, NAMES)


def test_few_assets_tell_nothing_and_other_tables_are_refused() -> None:
    """A class in nine assets is not judged; a table of another width is an error."""
    there = np.ones((60, 5))
    there[9:, 4] = 0
    right = there.copy()
    right[:, 4] = 0
    assert not weak_classes(np.concatenate([right, there, right], axis=1), NAMES)
    with pytest.raises(InvalidInputError, match="5 classes"):
        weak_classes(np.ones((3, 5)), NAMES)


def _one_weak(rng: np.random.Generator, assets: int, recall: float) -> np.ndarray:
    """One object of class a in each of some assets, found by chance; all of b in 400."""
    there = np.zeros((400, 5))
    there[:, 1] = 1
    there[:assets, 0] = 1
    right = there.copy()
    right[:assets, 0] = rng.uniform(size=assets) < recall
    return np.concatenate([right, there, there], axis=1)


def test_a_class_of_which_nothing_is_found_has_wilsons_interval() -> None:
    """0 of 10 found is 0 to 28 %, not 0 to 5 %."""
    (found,) = (
        it
        for it in weak_classes(_one_weak(np.random.default_rng(0), 10, 0.0), NAMES)
        if it.measure == "recall"
    )
    assert (found.value, found.low, found.high) == (0.0, *wilson(0, 10))


@pytest.mark.parametrize("recall", [0.03, 0.1, 0.5])
def test_intervals_of_a_class_in_few_assets_hold_its_recall(recall: float) -> None:
    """Nineteen in twenty hold it, at the ends too: 12 objects, 300 samples."""
    rng = np.random.default_rng(2)
    samples = [weak_classes(_one_weak(rng, 12, recall), NAMES) for _ in range(300)]
    told = [it for found in samples for it in found if (it.code, it.measure) == (0, "recall")]
    assert len(told) > 250
    assert np.mean([it.low <= recall <= it.high for it in told]) > 0.92


@pytest.mark.parametrize(("assets", "recall"), [(25, 0.4), (50, 0.95)])
def test_few_assets_of_classes_that_do_not_differ_are_no_proof(assets: int, recall: float) -> None:
    """Seldom found or nearly always, one object in every second asset: hardly ever is one named."""
    rng = np.random.default_rng(3)
    named = 0
    for _ in range(300):
        there = (rng.uniform(size=(assets, 5)) < 0.5).astype(int)
        table = np.concatenate([rng.binomial(there, recall), there, there], axis=1)
        named += bool(weak_classes(table, NAMES))
    assert named <= 15
