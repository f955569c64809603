"""BatchBALD: a batch that is informative as a whole, not row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Pool, Positions, Selection, Signal, register
from querist.strategies.committee_scores import consensus_kl, entropy
from querist.strategies.geometry import row_chunks
from querist.strategies.parameters import positive
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_committee

Values = NDArray[np.float64]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBald:
    """Greedy maximum of the information that all labels of the batch give about the model.

    The joint distribution of the labels so far is exact while it has at most ``samples``
    configurations; from then on ``samples`` of them are drawn. Only the rows with the highest
    BALD score take part, ``short_list`` of them or twice the batch.

    Attributes:
        samples: Label configurations held at once.
        short_list: Rows that take part.
    """

    name: ClassVar[str] = "batch-bald"
    summary: ClassVar[str] = "A batch of rows that says most about the model together."
    paper: ClassVar[str] = "Kirsch, van Amersfoort and Gal (2019), BatchBALD."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.COMMITTEE})
    samples: int = 1_000
    short_list: int = 500

    def __post_init__(self) -> None:
        positive("samples", self.samples)
        positive("short_list", self.short_list)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the information each adds to the earlier ones, in nats."""
        committee = need_committee(pool, self.name)
        values = consensus_kl(committee, pool.candidates)
        short = top_k(values, min(max(self.short_list, 2 * n), len(values)), rng)
        rows = pool.candidates[short]
        # Rows first, so that the products over members are one matrix product.
        members = np.ascontiguousarray(committee[:, rows].transpose(1, 0, 2), dtype=np.float64)
        places, gains = joint_picks(members, n, self.samples, rng)
        return Selection(
            indices=rows[places],
            scores=gains,
            reasons=("The models disagree about it, in another way than about earlier ones.",) * n,
            note="The rows that tell most about the model when all of them are labelled.",
        )


def joint_picks(
    members: Values, n: int, samples: int, rng: np.random.Generator
) -> tuple[Positions, Values]:
    """Greedy picks by H(y | labels so far) - mean_k H(y | member k).

    Each configuration of labels so far is kept as the posterior weight of the members under it,
    which neither under- nor overflows however long the batch is.

    Args:
        members: Probabilities of the short list (n rows, K, C), last axis sums to 1.
        n: How many picks.
        samples: Configurations held at most.
        rng: Draws configurations.

    Returns:
        Places (n,) in order and the information each adds (n,), in nats, not negative.
    """
    count = members.shape[1]
    alone = entropy(members).mean(axis=1)
    posterior, chance = np.full((1, count), 1 / count), np.ones(1)
    free = np.ones(len(members), dtype=bool)
    chosen, gains = np.empty(n, dtype=np.int64), np.empty(n)
    for at in range(n):
        values = np.where(free, _conditional(members, posterior, chance) - alone, -np.inf)
        chosen[at] = pick = int(values.argmax())
        gains[at] = max(float(values[pick]), 0.0)
        free[pick] = False
        posterior, chance = _extend(posterior, chance, members[pick], samples, rng)
    return chosen, gains


def _conditional(members: Values, posterior: Values, chance: Values) -> Values:
    _, count, classes = members.shape
    found = np.empty(len(members))
    for part in row_chunks(len(members), 4 * classes * len(posterior)):
        block = members[part].transpose(1, 0, 2).reshape(count, -1)
        under = (posterior @ block).reshape(len(posterior), -1, classes)
        found[part] = chance @ entropy(under)
    return found


def _extend(
    posterior: Values, chance: Values, picked: Values, samples: int, rng: np.random.Generator
) -> tuple[Values, Values]:
    classes = picked.shape[1]
    # The chance of each label under each configuration (m, C).
    under = posterior @ picked
    if len(posterior) * classes <= samples:
        rows, labels = np.divmod(np.arange(len(posterior) * classes), classes)
        weight = (chance[:, None] * under).ravel()
    else:
        rows = rng.choice(len(posterior), size=samples, p=chance)
        steps = np.cumsum(under[rows], axis=1)
        labels = (rng.random((samples, 1)) * steps[:, -1:] >= steps).sum(axis=1)
        labels = np.minimum(labels, classes - 1)
        weight = np.full(samples, 1 / samples)
    updated = posterior[rows] * picked[:, labels].T
    total = updated.sum(axis=1)
    alive = total > 0
    weight = weight[alive]
    return updated[alive] / total[alive, None], weight / weight.sum()
