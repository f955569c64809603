"""BALD, EPIG and query by committee: the rows that several models disagree about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies import committee_scores
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.committee_scores import Values
from querist.strategies.parameters import positive
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_committee

_COMMITTEE = frozenset({Signal.COMMITTEE})
_REASON = "The models of the committee disagree about it."
# Candidates that EPIG scores at most; pairs of labels (candidates x rows x C²) that it weighs at
# most, a minute or two on two cores; candidates below which a choice among them says little.
_ROWS = 20_000
_PAIRS = 1 << 32
_LEAST_ROWS = 200

_MEASURES: dict[str, Callable[[Floats, Positions], Values]] = {
    "vote": committee_scores.vote_entropy,
    "soft-vote": committee_scores.soft_vote_entropy,
    "kl": committee_scores.consensus_kl,
    "variation-ratio": committee_scores.variation_ratio,
}


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Bald:
    """Most information about the model first: members sure, each of something else."""

    name: ClassVar[str] = "bald"
    summary: ClassVar[str] = "Rows on which members of a committee are sure but differ."
    paper: ClassVar[str] = "Houlsby et al. (2011), Bayesian active learning for classification."
    needs: ClassVar[frozenset[Signal]] = _COMMITTEE

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the mutual information of label and member, in nats."""
        committee = need_committee(pool, self.name)
        values = committee_scores.consensus_kl(committee, pool.candidates)
        return _best(pool.candidates, values, n, rng)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class QueryByCommittee:
    """Most disagreement first.

    Attributes:
        measure: ``vote`` (entropy of the votes), ``soft-vote`` (entropy of the mean), ``kl`` (mean
            divergence from the mean, the same as ``bald``) or ``variation-ratio``.
    """

    name: ClassVar[str] = "qbc"
    summary: ClassVar[str] = "Rows that members of a committee vote on differently."
    paper: ClassVar[str] = "Seung, Opper and Sompolinsky (1992), Query by committee."
    needs: ClassVar[frozenset[Signal]] = _COMMITTEE
    measure: str = "vote"

    def __post_init__(self) -> None:
        if self.measure not in _MEASURES:
            raise UnknownNameError.of("measure", self.measure, _MEASURES)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the measure."""
        committee = need_committee(pool, self.name)
        values = _MEASURES[self.measure](committee, pool.candidates)
        return _best(pool.candidates, values, n, rng)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Epig:
    """Most information about the predictions on random rows of the pool, not about the model.

    Above 20,000 candidates a random 20,000 of them are scored; fewer above 32 classes, as every
    pair of classes counts. Above some 300 classes it refuses: ``bald`` is linear in them.

    Attributes:
        rows: How many random rows to be informed about.
    """

    name: ClassVar[str] = "epig"
    summary: ClassVar[str] = "Rows whose label says most about predictions over the pool."
    paper: ClassVar[str] = (
        "Bickford Smith et al. (2023), Prediction-oriented Bayesian active learning."
    )
    needs: ClassVar[frozenset[Signal]] = _COMMITTEE
    rows: int = 200

    def __post_init__(self) -> None:
        positive("rows", self.rows)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the expected information gain, in nats."""
        committee = need_committee(pool, self.name)
        classes = committee.shape[2]
        ends = min(self.rows, pool.size)
        limit = _PAIRS // (classes**2 * ends)
        if limit < min(max(n, _LEAST_ROWS), len(pool.candidates)):
            raise InvalidInputError(
                f"'epig' weighs every pair of {classes} classes for each two rows, which allows "
                f"{limit} candidates in reasonable time: too few to choose {n} from.",
                remedy="Use 'bald', which looks at each class once, or a smaller rows=.",
                classes=classes,
            )
        scored = _some(pool.candidates, min(max(_ROWS, n), limit), rng)
        targets = _some(np.arange(pool.size), ends, rng)
        values = committee_scores.predictive_information(committee, scored, targets)
        return _best(scored, values, n, rng)


def _some(rows: Positions, limit: int, rng: np.random.Generator) -> Positions:
    return rows if len(rows) <= limit else np.sort(rng.choice(rows, size=limit, replace=False))


def _best(rows: Positions, values: Values, n: int, rng: np.random.Generator) -> Selection:
    places = top_k(values, n, rng)
    return Selection(
        indices=rows[places],
        scores=values[places],
        reasons=(_REASON,) * n,
        note="The rows that the models of the committee disagree about most.",
    )
