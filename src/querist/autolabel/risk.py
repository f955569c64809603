"""Risk: how likely what a model says of an asset is wrong, where labels are sets or shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.learners import Guesses
from querist.learners.label_sets import set_table
from querist.metrics import (
    BELIEVED,
    Shapes,
    Sureness,
    believed,
    confidences,
    fit_sureness,
    is_right,
    objects_right,
)
from querist.schema import ClassesValue, Value, class_names

# With fewer labels nothing is known of how far a model's word is to be trusted.
FEWEST = 30
FOLDS = 5

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """How sure a model claims to be of n assets and of the Q objects it tells of in them.

    Attributes:
        doubt: Its doubt of each asset (n,), 0 or more.
        whole: Of a set the product of the chances of all its decisions (n,), of shapes 1.
        counts: How many objects it tells of in each asset (n,).
        objects: How sure it is of each (Q,), asset by asset.
        named_counts: How many classes it names in each asset (n,); of objects one each.
        named: Which ones (M,), asset by asset, 0 to C - 1.
    """

    doubt: Floats
    whole: Floats
    counts: Positions
    objects: Floats
    named_counts: Positions
    named: Positions

    @classmethod
    def of(cls, said: Guesses, classes: Sequence[str]) -> Claims | None:
        """The claims in a model's guesses; ``None`` of labels that are neither right nor wrong.

        Args:
            said: Its guesses.
            classes: The classes it learned, the columns of its chances.
        """
        shapes = [value for value in said.values if isinstance(value, Shapes)]
        sets = [value for value in said.values if isinstance(value, ClassesValue)]
        nothing = np.zeros(len(said.values), dtype=np.int64)
        doubt = np.asarray(said.uncertainty, dtype=np.float64)
        if said.values and len(shapes) == len(said.values):
            sure = [confidences(value) for value in shapes]
            counts = np.array([len(it) for it in sure], dtype=np.int64)
            code = {name: at for at, name in enumerate(classes)}
            named = [code[name] for value in shapes for name in class_names(value)]
            return cls(
                doubt=doubt,
                whole=np.ones(len(sure)),
                counts=counts,
                objects=np.concatenate(sure),
                named_counts=counts,
                named=np.array(named, dtype=np.int64),
            )
        if said.probabilities is None or len(sets) != len(said.values):
            return None
        chances = np.asarray(said.probabilities, dtype=np.float64)
        table = set_table(sets, classes)
        own = np.where(table, chances, 1 - chances)
        return cls(
            doubt=doubt,
            whole=np.exp(np.log(np.maximum(own, 1e-12)).sum(axis=1)),
            counts=nothing,
            objects=np.zeros(0),
            named_counts=table.sum(axis=1),
            named=np.nonzero(table)[1],
        )

    @classmethod
    def joined(cls, parts: Sequence[Claims]) -> Claims:
        """The claims of all parts, one after the other."""
        return cls(
            doubt=np.concatenate([it.doubt for it in parts]),
            whole=np.concatenate([it.whole for it in parts]),
            counts=np.concatenate([it.counts for it in parts]),
            objects=np.concatenate([it.objects for it in parts]),
            named_counts=np.concatenate([it.named_counts for it in parts]),
            named=np.concatenate([it.named for it in parts]),
        )

    def rows(self, chosen: NDArray[np.bool_]) -> Claims:
        """The claims of some assets (n,), bool."""
        return Claims(
            doubt=self.doubt[chosen],
            whole=self.whole[chosen],
            counts=self.counts[chosen],
            objects=self.objects[np.repeat(chosen, self.counts)],
            named_counts=self.named_counts[chosen],
            named=self.named[np.repeat(chosen, self.named_counts)],
        )

    def spread(self, rows: Positions, count: int) -> Claims:
        """The same of ``count`` assets, of which only those at ``rows``, ascending, are told of."""
        doubt, whole = np.zeros(count), np.ones(count)
        counts, named_counts = np.zeros(count, np.int64), np.zeros(count, np.int64)
        doubt[rows], whole[rows] = self.doubt, self.whole
        counts[rows], named_counts[rows] = self.counts, self.named_counts
        return Claims(
            doubt=doubt,
            whole=whole,
            counts=counts,
            objects=self.objects,
            named_counts=named_counts,
            named=self.named,
        )

    def answered(self, kept: NDArray[np.bool_]) -> tuple[Positions, Positions]:
        """What the answers name, each class once: how many in each asset (n,), and which (M,).

        Args:
            kept: Which objects (Q,) are part of the answers; of sets all classes are.
        """
        if not len(self.objects):
            return self.named_counts, self.named
        owners = np.repeat(np.arange(len(self.counts)), self.counts)[kept]
        pairs = np.unique(np.stack([owners, self.named[kept]]), axis=1)
        return np.bincount(pairs[0], minlength=len(self.counts)), pairs[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Turns claims into calibrated probabilities of error.

    Attributes:
        objects: Of objects; ``None`` where none was known: the model is taken at its word.
        whole: Of whole labels.
    """

    objects: Sureness | None
    whole: Sureness

    def of_objects(self, claims: Claims) -> Floats:
        """Probability (Q,) that each object is not there."""
        return 1 - _chances(self.objects, claims.objects)

    def of_assets(self, claims: Claims) -> Floats:
        """Probability (n,) that the answer is not the whole truth.

        The answer of shapes are the objects that are more likely right than wrong: each must be,
        none of the others may, and nothing may be there that the model does not tell of.
        """
        return 1 - self.whole.of(_whole(self.objects, claims), claims.doubt)


