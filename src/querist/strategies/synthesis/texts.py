"""Text edits aimed at the model's weak conditions: words dropped, swapped, mistyped, replaced."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError
from querist.strategies.synthesis.base import register
from querist.strategies.synthesis.weakness import Edit, Predict, WeakConditions

# Share of the words that an edit changes at full strength.
_MOST = 0.4


def drop(text: str, strength: float, rng: np.random.Generator) -> str:
    """Without some words; one stays at least."""
    words = text.split()
    if len(words) < 2:
        return text
    gone = set(_places(len(words), strength, rng, most=len(words) - 1))
    return " ".join(word for at, word in enumerate(words) if at not in gone)


def swap(text: str, strength: float, rng: np.random.Generator) -> str:
    """Some words change places with the word after them."""
    words = text.split()
    if len(words) < 2:
        return text
    for at in _places(len(words) - 1, strength, rng):
        words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def typo(text: str, strength: float, rng: np.random.Generator) -> str:
    """Two neighboring letters change places in some words."""
    words = text.split()
    long = [at for at, word in enumerate(words) if len(word) > 1]
    if not long:
        return text
    for place in _places(len(long), strength, rng):
        word = words[long[place]]
        at = int(rng.integers(len(word) - 1))
        words[long[place]] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def synonyms(table: Mapping[str, Sequence[str]]) -> Edit:
    """An edit that replaces some of the words of ``table`` by one of their synonyms.

    Args:
        table: Words of the same meaning, by word in lower case. A capital first letter stays.
    """
    for word, others in table.items():
        if word != word.lower() or isinstance(others, str) or not others:
            raise InvalidInputError(
                f"The synonyms of {word!r} are {others!r}.",
                remedy='Give lists by lower-case word, as in {"film": ["movie"]}.',
            )

    def replace(text: str, strength: float, rng: np.random.Generator) -> str:
        words = text.split()
        known = [at for at, word in enumerate(words) if word.lower() in table]
        if not known:
            return text
        # At full strength all of them: there are few, and each keeps its meaning.
        for place in _places(len(known), strength / _MOST, rng):
            word = words[known[place]]
            others = table[word.lower()]
            other = others[int(rng.integers(len(others)))]
            words[known[place]] = other[:1].upper() + other[1:] if word[0].isupper() else other
        return " ".join(words)

    return Edit(make=replace)


TEXT_EDITS: Mapping[str, Edit] = MappingProxyType(
    {"drop": Edit(make=drop), "swap": Edit(make=swap), "typo": Edit(make=typo)}
)


@register
class TextEdits(WeakConditions):
    """Drops, swaps, mistypes and replaces words where the model minds it most."""

    name: ClassVar[str] = "text-edits"
    summary: ClassVar[str] = "Edited texts of the kinds under which the model fails most."
    paper: ClassVar[str] = (
        "Edits after Ribeiro et al. (2020), Beyond accuracy: behavioral testing of NLP models with "
        "CheckList."
    )

    def __init__(
        self,
        texts: Sequence[str],
        labels: ArrayLike,
        predict_proba: Predict,
        *,
        edits: Mapping[str, Edit] = TEXT_EDITS,
        probes: int = 64,
    ) -> None:
        """Start from labelled texts.

        Args:
            texts: n texts.
            labels: Their classes (n,), as columns of the probabilities.
            predict_proba: From a list of m texts to probabilities (m, C).
            edits: What may be done to a text, by name; ``{**TEXT_EDITS, "synonym":
                synonyms(table)}`` adds a table of your own.
            probes: The most texts that each edit is tried on.

        Raises:
            InvalidInputError: the texts or labels have the wrong form.
        """
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InvalidInputError("The texts are no list of texts.", remedy="Give a list of str.")
        super().__init__(
            list(texts), labels, predict_proba, edits=edits, probes=probes, gather=list
        )


def _places(
    count: int, strength: float, rng: np.random.Generator, *, most: int | None = None
) -> list[int]:
    """Some of ``count`` places in order: a share that grows with the strength, one at least."""
    wanted = min(math.ceil(count * _MOST * strength), count if most is None else most)
    return sorted(rng.choice(count, size=max(wanted, 1), replace=False).tolist())
