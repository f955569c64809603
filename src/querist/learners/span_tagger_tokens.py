"""Texts as tokens with character offsets, and what a tagger sees of each: hashed features."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.learners.checking import check_media
from querist.learners.value_base import Inputs
from querist.schema import Media

Counts = NDArray[np.int64]
Hashes = NDArray[np.uint64]

# Words, one character at a time in Chinese and Japanese, which have no spaces; else one sign.
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]|_")
# A chain of labels is cut after the end of a sentence from the first on, and anywhere at the last.
_LONG = 64
_LONGEST = 128
_SENTENCE_ENDS = frozenset(".!?;\u3002\uff01\uff1f")

# What is said of a word by itself.
_LOWER, _EXACT, _SHAPE, _PREFIX, _SUFFIX, _ENDING = range(6)
# What is looked at together: pairs of a distance in tokens and what is said of the word there.
_TEMPLATES: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((0, _LOWER),),
    ((0, _EXACT),),
    ((0, _SHAPE),),
    ((0, _PREFIX),),
    ((0, _SUFFIX),),
    ((0, _ENDING),),
    ((-1, _LOWER),),
    ((-1, _SHAPE),),
    ((-1, _SUFFIX),),
    ((1, _LOWER),),
    ((1, _SHAPE),),
    ((1, _SUFFIX),),
    ((-2, _LOWER),),
    ((2, _LOWER),),
    ((-1, _LOWER), (0, _LOWER)),
    ((0, _LOWER), (1, _LOWER)),
    ((-1, _LOWER), (0, _SHAPE)),
    ((0, _SHAPE), (1, _LOWER)),
    ((-1, _SHAPE), (0, _SHAPE), (1, _SHAPE)),
    ((-2, _LOWER), (-1, _LOWER), (0, _SHAPE)),
    ((0, _SHAPE), (1, _LOWER), (2, _LOWER)),
)
# Whether a token touches the one before or after it without a space, with its shape.
_TOUCHES = ("touches before", "touches after")
FEATURES = len(_TEMPLATES) + len(_TOUCHES)
# Which of the templates is the word itself, and which are looked at once more where it is rare.
_WORD = _TEMPLATES.index(((0, _LOWER),))
_OF_RARE = [
    _TEMPLATES.index(((shift, what),))
    for shift, what in (
        (0, _SHAPE),
        (0, _ENDING),
        (-1, _LOWER),
        (1, _LOWER),
        (-1, _SHAPE),
        (1, _SHAPE),
    )
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of n texts, one after the other (T,).

    Attributes:
        starts: Their first characters in their texts (T,).
        ends: One after their last (T,).
        texts: The texts they are of (T,), 0 to n - 1.
        chains: Lengths of the pieces in which labels depend on each other (k,), in order.
        features: Hashes of what is seen of each token (T, F).
    """

    starts: Counts
    ends: Counts
    texts: Counts
    chains: Counts
    features: Hashes

    def __len__(self) -> int:
        return len(self.starts)


def texts_of(inputs: Inputs, rows: Sequence[int], learner: str) -> list[str]:
    """The texts of the assets at ``rows``.

    Raises:
        InvalidInputError: an asset is no text.
    """
    items = inputs.items(rows)
    check_media(items, Media.TEXT, learner)
    return [item.text or "" for item in items]


def words_of(features: Hashes) -> Hashes:
    """Hashes of the words of some tokens (T,)."""
    return features[:, _WORD]


def with_rarity(features: Hashes, familiar: Hashes) -> Hashes:
    """Features (T, F + R) that say more where the word is none of the familiar ones.

    In training those are words seen once, so what is learned of them holds for words never seen.
    """
    rare = ~among(familiar, words_of(features))
    apart = features[:, _OF_RARE] * salt("rare", 0) * rare[:, None]
    return np.concatenate([features, apart], axis=1)


def among(known: Hashes, hashes: Hashes) -> NDArray[np.bool_]:
    """Which hashes are among some sorted ones."""
    if not len(known):
        return np.zeros(hashes.shape, dtype=bool)
    found: NDArray[np.bool_] = known[np.searchsorted(known[:-1], hashes)] == hashes
    return found


