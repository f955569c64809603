"""Conformance kits of the learner and encoder seams, for our own and for other packages.

    from querist.learners.kit import check_encoder, check_learner

    def test_my_learner():
        check_learner(MyLearner)

Both run every check with fresh objects from the factory. To see each check as a test of its own,
parametrise over ``LEARNER_CHECKS`` or ``ENCODER_CHECKS``; a check is called with the factory.
"""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, NotFittedError, StorageError
from querist.learners.base import Codes, Encoder, Item, Learner, LinearLearner, Matrix
from querist.learners.requiring import folder_of_its_own, no_pickle, raises, require
from querist.schema import Media

LearnerFactory = Callable[[], Learner]
EncoderFactory = Callable[[], Encoder]

CLASS_COUNT = 5
SEEN = np.array([0, 2, 3])


def check_learner(factory: LearnerFactory) -> None:
    """Run every learner check on learners from ``factory``.

    Raises:
        AssertionError: a check fails; its message is a sentence.
    """
    for check in LEARNER_CHECKS:
        check(factory)


def check_encoder(factory: EncoderFactory) -> None:
    """Run every encoder check on encoders from ``factory``.

    Raises:
        AssertionError: a check fails; its message is a sentence.
    """
    for check in ENCODER_CHECKS:
        check(factory)


def learner_gives_probabilities(factory: LearnerFactory) -> None:
    """Rows are float32 (n, C), within 0 to 1, and sum to one."""
    X, y = _blobs(60)
    found = _trained(factory, X, y).predict_proba(X)
    require(found.dtype == np.float32, f"probabilities are {found.dtype}, not float32")
    require(found.shape == (60, CLASS_COUNT), f"the shape is {found.shape}")
    require(bool((found >= 0).all() and (found <= 1).all()), "a probability is not in 0 to 1")
    require(bool(np.allclose(found.sum(axis=1), 1, atol=1e-5)), "a row does not sum to one")


def learner_keeps_class_order(factory: LearnerFactory) -> None:
    """Columns are class codes; classes never seen get 0 and separable ones are told apart."""
    X, y = _blobs(60)
    found = _trained(factory, X, y).predict_proba(X)
    unseen = np.setdiff1d(np.arange(CLASS_COUNT), SEEN)
    require(not found[:, unseen].any(), "a class never seen has a probability above 0")
    right = float((found.argmax(axis=1) == y).mean())
    require(right > 0.9, f"only {right:.0%} of plainly separate rows are right")


def learner_starts_from_scratch(factory: LearnerFactory) -> None:
    """A second fit forgets the first: it equals a fit by a fresh learner."""
    X, y = _blobs(60)
    other, labels = _blobs(40, seed=5)
    again = _trained(factory, other, labels[::-1])
    again.fit(X, y, class_count=CLASS_COUNT, rng=_rng())
    _same(again.predict_proba(X), _trained(factory, X, y).predict_proba(X), "a refit differs")


def learner_is_deterministic(factory: LearnerFactory) -> None:
    """The same data and generator state give the same model."""
    X, y = _blobs(60)
    first, second = (_trained(factory, X, y).predict_proba(X) for _ in range(2))
    _same(first, second, "two fits with one seed differ")


def learner_refuses_when_unfitted(factory: LearnerFactory) -> None:
    """Before ``fit``, prediction and saving raise NotFittedError."""
    X, _ = _blobs(3)
    with raises(NotFittedError, "predict_proba before fit"):
        factory().predict_proba(X)
    with folder_of_its_own() as folder, raises(NotFittedError, "save before fit"):
        factory().save(folder / "model")


def learner_survives_a_round_trip(factory: LearnerFactory) -> None:
    """A loaded model gives the same probabilities, and nothing is pickled."""
    X, y = _blobs(60)
    trained, loaded = _trained(factory, X, y), factory()
    with folder_of_its_own() as folder:
        trained.save(folder / "model")
        no_pickle(folder)
        loaded.load(folder / "model")
    _same(trained.predict_proba(X), loaded.predict_proba(X), "a loaded model differs")


def learner_refuses_a_broken_state(factory: LearnerFactory) -> None:
    """A folder without a model raises StorageError."""
    with folder_of_its_own() as folder, raises(StorageError, "load of an empty folder"):
        factory().load(folder)


def learner_leaves_inputs_alone(factory: LearnerFactory) -> None:
    """Read-only arrays, such as memory maps, are enough, and stay as they are."""
    X, y = _blobs(60)
    X.setflags(write=False)
    y.setflags(write=False)
    before = X.copy(), y.copy()
    _trained(factory, X, y).predict_proba(X)
    require(np.array_equal(X, before[0]) and np.array_equal(y, before[1]), "inputs were changed")


def learner_predicts_in_chunks(factory: LearnerFactory) -> None:
    """Rows do not see each other: parts give what the whole gives, and no rows give no rows."""
    X, y = _blobs(60)
    learner = _trained(factory, X, y)
    parts = [learner.predict_proba(X[i : i + 7]) for i in range(0, 60, 7)]
    _same(np.concatenate(parts), learner.predict_proba(X), "chunks differ from the whole")
    empty = learner.predict_proba(X[:0])
    require(empty.shape == (0, CLASS_COUNT), f"no rows give the shape {empty.shape}")


