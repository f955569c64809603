"""Edits of images and texts find the weakness that was planted in a model."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies.synthesis import (
    IMAGE_EDITS,
    TEXT_EDITS,
    Edit,
    ImageEdits,
    TextEdits,
    TextTemplates,
    images,
    names,
    synonyms,
)

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(90, 166, size=(40, 12, 16, 3), dtype=np.uint8)
CLASSES = RNG.integers(0, 2, size=40)
TEXTS = [f"This film number {i} was quite a good story about people" for i in range(40)]


def table(right):
    """Probabilities (n, 2) of a class that the test knows the model to be given."""
    return np.stack([1 - right, right], axis=1)


def fails_on_dark(batch):
    """A model that is right on class 1, but not where the picture is dark."""
    level = batch.reshape(len(batch), -1).mean(axis=1)
    return table(np.where(level < 70, 0.2, 0.95))


def fails_on_flat(batch):
    """A model that needs contrast between neighboring pixels, which blur takes away."""
    change = np.abs(np.diff(batch.astype(float), axis=2)).mean(axis=(1, 2, 3))
    return table(np.clip(change / 30, 0.05, 0.95))


def kind(proposal):
    """The name of the edit."""
    return proposal.condition.split()[0]


@pytest.mark.parametrize(
    ("model", "weak", "share"), [(fails_on_dark, "darken", 0.9), (fails_on_flat, "blur", 0.3)]
)
def test_the_planted_weakness_is_proposed_most(model, weak, share):
    """The edit that the model was built to fail under leads the list and the proposals."""
    search = ImageEdits(PICTURES, np.ones(40, dtype=int), model)
    assert search.conditions(np.random.default_rng(1))[0].edit == weak
    counts = Counter(kind(proposal) for proposal in search.propose(60, np.random.default_rng(1)))
    assert counts.most_common(1)[0][0] == weak
    assert counts[weak] > share * 60


def test_proposals_follow_the_drops():
    """Over many draws each condition comes as often as its drop is of all drops."""

    def model(batch):
        first = batch[:, 0, 0, 0]
        return table(np.choose(first, [0.9, 0.5, 0.7]))

    edits = {
        "one": Edit(make=lambda x, s, rng: np.full_like(x, 1), strengths=(1.0,)),
        "two": Edit(make=lambda x, s, rng: np.full_like(x, 2), strengths=(1.0,)),
    }
    pictures = np.zeros((60, 2, 2, 1), dtype=np.uint8)
    counts: Counter[str] = Counter()
    for seed in range(150):
        search = ImageEdits(pictures, np.ones(60, dtype=int), model, edits=edits)
        counts.update(kind(proposal) for proposal in search.propose(4, np.random.default_rng(seed)))
    # The drops are .4 and .2.
    assert counts["one"] / counts.total() == pytest.approx(2 / 3, abs=0.05)


def test_edited_images_keep_their_form_and_say_where_they_come_from():
    """Proposals are uint8 images of the same shape, with origin and label, none twice, seeded."""
    search = ImageEdits(PICTURES, CLASSES, lambda batch: np.full((len(batch), 2), 0.5))
    first = search.propose(30, np.random.default_rng(2))
    again = ImageEdits(PICTURES, CLASSES, lambda batch: np.full((len(batch), 2), 0.5))
    for one, two in zip(first, again.propose(30, np.random.default_rng(2)), strict=True):
        np.testing.assert_array_equal(one.input, two.input)
        assert one.input.shape == (12, 16, 3)
        assert one.input.dtype == np.uint8
        assert one.label == CLASSES[one.origin]
        assert not np.array_equal(one.input, PICTURES[one.origin])
    second = search.propose(30, np.random.default_rng(2))
    cells = [(proposal.origin, proposal.condition) for proposal in (*first, *second)]
    assert len(set(cells)) == 60
    everything = search.propose(10_000, np.random.default_rng(3))
    conditions = sum(len(edit.strengths) for edit in IMAGE_EDITS.values())
    assert len(everything) == 40 * conditions - 60
    assert search.propose(1, np.random.default_rng(4)) == ()


@pytest.mark.parametrize("strength", [0.01, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 3, 1), (33, 20, 3)])
@pytest.mark.parametrize("name", list(IMAGE_EDITS))
def test_image_edits_take_any_size_and_leave_the_input_alone(name, shape, strength):
    """Each edit gives a uint8 image of the same shape and does not change what it was given."""
    picture = np.random.default_rng(3).integers(0, 256, size=shape, dtype=np.uint8)
    before = picture.copy()
    after = IMAGE_EDITS[name].make(picture, strength, np.random.default_rng(0))
    assert after.shape == shape
    assert after.dtype == np.uint8
    np.testing.assert_array_equal(picture, before)


def test_image_edits_do_what_they_say():
    """Levels move, blur is a plain double mean, flip mirrors, occlude covers, crop enlarges."""
    rng = np.random.default_rng(1)
    picture = PICTURES[0]
    assert images.brighten(picture, 1.0, rng).min() >= picture.min() + 0.7 * (255 - picture.max())
    np.testing.assert_array_equal(images.darken(picture, 0.5, rng), np.rint(picture * 0.6))
    np.testing.assert_array_equal(images.flip(picture, 1.0, rng)[:, 0], picture[:, -1])
    row = np.repeat(np.array([0, 0, 0, 0, 240, 240, 240, 240], dtype=np.uint8)[None], 8, axis=0)
    once = [np.mean([row[0, min(max(i + s, 0), 7)] for s in (-1, 0, 1)]) for i in range(8)]
    twice = [np.mean([once[min(max(i + s, 0), 7)] for s in (-1, 0, 1)]) for i in range(8)]
    np.testing.assert_allclose(images.blur(row[..., None], 0.5, rng)[3, :, 0], twice, atol=0.5)
    covered = (images.occlude(picture, 1.0, rng) != picture).any(axis=2).mean()
    assert covered == pytest.approx(0.5, abs=0.1)
    window = images.crop(np.arange(100, dtype=np.uint8).reshape(10, 10, 1), 1.0, rng)[..., 0]
    assert window.max() - window.min() == 33


def test_a_text_model_that_needs_a_word_is_shown_texts_without_it():
    """For a model that only knows the word "film", dropping and replacing words is its weakness."""

    def model(texts):
        return table(np.array([0.95 if "film" in text.split() else 0.1 for text in texts]))

    edits = {**TEXT_EDITS, "synonym": synonyms({"film": ["movie"]})}
    search = TextEdits(TEXTS, np.ones(40, dtype=int), model, edits=edits)
    counts = Counter(kind(proposal) for proposal in search.propose(40, np.random.default_rng(0)))
    assert search.conditions(np.random.default_rng(0))[0].edit == "synonym"
    assert counts.most_common(1)[0][0] == "synonym"
    assert counts["swap"] == 0


def test_text_edits_change_what_they_say():
    """Dropping keeps the order, swapping the words, a typo the letters, a synonym the capital."""
    rng = np.random.default_rng(6)
    text = "Films about quiet people rarely sell"
    words = text.split()
    left = TEXT_EDITS["drop"].make(text, 1.0, rng).split()
    assert [word for word in words if word in left] == left
    assert 0 < len(left) < len(words)
    assert sorted(TEXT_EDITS["swap"].make(text, 0.5, rng).split()) == sorted(words)
    mistyped = TEXT_EDITS["typo"].make(text, 0.1, rng).split()
    (place,) = [at for at, word in enumerate(words) if word != mistyped[at]]
    assert sorted(mistyped[place]) == sorted(words[place])
    edit = synonyms({"films": ["movies"], "quiet": ["calm"]})
    assert edit.make(text, 1.0, rng) == "Movies about calm people rarely sell"


@pytest.mark.parametrize("text", ["", "a", "word", "x y"])
@pytest.mark.parametrize("name", list(TEXT_EDITS))
def test_short_texts_are_taken(name, text):
    """A text too short for an edit comes back as it was, without an error."""
    after = TEXT_EDITS[name].make(text, 1.0, np.random.default_rng(0))
    assert len(after) <= len(text)


def test_unchanged_inputs_are_not_proposed():
    """Where an edit can change nothing, nothing is proposed."""
    edits = {"synonym": synonyms({"film": ["movie"]})}
    search = TextEdits(["no such word"], [0], lambda texts: [[0.5, 0.5]] * len(texts), edits=edits)
    assert search.propose(5, np.random.default_rng(0)) == ()


def test_templates_are_filled_with_the_words_that_the_model_gets_wrong():
    """Proposals are filled templates, none twice, and mostly those with the word it fails on."""

    def model(texts):
        return table(np.array([0.05 if "lamp" in text else 0.97 for text in texts]))

    things = ["lamp", "chair", "table", "shelf", "desk", "mirror", "bed", "rug"]
    templates = {"I {verb} this {thing}.": 1, "This {thing} is a gift, {name}.": 1}
    slots = {"verb": ["love", "adore"], "thing": things, "name": ["Ana", "Bo", "Cy"]}
    lamps = 0
    for seed in range(20):
        search = TextTemplates(templates, slots, model)
        found = search.propose(5, np.random.default_rng(seed))
        lamps += sum("lamp" in proposal.input for proposal in found)
        assert {proposal.label for proposal in found} == {1}
    # One in eight of all texts has the word.
    assert lamps > 0.6 * 5 * 20
    rest = search.propose(1_000, np.random.default_rng(0))
    texts = [proposal.input for proposal in (*found, *rest)]
    assert len(texts) == len(set(texts)) == 2 * 8 + 8 * 3
    assert search.propose(1, np.random.default_rng(1)) == ()


def test_templates_with_more_fillings_than_int64_holds():
    """A template of thirty slots with a hundred words each is filled without counting to 10^60."""
    slots = {f"s{i}": [f"w{j}" for j in range(100)] for i in range(30)}
    template = " ".join(f"{{{slot}}}" for slot in slots)
    search = TextTemplates({template: 0}, slots, lambda texts: [[0.5, 0.5]] * len(texts))
    assert len(search.propose(20, np.random.default_rng(0))) == 20


def test_wrong_use_is_refused():
    """Wrong shapes, unknown slots and a model without probabilities are refused by name."""

    def even(batch):
        return np.full((len(batch), 2), 0.5)

    rng = np.random.default_rng(0)
    with pytest.raises(InvalidInputError, match="uint8"):
        ImageEdits(PICTURES.astype(float), CLASSES, even)
    with pytest.raises(InvalidInputError, match="labels of the shape"):
        ImageEdits(PICTURES, CLASSES[:3], even)
    with pytest.raises(InvalidInputError, match="label 5 is no column"):
        ImageEdits(PICTURES, np.full(40, 5), even).propose(1, rng)
    with pytest.raises(InvalidInputError, match="rows for"):
        ImageEdits(PICTURES, CLASSES, lambda batch: even(batch[:3])).propose(1, rng)
    with pytest.raises(InvalidInputError, match="sum to"):
        ImageEdits(PICTURES, CLASSES, lambda batch: even(batch) * 3).propose(1, rng)
    with pytest.raises(InvalidInputError, match="no list of texts"):
        TextEdits("one text", [0] * 8, even)
    with pytest.raises(InvalidInputError, match="synonyms of 'film'"):
        synonyms({"film": "movie"})
    with pytest.raises(UnknownNameError, match="'colour'"):
        TextTemplates({"A {colour} lamp": 0}, {"color": ["red"]}, even)
    for template in ("A {} lamp", "A {thing lamp", "A {thing.x} lamp"):
        with pytest.raises(InvalidInputError, match=r"template|slot"):
            TextTemplates({template: 0}, {"thing": ["red"]}, even)


def test_all_are_listed():
    """The four ways to synthesize are registered."""
    assert names() == ("boundary-bisection", "image-edits", "text-edits", "text-templates")
