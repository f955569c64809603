"""Facts about the bootstrap committee and the linear head of a learner."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInputError, MissingSignalError, NotFittedError
from querist.learners import bootstrap_committee, create_learner, linear_head, model_signals
from querist.learners.base import Codes, Matrix
from querist.learners.committee import bootstrap_draw
from querist.strategies import Signal, query

RNG = np.random.default_rng(0)
CODES = RNG.integers(3, size=60)
ROWS = (RNG.normal(size=(60, 5)) + 2 * np.eye(5)[CODES]).astype(np.float32)


def _committee(y: Codes, pool: Matrix, **options: int) -> np.ndarray:
    return bootstrap_committee(
        lambda: create_learner("logistic-regression"),
        ROWS[: len(y)], y, pool, class_count=4, rng=np.random.default_rng(1), **options,
    )  # fmt: skip


def test_members_are_probabilities_that_differ() -> None:
    """Each member has its own rows of shares of one; the same seed gives the same committee."""
    found = _committee(CODES[:20], ROWS, members=5)
    assert found.shape == (5, 60, 4)
    assert found.dtype == np.float32
    assert np.allclose(found.sum(axis=2), 1, atol=1e-5)
    assert len(np.unique(found[:, 0, 0])) == 5
    assert np.array_equal(found, _committee(CODES[:20], ROWS, members=5))


def test_every_member_knows_every_labelled_class() -> None:
    """A class with a single label is in every draw; a class without one has probability 0."""
    y = np.zeros(30, np.int64)
    y[17] = 2
    found = _committee(y, ROWS, members=12)
    assert (found[:, :, 2].max(axis=1) > 0).all()
    assert (found[:, :, [1, 3]] == 0).all()


def test_a_draw_repeats_labels_and_keeps_every_class() -> None:
    """As many as there are, some twice; measured values are no classes that would have to stay."""
    y = np.array([0] * 18 + [1, 2])
    for seed in range(20):
        drawn = bootstrap_draw(y, np.random.default_rng(seed))
        assert len(drawn) == 20
        assert set(y[drawn]) == {0, 1, 2}
        assert len(set(drawn.tolist())) < 20
    drawn = bootstrap_draw(np.arange(20.0), np.random.default_rng(0))
    assert len(drawn) == 20 > len(set(drawn.tolist()))


def test_a_committee_that_would_be_too_large_is_refused() -> None:
    """The size is told before anything is trained; the pool is never touched."""
    pool = np.broadcast_to(np.float32(0), (20_000_000, 5))
    with pytest.raises(InvalidInputError, match=r"2\.6 GB"):
        _committee(CODES[:20], pool)


def test_the_head_of_a_linear_learner_gives_its_probabilities() -> None:
    """The softmax of h Wᵀ + b is what the learner predicts, for a class never seen as well."""
    learner = create_learner("logistic-regression")
    learner.fit(ROWS, CODES, class_count=4, rng=np.random.default_rng(0))
    head = linear_head(learner, 4)
    assert head.weights.shape == (4, 5)
    logits = ROWS.astype(np.float64) @ head.weights.T + head.intercept
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    assert np.allclose(shares, learner.predict_proba(ROWS), atol=1e-5)
    later = linear_head(learner, 6)
    assert np.array_equal(later.weights[:4], head.weights)
    assert (later.intercept[4:] < -1e29).all()
    with pytest.raises(NotFittedError):
        linear_head(create_learner("logistic-regression"), 4)


def test_a_learner_that_is_not_linear_has_no_head() -> None:
    """It is named, and a learner that has one."""
    with pytest.raises(MissingSignalError, match="random-forest") as caught:
        linear_head(create_learner("random-forest"), 4)
    assert "logistic-regression" in caught.value.remedy


@pytest.mark.parametrize(
    "strategy", ["bald", "egl", "adversarial", "dropquery", "alfa-mix", "deepfool"]
)
def test_the_signals_of_a_model_serve_strategies(strategy: str) -> None:
    """What the strategy needs is there, with a class that no label has, and nothing else."""
    from querist.strategies import create

    needs = create(strategy).needs
    labeled = np.arange(20)
    learner = create_learner("logistic-regression")
    learner.fit(ROWS[:20], CODES[:20], class_count=4, rng=np.random.default_rng(0))
    found = model_signals(
        needs, learner, lambda: create_learner("logistic-regression"), ROWS, labeled, CODES[:20],
        class_count=4, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert ("committee" in found) == (Signal.COMMITTEE in needs)
    assert ("head" in found) == (Signal.HEAD in needs)
    assert ("gradient" in found) == (Signal.GRADIENT in needs)
    picks = query(
        strategy, n=5, embeddings=ROWS, labeled=labeled, labels=CODES[:20], random_state=0,
        probabilities=learner.predict_proba(ROWS), **found,
    )  # fmt: skip
    assert len(set(picks.indices.tolist()) - set(range(20))) == 5
