"""Text templates with slots: filled with the words that the model gets wrong most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies.parameters import positive
from querist.strategies.selectors import power_sample
from querist.strategies.synthesis.base import Proposal, register
from querist.strategies.synthesis.weakness import Predict, label_confidence


@register
class TextTemplates:
    """Fills templates of a known class at random, and proposes what the model is unsure of.

    The chance of a filled text is in proportion to 1 - the confidence in the template's class.
    """

    name: ClassVar[str] = "text-templates"
    summary: ClassVar[str] = "Filled templates whose class the model does not see."
    paper: ClassVar[str] = (
        "Ribeiro et al. (2020), Beyond accuracy: behavioral testing of NLP models with CheckList."
    )

    def __init__(
        self,
        templates: Mapping[str, int],
        slots: Mapping[str, Sequence[str]],
        predict_proba: Predict,
        *,
        probes: int = 64,
    ) -> None:
        """Start from templates.

        Args:
            templates: Class of each template, as in ``{"The {thing} broke at once.": 0}``; the
                class is a column of the probabilities.
            slots: Words for each slot, as in ``{"thing": ["lamp", "chair"]}``.
            predict_proba: From a list of m texts to probabilities (m, C).
            probes: The most texts filled from each template to choose from, each time.

        Raises:
            UnknownNameError: a template has a slot without words.
            InvalidInputError: there are no templates, or a slot has no words.
        """
        positive("probes", probes)
        empty = [slot for slot, words in slots.items() if isinstance(words, str) or not words]
        if not templates or empty:
            raise InvalidInputError(
                f"The slot {empty[0]!r} has no list of words."
                if empty
                else "There is no template.",
                remedy="Give at least one template, and a list of words for each slot.",
            )
        self._slots = {text: _slots_of(text) for text in templates}
        for found in self._slots.values():
            for slot in found:
                if slot not in slots:
                    raise UnknownNameError.of("slot", slot, slots)
        self._templates, self._words = dict(templates), slots
        self._predict, self._probes = predict_proba, probes
        self._given: set[str] = set()

    def propose(self, n: int, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """At most ``n`` filled texts, none twice."""
        filled = self._fill(rng)
        if not filled:
            return ()
        texts = list(filled)
        origins = np.array([filled[text] for text in texts])
        classes = np.array(list(self._templates.values()))
        confidence = label_confidence(self._predict, texts, classes[origins])
        order = power_sample(1 - confidence, min(n, len(texts)), 1.0, rng)[0]
        names = list(self._templates)
        self._given.update(texts[at] for at in order)
        return tuple(
            Proposal(
                input=texts[at],
                origin=int(origins[at]),
                label=int(classes[origins[at]]),
                condition=names[origins[at]],
                reason=f"The model gives the class of the template {confidence[at]:.2f} only.",
            )
            for at in order.tolist()
        )

    def _fill(self, rng: np.random.Generator) -> dict[str, int]:
        """New texts with the place of their template, at most ``probes`` of each."""
        filled: dict[str, int] = {}
        for place, template in enumerate(self._templates):
            slots = self._slots[template]
            sizes = [len(self._words[slot]) for slot in slots]
            # Counted in plain whole numbers: many slots have more fillings than int64 holds.
            total = 1
            for size in sizes:
                total *= size
            fresh = 0
            for number in _numbers(total, self._probes + len(self._given), rng):
                text = template.format(**self._chosen(slots, sizes, number))
                if text not in self._given and text not in filled and fresh < self._probes:
                    filled[text] = place
                    fresh += 1
        return filled

    def _chosen(self, slots: tuple[str, ...], sizes: list[int], number: int) -> dict[str, str]:
        words = {}
        for slot, size in zip(slots, sizes, strict=True):
            number, at = divmod(number, size)
            words[slot] = self._words[slot][at]
        return words


def _slots_of(template: str) -> tuple[str, ...]:
    try:
        found = [slot for _, slot, _, _ in Formatter().parse(template) if slot is not None]
    except ValueError as error:
        raise InvalidInputError(
            f"{template!r} is no template: {error}.",
            remedy="Write slots as {name}, and double braces that stand for themselves.",
        ) from error
    for slot in found:
        if not slot.isidentifier():
            raise InvalidInputError(
                f"{template!r} has a slot {slot!r}.", remedy="Name every slot, as in {thing}."
            )
    return tuple(dict.fromkeys(found))


def _numbers(total: int, count: int, rng: np.random.Generator) -> list[int]:
    """At most ``count`` different numbers below ``total``, in random order."""
    if total <= 2 * count:
        return [int(number) for number in rng.permutation(total)][:count]
    # Fewer than half of all are wanted, so a few draws more than that find enough.
    limit = min(total, np.iinfo(np.int64).max)
    return list(dict.fromkeys(rng.integers(limit, size=2 * count).tolist()))[:count]
