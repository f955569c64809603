"""Reasons for people: they name the classes where the names are known."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.strategies import check_pool, create, explain

NAMES = ("coat", "shirt", "boot")
TABLE = np.array([[0.38, 0.53, 0.09], [0.61, 0.3, 0.09], [0.05, 0.05, 0.9]])
_EMBEDDINGS = np.random.default_rng(0).normal(size=(60, 4))
MODEL_BASED = (
    "auto", "badge", "entropy", "least-confidence", "margin", "power-margin", "ratio",
    "uherding", "wkmeans",
)  # fmt: skip


def test_the_two_likeliest_classes_are_named() -> None:
    """The sentence names the classes in the order of their probabilities."""
    assert [
        said.replace("\N{NO-BREAK SPACE}", " ") for said in explain.hesitation(TABLE, NAMES)
    ] == [
        "The model hesitates between shirt and coat (53 % against 38 %).",
        "The model leans to coat, but is not sure (61 %).",
        "The model is fairly sure of boot (90 %), but less than elsewhere.",
    ]


def test_without_names_the_sentences_name_none() -> None:
    """Somebody with arrays alone reads the same sentences without names."""
    said = explain.hesitation(TABLE)
    assert "between two classes (53" in said[0]
    assert "leans to one class" in said[1]
    assert "fairly sure (90" in said[2]
    assert explain.hesitation(TABLE[:0], NAMES) == explain.hesitation(TABLE[:0]) == ()


def test_equally_likely_classes_are_named_in_their_order() -> None:
    """Exact ties name the first classes, on every machine."""
    even = np.full((2, 40), 1 / 40, dtype=np.float32)
    said = explain.hesitation(even, [f"c{i}" for i in range(40)])
    assert all("between c0 and c1 " in sentence for sentence in said)


@pytest.mark.parametrize("name", MODEL_BASED)
def test_strategies_use_the_names_and_choose_the_same(name: str) -> None:
    """With class names the same rows are chosen in the same order; only the words differ."""
    rng = np.random.default_rng(1)
    table = np.full((60, 3), 0.02)
    table[np.arange(60), rng.integers(0, 2, 60)] = 0.52
    table[:, :2] = np.where(table[:, :2] == 0.52, 0.52, 0.46)
    given = {"probabilities": table, "embeddings": _EMBEDDINGS, "labeled": [0, 1], "labels": [0, 1]}
    plain, named = (
        create(name).select(check_pool(**given, class_names=names), 10, np.random.default_rng(2))
        for names in (None, NAMES)
    )
    np.testing.assert_array_equal(plain.indices, named.indices)
    np.testing.assert_array_equal(plain.scores, named.scores)
    said = dict(zip(named.indices.tolist(), named.reasons, strict=True))
    likely = {row: NAMES[int(table[row].argmax())] for row in said}
    hesitates = [row for row, why in said.items() if "hesitates" in why]
    assert hesitates
    assert all(f"between {likely[row]} and" in said[row] for row in hesitates)
    assert not any(name in " ".join(plain.reasons) for name in NAMES)


def test_a_name_too_many_is_refused() -> None:
    """There must be one name for each column of the probabilities."""
    with pytest.raises(InvalidInputError, match="2 class names for 3 columns"):
        check_pool(probabilities=TABLE, class_names=["coat", "shirt"])


@pytest.mark.parametrize(("examples", "words"), [([3], "one example."), ([3, 5], "2 examples")])
def test_more_of_the_same_says_of_how_many_examples(examples: list[int], words: str) -> None:
    """The note of the batch counts them."""
    pool = check_pool(embeddings=_EMBEDDINGS, labeled=examples)
    found = create("similar", examples=examples).select(pool, 4, np.random.default_rng(0))
    assert words in found.note