def learner_refuses_bad_input(factory: LearnerFactory) -> None:
    """NaN, one class, no rows, wrong lengths, codes and widths raise InvalidInputError."""
    X, y = _blobs(60)
    broken = X.copy()
    broken[3, 1] = np.nan
    bad: dict[str, tuple[Matrix, Codes]] = {
        "NaN": (broken, y),
        "one class": (X, np.zeros(60, np.int64)),
        "no rows": (X[:0], y[:0]),
        "too few codes": (X, y[:-1]),
        "a negative code": (X, y - 1),
        "a code beyond the classes": (X, y + CLASS_COUNT - 1),
        "a flat array": (X.ravel(), y),
    }
    for what, (rows, codes) in bad.items():
        with raises(InvalidInputError, f"fit on {what}"):
            factory().fit(rows, codes, class_count=CLASS_COUNT, rng=_rng())
    learner = _trained(factory, X, y)
    for what, rows in {"NaN": broken, "fewer columns": X[:, :-1]}.items():
        with raises(InvalidInputError, f"prediction on {what}"):
            learner.predict_proba(rows)


def learner_works_from_two_labels(factory: LearnerFactory) -> None:
    """One label of each of two classes, and constant columns, are enough to train."""
    X = np.array([[0, 1, 7], [4, -1, 7]], np.float32)
    found = _trained(factory, X, np.array([1, 4])).predict_proba(X)
    require(bool(np.allclose(found[:, [1, 4]].sum(axis=1), 1, atol=1e-5)), "rows do not sum to 1")


def learner_takes_many_rare_classes(factory: LearnerFactory) -> None:
    """The first labels may be of thirty classes, most with one label, without a warning."""
    X = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)
    learner = factory()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        learner.fit(X, np.arange(40) % 30, class_count=30, rng=_rng())
    require(learner.predict_proba(X).shape == (40, 30), "it does not know thirty classes")


def learner_has_the_head_of_its_probabilities(factory: LearnerFactory) -> None:
    """Where it has a head, the softmax of the head's logits is what it predicts."""
    X, y = _blobs(60)
    learner = _trained(factory, X, y)
    if isinstance(learner, LinearLearner):
        head = learner.head()
        logits = X.astype(np.float64) @ head.weights.T + head.intercept
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        _same(shares.astype(np.float32), learner.predict_proba(X), "the head says something else")


def learner_is_rebuilt_by_its_parameters(factory: LearnerFactory) -> None:
    """``parameters`` survive JSON and build an equal learner."""
    X, y = _blobs(60)
    first = factory()
    parameters = json.loads(json.dumps(dict(first.parameters), allow_nan=False))
    second = type(first)(**parameters)
    require(dict(second.parameters) == parameters, "the rebuilt learner has other parameters")
    for learner in (first, second):
        learner.fit(X, y, class_count=CLASS_COUNT, rng=_rng())
    _same(first.predict_proba(X), second.predict_proba(X), "the rebuilt learner differs")


def encoder_gives_finite_vectors(factory: EncoderFactory) -> None:
    """Vectors are finite float32 (n, d) with the d of the identity; no items give (0, d)."""
    encoder, items = _fitted(factory)
    found = encoder.encode(items)
    shape = (len(items), encoder.identity.dimensions)
    require(found.dtype == np.float32, f"vectors are {found.dtype}, not float32")
    require(found.shape == shape, f"the shape is {found.shape}, not {shape}")
    require(bool(np.isfinite(found).all()), "a vector is not finite")
    require(encoder.encode([]).shape == (0, shape[1]), "no items give another shape than (0, d)")


def encoder_tells_items_apart(factory: EncoderFactory) -> None:
    """Different items get different vectors, in the order of the items."""
    encoder, items = _fitted(factory)
    found = encoder.encode(items)
    require(len(np.unique(found, axis=0)) == len(items), "two different items share a vector")
    backwards = encoder.encode(items[::-1])[::-1]
    _same(found, backwards, "the order of the items changes their vectors")


def encoder_encodes_in_chunks(factory: EncoderFactory) -> None:
    """An item's vector does not depend on what else is in the batch."""
    encoder, items = _fitted(factory)
    single = np.concatenate([encoder.encode([item]) for item in items])
    _same(encoder.encode(items), single, "one by one differs from the whole")


def encoder_is_deterministic(factory: EncoderFactory) -> None:
    """The same sample and seed give the same vectors under the same identity."""
    (first, items), (second, _) = _fitted(factory), _fitted(factory)
    require(first.identity == second.identity, "two equal fits have different identities")
    _same(first.encode(items), second.encode(items), "two equal fits differ")


