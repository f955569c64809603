"""The span tagger: chances against all paths written out, offsets, doubt, and what it refuses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from querist.errors import InvalidInputError, NotFittedError, UnknownNameError
from querist.learners import span_tagger
from querist.learners.base import Item
from querist.learners.span_tagger import AGGREGATES, SpanTagger
from querist.learners.span_tagger_chain import Packed, best_paths, chances, expected, goes_on, train
from querist.learners.span_tagger_labels import allowed, inside
from querist.learners.span_tagger_memory import Memory
from querist.learners.span_tagger_tokens import tokenize
from querist.learners.value_base import Inputs, ValueLearner
from querist.schema import ClassValue, LabeledSpan, Media, Span, SpansValue

RNG = np.random.default_rng(17)
LENGTHS = np.array([3, 1, 4, 2])
STARTS = np.cumsum(LENGTHS) - LENGTHS
FOLLOW, BEGIN = allowed(1)
FIRST = np.where(BEGIN, 0.0, -np.inf)


def _inputs(texts):
    texts = list(texts)
    items = [Item(media=Media.TEXT, text=text) for text in texts]
    return Inputs(
        asset_ids=[str(row) for row in range(len(texts))],
        vectors=np.zeros((len(texts), 1), np.float32),
        items=lambda rows: [items[row] for row in rows],
    )


def _spans(text, *parts):
    found = []
    for name, word in parts:
        start = text.index(word)
        found.append(LabeledSpan(name=name, span=Span(start=start, end=start + len(word))))
    return SpansValue(spans=tuple(found))


NAMES = ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Kurt Gödel", "Emmy Noether", "Li Wei"]
TOWNS = ["Paris", "Lagos", "Kyoto", "Bergen", "Cusco"]
TEXTS, VALUES = [], []
for name, town in itertools.product(NAMES, TOWNS):
    for text in (f"Yesterday {name} went to {town}.", f"In {town} it rained on {name} for hours"):
        TEXTS.append(text)
        VALUES.append(_spans(text, ("person", name), ("town", town)))
CLASSES = ["person", "town", "river"]


@pytest.fixture(scope="module")
def tagger():
    """A tagger trained on sixty sentences."""
    found = SpanTagger()
    found.fit(_inputs(TEXTS), VALUES, classes=CLASSES, rng=np.random.default_rng(0))
    return found


def _all_paths(scores, moves, length):
    """Every allowed path of a chain and its probability."""
    paths, values = [], []
    for path in itertools.product(range(scores.shape[1]), repeat=length):
        total = FIRST[path[0]] + sum(scores[at, label] for at, label in enumerate(path))
        total += sum(moves[a, b] for a, b in itertools.pairwise(path))
        paths.append(path)
        values.append(np.exp(total))
    return paths, np.array(values) / sum(values)


def test_chances_paths_and_pairs_are_those_of_all_paths():
    """Marginals, best paths, expected pairs and chances to go on equal sums over every path."""
    scores = RNG.normal(size=(LENGTHS.sum(), 3)) * 2
    moves = np.where(FOLLOW, RNG.normal(size=(3, 3)), -np.inf)
    packed = Packed.of(LENGTHS)
    in_order = scores[packed.order]
    found = chances(packed, in_order, moves, FIRST)
    path = best_paths(packed, in_order, moves, FIRST)
    going_on = goes_on(packed, found, path, inside(path))
    place = np.argsort(packed.order)
    pairs = np.zeros((3, 3))
    for start, length in zip(STARTS.tolist(), LENGTHS.tolist(), strict=True):
        rows = place[start : start + length]
        paths, shares = _all_paths(scores[start : start + length], moves, length)
        table = np.array(paths)
        for at in range(length):
            by_label = np.bincount(table[:, at], weights=shares, minlength=3)
            np.testing.assert_allclose(found.labels[rows[at]], by_label, atol=1e-9)
        assert path[rows].tolist() == list(paths[int(shares.argmax())])
        for at in range(length - 1):
            np.add.at(pairs, (table[:, at], table[:, at + 1]), shares)
            here = table[:, at] == path[rows[at]]
            wanted = here & (table[:, at + 1] == inside(path)[rows[at]])
            chance = shares[wanted].sum() / shares[here].sum()
            assert going_on[rows[at]] == pytest.approx(chance, abs=1e-9)
        assert going_on[rows[-1]] == 0
    np.testing.assert_allclose(expected(packed, found), pairs, atol=1e-9)


def test_training_finds_the_largest_penalised_likelihood():
    """No small step from the weights found makes the labels, written out, more likely."""
    from scipy.sparse import csr_matrix

    seen = RNG.integers(0, 2, size=(LENGTHS.sum(), 4)).astype(float)
    labels = np.array([0, 1, 2, 1, 0, 0, 1, 0, 1, 2])
    packed = Packed.of(LENGTHS)
    order = packed.order
    weights, moves = train(packed, csr_matrix(seen[order]), labels[order], (FOLLOW, BEGIN), 0.5)

    def loss(weights, moves):
        scores, total = seen @ weights, 0.25 * ((weights**2).sum() + (moves**2).sum())
        limited = np.where(FOLLOW, moves, -np.inf)
        for start, length in zip(STARTS.tolist(), LENGTHS.tolist(), strict=True):
            paths, shares = _all_paths(scores[start : start + length], limited, length)
            total -= np.log(shares[paths.index(tuple(labels[start : start + length]))])
        return total

    best = loss(weights, moves)
    for _ in range(30):
        step = 0.05 * RNG.normal(size=weights.shape), 0.05 * RNG.normal(size=moves.shape)
        assert loss(weights + step[0], moves + step[1]) > best


def test_words_are_remembered_by_all_their_other_labels():
    """A token is seen as what its word was labelled as elsewhere: its own label is left out."""
    tokens = tokenize(["Oslo and Oslo or Rome", "Oslo"])
    labels = np.array([1, 0, 0, 0, 1, 1])
    memory = Memory.of(tokens, labels, 3)
    here = memory.features(tokens, labels)[:, 0]
    # The first and the last Oslo were an entity once and once not; the one between, both times.
    assert here[0] == here[5]
    assert len({int(here[0]), int(here[2]), int(here[1])}) == 3
    # Words that are seen once have no other label, in training; a new text has what they had.
    assert here[1] == here[3] == here[4]
    new = memory.features(tokenize(["Rome or Bonn"]))[:, 0]
    assert len(set(new.tolist())) == 3
    assert new[2] == here[4]
    # Nothing of a text is a neighbour of the next one.
    alone = Memory.features(memory, tokenize(["Oslo"]))
    assert (memory.features(tokenize(["and", "Oslo", "and"]))[1] == alone[0]).all()


def test_a_name_labelled_once_is_found_again():
    """Where names labelled twice prove that labels can be trusted, one is enough elsewhere."""
    texts = [f"{town} is {what}" for town in TOWNS[:4] for what in ("far", "cold")]
    texts += ["Nothing is far", "Everything is cold", "Timbuktu sleeps"]
    towns = [*TOWNS[:4], "Timbuktu"]
    values = [_spans(it, *(("town", town) for town in towns if town in it)) for it in texts]
    one = SpanTagger()
    one.fit(_inputs(texts), values, classes=["town"], rng=np.random.default_rng(0))
    said = one.predict(_inputs(["Timbuktu is far", "Nothing is cold"])).values
    assert [len(value.spans) for value in said] == [1, 0]


def test_scores_far_apart_give_no_nan():
    """Scores in the hundreds give finite chances that sum to one."""
    packed = Packed.of(LENGTHS)
    scores = RNG.normal(size=(LENGTHS.sum(), 3)) * 400
    found = chances(packed, scores, np.where(FOLLOW, 0.0, -np.inf), FIRST)
    np.testing.assert_allclose(found.labels.sum(axis=1), 1, atol=1e-6)


def test_names_never_seen_are_found_by_their_place(tagger):
    """People and towns that no label names are marked with exact offsets and high confidence."""
    text = "Yesterday Rosa Parks went to Quito."
    (value,) = tagger.predict(_inputs([text])).values
    found = {(it.name, text[it.span.start : it.span.end]) for it in value.spans}
    assert found == {("person", "Rosa Parks"), ("town", "Quito")}
    assert all(0.5 < (it.confidence or 0) <= 1 for it in value.spans)


def test_it_is_a_value_learner_that_rebuilds_from_its_parameters(tagger):
    """It keeps to the seam, and its parameters make the same learner."""
    assert isinstance(tagger, ValueLearner)
    assert SpanTagger(**tagger.parameters).parameters == tagger.parameters


def test_a_saved_model_says_the_same(tagger, tmp_path):
    """Loaded without pickle, it gives the same spans, confidences and doubts."""
    texts = [*TEXTS[:5], "Somebody else sang of rivers", ""]
    tagger.save(tmp_path)
    other = SpanTagger()
    other.load(tmp_path)
    before, after = tagger.predict(_inputs(texts)), other.predict(_inputs(texts))
    assert list(before.values) == list(after.values)
    np.testing.assert_array_equal(before.uncertainty, after.uncertainty)
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".pkl", ".joblib"}]


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_what_is_unlike_the_labels_is_doubted_more(tagger, aggregate, tmp_path):
    """An odd text has more doubt than a familiar one, and an empty one has none."""
    tagger.save(tmp_path)
    other = SpanTagger(aggregate=aggregate)
    other.load(tmp_path)
    texts = [TEXTS[0], "Grace to Kyoto on Turing went for Wei .", ""]
    familiar, odd, empty = other.predict(_inputs(texts)).uncertainty.tolist()
    assert 0 == empty < familiar < odd


def test_only_the_sum_grows_with_the_length(tagger, tmp_path):
    """A text of forty sentences is doubted as much as one of ten by mean, max and path."""
    tagger.save(tmp_path)
    texts = [" ".join([TEXTS[0]] * 10), " ".join([TEXTS[0]] * 40)]
    for aggregate in AGGREGATES:
        other = SpanTagger(aggregate=aggregate)
        other.load(tmp_path)
        short, long = other.predict(_inputs(texts)).uncertainty.tolist()
        assert long == pytest.approx(short * (4 if aggregate == "sum" else 1), rel=0.1)


def test_long_texts_are_tagged_throughout(tagger):
    """Of a text of thousands of words every sentence is tagged, whatever its place."""
    text = " ".join(["Yesterday Rosa Parks went to Quito."] * 400)
    (value,) = tagger.predict(_inputs([text])).values
    people = [it.span for it in value.spans if it.name == "person"]
    assert len(people) == 400
    assert {text[it.start : it.end] for it in people} == {"Rosa Parks"}
    assert max(tokenize(["no end " * 500]).chains) <= 128


def test_texts_tagged_in_parts_are_tagged_as_one_by_one(tagger, monkeypatch):
    """However many characters are tagged at once, spans and doubts are the same."""
    texts = ["", *TEXTS, "", "a" * 400, TEXTS[0]]
    whole = tagger.predict(_inputs(texts))
    monkeypatch.setattr(span_tagger, "_CHARACTERS", 100)
    parts = tagger.predict(_inputs(texts))
    assert list(parts.values) == list(whole.values)
    np.testing.assert_allclose(parts.uncertainty, whole.uncertainty, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Sie fährt nach Zürich-Höngg heute", "Zürich"),
        ("彼は東京に住む", "東京"),
        ("\U0001f600 hi from Oslo \U0001f680!", "Oslo"),
        ("مرحبا من القاهرة", "القاهرة"),
        ("cafe\u0301 in Malmo\u0308", "Malmo\u0308"),
    ],
)
def test_offsets_count_code_points(text, word):
    """Learned and said again, a span covers the very characters in any script."""
    texts = [text, "nothing here", text, "and nothing there"]
    value, none = _spans(text, ("town", word)), SpansValue(spans=())
    one = SpanTagger(C=100.0)
    values = [value, none, value, none]
    one.fit(_inputs(texts), values, classes=["town"], rng=np.random.default_rng(0))
    said = one.predict(_inputs(texts)).values
    assert [(it.span.start, it.span.end) for it in said[0].spans] == [
        (it.span.start, it.span.end) for it in value.spans
    ]
    assert said[1].spans == ()


def test_of_spans_that_overlap_the_outer_one_is_learned():
    """What is said never shares characters, and of nested labels the longest is kept."""
    text = "the University of Lagos opened"
    outer, inner = ("school", "University of Lagos"), ("town", "Lagos")
    one = SpanTagger(C=100.0)
    one.fit(
        _inputs([text, text]),
        [_spans(text, inner, outer)] * 2,
        classes=["town", "school"],
        rng=np.random.default_rng(0),
    )
    (value,) = one.predict(_inputs([text])).values
    assert [(it.name, it.span) for it in value.spans] == [("school", Span(start=4, end=23))]


def test_spans_side_by_side_stay_two():
    """Two names without a word between them are two spans, not one."""
    text = "call Ada Alan now"
    value = _spans(text, ("person", "Ada"), ("person", "Alan"))
    one = SpanTagger(C=100.0)
    one.fit(_inputs([text] * 2), [value] * 2, classes=["person"], rng=np.random.default_rng(0))
    assert len(one.predict(_inputs([text])).values[0].spans) == 2


def test_the_same_labels_give_the_same_model(tagger):
    """Trained again with another generator, it says the same to the last digit."""
    again = SpanTagger()
    again.fit(_inputs(TEXTS), VALUES, classes=CLASSES, rng=np.random.default_rng(5))
    one, two = tagger.predict(_inputs(TEXTS)), again.predict(_inputs(TEXTS))
    assert list(one.values) == list(two.values)
    np.testing.assert_array_equal(one.uncertainty, two.uncertainty)


def test_texts_without_spans_teach_too(tagger):
    """Labels without a span are learned from, and make ordinary words surely no entity."""
    texts = [*TEXTS, *(["Nobody knows why it rained"] * 4)]
    values = [*VALUES, *([SpansValue(spans=())] * 4)]
    one = SpanTagger()
    one.fit(_inputs(texts), values, classes=CLASSES, rng=np.random.default_rng(0))
    sure = one.predict(_inputs(["Nobody knows why it rained"])).uncertainty[0]
    assert sure < tagger.predict(_inputs(["Nobody knows why it rained"])).uncertainty[0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([SpansValue(spans=())], "has a span"),
        ([ClassValue(name="town")], "kind 'class'"),
        ([], "0 labels were given for 1 asset"),
        ([_spans("In Paris", ("lake", "Paris"))], "'lake'"),
        ([_spans("it is in Paris", ("town", "Paris"))], "has 8 characters"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(values, words):
    """Each error names what is wrong and says what to do."""
    with pytest.raises(InvalidInputError, match=words) as caught:
        SpanTagger().fit(
            _inputs(["In Paris"]), values, classes=["town"], rng=np.random.default_rng(0)
        )
    assert caught.value.remedy


def test_a_picture_is_refused(tagger):
    """An asset that is no text is named."""
    inputs = Inputs(
        asset_ids=["a"],
        vectors=np.zeros((1, 1), np.float32),
        items=lambda _: [Item(media=Media.IMAGE, data=b"")],
    )
    with pytest.raises(InvalidInputError, match="text"):
        tagger.predict(inputs)


def test_untrained_and_wrong_parameters_are_refused():
    """Asked too early, or made with what does not exist, it says so."""
    with pytest.raises(NotFittedError):
        SpanTagger().predict(_inputs(["a"]))
    with pytest.raises(UnknownNameError, match="mean"):
        SpanTagger(aggregate="means")
    with pytest.raises(InvalidInputError, match="C is"):
        SpanTagger(C=0)
    with pytest.raises(InvalidInputError, match="least_count is 0"):
        SpanTagger(least_count=0)
