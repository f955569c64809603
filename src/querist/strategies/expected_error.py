"""Expected error reduction: the rows after whose label the pool is expected to be right most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies import explain, scores
from querist.strategies.base import UNLABELED, Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.geometry import content_hashes, draw_by_hash, row_chunks
from querist.strategies.look_ahead import LookAhead, Table, log_loss, zero_one
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

    The look-ahead is a ridge regression of the classes on the embeddings, whose refit with one
    more label is a closed form (Sherman and Morrison, 1950). Which label comes is weighed by the
    deployed model's probabilities. Up to ten times within a batch the picks so far are learned
    with these probabilities as labels, so that later picks differ from them.

    Attributes:
        loss: ``log`` (the expected log-loss) or ``zero-one`` (the expected share of errors).
        shortlist: How many rows, the least sure of the deployed model, are looked at; a larger
            batch takes a longer list.
        rows: Random rows on which the error is measured.
        regularization: Weight of the squared weights, above 0, for vectors of mean length one.
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
    regularization: float = 0.1

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
        ahead = fitted(pool, table, vectors, rows, self.regularization, rng)
        places, values = self._greedy(ahead, _double(table[short]), n, rng)
        return Selection(
            indices=short[places],
            scores=values,
            reasons=explain.hesitation(table[short[places]], pool.class_names),
            note="The rows whose labels are expected to leave the fewest errors in the pool.",
        )

    def _greedy(
        self, ahead: LookAhead, chances: Table, n: int, rng: np.random.Generator
    ) -> tuple[Positions, Table]:
        free = np.ones(len(chances), dtype=bool)
        places, values = np.empty(n, dtype=np.int64), np.empty(n)
        step = -(-n // _PARTS)
        for start in range(0, n, step):
            left = np.flatnonzero(free)
            errors = expected_errors(ahead, chances, left, _LOSSES[self.loss])
            best = top_k(-errors, min(step, n - start), rng)
            found = left[best]
            places[start : start + len(found)] = found
            values[start : start + len(found)] = -errors[best]
            free[found] = False
            for row in found.tolist():
                ahead = ahead.taught(row, chances[row])
        return places, values


def expected_errors(
    ahead: LookAhead, chances: Table, rows: Positions, loss: Callable[[Table], Table]
) -> Table:
    """The expected loss after the label of each of some rows (n,); lower is better.

    Args:
        ahead: Fitted; the first S rows of interest are the short list, the loss is taken at all
            others.
        chances: Class probabilities of the short list (S, C).
        rows: Places in the short list (n,).
        loss: From probabilities to the loss of each row.
    """
    most = min(_CLASSES, chances.shape[1])
    ends = slice(len(chances), None)
    found = np.empty(len(rows))
    # A loop over the short list, which is bounded, and not over the pool.
    for at, row in enumerate(rows.tolist()):
        likely = np.sort(np.argsort(-chances[row], kind="stable")[:most])
        share = chances[row, likely] / chances[row, likely].sum()
        found[at] = ahead.expected_error(row, share, likely, ends, loss)
    return found


def fitted(
    pool: Pool,
    table: Floats,
    vectors: Floats,
    rows: Positions,
    regularization: float,
    rng: np.random.Generator,
) -> LookAhead:
    """The ridge regression of the labelled classes, at some rows.

    A labelled row whose class is not known counts with the model's probabilities; of more than
    4,000 labelled rows, 4,000 are drawn.
    """
    labeled, labels = pool.labeled, pool.labels
    if len(labeled) > _LABELED:
        kept = np.sort(rng.choice(len(labeled), size=_LABELED, replace=False))
        labeled, labels = labeled[kept], labels[kept]
    targets = _double(table[labeled])
    known = (labels != UNLABELED) & (labels < table.shape[1])
    targets[known] = np.eye(table.shape[1])[labels[known]]
    scale = 1 / max(_mean_length(vectors), 1e-30)
    return LookAhead.of(
        vectors[rows].astype(np.float64) * scale,
        vectors[labeled].astype(np.float64) * scale,
        targets,
        regularization,
    )


def _mean_length(vectors: Floats) -> float:
    total = 0.0
    for part in row_chunks(len(vectors), 2 * vectors.shape[1]):
        total += float(np.square(vectors[part], dtype=np.float64).sum())
    return float(np.sqrt(total / len(vectors)))


def _double(table: Floats) -> NDArray[np.float64]:
    found = table.astype(np.float64)
    found /= found.sum(axis=1, keepdims=True)
    return found