def encoder_refuses_when_unfitted(factory: EncoderFactory) -> None:
    """An encoder that needs a fit raises NotFittedError before it; others work at once."""
    encoder = factory()
    items = sample_items(encoder.media)
    if not encoder.needs_fit:
        encoder.encode(items[:1])
        return
    with raises(NotFittedError, "encode before fit"):
        encoder.encode(items)
    with raises(NotFittedError, "identity before fit"):
        _ = encoder.identity
    with folder_of_its_own() as folder, raises(NotFittedError, "save before fit"):
        encoder.save(folder / "state")


def encoder_survives_a_round_trip(factory: EncoderFactory) -> None:
    """A loaded encoder has the same identity and vectors, and nothing is pickled."""
    encoder, items = _fitted(factory)
    loaded = factory()
    with folder_of_its_own() as folder:
        encoder.save(folder / "state")
        no_pickle(folder)
        loaded.load(folder / "state")
    require(loaded.identity == encoder.identity, "a loaded encoder has another identity")
    _same(encoder.encode(items), loaded.encode(items), "a loaded encoder differs")


def encoder_identity_follows_its_state(factory: EncoderFactory) -> None:
    """Another fitted state is another identity; a key is a plain folder name."""
    encoder, items = _fitted(factory)
    key = encoder.identity.key
    require(bool(re.fullmatch(r"[A-Za-z0-9._-]{1,100}", key)), f"{key!r} is no folder name")
    if encoder.needs_fit:
        encoder.fit(items[: len(items) // 2], _rng())
        require(encoder.identity.key != key, "another state has the same identity")
        with folder_of_its_own() as folder, raises(StorageError, "load of an empty folder"):
            factory().load(folder)


def encoder_refuses_other_media(factory: EncoderFactory) -> None:
    """Items of another medium, or without content, raise InvalidInputError."""
    encoder, _ = _fitted(factory)
    other = Media.TEXT if encoder.media is not Media.TEXT else Media.IMAGE
    with raises(InvalidInputError, f"encode of {other.value}"):
        encoder.encode(sample_items(other))
    with raises(InvalidInputError, "encode of an item without content"):
        encoder.encode([Item(media=encoder.media)])


LEARNER_CHECKS: tuple[Callable[[LearnerFactory], None], ...] = (
    learner_gives_probabilities,
    learner_keeps_class_order,
    learner_starts_from_scratch,
    learner_is_deterministic,
    learner_refuses_when_unfitted,
    learner_survives_a_round_trip,
    learner_refuses_a_broken_state,
    learner_leaves_inputs_alone,
    learner_predicts_in_chunks,
    learner_refuses_bad_input,
    learner_works_from_two_labels,
    learner_takes_many_rare_classes,
    learner_has_the_head_of_its_probabilities,
    learner_is_rebuilt_by_its_parameters,
)
ENCODER_CHECKS: tuple[Callable[[EncoderFactory], None], ...] = (
    encoder_gives_finite_vectors,
    encoder_tells_items_apart,
    encoder_encodes_in_chunks,
    encoder_is_deterministic,
    encoder_refuses_when_unfitted,
    encoder_survives_a_round_trip,
    encoder_identity_follows_its_state,
    encoder_refuses_other_media,
)


def sample_items(media: Media) -> list[Item]:
    """Twelve different small items of ``media``: pictures of several shapes, texts, or rows."""
    rng = _rng()
    if media is Media.TEXT:
        nouns = ("boot", "shirt", "dress", "bag")
        texts = [f"A {c} {n} for {c} days" for n in nouns for c in ("red", "blue", "green")]
        return [Item(media=media, text=text) for text in texts]
    if media is Media.TABLE:
        return [
            Item(media=media, features={"size": i * 1.5, "kind": "ab"[i % 2], "note": None})
            for i in range(12)
        ]
    from PIL import Image

    items = []
    for number in range(12):
        shape = (20 + number, 40, 3) if number % 2 else (28, 28)
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(buffer, "PNG")
        items.append(Item(media=media, data=buffer.getvalue()))
    return items


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _blobs(count: int, seed: int = 0) -> tuple[Matrix, Codes]:
    rng = np.random.default_rng(seed)
    y = SEEN[np.arange(count) % len(SEEN)].astype(np.int64)
    centres = 6 * np.eye(CLASS_COUNT)
    return (centres[y] + rng.normal(size=(count, CLASS_COUNT))).astype(np.float32), y


def _trained(factory: LearnerFactory, X: Matrix, y: Codes) -> Learner:
    learner = factory()
    learner.fit(X, y, class_count=CLASS_COUNT, rng=_rng())
    return learner


def _fitted(factory: EncoderFactory) -> tuple[Encoder, list[Item]]:
    encoder = factory()
    items = sample_items(encoder.media)
    encoder.fit(items, _rng())
    return encoder, items


def _same(first: NDArray[np.float32], second: NDArray[np.float32], sentence: str) -> None:
    # A matrix product may round differently with the number of rows, no more than that.
    gap = float(np.abs(first - second).max(initial=0)) if first.shape == second.shape else np.inf
    require(gap < 1e-4, f"{sentence} by up to {gap:.2g}")
