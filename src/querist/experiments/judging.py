"""Answers of both arms as figures of any draw of the test assets, whatever kind a label is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from querist.experiments.trials import Codes, Trial
from querist.metrics.class_measures import macro_of
from querist.metrics.detection import RankedBoxes
from querist.metrics.regression import error_sums, r2_of_sums
from querist.metrics.resampling import Floats, mean_known, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """One arm in each of b draws; NaN where a figure is not defined.

    Attributes:
        classes: Precision, recall, F1 and a fourth figure of each class (4, b, C).
        whole: The first three as means over the classes, and the measure of the task (4, b).
        said: How often each class was said (b, C).
        curve: The measure of the task at each size (b, sizes).
    """

    classes: Floats
    whole: Floats
    said: Floats
    curve: Floats


class Judged(Protocol):
    """What both arms answered once of the same n test assets, size by size."""

    @property
    def rows(self) -> int:
        """Test assets n."""
        ...

    @property
    def labels(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Labels of the active arm and of the control at each size, rising."""
        ...

    @property
    def there(self) -> Floats:
        """How often each class is there by the labels (C,)."""
        ...

    def figures(self, arm: int, weights: Floats) -> ArmFigures:
        """The active arm (0) or the control (1) where each asset counts so often (b, n)."""
        ...


