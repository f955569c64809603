"""Discriminative active learning: the rows that are easiest to tell from the labelled ones."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Pool, Positions, Selection, Signal, register
from querist.strategies.coverage import Space
from querist.strategies.geometry import Matrix, draw_by_hash, row_chunks
from querist.strategies.parameters import positive
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_embeddings

# Unlabelled rows that each classifier is fitted on.
_ROWS = 2_000
_FEATURES = 128
# Candidates that each classifier scores; of more, as many random ones.
_SCORED = 20_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Discriminative:
    """Fits "labelled or not" and picks the rows most surely not; again for each part of a batch.

    The classifier is a logistic regression on 128 random Fourier features (Rahimi and Recht, 2007)
    of the unit vectors, in place of the paper's network. Above 20,000 candidates
    each part is chosen from a random 20,000.

    Attributes:
        parts: Number of parts of a batch; the classifier is fitted anew before each.
    """

    name: ClassVar[str] = "discriminative"
    summary: ClassVar[str] = "The rows easiest to tell from the labelled ones; coverage."
    paper: ClassVar[str] = "Gissin and Shalev-Shwartz (2019), Discriminative active learning."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})
    parts: int = 10

    def __post_init__(self) -> None:
        positive("parts", self.parts)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the chance to be unlabelled, as the classifier sees it."""
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        features = _Features.of(space, pool, rng)
        step = -(-n // self.parts)
        picks, values = pool.candidates[:0], np.zeros(0)
        if not len(pool.labeled):
            # With nothing to tell the rows from, the first part is drawn.
            drawn = draw_by_hash(space.hashes[pool.candidates], min(step, n), rng)
            picks, values = pool.candidates[drawn], np.full(len(drawn), 0.5)
        while len(picks) < n:
            free = np.setdiff1d(pool.candidates, picks, assume_unique=True)
            free = space.sample(free, max(_SCORED, n), rng)
            sample = space.sample(free, _ROWS, rng)
            chances = features.unlabeled(free, sample, np.concatenate([pool.labeled, picks]))
            places = top_k(chances, min(step, n - len(picks)), rng)
            picks = np.concatenate([picks, free[places]])
            values = np.concatenate([values, chances[places]])
        return Selection(
            indices=picks,
            scores=values,
            reasons=("It is unlike what was labelled so far.",) * n,
            note="The rows that a classifier tells best from the labelled ones.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Features:
    space: Space
    weights: Matrix
    shifts: Matrix

    @classmethod
    def of(cls, space: Space, pool: Pool, rng: np.random.Generator) -> _Features:
        width = space.at(pool.candidates[:1]).shape[1]
        # Unit vectors lie about 1.4 apart, so a Gaussian kernel of width one tells them apart.
        weights = rng.normal(size=(width, _FEATURES)).astype(np.float32)
        shifts = rng.uniform(0, 2 * np.pi, size=_FEATURES).astype(np.float32)
        return cls(space=space, weights=weights, shifts=shifts)

    def at(self, positions: Positions) -> Matrix:
        waves: Matrix = np.cos(self.space.at(positions) @ self.weights + self.shifts)
        return waves

    def unlabeled(
        self, positions: Positions, sample: Positions, labeled: Positions
    ) -> NDArray[np.float64]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        rows = np.concatenate([self.at(sample), self.at(labeled)])
        kinds = np.repeat([1, 0], [len(sample), len(labeled)])
        model = LogisticRegression(class_weight="balanced", max_iter=200)
        with warnings.catch_warnings():
            # A fit cut short still ranks the rows.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(rows, kinds)
        found = np.empty(len(positions))
        for part in row_chunks(len(positions), _FEATURES):
            found[part] = model.predict_proba(self.at(positions[part]))[:, 1]
        return found
