"""What one round says about whether to go on: a few shares read from the stop set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics import cohen_kappa


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReading:
    """One round, read on the stop set: a fixed random sample of the pool, labelled or not.

    Attributes:
        labels: Labels that trained the round's model.
        size: Assets of the stop set S.
        agreement: Cohen's kappa with the model of the round before; ``None`` for the first.
        changed: Share of the stop set whose class changed since then; ``None`` for the first.
        disagreement: Share of the stop set on which models that miss a part of the labels say
            another class than the model, averaged over them; ``None`` where none were trained.
        uncertainty: Mean chance that the model's class is wrong, by the model.
        information: Share of the model's uncertainty that lies in assets not yet labelled: what
            the rest of the pool can still tell it, 0 to 1.
        batch: Assets of the round's batch that the model before had spoken of B.
        batch_right: Share of these that it had right; ``None`` if none.
        batch_expected: Share of these that it expected to have right; ``None`` if none.
        unseen_right: Share of the labels that the models got right which had not learned them.
        commonest: Share of the labels that are of the commonest class, which who always says it has
            right; ``None`` in readings of earlier versions.
        surest: Least entropy, in nats, among the assets of the batch; ``None`` if not known.
        labeled: Share of the stop set that trained the model, and so about the share of the pool.
    """

    labels: int
    size: int
    agreement: float | None
    changed: float | None
    disagreement: float | None
    uncertainty: float
    information: float
    batch: int = 0
    batch_right: float | None = None
    batch_expected: float | None = None
    unseen_right: float | None = None
    commonest: float | None = None
    surest: float | None = None
    labeled: float = 0.0

    @property
    def left(self) -> float:
        """About how many assets of the pool did not train the model."""
        return self.labels * (1 / self.labeled - 1) if self.labeled else np.inf


def read_stop_set(
    probabilities: ArrayLike,
    labeled: ArrayLike,
    *,
    labels: int,
    before: ArrayLike | None = None,
    partial: ArrayLike | None = None,
    batch: tuple[ArrayLike, ArrayLike] | None = None,
    unseen_right: float | None = None,
    commonest: float | None = None,
) -> StopReading:
    """Read one round.

    Args:
        probabilities: What the round's model says of the stop set (S, C).
        labeled: Whether each of its assets trained the model (S,).
        labels: Labels that trained the model.
        before: Classes that the model of the round before gives the stop set (S,).
        partial: Classes that models trained on a part of the labels give it (F, S).
        batch: What the model before said of the round's batch (B, C), and its classes (B,).
        unseen_right: Share of the labels that models which had not learned them got right.
        commonest: Share of the labels that are of the commonest class.

    Raises:
        InvalidInputError: shapes disagree or a probability is not finite.
    """
    table = np.asarray(probabilities, dtype=np.float64)
    mask = np.asarray(labeled, dtype=bool)
    if table.ndim != 2 or mask.shape != table.shape[:1] or not table.size:
        raise InvalidInputError(
            f"Probabilities {table.shape} do not fit {mask.shape} assets of a stop set.",
            remedy="Give one row for each asset and one column for each class.",
        )
    if not np.isfinite(table).all():
        raise InvalidInputError(
            "The probabilities hold NaN or infinity.", remedy="Look at what the model predicts."
        )
    said = table.argmax(axis=1)
    earlier = None if before is None else _same(before, said.shape, "The model before")
    # Of a model that is sure of everything, shares of float32 may add up to a little over 1.
    spread = np.maximum(1 - (table**2).sum(axis=1), 0.0)
    total = float(spread.sum())
    return StopReading(
        labels=labels,
        size=len(table),
        agreement=None if earlier is None else float(cohen_kappa(earlier, said)),
        changed=None if earlier is None else float((earlier != said).mean()),
        disagreement=_disagreement(partial, said),
        uncertainty=float(np.maximum(1 - table.max(axis=1), 0.0).mean()),
        information=float(spread[~mask].sum()) / total if total > 0 else 0.0,
        unseen_right=unseen_right,
        commonest=commonest,
        labeled=float(mask.mean()),
        **_batch(batch),
    )


def _disagreement(partial: ArrayLike | None, said: NDArray[np.int64]) -> float | None:
    if partial is None:
        return None
    votes = np.atleast_2d(np.asarray(partial))
    _same(votes[0], said.shape, "A model on part of the labels")
    return float((votes != said).mean())


def _batch(batch: tuple[ArrayLike, ArrayLike] | None) -> dict[str, Any]:
    if batch is None or not len(np.asarray(batch[1])):
        return {}
    table, truth = np.asarray(batch[0], dtype=np.float64), np.asarray(batch[1])
    logs = np.log(np.where(table > 0, table, 1.0))
    return {
        "batch": len(truth),
        "batch_right": float((table.argmax(axis=1) == truth).mean()),
        "batch_expected": float(table.max(axis=1).mean()),
        "surest": float((-table * logs).sum(axis=1).min()),
    }


def _same(given: ArrayLike, shape: tuple[int, ...], who: str) -> NDArray[np.int64]:
    codes = np.asarray(given, dtype=np.int64)
    if codes.shape != shape:
        raise InvalidInputError(
            f"{who} speaks of {codes.shape} assets, the round's model of {shape}.",
            remedy="Give both on the same stop set.",
        )
    return codes