class JudgedClasses:
    """One class for each asset: the fourth figure is accuracy, of a class against the rest."""

    def __init__(self, trial: Trial, places: tuple[int, int], codes: Codes) -> None:
        arms = (trial.active, trial.control)
        self.rows = len(trial.truth)
        self.labels = (trial.active_labels, trial.control_labels)
        self.there = np.array([(trial.truth == code).sum() for code in codes], np.float64)
        self._tables = [
            _hot(trial.truth, answers[place], codes)
            for answers, place in zip(arms, places, strict=True)
        ]
        self._right = [np.asarray(a == trial.truth, np.float64) for a in arms]

    def figures(self, arm: int, weights: Floats) -> ArmFigures:
        """See ``Judged``."""
        total = weights.sum(axis=1)
        hits, true, said = (weights @ part for part in self._tables[arm])
        each = np.stack(
            [
                ratio(hits, said),
                ratio(hits, true),
                ratio(2 * hits, true + said),
                (total[:, None] - true - said + 2 * hits) / total[:, None],
            ]
        )
        whole = np.stack([*macro_of(hits, true, said), hits.sum(axis=1) / total])
        curve = weights @ self._right[arm].T / total[:, None]
        return ArmFigures(classes=each, whole=whole, said=said, curve=curve)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObjectArm:
    """What one arm answered of n assets that hold any number of classes, boxes or spans.

    Attributes:
        labels: Labels at each size, rising.
        sums: What is right, there and said of each asset at each size (sizes, n, 3).
        table: The same of each asset and class (n, 3 C), at the size that both arms have.
        ranked: Of boxes all that is said, for average precision, at each size.
    """

    labels: tuple[int, ...]
    sums: Floats
    table: Floats
    ranked: Sequence[RankedBoxes] = ()

    @classmethod
    def of(
        cls,
        labels: tuple[int, ...],
        tables: Iterable[Floats],
        size: int,
        ranked: Sequence[RankedBoxes] = (),
    ) -> ObjectArm:
        """From tables (n, 3 C) of what is right, there and said, one for each of the sizes.

        One of them is held at a time, beside that of ``size``.
        """
        sums, kept = [], np.zeros((0, 0))
        for count, table in zip(labels, tables, strict=True):
            sums.append(np.stack([it.sum(axis=1) for it in np.split(table, 3, axis=1)], axis=1))
            if count == size:
                kept = table
        return cls(labels=labels, sums=np.stack(sums), table=kept, ranked=ranked)

    def only(self, classes: Codes) -> ObjectArm:
        """The arm with these classes alone, in this order."""
        parts = [part[:, classes] for part in np.split(self.table, 3, axis=1)]
        return replace(
            self,
            table=np.concatenate(parts, axis=1),
            ranked=[one.only(classes) for one in self.ranked],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedObjects:
    """Sets of classes, boxes or spans: the measure is micro F1, of boxes mAP at an overlap.

    The fourth figure of a class is its average precision, of boxes alone.
    """

    size: int
    active: ObjectArm
    control: ObjectArm

    @property
    def rows(self) -> int:
        """See ``Judged``."""
        return len(self.active.table)

    @property
    def labels(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """See ``Judged``."""
        return self.active.labels, self.control.labels

    @property
    def there(self) -> Floats:
        """See ``Judged``."""
        return np.asarray(np.split(self.active.table, 3, axis=1)[1].sum(axis=0))

    def figures(self, arm: int, weights: Floats) -> ArmFigures:
        """See ``Judged``."""
        side = (self.active, self.control)[arm]
        place = side.labels.index(self.size)
        hits, true, said = np.split(weights @ side.table, 3, axis=1)
        parts = [ratio(hits, said), ratio(hits, true), ratio(2 * hits, true + said)]
        precisions = [one.average_precisions(weights) for one in side.ranked]
        if precisions:
            curve = np.stack([mean_known(one) for one in precisions], axis=1)
            parts.append(precisions[place])
        else:
            curve = np.stack([_micro_f1(weights @ one) for one in side.sums], axis=1)
            parts.append(np.full_like(hits, np.nan))
        return ArmFigures(
            classes=np.stack(parts),
            whole=np.stack([*macro_of(hits, true, said), curve[:, place]]),
            said=said,
            curve=curve,
        )


def occurring(trials: Sequence[JudgedObjects]) -> tuple[Codes, list[JudgedObjects]]:
    """The classes that are there or said in any trial, and the trials with these alone.

    An ontology may hold many more: each would cost as much as one that occurs.
    """
    arms = [arm for one in trials for arm in (one.active, one.control)]
    width = arms[0].table.shape[1] // 3
    found = np.zeros(width, dtype=bool)
    for arm in arms:
        _, there, said = np.split(arm.table, 3, axis=1)
        found |= there.any(axis=0) | said.any(axis=0)
    classes = np.flatnonzero(found)
    return classes, [
        replace(one, active=one.active.only(classes), control=one.control.only(classes))
        for one in trials
    ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedNumbers:
    """Numbers: the measure is R², and there are no classes.

    Attributes:
        size: The number of labels that both arms have.
        labels: See ``Judged``.
        truth: The labels (n,).
        answers: What both arms answer at each size, two arrays (sizes, n).
    """

    size: int
    labels: tuple[tuple[int, ...], tuple[int, ...]]
    truth: Floats
    answers: tuple[Floats, Floats]

    @property
    def rows(self) -> int:
        """See ``Judged``."""
        return len(self.truth)

    @property
    def there(self) -> Floats:
        """See ``Judged``."""
        return np.zeros(0)

    def figures(self, arm: int, weights: Floats) -> ArmFigures:
        """See ``Judged``."""
        sums = [weights @ error_sums(self.truth, one) for one in self.answers[arm]]
        curve = np.stack([r2_of_sums(one) for one in sums], axis=1)
        draws = len(weights)
        whole = np.full((4, draws), np.nan)
        whole[3] = curve[:, self.labels[arm].index(self.size)]
        return ArmFigures(
            classes=np.zeros((4, draws, 0)), whole=whole, said=np.zeros((draws, 0)), curve=curve
        )


def _hot(truth: Codes, said: Codes, codes: Codes) -> tuple[Floats, Floats, Floats]:
    """Right, true and said rows of each class (n, C), as ones."""
    true, told = (values[:, None] == codes for values in (truth, said))
    return (
        (true & told).astype(np.float64),
        true.astype(np.float64),
        told.astype(np.float64),
    )


def _micro_f1(sums: Floats) -> Floats:
    return ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2])
