"""Meaning and words side by side: sentence vectors of MiniLM beside TF-IDF of the pool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.minilm import MiniLM
from querist.learners.text_tfidf import TextTfidf
from querist.schema import Media


class MiniLMWords:
    """Vectors of ``minilm`` and of ``text-tfidf`` one after the other, of norm 1.

    A sentence vector knows paraphrases, but few names, codes and terms of a trade; TF-IDF knows
    these, and nothing else. The likeness of two texts is the weighted mean of both likenesses.

    Args:
        words: Share that the words have in the likeness, over 0 and below 1.
        dimensions: Directions of the words kept at most.
        vocabulary: Words and pairs kept at most, the most frequent first.
        device: ``cpu``, ``cuda`` …; ``None`` takes a GPU where there is one.
    """

    name: ClassVar[str] = "minilm-words"
    media: ClassVar[Media] = Media.TEXT
    summary: ClassVar[str] = "Sentence vectors of MiniLM beside TF-IDF of the pool; extra [text]"
    paper: ClassVar[str] = "Wang et al. 2020; Deerwester et al. 1990"
    needs_fit: ClassVar[bool] = True

    def __init__(
        self,
        words: float = 0.2,
        dimensions: int = 256,
        vocabulary: int = 20_000,
        device: str | None = None,
    ) -> None:
        if not 0 < words < 1:
            raise InvalidInputError(
                f"words is {words}.", remedy="Give a share over 0 and below 1, such as 0.2."
            )
        self._share = float(words)
        self._meaning = MiniLM(device)
        self._words = TextTfidf(dimensions, vocabulary)

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity with that of both parts.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        meaning, words = self._meaning.identity, self._words.identity
        return EncoderIdentity(
            name=self.name,
            version="1",
            preprocessing=f"{meaning.preprocessing}-{words.preprocessing}-{self._share:g}",
            dimensions=meaning.dimensions + words.dimensions,
        )

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Learn the words of the pool; the sentence vectors need nothing.

        Raises:
            InvalidInputError: no items, or one is no text.
        """
        self._words.fit(items, rng)

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, 384 + k + 1) of norm 1.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: an item is no text.
            MissingDependencyError: the extra ``text`` is not installed.
        """
        words = self._words.encode(items)
        meaning = self._meaning.encode(items)
        return np.hstack([np.sqrt(1 - self._share) * meaning, np.sqrt(self._share) * words]).astype(
            np.float32
        )

    def save(self, folder: Path) -> None:
        """Write what the words are; the sentence model belongs to its package."""
        self._words.save(folder)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold this encoder's state.
        """
        self._words.load(folder)
