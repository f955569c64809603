"""MMC: for rows with any number of classes, those whose set is expected to reduce the loss most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import UNLABELED, Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.geometry import row_chunks
from querist.strategies.multilabel import doubts
from querist.strategies.needs import need_multilabel_probabilities
from querist.strategies.selectors import top_k

Values = NDArray[np.float64]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class MaximalConfidence:
    """Maximum loss reduction with maximal confidence.

    How many classes a row has is predicted from its sorted chances by a logistic regression on the
    labelled rows; so many of the likeliest classes are taken to be right, the others wrong. Without
    labels the chances over one half count.
    """

    name: ClassVar[str] = "mmc"
    summary: ClassVar[str] = "For sets of classes: where the likeliest set costs the model most."
    paper: ClassVar[str] = (
        "Yang, Sun, Wang and Chen (2009), Effective multi-label active learning for text "
        "classification."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.MULTILABEL_PROBABILITIES})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the sum over classes of (1 - y f) / 2, f = 2 p - 1."""
        table = need_multilabel_probabilities(pool, self.name)
        values = expected_loss(table, pool.candidates, _counts(table, pool))
        places = top_k(values, n, rng)
        picks = pool.candidates[places]
        return Selection(
            indices=picks,
            scores=values[places],
            reasons=doubts(table[picks], pool.class_names),
            note="The rows whose likeliest set of classes would change the model most.",
        )


def expected_loss(table: Floats, rows: Positions, counts: Positions) -> Values:
    """Sum over the classes of (1 - y f) / 2 with y = 1 for the ``counts`` likeliest, else -1."""
    found = np.empty(len(rows))
    classes = np.arange(table.shape[1])
    for part in row_chunks(len(rows), 8 * table.shape[1]):
        p = _sorted(table[rows[part]])
        right = classes < counts[part, None]
        found[part] = np.where(right, 1 - p, p).sum(axis=1)
    return found


def _counts(table: Floats, pool: Pool) -> Positions:
    """How many classes each candidate is predicted to have (M,)."""
    sets = pool.label_sets
    known = np.zeros(0, dtype=bool) if sets is None else (sets != UNLABELED).all(axis=1)
    if sets is None or not known.any():
        return np.asarray((table[pool.candidates] > 0.5).sum(axis=1), dtype=np.int64)
    sizes = sets[known].sum(axis=1, dtype=np.int64)
    if sizes.min() == sizes.max():
        return np.full(len(pool.candidates), sizes[0])
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1_000).fit(_shares(table[pool.labeled[known]]), sizes)
    found = np.empty(len(pool.candidates), dtype=np.int64)
    for part in row_chunks(len(found), 8 * table.shape[1]):
        found[part] = model.predict(_shares(table[pool.candidates[part]]))
    return found


def _sorted(block: Floats) -> Values:
    found: Values = np.clip(block.astype(np.float64), 0, 1)
    found.sort(axis=1)
    return found[:, ::-1]


def _shares(block: Floats) -> Values:
    """The sorted chances of each row, scaled to sum to one, as the paper has them."""
    p = _sorted(block)
    p /= np.maximum(p.sum(axis=1, keepdims=True), 1e-12)
    return p
