"""The default learner of spans: a linear-chain conditional random field over hashed features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, TooFewLabelsError, UnknownNameError
from querist.learners import arrays
from querist.learners.checking import check_values, unfitted
from querist.learners.span_tagger_answers import AGGREGATES, say
from querist.learners.span_tagger_chain import (
    Packed,
    train,
)
from querist.learners.span_tagger_labels import allowed, labels_of, renumbered
from querist.learners.span_tagger_memory import Memory
from querist.learners.span_tagger_tokens import (
    Hashes,
    Tokens,
    among,
    texts_of,
    tokenize,
    with_rarity,
)
from querist.learners.value_base import Guesses, Inputs
from querist.schema import SpansValue, TaskKind, Value
from querist.strategies.parameters import positive

# Texts that are read at once, and characters that are tagged at once: some 200 MB.
_TEXTS = 2_048
_CHARACTERS = 1 << 19


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """What was learned.

    Attributes:
        seen: Hashes of the features that count (F,), sorted.
        memory: What words were labelled as.
        weights: Of each feature for each label (F, L).
        moves: Of each label after another (L, L).
        classes: Those that occurred.
    """

    seen: Hashes
    memory: Memory
    weights: NDArray[np.float32]
    moves: NDArray[np.float32]
    classes: tuple[str, ...]


class SpanTagger:
    """Marks entities in texts; needs no download and no embedding, and trains in seconds.

    Texts are split into words and signs. Of each the learner sees the word, its shape, beginning
    and end, those of its neighbours (up to two on both sides, alone and together), and what these
    words were labelled as elsewhere; the labels of neighbours depend on each other, and no entity
    goes on that did not begin. Spans that share
    characters are not learned: the one that begins first is kept, and of those the longest.

    What is said has the highest chance as a whole. The confidence of a span is the chance that
    exactly it, in that class, is an entity. The doubt of a text sums up the entropy (nats) of the
    label of each word, or the whole path.

    Args:
        C: Inverse strength of the regularisation, over 0.
        aggregate: How the doubt of words becomes that of a text: ``mean`` and ``max`` do not
            grow with its length, ``sum`` does; ``path`` is minus the logarithm of the chance of
            what is said, by word (MNLP; Shen et al., 2018).
        least_count: What is seen of tokens counts if the labels have it so often; words themselves
            always do. From 2 on names seen once teach what a new name looks like.
    """

    name: ClassVar[str] = "span-tagger"
    summary: ClassVar[str] = "Spans in texts: a conditional random field on words; the default"
    paper: ClassVar[str] = "Lafferty, McCallum and Pereira 2001"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.SPANS})

    def __init__(self, C: float = 10.0, aggregate: str = "mean", least_count: int = 2) -> None:
        if not (np.isfinite(C) and C > 0):
            raise InvalidInputError(f"C is {C!r}.", remedy="Give a number over 0.")
        if aggregate not in AGGREGATES:
            raise UnknownNameError.of("aggregate", str(aggregate), AGGREGATES)
        positive("least_count", least_count)
        self._C = float(C)
        self._least_count = int(least_count)
        self._aggregate = aggregate
        self._model: _Model | None = None

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``C``, ``aggregate`` and ``least_count``."""
        return {"C": self._C, "aggregate": self._aggregate, "least_count": self._least_count}

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,  # noqa: ARG002 - the penalised likelihood has one maximum
    ) -> None:
        """Train on the spans of n texts; the result depends on them alone, not on ``rng``.

        Raises:
            InvalidInputError: no assets, lengths that disagree, labels of another kind, an asset
                that is no text, a span beyond its text, or not one span in all labels.
        """
        known = check_values(len(inputs), values, SpansValue)
        present = {part.name for value in known for part in value.spans}
        if not present:
            raise TooFewLabelsError(
                f"None of the {len(known)} labels has a span.",
                remedy="Label texts that have entities, then train.",
            )
        texts = texts_of(inputs, range(len(inputs)), self.name)
        tokens = tokenize(texts)
        labels = labels_of(tokens, texts, known, classes)
        codes = np.unique(labels[labels % 2 == 1] // 2)
        if not len(codes):
            raise TooFewLabelsError(
                "None of the labeled spans holds a word or sign.",
                remedy="Label texts that have entities, then train.",
            )
        compact = renumbered(labels, codes)
        memory = Memory.of(tokens, compact, 1 + 2 * len(codes))
        features = _features(memory, tokens, compact)
        found, counts = np.unique(features, return_counts=True)
        seen = found[(counts >= self._least_count) | among(memory.words, found)]
        packed = Packed.of(tokens.chains)
        table = _seen(seen, features[packed.order])
        follow = allowed(len(codes))
        weights, moves = train(packed, table, compact[packed.order], follow, 1 / self._C)
        self._model = _Model(
            seen=seen,
            memory=memory,
            weights=weights.astype(np.float32),
            moves=moves.astype(np.float32),
            classes=tuple(classes[code] for code in codes.tolist()),
        )

    def predict(self, inputs: Inputs) -> Guesses:
        """The spans of each of n texts with their confidence, and the doubt of each text.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: an asset is no text.
        """
        if self._model is None:
            raise unfitted(self.name)
        values: list[SpansValue] = []
        doubts = np.zeros(len(inputs), dtype=np.float32)
        for start in range(0, len(inputs), _TEXTS):
            texts = texts_of(inputs, range(start, min(start + _TEXTS, len(inputs))), self.name)
            for part in _parts(texts):
                said, found = _tagged(self._model, part, self._aggregate)
                doubts[len(values) : len(values) + len(said)] = found
                values.extend(said)
        return Guesses(values=values, uncertainty=doubts)

    def save(self, folder: Path) -> None:
        """Write the weights as safetensors and the facts as JSON."""
        if self._model is None:
            raise unfitted(self.name)
        model = self._model
        state: dict[str, NDArray[Any]] = {
            "seen": model.seen,
            "words": model.memory.words,
            "counts": model.memory.counts,
            "weights": model.weights,
            "moves": model.moves,
        }
        arrays.write(folder, state, {"name": self.name, "classes": list(model.classes)})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        parts = ("seen", "words", "counts", "weights", "moves")
        state, facts = arrays.read(folder, self.name, parts)
        self._model = _Model(
            seen=state["seen"],
            memory=Memory(words=state["words"], counts=state["counts"]),
            weights=state["weights"],
            moves=state["moves"],
            classes=tuple(facts["classes"]),
        )


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in parts of few characters, or of one text."""
    ends = np.cumsum([len(text) for text in texts]) // _CHARACTERS
    bounds = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(texts)]
    return (texts[a:b] for a, b in pairwise(bounds))


def _tagged(
    model: _Model, texts: Sequence[str], aggregate: str
) -> tuple[list[SpansValue], NDArray[np.float32]]:
    tokens = tokenize(texts)
    follow, begin = allowed(len(model.classes))
    moves = np.where(follow, model.moves.astype(np.float64), -np.inf)
    first = np.where(begin, 0, -np.inf)
    packed = Packed.of(tokens.chains)
    features = _features(model.memory, tokens)
    scores = _seen(model.seen, features[packed.order]) @ model.weights.astype(np.float64)
    return say(tokens, packed, scores, (moves, first), len(texts), model.classes, aggregate)


def _features(memory: Memory, tokens: Tokens, own: NDArray[np.int64] | None = None) -> Hashes:
    """All that is seen of each token (T, F)."""
    around = with_rarity(tokens.features, memory.familiar)
    return np.concatenate([around, memory.features(tokens, own)], axis=1)


def _seen(seen: Hashes, features: Hashes) -> Any:
    """Which of some sorted hashes (F,) each token has (T, F), sparse."""
    from scipy.sparse import csr_matrix

    known = among(seen, features)
    rows = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    columns = np.searchsorted(seen, features[known])
    return csr_matrix((np.ones(len(columns)), columns, rows), shape=(len(features), len(seen)))