def fit_risk(
    claims: Claims, said: Sequence[Value], truth: Sequence[Value], rng: np.random.Generator
) -> tuple[Risk, Floats] | None:
    """Calibrate a model's claims on n labels that it has not learned.

    First the confidence of objects, then the probability that all of a label is right: the product
    over its parts, as if they were independent, calibrated together with the model's doubt of the
    asset, which also tells of what it has missed.

    Args:
        claims: What it claims (n assets).
        said: Its labels (n,), with all the objects it tells of.
        truth: The labels of people (n,).
        rng: Deals the assets to folds.

    Returns:
        The risk, and the probability of error (n,) of these very assets by a risk that was fitted
        without them; ``None`` with fewer than ``FEWEST`` labels.
    """
    if len(truth) < FEWEST:
        return None
    fold = rng.permutation(len(truth)) % FOLDS
    pairs = list(zip(said, truth, strict=True))
    hits = [objects_right(a, b) for a, b in pairs if isinstance(a, Shapes) and type(a) is type(b)]
    found = np.concatenate(hits) if hits else np.zeros(0, dtype=bool)
    every = np.ones(len(truth), dtype=bool)
    risk = _fitted(claims, pairs, found, fold, every)
    errors = np.zeros(len(truth))
    for held in range(FOLDS):
        out = fold == held
        errors[out] = _fitted(claims, pairs, found, fold, ~out).of_assets(claims.rows(out))
    return risk, errors


def _fitted(
    claims: Claims,
    pairs: Sequence[tuple[Value, Value]],
    hits: NDArray[np.bool_],
    fold: Positions,
    chosen: NDArray[np.bool_],
) -> Risk:
    """The risk by some of the assets (n,), bool."""
    inside = np.repeat(chosen, claims.counts)
    objects = None
    if inside.any():
        folds = np.repeat(fold, claims.counts)[inside]
        objects = fit_sureness(hits[inside], claims.objects[inside], folds)
    mine = claims.rows(chosen)
    wrong = 1 - _chances(objects, claims.objects)
    parts = np.split(wrong, np.cumsum(claims.counts)[:-1])
    right = [
        is_right(believed(said, parts[at]), truth)
        for at, (said, truth) in enumerate(pairs)
        if chosen[at]
    ]
    whole = fit_sureness(right, _whole(objects, mine), fold[chosen], doubt=mine.doubt)
    return Risk(objects=objects, whole=whole)


def _whole(objects: Sureness | None, claims: Claims) -> Floats:
    """What the parts together claim (n,): the product of their chances."""
    if not len(claims.objects):
        return claims.whole
    right = _chances(objects, claims.objects)
    logs = np.log(np.maximum(np.where(right >= 1 - BELIEVED, right, 1 - right), 1e-12))
    owners = np.repeat(np.arange(len(claims.counts)), claims.counts)
    return np.asarray(np.exp(np.bincount(owners, logs, minlength=len(claims.counts))))


def _chances(objects: Sureness | None, confidence: Floats) -> Floats:
    return confidence if objects is None or not len(confidence) else objects.of(confidence)
