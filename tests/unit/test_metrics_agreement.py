"""Fleiss' kappa and Krippendorff's alpha against their definitions, pair by pair."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.metrics import (
    Answers,
    alpha_of_numbers,
    alpha_of_sets,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
)


def answers_of(table) -> Answers:
    """The answers of a table (items, annotators) in which -1 is none."""
    items, annotators = np.nonzero(table >= 0)
    return Answers.of(items, annotators, table[items, annotators])


def by_item(table) -> list[list[int]]:
    """The answers to each item that has at least two."""
    rows = [[int(x) for x in row if x >= 0] for row in table]
    return [row for row in rows if len(row) > 1]


def fleiss_by_pairs(table) -> float:
    """Mean share of agreeing ordered pairs, against the squared shares of the classes."""
    rows = by_item(table)
    observed = np.mean([np.mean([a == b for a, b in permutations(row, 2)]) for row in rows])
    flat = [x for row in rows for x in row]
    expected = np.mean([[a == b for b in flat] for a in flat])
    return float((observed - expected) / (1 - expected))


def alpha_by_pairs(table) -> float:
    """1 - observed / expected disagreement, from all ordered pairs within and between items."""
    rows = by_item(table)
    flat = [x for row in rows for x in row]
    within = [sum(a != b for a, b in permutations(row, 2)) / (len(row) - 1) for row in rows]
    observed = sum(within) / len(flat)
    expected = np.mean([a != b for a, b in permutations(flat, 2)])
    return float(1 - observed / expected)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("holes", [0.0, 0.5])
def test_both_follow_their_definitions(seed, holes):
    """With all answers and with holes, both equal the count over pairs."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 20)
    table = np.where(rng.random((20, 4)) < 0.7, truth[:, None], rng.integers(0, 3, (20, 4)))
    table[rng.random((20, 4)) < holes] = -1
    assert fleiss_kappa(answers_of(table)) == pytest.approx(fleiss_by_pairs(table))
    assert krippendorff_alpha(answers_of(table)) == pytest.approx(alpha_by_pairs(table))


def test_the_worked_example_of_krippendorff():
    """The nominal example of his paper: four observers, twelve units, alpha 0.743."""
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    table = np.array([[-1 if x == "." else int(x) for x in row.split()] for row in rows]).T
    assert krippendorff_alpha(answers_of(table)) == pytest.approx(0.743, abs=5e-4)


def test_the_worked_example_of_fleiss():
    """Ten subjects, fourteen raters, five categories: kappa 0.210."""
    votes = np.array(
        [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ]
    )
    table = np.array([np.repeat(np.arange(5), row) for row in votes])
    assert fleiss_kappa(answers_of(table)) == pytest.approx(0.210, abs=5e-4)


def test_identical_answers_give_one_even_where_all_are_one_class():
    """Full agreement is 1, by definition also where chance alone would agree."""
    for table in (np.zeros((3, 2), int), np.tile([[0], [1], [2]], (1, 3))):
        assert fleiss_kappa(answers_of(table)) == 1.0
        assert krippendorff_alpha(answers_of(table)) == 1.0


def test_independent_answers_are_near_zero():
    """Answers that know nothing of each other agree by chance only, by all three measures."""
    table = np.random.default_rng(0).integers(0, 3, (20_000, 2))
    assert fleiss_kappa(answers_of(table)) == pytest.approx(0, abs=0.02)
    assert krippendorff_alpha(answers_of(table)) == pytest.approx(0, abs=0.02)
    assert cohen_kappa(*table.T) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("measure", [fleiss_kappa, krippendorff_alpha])
def test_without_two_answers_to_an_item_there_is_no_agreement(measure):
    """One answer an item says nothing, and the error says what to do."""
    with pytest.raises(InvalidInputError, match="two answers"):
        measure(Answers.of([0, 1], [0, 1], [0, 1]))


def alpha_by_distance(items, answers, distance) -> float:
    """1 - observed / expected distance, from all ordered pairs within and between items."""
    by_item = [[a for i, a in zip(items, answers, strict=True) if i == it] for it in set(items)]
    rows = [row for row in by_item if len(row) > 1]
    flat = [x for row in rows for x in row]
    within = [sum(distance(a, b) for a, b in permutations(row, 2)) / (len(row) - 1) for row in rows]
    expected = np.mean([distance(a, b) for a, b in permutations(flat, 2)])
    return float(1 - sum(within) / len(flat) / expected)


