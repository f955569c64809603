"""BADGE in factored form: k-means++ in gradient space without ever building a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies import explain
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.clusters import draw
from querist.strategies.geometry import Matrix, squared_norms
from querist.strategies.validation import need_embeddings, need_probabilities


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """Diverse rows with large gradients of the last layer."""

    name: ClassVar[str] = "badge"
    summary: ClassVar[str] = "Rows that would change the model most, in different directions."
    paper: ClassVar[str] = (
        "Ash et al. (2020), Deep batch active learning by diverse, uncertain gradients."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the distance in gradient space to the earlier picks."""
        table = need_probabilities(pool, self.name)[pool.candidates]
        vectors = need_embeddings(pool, self.name)[pool.candidates]
        places, reach = gradient_seeds(table, vectors, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=reach,
            reasons=explain.hesitation(table[places], pool.class_names),
            note="Rows whose labels would move the model most, each in a direction of its own.",
        )


def gradient_seeds(
    probabilities: Floats, vectors: Floats, k: int, rng: np.random.Generator
) -> tuple[Positions, Floats]:
    """k-means++ over the gradients g = (p - onehot) ⊗ h, by ||g_i - g_j||² in factored form.

    ||g_i - g_j||² = |a_i|²|h_i|² + |a_j|²|h_j|² - 2 (a_i·a_j)(h_i·h_j) with a = p - onehot; time
    O(k n (C + d)), memory O(n (C + d)). The first pick is the largest gradient.

    Returns:
        Places (k,) in order, and the distance of each to the nearest earlier one; the first has
        its own length.
    """
    a: Matrix = np.array(probabilities, dtype=np.float32)
    a[np.arange(len(a)), a.argmax(axis=1)] -= 1
    # Divided by the largest number, so that products of huge vectors cannot overflow.
    scale = float(np.abs(vectors).max(initial=0)) or 1.0
    h: Matrix = np.asarray(vectors, dtype=np.float32) / np.float32(scale)
    lengths = squared_norms(a) * squared_norms(h)
    free = np.ones(len(a), dtype=bool)
    chosen = np.empty(k, dtype=np.int64)
    reach = np.empty(k, dtype=np.float64)
    closest = lengths
    for at in range(k):
        mass = np.where(free, closest, 0).astype(np.float64)
        pick = int(mass.argmax()) if at == 0 else draw(mass, free, rng)
        chosen[at], reach[at] = pick, np.sqrt(mass[pick])
        free[pick] = False
        away = lengths + lengths[pick] - 2 * (a @ a[pick]) * (h @ h[pick])
        np.maximum(away, 0, out=away)
        # The lengths themselves are no distances to a pick: from the first pick on they are gone.
        closest = away if at == 0 else np.minimum(closest, away)
    return chosen, reach * scale
