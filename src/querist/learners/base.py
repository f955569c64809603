"""The learner and encoder seams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from querist.schema import Media
from querist.strategies.base import Head

Matrix = NDArray[np.float32]
Codes = NDArray[np.int64]

# The logit of a class that no label has: finite, and its probability is 0 beside any other.
NEVER = -1e30


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What an encoder sees of one asset: the bytes of an image file, a text, or a table row.

    Its id is told where the asset is one of a project.
    """

    media: Media
    asset_id: str | None = None
    data: bytes | None = None
    text: str | None = None
    features: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderIdentity:
    """Which encoder made a vector; two vectors compare only when their identities are equal.

    Attributes:
        name: The encoder's registered name.
        version: Changes whenever the same input may give another vector.
        preprocessing: What is done before, and the digest of a fitted state, in one short word.
        dimensions: Length d of a vector.
    """

    name: str
    version: str
    preprocessing: str
    dimensions: int

    @property
    def key(self) -> str:
        """Its folder name, for example ``image-descriptor-1-gray32-256``."""
        return f"{self.name}-{self.version}-{self.preprocessing}-{self.dimensions}"


@runtime_checkable
class Encoder(Protocol):
    """Turns assets into vectors.

    Class attributes: ``name``, ``media`` (what it reads), ``summary`` (one line), ``paper``.
    ``fit`` looks at a sample of the pool once (a no-op for encoders that need none) and is part of
    the identity; ``encode`` may be called before ``fit`` only where ``needs_fit`` is false.
    """

    name: ClassVar[str]
    media: ClassVar[Media]
    summary: ClassVar[str]
    needs_fit: ClassVar[bool]

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity; for fitted encoders it holds a digest of the fitted state."""
        ...

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Learn whatever it needs from a sample of the pool."""
        ...

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, d), float32, finite, in the order of ``items``."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted state without pickle."""
        ...

    def load(self, folder: Path) -> None:
        """Read the state that ``save`` wrote."""
        ...


@runtime_checkable
class Learner(Protocol):
    """Trains on embeddings and predicts class probabilities.

    ``fit`` starts from scratch each time: the same data and generator state give the same model.
    """

    name: ClassVar[str]
    summary: ClassVar[str]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON-compatible parameters that rebuild it by ``create(name, **parameters)``."""
        ...

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Train on rows ``X`` (n, d) with classes ``y`` (n,), whole numbers below ``class_count``.

        Raises:
            InvalidInputError: no rows, fewer than two classes, shapes that disagree, or NaN.
        """
        ...

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C) in class order; rows sum to one; a class never seen gets 0.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write the model without pickle."""
        ...

    def load(self, folder: Path) -> None:
        """Read the model that ``save`` wrote."""
        ...


@runtime_checkable
class LinearLearner(Learner, Protocol):
    """A learner whose logits are linear in the vectors; some strategies look at its head."""

    def head(self) -> Head:
        """Weights (C, d) and intercepts (C,); their softmax is what ``predict_proba`` gives.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        ...


@runtime_checkable
class SamplingLearner(Learner, Protocol):
    """A learner that is unsure of itself: one fit gives many models that agree with the labels."""

    def sample_proba(
        self, X: Matrix, *, samples: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Probabilities (S, n, C) of ``samples`` drawn models, each the same one for all rows.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            MissingSignalError: nothing in this model can be drawn.
        """
        ...