def tokenize(texts: Sequence[str]) -> Tokens:
    """The tokens of n texts, with offsets in Unicode code points.

    A chain is a text. Texts above 64 tokens are cut after sentences, and after 128 tokens if none
    ends before, so that time and memory grow with their length alone.
    """
    known: dict[str, int] = {"": 0}
    words: list[int] = []
    places: list[tuple[int, int]] = []
    counts: list[int] = []
    chains: list[int] = []
    for text in texts:
        before = len(words)
        ends: list[bool] = []
        for found in _TOKEN.finditer(text):
            word = found.group()
            words.append(known.setdefault(word, len(known)))
            places.append(found.span())
            ends.append(word in _SENTENCE_ENDS)
        counts.append(len(words) - before)
        chains.extend(_cut(ends))
    starts, stops = np.array(places, dtype=np.int64).reshape(-1, 2).T
    of_text = np.repeat(np.arange(len(counts)), counts)
    return Tokens(
        starts=starts,
        ends=stops,
        texts=of_text,
        chains=np.array(chains, dtype=np.int64),
        features=_features(list(known), np.array(words, dtype=np.int64), starts, stops, of_text),
    )


def salt(name: str, column: int) -> np.uint64:
    """An odd number that is the same everywhere."""
    digest = hashlib.blake2b(f"{name} {column}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little") | 1)


def _cut(ends: Sequence[bool]) -> Iterator[int]:
    """Lengths of the chains of a text, by which of its tokens end a sentence."""
    length = 0
    for ending in ends:
        length += 1
        if (ending and length >= _LONG) or length == _LONGEST:
            yield length
            length = 0
    if length:
        yield length


def _features(
    known: Sequence[str], words: Counts, starts: Counts, ends: Counts, texts: Counts
) -> Hashes:
    said = np.array([_said(word) for word in known], dtype=np.uint64)
    around = {shift: _at(words, texts, shift) for shift in (-2, -1, 0, 1, 2)}
    found = np.empty((len(words), FEATURES), dtype=np.uint64)
    for column, template in enumerate(_TEMPLATES):
        found[:, column] = salt("template", column)
        for part, (shift, what) in enumerate(template):
            found[:, column] += said[around[shift], what] * salt(f"part {part}", column)
    touching = np.zeros(len(words) + 1, dtype=np.uint64)
    touching[1:-1] = (texts[1:] == texts[:-1]) & (ends[:-1] == starts[1:])
    shapes = said[words, _SHAPE]
    for column, (name, touches) in enumerate(
        zip(_TOUCHES, (touching[:-1], touching[1:]), strict=True), len(_TEMPLATES)
    ):
        found[:, column] = salt("template", column) + shapes * salt(name, 0)
        found[:, column] += touches * salt(name, 1)
    return found


def _at(words: Counts, texts: Counts, shift: int) -> Counts:
    """The word so many tokens on (T,), 0 where that is beyond the text."""
    found = np.zeros_like(words)
    if abs(shift) >= len(words):
        return words if not shift else found
    here, there = slice(None, len(words) - shift), slice(shift, None)
    if shift < 0:
        here, there = slice(-shift, None), slice(None, shift)
    found[here] = np.where(texts[here] == texts[there], words[there], 0)
    return found


def _said(word: str) -> tuple[int, ...]:
    lower = word.lower()
    of_word = (lower, word, _shape(word), lower[:3], lower[-2:], lower[-3:])
    return tuple(zlib.crc32(f"{at} {text}".encode()) for at, text in enumerate(of_word))


def _shape(word: str) -> str:
    """``Xx`` for Word, ``dx`` for 3d, ``X-`` and so on: kinds of characters, repeats left out."""
    kinds = (
        "X" if sign.isupper() else "x" if sign.isalpha() else "d" if sign.isdigit() else sign
        for sign in word
    )
    found = ""
    for kind in kinds:
        if not found.endswith(kind):
            found += kind
    return found
