"""ActiveLab: ask about a new row, or ask another annotator about a row that has labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError, UnknownNameError
from querist.metrics.answers import Answers
from querist.metrics.crowdlab import Weights, softened, weighed, weights_of
from querist.metrics.lean_crowd import lean_crowd, temperature
from querist.schema import percent
from querist.strategies import explain
from querist.strategies.base import (
    UNLABELED,
    Answered,
    Floats,
    Pool,
    Selection,
    Signal,
    Strategy,
    register,
)
from querist.strategies.geometry import row_chunks
from querist.strategies.needs import need_probabilities
from querist.strategies.selectors import top_k

Values = NDArray[np.float64]
_WEIGHTS = ("likelihood", "paper")


@register
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ActiveLab:
    """Where the label is least sure, as the model and all annotators so far see it together.

    Of Goh and Mueller (2023) it takes the idea, not the weights: these rest on the few rows that
    were asked twice, which are the disputed ones, so that from one batch to the next it asks
    about nothing but old rows or none (``benchmarks/annotators.py``). By default all answers say
    whom to trust (``lean_crowd``), and doubt about a label counts twice, since an opinion that
    mends it takes a wrong label away and brings a right one. ``weights="paper"`` is the paper's.

    Rows that may be asked again stand in ``annotations`` and not in ``labeled``; those in
    ``labeled`` are never returned. So it decides for each place of the batch between a new row and
    another opinion on an old one.

        answers = (rows, annotators, classes)
        querist.query("activelab", 20, probabilities=P, annotations=answers)

    Attributes:
        annotations: The answers so far as three columns: row position, annotator and class, all
            whole numbers from 0. ``None`` takes ``labels`` as the answers of one annotator.
        weights: ``likelihood``, or ``paper``.
        mending: How many times the doubt about a label counts, above 0; not for ``paper``.
    """

    name: ClassVar[str] = "activelab"
    summary: ClassVar[str] = "New rows or second opinions, whichever label is least sure."
    paper: ClassVar[str] = "Goh and Mueller (2023), ActiveLab: active learning with re-labeling."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES})
    annotations: Answered | None = None
    weights: str = "likelihood"
    mending: float = 2.0

    def __post_init__(self) -> None:
        if self.annotations is not None and len(self.annotations) != 3:
            raise InvalidInputError(
                f"annotations has {len(self.annotations)} parts.",
                remedy="Give three columns: row positions, annotators and classes.",
            )

        if self.weights not in _WEIGHTS:
            raise UnknownNameError.of("weights", self.weights, _WEIGHTS)
        if not self.mending > 0:
            raise InvalidInputError(
                f"mending is {self.mending}.", remedy="Give a number above 0, such as 2."
            )

    def with_answers(self, answers: Answered) -> Strategy:
        """The same with these answers."""
        return replace(self, annotations=answers)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is one minus the paper's, higher where a label is unsure."""
        table = need_probabilities(pool, self.name)
        given = self.annotations
        if given is None:
            known = pool.labels != UNLABELED
            rows = pool.labeled[known]
            given = (rows, np.zeros(len(rows), dtype=np.int64), pool.labels[known])
        if self.weights == "paper":
            doubts = activelab_scores(table, *given)
        else:
            doubts = likelihood_doubts(table, *given)
        asked = np.unique(np.asarray(given[0], dtype=np.int64))
        values = doubts.copy()
        if self.weights != "paper":
            values[asked] *= self.mending
        doubts, values = doubts[pool.candidates], values[pool.candidates]
        places = top_k(values, n, rng)
        picks = pool.candidates[places]
        again = np.isin(picks, asked)
        reasons = explain.hesitation(table[picks], pool.class_names)
        return Selection(
            indices=picks,
            scores=values[places],
            reasons=tuple(
                _another(value) if old else reason
                for old, value, reason in zip(again, doubts[places], reasons, strict=True)
            ),
            note=f"{n - int(again.sum())} new rows and {int(again.sum())} to be labelled again.",
        )


