"""Language models fine-tuned on texts: they learn, are the same again, and refuse what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from querist.errors import InvalidInputError, NotFittedError, StorageError
from querist.learners import Item
from querist.learners.transformers_text import TransformersText
from querist.learners.value_base import Inputs
from querist.schema import ClassesValue, ClassValue, Media, NumberValue, Value
from tiny_language_model import write_tiny_model

WORDS = ("sea", "wave", "salt", "tree", "moss", "leaf", "the", "a", "of")
CLASSES = ("water", "wood", "sky")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a small model."""
    return str(write_tiny_model(tmp_path_factory.mktemp("tiny"), WORDS))


def texts(given: Sequence[str]) -> Inputs:
    """Texts as a learner sees them."""

    def items(rows: Sequence[int]) -> list[Item]:
        return [Item(media=Media.TEXT, asset_id=str(i), text=given[i]) for i in rows]

    ids = [str(i) for i in range(len(given))]
    return Inputs(asset_ids=ids, vectors=np.zeros((len(given), 1), np.float32), items=items)


def sample(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Texts of three words of their class among words of none."""
    rng = np.random.default_rng(seed)
    said, names = [], []
    for _ in range(count):
        code = int(rng.integers(2))
        own = rng.choice(WORDS[3 * code : 3 * code + 3], 3)
        said.append(" ".join(rng.permutation([*own, *rng.choice(WORDS[6:], 3)])))
        names.append(CLASSES[code])
    return said, names


def fitted(model: str, seed: int = 0) -> TransformersText:
    """A model of one class a text, trained on forty."""
    said, names = sample(40, 1)
    learner = TransformersText(model, epochs=12, learning_rate=0.01, device="cpu")
    labels: list[Value] = [ClassValue(name=name) for name in names]
    learner.fit(texts(said), labels, classes=CLASSES, rng=np.random.default_rng(seed))
    return learner


def test_it_learns_classes_and_keeps_them(tiny: str, tmp_path: Path) -> None:
    """New texts are told apart; a class never seen has no chance; the stored model is the same."""
    said, names = sample(30, 2)
    learner = fitted(tiny)
    found = learner.predict(texts(said))
    assert [v.name for v in found.values if isinstance(v, ClassValue)] == names
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
    assert (found.probabilities[:, 2] == 0).all()
    learner.save(tmp_path)
    assert not {path.suffix for path in tmp_path.rglob("*.*")} & {".bin", ".pt", ".pkl"}
    again = TransformersText(tiny, device="cpu")
    again.load(tmp_path)
    same = again.predict(texts(said)).probabilities
    np.testing.assert_allclose(same, found.probabilities, atol=1e-6)


def test_the_same_seed_trains_the_same_model(tiny: str) -> None:
    """One seed one model, another seed another."""
    said = texts(sample(10, 3)[0])
    first, second, other = (fitted(tiny, seed).predict(said).probabilities for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_it_learns_sets(tiny: str) -> None:
    """Texts of both classes get both, texts of none get none."""
    said = ["sea wave", "tree moss", "sea tree", "the of"] * 8
    sets = [("water",), ("wood",), ("water", "wood"), ()] * 8
    labels: list[Value] = [ClassesValue(names=names) for names in sets]
    learner = TransformersText(tiny, epochs=20, learning_rate=0.02, device="cpu")
    learner.fit(texts(said), labels, classes=CLASSES, rng=np.random.default_rng(0))
    found = learner.predict(texts(said[:4]))
    assert list(found.values) == labels[:4]
    assert found.probabilities is not None
    assert found.probabilities.shape == (4, 3)


def test_the_texts_may_be_none(tiny: str) -> None:
    """No text is no answer, and no error."""
    found = fitted(tiny).predict(texts([]))
    assert list(found.values) == []
    assert found.probabilities is not None
    assert found.probabilities.shape == (0, 3)


def test_bad_input_is_told(tiny: str, tmp_path: Path) -> None:
    """Other labels, one class, no folder, and questions before the training."""
    rng = np.random.default_rng(0)
    learner = TransformersText(tiny, device="cpu")
    with pytest.raises(NotFittedError):
        learner.predict(texts(["sea"]))
    with pytest.raises(InvalidInputError, match="number"):
        learner.fit(texts(["sea"]), [NumberValue(number=1)], classes=CLASSES, rng=rng)
    with pytest.raises(InvalidInputError, match="nothing but class"):
        learner.fit(texts(["sea"]), [ClassValue(name="wood")], classes=CLASSES, rng=rng)
    two: list[Value] = [ClassValue(name="wood"), ClassValue(name="sky")]
    nowhere = TransformersText(str(tmp_path), device="cpu")
    with pytest.raises(StorageError, match="cannot be read"):
        nowhere.fit(texts(["sea", "tree"]), two, classes=CLASSES, rng=rng)
    with pytest.raises(InvalidInputError, match="epochs 0"):
        TransformersText(tiny, epochs=0)
