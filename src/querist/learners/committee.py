"""A committee of one learner: trained on bootstrap draws of the labels, or drawn from one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners.base import Codes, Learner, Matrix, SamplingLearner
from querist.learners.checking import check_training

MEMBERS = 8
# Drawing costs little, and the mean of many estimates better what a label would tell.
SAMPLES = 20
# A committee over 2 million rows of 16 classes with 8 members has this size.
LIMIT_BYTES = 1 << 30
_ROWS = 65_536


def bootstrap_committee(
    factory: Callable[[], Learner],
    X: Matrix,
    y: Codes,
    pool: Matrix,
    *,
    class_count: int,
    rng: np.random.Generator,
    members: int = MEMBERS,
) -> NDArray[np.float32]:
    """Probabilities (K, N, C) over the pool by K models, each trained on its own draw of labels.

    A draw has as many labels as there are, taken with replacement, but at least one of each class:
    a member that never saw a class would disagree with the others because of that alone. Besides
    the answer nothing grows with N: the pool is read in blocks.

    Abe and Mamitsuka (1998), Query learning strategies using boosting and bagging.

    Args:
        factory: Makes an untrained learner.
        X: Rows with a label (L, d).
        y: Their classes (L,), whole numbers below ``class_count``.
        pool: Rows to predict (N, d); a memory map is not loaded whole.
        class_count: Number of classes C.
        rng: Draws the labels.
        members: Number of models K.

    Raises:
        InvalidInputError: the answer would be over 1 GiB, or as ``Learner.fit`` does.
    """
    rows, codes, _ = check_training(X, y, class_count)
    check_size(members, len(pool), class_count)
    found = np.empty((members, len(pool), class_count), np.float32)
    for member in found:
        learner = _member(factory, rows, codes, class_count, rng)
        for start in range(0, len(pool), _ROWS):
            member[start : start + _ROWS] = learner.predict_proba(pool[start : start + _ROWS])
    return found


def bootstrap_member(
    factory: Callable[[], Learner],
    X: Matrix,
    y: Codes,
    *,
    class_count: int,
    rng: np.random.Generator,
) -> Learner:
    """One model of a ``bootstrap_committee``, to be kept.

    Raises:
        InvalidInputError: as ``Learner.fit`` does.
    """
    rows, codes, _ = check_training(X, y, class_count)
    return _member(factory, rows, codes, class_count, rng)


def sampled_committee(
    learner: SamplingLearner,
    pool: Matrix,
    *,
    class_count: int,
    rng: np.random.Generator,
    members: int | None = None,
) -> NDArray[np.float32]:
    """Probabilities (S, N, C) over the pool by S models drawn from one that is trained.

    Classes that joined after its training have probability zero.

    Args:
        learner: The trained model.
        pool: Rows to predict (N, d); a memory map is read in blocks.
        class_count: Number of classes C, at least those of its training.
        rng: Draws the models.
        members: Number of models S; ``None`` takes each once where the model is several, its
            ``member_count``, and 20 of one of which any number can be drawn.

    Raises:
        InvalidInputError: the answer would be over 1 GiB.
        MissingSignalError: nothing in the model can be drawn.
    """
    if members is None:
        # More draws than there are would count some twice as often as others.
        members = int(getattr(learner, "member_count", SAMPLES))
    check_size(members, len(pool), class_count)
    found = np.zeros((members, len(pool), class_count), np.float32)
    seed = int(rng.integers(2**62))
    for start in range(0, len(pool), _ROWS):
        block = pool[start : start + _ROWS]
        # The same seed for each block: a member is the same model for all rows.
        said = learner.sample_proba(block, samples=members, rng=np.random.default_rng(seed))
        found[:, start : start + _ROWS, : said.shape[2]] = said
    return found


def check_size(members: int, rows: int, class_count: int) -> None:
    """Refuse a committee (K, N, C) of float32 over 1 GiB.

    Raises:
        InvalidInputError: it would be larger.
    """
    size = 4 * members * rows * class_count
    if size > LIMIT_BYTES:
        raise InvalidInputError(
            f"A committee of {members} over {rows:,} rows and {class_count} classes takes "
            f"{size / 1e9:.1f} GB.",
            remedy="Choose a strategy without a committee, such as 'margin', or a smaller pool.",
        )


def bootstrap_draw(y: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """Positions (L,) of labels (L,) drawn with replacement, at least one of each class.

    Numbers of a floating type are no classes: of them any may be missing.
    """
    shuffled = rng.permutation(len(y))
    first = shuffled[:1]
    if y.dtype.kind != "f":
        first = shuffled[np.unique(y[shuffled], return_index=True)[1]]
    return np.concatenate([first, rng.integers(len(y), size=len(y) - len(first))])


def _member(
    factory: Callable[[], Learner],
    rows: Matrix,
    codes: Codes,
    class_count: int,
    rng: np.random.Generator,
) -> Learner:
    drawn = bootstrap_draw(codes, rng)
    learner = factory()
    learner.fit(rows[drawn], codes[drawn], class_count=class_count, rng=rng)
    return learner
