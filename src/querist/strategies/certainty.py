"""Certainty of one class: the rows most likely to be what is looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.schema import percent
from querist.strategies import explain
from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.needs import need_labels_of_columns
from querist.strategies.parameters import share
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_probabilities


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """Highest probability of the wanted class first, for rare positives and screening.

    Attributes:
        wanted: Column of the wanted class; ``None`` is the class with the fewest labels, the
            last one among equals.
        random_share: Share of each batch drawn at random, to find what the model does not know.
    """

    name: ClassVar[str] = "certainty"
    summary: ClassVar[str] = "Most likely of the wanted class first; for rare positives."
    paper: ClassVar[str] = "van de Schoot et al. (2021), ASReview; certainty-based screening."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES})
    wanted: int | None = None
    random_share: float = 0.0

    def __post_init__(self) -> None:
        share("random_share", self.random_share)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the probability of the wanted class."""
        table = need_probabilities(pool, self.name)
        column = self._column(pool, table.shape[1])
        values = table[pool.candidates, column]
        lucky = int(np.floor(n * self.random_share + rng.random())) if self.random_share else 0
        order = top_k(values, len(values) if lucky else n, rng)
        sure = order[: n - lucky]
        drawn = rng.permutation(order[n - lucky :])[:lucky]
        places = np.concatenate([sure, drawn]).astype(np.int64)
        reasons = [
            f"The model takes it for the wanted class ({percent(float(value), 0)})."
            for value in values[sure]
        ]
        return Selection(
            indices=pool.candidates[places],
            scores=values[places].astype(np.float64),
            reasons=(*reasons, *((explain.AT_RANDOM,) * len(drawn))),
            note=f"The rows most likely to be of class {column}.",
        )

    def _column(self, pool: Pool, classes: int) -> int:
        if self.wanted is None:
            _, known = need_labels_of_columns(pool, self.name, classes)
            counts = np.bincount(known, minlength=classes)
            return int(np.flatnonzero(counts == counts.min())[-1])
        if not 0 <= self.wanted < classes:
            raise InvalidInputError(
                f"wanted is {self.wanted}, but the probabilities have {classes} columns.",
                remedy=f"Give a column from 0 to {classes - 1}, or None for the rarest class.",
            )
        return self.wanted
