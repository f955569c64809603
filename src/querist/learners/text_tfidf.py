"""The default encoder for text: TF-IDF of words and word pairs, reduced by an SVD."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.checking import check_media, unfitted
from querist.schema import Media

CHUNK = 4_096
# With as many directions as texts every text is as far from each other one: of 60 texts the default
# model knows 4 to 10 points of 100 less then, of 150 or more up to 2 less, or as much; a model that
# brings each column to one width, as a team's own often does, learns nothing. Fewer directions than
# one for three texts help two classes and hurt many. A handful of texts keeps this many.
TEXTS_A_DIRECTION, FEWEST = 3, 4
# Words in scripts with spaces; one character at a time in Chinese and Japanese, which have none.
TOKEN = r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+"  # noqa: S105


class TextTfidf:
    """TF-IDF with sublinear counts over 1- and 2-grams, then a truncated SVD; rows have norm 1.

    Deerwester et al. (1990), "Indexing by latent semantic analysis". One more column holds 1 for
    texts without any known word, such as the empty one, so that they have a direction too.

    Args:
        dimensions: Directions kept at most; no more than one for three texts, of a handful four.
        vocabulary: Words and pairs kept at most, the most frequent first.

    Example:
        >>> encoder = TextTfidf()
        >>> texts = [Item(media=Media.TEXT, text=t) for t in ("a red boot", "a blue shirt")]
        >>> encoder.fit(texts, np.random.default_rng(0))
        >>> encoder.encode(texts).shape
        (2, 3)
    """

    name: ClassVar[str] = "text-tfidf"
    media: ClassVar[Media] = Media.TEXT
    summary: ClassVar[str] = "TF-IDF of words and word pairs, reduced by SVD; no download"
    paper: ClassVar[str] = "Deerwester et al. 1990"
    needs_fit: ClassVar[bool] = True

    def __init__(self, dimensions: int = 256, vocabulary: int = 20_000) -> None:
        if min(dimensions, vocabulary) < 1:
            raise InvalidInputError(
                f"dimensions is {dimensions} and vocabulary {vocabulary}.",
                remedy="Give 1 or more for each.",
            )
        self._dimensions = dimensions
        self._vocabulary = vocabulary
        self._components: Matrix | None = None  # (V, k)
        self._idf: Matrix = np.zeros(0, np.float32)  # (V,)
        self._terms: list[str] = []
        self._digest = ""
        self._vectorizer: Any = None

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity with a digest of the vocabulary and the directions.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._components is None:
            raise unfitted(self.name)
        return EncoderIdentity(
            name=self.name,
            version="1",
            preprocessing=f"w12-{self._digest}",
            dimensions=self._components.shape[1] + 1,
        )

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Learn the vocabulary, the weights and the directions from a sample of the pool.

        Raises:
            InvalidInputError: no items, or one is no text.
        """
        from sklearn.utils.extmath import randomized_svd

        check_media(items, self.media, self.name)
        if not items:
            raise InvalidInputError(
                "There is no text to fit on.", remedy="Add assets, then embed them."
            )
        texts = [item.text or "" for item in items]
        terms, idf = self._learn_terms(texts)
        self._set_terms(terms, idf)
        seed = int(rng.integers(2**31))
        most = max(FEWEST, len(texts) // TEXTS_A_DIRECTION)
        size = min(self._dimensions, most, len(texts), len(terms))
        components = np.zeros((len(terms), 0), np.float32)
        if size:
            counts = self._vectorizer.transform(texts)
            _, _, directions = randomized_svd(counts, size, n_iter=4, random_state=seed)
            components = np.ascontiguousarray(directions.T, dtype=np.float32)
        self._components = components
        self._digest = arrays.digest(*self._state())

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, k + 1) of norm 1.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: an item is no text.
        """
        if self._components is None:
            raise unfitted(self.name)
        check_media(items, self.media, self.name)
        vectors = np.zeros((len(items), self.identity.dimensions), np.float32)
        for start in range(0, len(items), CHUNK):
            rows = vectors[start : start + CHUNK]
            if self._terms:
                texts = [item.text or "" for item in items[start : start + CHUNK]]
                rows[:, :-1] = self._vectorizer.transform(texts) @ self._components
            norms = np.linalg.norm(rows, axis=1, keepdims=True)
            known = norms[:, 0] > 1e-6
            np.divide(rows, norms, out=rows, where=known[:, None])
            rows[~known] = 0
            rows[~known, -1] = 1
        return vectors

    def save(self, folder: Path) -> None:
        """Write the arrays as safetensors and the vocabulary as JSON."""
        if self._components is None:
            raise unfitted(self.name)
        arrays.write(folder, *self._state())

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold this encoder's state.
        """
        state, facts = arrays.read(folder, self.name, ("idf", "components"))
        self._set_terms(list(facts["terms"]), state["idf"])
        self._components = state["components"]
        self._digest = arrays.digest(*self._state())

    def _state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        assert self._components is not None
        return (
            {"idf": self._idf, "components": self._components},
            {"name": self.name, "terms": self._terms},
        )

    def _learn_terms(self, texts: list[str]) -> tuple[list[str], Matrix]:
        vectorizer = _vectorizer(max_features=self._vocabulary, min_df=2 if len(texts) > 100 else 1)
        try:
            vectorizer.fit(texts)
        except ValueError:  # no text has a word, or no word is in two texts
            return [], np.zeros(0, np.float32)
        return vectorizer.get_feature_names_out().tolist(), vectorizer.idf_.astype(np.float32)

    def _set_terms(self, terms: list[str], idf: Matrix) -> None:
        self._terms, self._idf = terms, idf
        if terms:
            self._vectorizer = _vectorizer(vocabulary=terms)
            self._vectorizer.idf_ = idf


def _vectorizer(**options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        strip_accents="unicode",
        token_pattern=TOKEN,
        dtype=np.float32,
        **options,
    )
