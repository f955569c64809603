"""Expected error reduction: the rows after whose label the pool is expected to be right most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies import explain, scores
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.geometry import content_hashes, draw_by_hash, row_chunks
from querist.strategies.look_ahead import LookAhead, Table, expected_errors, log_loss, zero_one
from querist.strategies.needs import need_embeddings, need_probabilities
from querist.strategies.parameters import positive
from querist.strategies.selectors import top_k

_LOSSES: dict[str, Callable[[Table], Table]] = {"log": log_loss, "zero-one": zero_one}
# The most likely classes that a row is thought to have; the others hardly move the mean.
_CLASSES = 10
# How often the errors are computed anew while a batch grows.
_PARTS = 10
_LABELED = 4_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedErrorReduction:
    """Looks ahead for each of a short list of unsure rows: the error after it gets its label.

    The look-ahead starts from what the deployed model predicts and moves it by one Newton step of
    a softmax layer over the embeddings, which is a closed form. Which label comes is weighed by
    the model's probabilities. Up to ten times within a batch the picks so far are learned as the
    model sees them, so that later picks differ from them.

    Attributes:
        loss: ``log`` (the expected log-loss) or ``zero-one`` (the expected share of errors).
        shortlist: How many rows, the least sure of the deployed model, are looked at; a larger
            batch takes a longer list.
        rows: Random rows on which the error is measured.
        regularization: Weight of the squared weights, above 0, for vectors with a mean square of
            one for each number.
    """

    name: ClassVar[str] = "eer"
    summary: ClassVar[str] = "Rows whose label is expected to leave the fewest errors in the pool."
    paper: ClassVar[str] = (
        "Roy and McCallum (2001), Toward optimal active learning through sampling estimation."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    loss: str = "log"
    shortlist: int = 200
    rows: int = 256
    regularization: float = 1.0

    def __post_init__(self) -> None:
        positive("shortlist", self.shortlist)
        positive("rows", self.rows)
        if self.loss not in _LOSSES:
            raise UnknownNameError.of("loss", self.loss, _LOSSES)
        if not np.isfinite(self.regularization) or self.regularization <= 0:
            raise InvalidInputError(
                f"regularization is {self.regularization}.", remedy="Give a number above 0."
            )

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is minus the expected error after the row's label."""
        table = need_probabilities(pool, self.name)
        vectors = need_embeddings(pool, self.name)
        short = top_k(scores.margin(table[pool.candidates]), max(self.shortlist, n), rng)
        short = pool.candidates[short]
        ends = draw_by_hash(content_hashes(vectors, pool.candidates), self.rows, rng)
        rows = np.concatenate([short, pool.candidates[ends]])
        labeled = pool.labeled
        if len(labeled) > _LABELED:
            labeled = np.sort(rng.choice(labeled, size=_LABELED, replace=False))
        scale = 1 / max(_root_mean_square(vectors), 1e-30)
        ahead = LookAhead.of(
            _with_one(vectors[rows], scale),
            table[rows],
            _with_one(vectors[labeled], scale),
            table[labeled],
            self.regularization,
        )
        places, values = self._greedy(ahead, len(short), n, rng)
        return Selection(
            indices=short[places],
            scores=values,
            reasons=explain.hesitation(table[short[places]], pool.class_names),
            note="The rows whose labels are expected to leave the fewest errors in the pool.",
        )

    def _greedy(
        self, ahead: LookAhead, count: int, n: int, rng: np.random.Generator
    ) -> tuple[Positions, Table]:
        free = np.ones(count, dtype=bool)
        places, values = np.empty(n, dtype=np.int64), np.empty(n)
        step = -(-n // _PARTS)
        for start in range(0, n, step):
            left = np.flatnonzero(free)
            ends = slice(count, None)
            errors = expected_errors(ahead, left, ends, _LOSSES[self.loss], _CLASSES)
            best = top_k(-errors, min(step, n - start), rng)
            found = left[best]
            places[start : start + len(found)] = found
            values[start : start + len(found)] = -errors[best]
            free[found] = False
            for row in found.tolist():
                ahead = ahead.believed(row)
        return places, values


def _with_one(vectors: Floats, scale: float) -> Table:
    """Scaled vectors with a constant beside them, for the intercept (n, d + 1)."""
    x = vectors.astype(np.float64) * scale
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def _root_mean_square(vectors: Floats) -> float:
    total = 0.0
    for part in row_chunks(len(vectors), 2 * vectors.shape[1]):
        total += float(np.square(vectors[part], dtype=np.float64).sum())
    return float(np.sqrt(total / vectors.size))