def likelihood_doubts(
    probabilities: Floats, rows: ArrayLike, annotators: ArrayLike, classes: ArrayLike
) -> Values:
    """How unsure the label of each row is (N,), 0 to 1; higher means ask first.

    For rows with answers one minus the posterior (``lean_crowd``) of what most have answered, of
    equals the most probable: that label holds until it is outvoted, however surely the model
    contradicts. For new rows one minus the model's largest probability, at the temperature found
    there. Arguments and errors as in ``activelab_scores``.
    """
    count, width = probabilities.shape
    if not np.size(rows):
        return np.asarray(1 - probabilities.max(axis=1), dtype=np.float64)
    answers = Answers.of(rows, annotators, classes, item_count=count, class_count=width)
    known, items = np.unique(answers.items, return_inverse=True)
    answers = Answers.of(items, answers.annotators, answers.classes, class_count=width)
    own = probabilities[known].astype(np.float64)
    found = lean_crowd(answers, own)
    logs = np.log(np.maximum(own, 1e-6))
    chances = np.clip(found.annotator_accuracy, 1 / (width + 1), 0.999)
    chances = np.where(np.isnan(chances), np.nanmean(chances), chances)
    warm = temperature(answers, logs, chances)
    doubts = np.empty(count)
    for part in row_chunks(count, 4 * width):
        doubts[part] = 1 - _at_temperature(probabilities[part].astype(np.float64), warm).max(axis=1)
    votes = answers.votes()
    # A posterior is below one vote, so it decides between equals only.
    holds = (votes + found.posterior / 2).argmax(axis=1)
    doubts[known] = 1 - found.posterior[np.arange(len(known)), holds]
    return doubts


def activelab_scores(
    probabilities: Floats, rows: ArrayLike, annotators: ArrayLike, classes: ArrayLike
) -> Values:
    """How unsure the label of each row is (N,), 0 to 1; higher means ask first.

    One minus the score of the paper: for a row with answers
    ((sum of its annotators' weights + w_M) q + w / C) / (sum + w_M + w), with q the probability of
    its consensus, w_M the model's weight and w the mean weight of annotators; for a new row
    (w_M max p + w / C) / (w_M + w). The probabilities are softened to agree with the answers.

    Args:
        probabilities: Of all rows (N, C), for rows with answers out of fold if possible.
        rows: Position of each answer (R,).
        annotators: Who gave it (R,), whole numbers from 0.
        classes: What was answered (R,), columns of ``probabilities``.

    Raises:
        InvalidInputError: the answers do not fit the probabilities or each other.
    """
    count, width = probabilities.shape
    if not np.size(rows):
        return 1 - _new(probabilities, 1.0, Weights(annotators=np.ones(1), model=1, agreement=1))
    answers = Answers.of(rows, annotators, classes, item_count=count, class_count=width)
    # From here on only rows with answers are items, so that nothing of size N × C is copied.
    known, items = np.unique(answers.items, return_inverse=True)
    answers = Answers.of(items, answers.annotators, answers.classes, class_count=width)
    own = probabilities[known].astype(np.float64)
    temperature = softened(answers, own)
    own = _at_temperature(own, temperature)
    weights = weights_of(answers, own)
    found = _new(probabilities, temperature, weights)
    trust = np.bincount(answers.items, weights=weights.annotators[answers.annotators])
    mean = float(weights.annotators.mean())
    sure = weighed(answers, own, weights).max(axis=1)
    found[known] = ((trust + weights.model) * sure + mean / width) / (trust + weights.model + mean)
    return 1 - found


def _new(probabilities: Floats, temperature: float, weights: Weights) -> Values:
    found = np.empty(len(probabilities))
    mean = float(weights.annotators.mean())
    for part in row_chunks(len(probabilities), 4 * probabilities.shape[1]):
        best = _at_temperature(probabilities[part].astype(np.float64), temperature).max(axis=1)
        found[part] = weights.model * best + mean / probabilities.shape[1]
    return found / (weights.model + mean)


def _at_temperature(table: Values, temperature: float) -> Values:
    # Against the largest, so that a high power cannot make a whole row vanish.
    raised = (np.maximum(table, 0) / table.max(axis=1, keepdims=True)) ** (1 / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


def _another(unsure: float) -> str:
    return f"Its label is only {percent(1 - unsure, 0)} sure; another opinion would help."
