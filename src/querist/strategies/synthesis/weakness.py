"""Where a model is weak: how far its confidence in the known label falls under each edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.strategies.parameters import positive
from querist.strategies.selectors import power_sample
from querist.strategies.synthesis.base import Proposal
from querist.strategies.validation import check_pool

Predict = Callable[[Any], ArrayLike]
Numbers = NDArray[np.float64]

# Inputs that go to the model at once.
_BATCH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change that leaves the meaning of an input alone.

    Attributes:
        make: From an input, a strength above 0 up to 1, and a generator, the changed input.
        strengths: The strengths to try.
    """

    make: Callable[[Any, float, np.random.Generator], Any]
    strengths: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """An edit at one strength.

    Attributes:
        edit: Name of the edit.
        strength: Above 0 up to 1.
        drop: How far the mean confidence in the known label falls, -1 to 1; higher is weaker.
    """

    edit: str
    strength: float
    drop: float

    @property
    def words(self) -> str:
        """Edit and strength, such as ``darken 0.67``."""
        return f"{self.edit} {self.strength:.2g}"


class WeakConditions:
    """Edits of labelled inputs, proposed in proportion to how weak they find the model."""

    def __init__(
        self,
        inputs: Sequence[Any] | NDArray[Any],
        labels: ArrayLike,
        predict_proba: Predict,
        *,
        edits: Mapping[str, Edit],
        probes: int,
        gather: Callable[[list[Any]], Any],
    ) -> None:
        positive("probes", probes)
        codes = np.asarray(labels)
        if codes.shape != (len(inputs),) or not len(inputs) or codes.dtype.kind not in "iu":
            raise InvalidInputError(
                f"There are labels of the shape {codes.shape} for {len(inputs)} inputs.",
                remedy="Give each input its class, as the place of the class in predict_proba.",
            )
        if not edits:
            raise InvalidInputError("There are no edits.", remedy="Give at least one.")
        self._inputs, self._labels, self._predict = inputs, codes, predict_proba
        self._edits, self._probes, self._gather = edits, probes, gather
        self._given: set[tuple[int, str, float]] = set()

    def conditions(self, rng: np.random.Generator) -> tuple[Condition, ...]:
        """Every edit at every strength with what it does to the model now, weakest first."""
        found, _, _ = self._measure(rng)
        return tuple(sorted(found, key=lambda condition: -condition.drop))

    def propose(self, n: int, rng: np.random.Generator) -> tuple[Proposal, ...]:
        """At most ``n`` edited inputs: chance of a condition ∝ its drop, of an input ∝ its own.

        Where nothing is weak, every condition has the same chance. No input comes twice under one
        condition, and none that the edit leaves as it was.
        """
        conditions, probed, drops = self._measure(rng)
        weights = _weights(drops)
        for column, condition in enumerate(conditions):
            for row, origin in enumerate(probed.tolist()):
                if (origin, condition.edit, condition.strength) in self._given:
                    weights[row, column] = np.nan
        open_cells = np.flatnonzero(np.isfinite(weights.ravel()))
        if not open_cells.size:
            return ()
        order = power_sample(weights.ravel()[open_cells], len(open_cells), 1.0, rng)[0]
        proposals: list[Proposal] = []
        for cell in open_cells[order].tolist():
            if len(proposals) == n:
                break
            row, column = divmod(cell, len(conditions))
            made = self._edited(int(probed[row]), conditions[column], rng)
            if made is not None:
                proposals.append(made)
        return tuple(proposals)

    def _edited(
        self, origin: int, condition: Condition, rng: np.random.Generator
    ) -> Proposal | None:
        self._given.add((origin, condition.edit, condition.strength))
        before = self._inputs[origin]
        after = self._edits[condition.edit].make(before, condition.strength, rng)
        if np.array_equal(after, before):
            return None
        falls = "falls" if condition.drop >= 0 else "rises"
        return Proposal(
            input=after,
            origin=origin,
            label=int(self._labels[origin]),
            condition=condition.words,
            reason=f"Under {condition.words} the confidence in the right class {falls} by "
            f"{abs(condition.drop):.2f} on average.",
        )

    def _measure(
        self, rng: np.random.Generator
    ) -> tuple[list[Condition], NDArray[np.int64], Numbers]:
        """Conditions (k,), the inputs that were tried (m,), and the drop of each (m, k)."""
        count = min(self._probes, len(self._inputs))
        probed = np.sort(rng.choice(len(self._inputs), size=count, replace=False))
        base = self._confidence(probed, [self._inputs[i] for i in probed])
        conditions, columns = [], []
        for name, edit in self._edits.items():
            for strength in edit.strengths:
                changed = [edit.make(self._inputs[i], strength, rng) for i in probed]
                columns.append(base - self._confidence(probed, changed))
                drop = float(columns[-1].mean())
                conditions.append(Condition(edit=name, strength=strength, drop=drop))
        return conditions, probed, np.stack(columns, axis=1)

    def _confidence(self, origins: NDArray[np.int64], inputs: list[Any]) -> Numbers:
        found = np.empty(len(inputs))
        for start in range(0, len(inputs), _BATCH):
            part = slice(start, start + _BATCH)
            found[part] = label_confidence(
                self._predict, self._gather(inputs[part]), self._labels[origins[part]]
            )
        return found


def label_confidence(predict: Predict, batch: Any, labels: NDArray[Any]) -> Numbers:
    """What the model gives the known class of each input (n,).

    Raises:
        InvalidInputError: ``predict`` gives no probabilities (n, C), or a label is no column.
    """
    table = check_pool(probabilities=predict(batch)).probabilities
    assert table is not None
    if len(table) != len(labels):
        raise InvalidInputError(
            f"predict_proba gave {len(table)} rows for {len(labels)} inputs.",
            remedy="Give a function from a batch (n, …) to probabilities (n, C).",
        )
    outside = (labels < 0) | (labels >= table.shape[1])
    if outside.any():
        raise InvalidInputError(
            f"The label {int(labels[outside][0])} is no column of {table.shape[1]} probabilities.",
            remedy="Number the classes from 0, as the columns of predict_proba are.",
        )
    known: Numbers = table[np.arange(len(labels)), labels].astype(np.float64)
    return known


def _weights(drops: Numbers) -> Numbers:
    """Chances of the cells (m, k), up to a factor: a column sums to its mean drop, if above 0."""
    falls = np.maximum(drops, 0)
    sums = falls.sum(axis=0)
    weak = np.maximum(drops.mean(axis=0), 0)
    if not weak.any():
        return np.ones_like(drops)
    weights: Numbers = falls * np.divide(weak, sums, out=np.zeros_like(weak), where=sums > 0)
    return weights
