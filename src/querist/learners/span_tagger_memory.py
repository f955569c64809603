"""What the words of the labels were labelled as, each time without the token that is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.learners.span_tagger_labels import OUTSIDE, Places
from querist.learners.span_tagger_tokens import Hashes, Tokens, salt, words_of

_NEVER, _ORDINARY = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How often each of V words had each of L labels.

    A tagger that sees a word once trusts it little, for in training nothing but that one label
    speaks for it. What all other occurrences were is as true of a token in training as of one in a
    new text, so a model learns how far to trust it, and a name labelled once is found again.

    Attributes:
        words: Their hashes (V,), sorted.
        counts: How often each had each label (V, L).
    """

    words: Hashes
    counts: NDArray[np.int32]

    @classmethod
    def of(cls, tokens: Tokens, labels: Places, width: int) -> Memory:
        """The memory of tokens with a label each (T,), of ``width`` labels."""
        words, places = np.unique(words_of(tokens.features), return_inverse=True)
        counts = np.zeros((len(words), width), dtype=np.int32)
        np.add.at(counts, (places, labels), 1)
        return cls(words=words, counts=counts)

    @property
    def familiar(self) -> Hashes:
        """Hashes of the words that occurred more than once, sorted."""
        found: Hashes = self.words[self.counts.sum(axis=1) > 1]
        return found

    def features(self, tokens: Tokens, own: Places | None = None) -> Hashes:
        """What each token and its neighbours were labelled as elsewhere (T, 3), as hashes.

        Args:
            tokens: The tokens to look at.
            own: Their labels (T,), if the memory was made of these very tokens.
        """
        here = self._states(tokens, own)
        apart = tokens.texts[1:] != tokens.texts[:-1]
        before, after = np.roll(here, 1), np.roll(here, -1)
        before[:1] = after[-1:] = _NEVER
        before[1:][apart] = after[:-1][apart] = _NEVER
        wide = 2 * self.counts.shape[1] + 2
        found = np.stack([here, here + wide * (before + 1), here + wide * (after + 1)], axis=1)
        salts = np.array([salt("memory", column) for column in range(3)])
        return np.asarray((found.astype(np.uint64) + np.uint64(1)) * salts)

    def _states(self, tokens: Tokens, own: Places | None) -> Places:
        """Never seen, never an entity, or which label it mostly had, and if it had no other."""
        hashes = words_of(tokens.features)
        places = np.searchsorted(self.words[:-1], hashes)
        counts = np.where((self.words[places] == hashes)[:, None], self.counts[places], 0)
        if own is not None:
            counts[np.arange(len(counts)), own] -= 1
        total = counts.sum(axis=1)
        marked = counts[:, OUTSIDE + 1 :]
        label, most = marked.argmax(axis=1), marked.max(axis=1)
        states = np.where(most > 0, 2 + 2 * label + (most == total), _ORDINARY)
        return np.where(total > 0, states, _NEVER).astype(np.int64)
