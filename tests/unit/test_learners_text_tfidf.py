"""The text encoder: words, pairs, unknown words and its state."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from querist.errors import InvalidInputError, StorageError
from querist.learners import Encoder, Item, Matrix, create_encoder, create_learner
from querist.schema import Media

TEXTS = ["a red boot", "a blue boot", "a red shirt", "good weather", "bad weather today"]


def items(*texts: str) -> list[Item]:
    """Texts as items."""
    return [Item(media=Media.TEXT, text=text) for text in texts]


def fitted(*texts: str, **parameters: int) -> Encoder:
    """An encoder fitted on the texts."""
    encoder = create_encoder("text-tfidf", **parameters)
    encoder.fit(items(*(texts or TEXTS)), np.random.default_rng(0))
    return encoder


def encode(*texts: str) -> Matrix:
    """The texts encoded by an encoder fitted on the small pool."""
    return fitted().encode(items(*texts))


def test_texts_with_shared_words_are_near() -> None:
    """Boots are nearer to boots than to the weather."""
    boot, other, weather = encode("a red boot", "a blue boot", "good weather")
    assert boot @ other > boot @ weather + 0.2


@pytest.mark.parametrize("text", ["", "   ", "!!!", "zebra quux"])
def test_a_text_without_known_words_has_its_own_direction(text: str) -> None:
    """Empty and unknown texts have norm 1 and are orthogonal to every other text."""
    found = encode(text, *TEXTS)
    assert found[0, -1] == 1
    assert np.linalg.norm(found[0]) == 1
    assert not (found[1:] @ found[0]).any()


def test_every_vector_has_norm_one() -> None:
    """Cosine and Euclidean distance rank alike."""
    np.testing.assert_allclose(np.linalg.norm(encode(*TEXTS, ""), axis=1), 1, atol=1e-6)


def test_case_and_accents_do_not_matter() -> None:
    """Upper case and accents are folded."""
    np.testing.assert_allclose(*encode("A RÉD BOOT", "a red boot"), atol=1e-6)


def test_scripts_without_spaces_are_split_by_character() -> None:
    """Chinese texts that share characters are near, others are not."""
    encoder = fitted("红色的靴子", "蓝色的靴子", "今天天气好", "今天天气坏")
    found = encoder.encode(items("红色的靴子", "蓝色的靴子", "今天天气好"))
    assert found[0] @ found[1] > found[0] @ found[2] + 0.3


def test_a_pool_of_empty_texts_can_be_encoded() -> None:
    """Without a single word every text has the one direction that is left."""
    encoder = fitted("", "...")
    assert encoder.encode(items("", "a boot")).tolist() == [[1.0], [1.0]]


def test_dimensions_are_limited_by_the_parameter_and_by_the_sample() -> None:
    """At most the wanted directions, one for three texts, and four of a handful."""
    assert fitted(dimensions=2).identity.dimensions == 3
    assert fitted().identity.dimensions == 4 + 1
    assert fitted("a boot", "a shirt").identity.dimensions == 2 + 1
    many = [f"word{i} and word{i // 2}" for i in range(40)]
    assert fitted(*many).identity.dimensions == 13 + 1
    assert fitted(*many, dimensions=6).identity.dimensions == 6 + 1


def test_a_model_of_few_texts_knows_the_others() -> None:
    """Of sixty texts of two kinds a third tells the rest: their columns are no mere numbering."""
    kinds = [["boot", "sole", "lace", "heel"], ["rain", "wind", "cloud", "storm"]]
    rest = [f"word{i}" for i in range(40)]
    truth = np.arange(60) % 2
    right, losses = [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        texts = [" ".join([*rng.choice(kinds[kind], 2), *rng.choice(rest, 3)]) for kind in truth]
        rows = fitted(*texts).encode(items(*texts))
        learner = create_learner("logistic-regression")
        learner.fit(rows[:20], truth[:20], class_count=2, rng=rng)
        found = learner.predict_proba(rows[20:])
        right.append(np.mean(found.argmax(axis=1) == truth[20:]))
        losses.append(-np.log(found[np.arange(40), truth[20:]]).mean())
    assert np.mean(right) > 0.8
    assert np.mean(losses) < 0.5


def test_the_identity_names_the_fitted_state() -> None:
    """Two vocabularies make two identities, one vocabulary makes one."""
    assert fitted().identity == fitted().identity
    assert fitted().identity != fitted("another text", "and one more").identity


def test_no_text_to_fit_on_is_refused() -> None:
    """Fitting on nothing tells to add assets."""
    with pytest.raises(InvalidInputError, match="no text to fit on"):
        create_encoder("text-tfidf").fit([], np.random.default_rng(0))


@pytest.mark.parametrize("parameters", [{"dimensions": 0}, {"vocabulary": -1}])
def test_sizes_below_one_are_refused(parameters: dict[str, int]) -> None:
    """A size is at least 1."""
    with pytest.raises(InvalidInputError, match="dimensions is"):
        create_encoder("text-tfidf", **parameters)


def test_another_encoders_state_is_refused(tmp_path: Path) -> None:
    """A folder that belongs to another encoder is not read as one's own."""
    fitted().save(tmp_path)
    facts = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    (tmp_path / "facts.json").write_text(json.dumps(facts | {"name": "x"}), encoding="utf-8")
    with pytest.raises(StorageError, match="belongs to 'x'"):
        create_encoder("text-tfidf").load(tmp_path)


def test_half_written_state_is_refused(tmp_path: Path) -> None:
    """A state whose arrays were cut off is refused, not half read."""
    fitted().save(tmp_path)
    data = (tmp_path / "arrays.safetensors").read_bytes()
    (tmp_path / "arrays.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(StorageError, match="cannot be read"):
        create_encoder("text-tfidf").load(tmp_path)