def masi(a, b) -> float:
    """The distance in Passonneau's words."""
    if a == b:
        return 0.0
    alike = 2 / 3 if a <= b or b <= a else 1 / 3 if a & b else 0
    return 1 - alike * len(a & b) / len(a | b)


def drawn_items(rng, count):
    """Which of ten items each answer is about, in no order, some with one answer only."""
    return [4 * int(it) + 3 for it in rng.permutation(np.repeat(rng.permutation(10), 5))[:count]]


@pytest.mark.parametrize("seed", range(5))
def test_alpha_of_numbers_follows_its_definition(seed):
    """The squared difference over all pairs; the same on any scale and from any zero."""
    rng = np.random.default_rng(seed)
    items = drawn_items(rng, 23)
    numbers = np.array(items) + rng.normal(0, 9, len(items))
    wanted = alpha_by_distance(items, numbers.tolist(), lambda a, b: (a - b) ** 2)
    assert alpha_of_numbers(items, numbers) == pytest.approx(wanted)
    assert alpha_of_numbers(items, 1e9 - 1e-3 * numbers) == pytest.approx(wanted, abs=1e-3)
    assert alpha_of_numbers(items, 1e180 * numbers) == pytest.approx(wanted)


def test_alpha_of_numbers_in_the_worked_example_of_krippendorff():
    """The interval example of his paper: the same answers as the nominal one, alpha 0.849."""
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    told = [(i, float(x)) for row in rows for i, x in enumerate(row.split()) if x != "."]
    assert alpha_of_numbers(*zip(*told, strict=True)) == pytest.approx(0.849, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_of_sets_follows_its_definition(seed):
    """MASI over all pairs, empty sets too; the order of the classes does not matter."""
    rng = np.random.default_rng(seed)
    items = drawn_items(rng, 30)
    sets = rng.random((len(items), 4)) < 0.4
    sets[np.array(items) % 8 == 3] &= [True, False, True, False]
    named = [frozenset(np.flatnonzero(row).tolist()) for row in sets]
    wanted = alpha_by_distance(items, named, masi)
    assert alpha_of_sets(items, sets, rng) == pytest.approx(wanted)
    assert alpha_of_sets(items, sets[:, ::-1], rng) == pytest.approx(wanted)


def test_alpha_of_many_different_sets_is_that_of_all_pairs(monkeypatch):
    """Drawn pairs stand for all of them: within .005, and chance level is 0."""
    rng = np.random.default_rng(0)
    sets = rng.random((3000, 12)) < 0.5
    sets[1::2] = np.where(rng.random((1500, 12)) < 0.7, sets[::2], sets[1::2])
    items = np.arange(3000) // 2
    drawn = alpha_of_sets(items, sets, rng)
    chance = alpha_of_sets(rng.permutation(items), sets, rng)
    monkeypatch.setattr("querist.metrics.agreement._MOST_SETS", 5_000)
    assert drawn == pytest.approx(alpha_of_sets(items, sets, rng), abs=0.005)
    assert drawn > 0.3
    assert abs(chance) < 0.03


def alpha_of_one_class(items, said):
    """Alpha of sets that hold a second class where ``said`` is more than a half."""
    sets = np.array([[it > 0.5, True] for it in said])
    return alpha_of_sets(items, sets, np.random.default_rng(0))


@pytest.mark.parametrize("alpha", [alpha_of_numbers, alpha_of_one_class])
def test_what_alpha_says_at_the_ends(alpha):
    """Identical answers give 1, also where all items have the same; nothing shared is refused."""
    assert alpha([0, 0, 1, 1], [0.1, 0.1, 0.1, 0.1]) == 1
    assert alpha([0, 1, 0, 1], [0.1, 0.7, 0.1, 0.7]) == 1
    assert alpha([0, 0, 1, 1], [0.1, 0.7, 0.7, 0.1]) == pytest.approx(-0.5)
    assert alpha([0, 0, 1, 1, 2], [0.1, 0.1, 0.7, 0.7, 0.1]) == 1
    with pytest.raises(InvalidInputError, match="two answers"):
        alpha([0, 1], [0.1, 0.7])
    with pytest.raises(InvalidInputError, match="two answers"):
        alpha([], [])
    with pytest.raises(InvalidInputError, match="3 items for 2"):
        alpha([0, 1, 1], [0.1, 0.7])
