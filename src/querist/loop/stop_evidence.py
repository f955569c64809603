"""What a round says about whether to go on: its models on the stop set, the outlook, the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, classifiers
from querist.diagnostics import StopReading, read_stop_set
from querist.learners.imported import IMPORTED
from querist.loop import training
from querist.loop.budget import LabelCost
from querist.loop.curve import CurvePoint
from querist.loop.snapshot import Snapshot
from querist.metrics import cost_optimum, forecast_curve
from querist.metrics.extrapolation import LEAST_ROUNDS
from querist.schema import Arm, ModelVersion, OutlookPoint, Round, TaskKind, Worth, from_json

STOP_SET = 2_000
PARTS = 3
# Models of part of the labels are trained beside the round's own where that took at most this.
MOST_SECONDS = 60.0
# How many batches ahead the curve is told, and how many points the search for the optimum has.
_AHEAD = (1, 2, 4, 8)
_STEPS = 60
_STREAM_OF_STOP_SET, _STREAM_OF_PARTS = 30, 31

Positions = NDArray[np.int64]


def stop_set(catalog: Catalog, count: int) -> Positions:
    """Up to 2,000 positions among the first ``count`` assets, the same ones every time."""
    rng = np.random.default_rng([catalog.settings.policy.seed, _STREAM_OF_STOP_SET])
    return np.sort(rng.choice(count, size=min(STOP_SET, count), replace=False))


def read_round(catalog: Catalog, round_: Round, seen: Snapshot) -> StopReading | None:
    """What the round's models say of the stop set.

    Three more models are trained, each without a third of the labels; which third an asset belongs
    to never changes.

    Returns:
        ``None`` without a model that this round has trained here on one class for each asset, or
        where it took so long that three more would be felt.
    """
    if catalog.settings.task is not TaskKind.CLASSIFICATION or round_.model_id is None:
        return None
    model = catalog.records.models.get(round_.model_id)
    if model.learner == IMPORTED or model.fit_seconds > MOST_SECONDS:
        return None
    before = [it for it in catalog.records.rounds.list() if it.number < round_.number]
    if any(it.model_id == model.id for it in before):
        return None
    rows = stop_set(catalog, catalog.predictions.count(model.id))
    trained = seen.training(Arm.ACTIVE)
    labeled = np.zeros(len(seen.ids), dtype=bool)
    labeled[trained] = True
    earlier = _before(catalog, round_)
    votes, unseen_right = _partial(catalog, model, seen, trained, rows) or (None, None)
    return read_stop_set(
        training.predict(catalog, model, rows),
        labeled[rows],
        labels=len(trained),
        before=None if earlier is None else training.predict(catalog, earlier, rows).argmax(axis=1),
        partial=votes,
        batch=None if earlier is None else _batch(catalog, round_, seen, earlier),
        unseen_right=unseen_right,
        commonest=float(np.bincount(seen.codes[trained]).max()) / len(trained),
    )


def earlier_readings(rounds: Sequence[Round]) -> list[StopReading]:
    """The readings that earlier rounds have stored, oldest first."""
    stored = [it.advice.reading for it in rounds if it.advice is not None and it.advice.reading]
    return [from_json(StopReading, kept) for kept in stored]


def kept_form(reading: StopReading | None) -> dict[str, Any]:
    """A reading as it is stored with a round's advice."""
    return {} if reading is None else asdict(reading)


def outlook(points: Sequence[CurvePoint], batch: int, left: int) -> tuple[OutlookPoint, ...]:
    """Where the active arm's curve is expected to be some batches ahead, at most ``left`` labels.

    Empty before four rounds were measured, and where nothing is left to ask.
    """
    steps = sorted({min(batch * ahead, left) for ahead in _AHEAD})
    rising = _rising(points)
    if len(rising) < LEAST_ROUNDS or not steps or steps[0] < 1:
        return ()
    now = rising[-1].labels
    found = forecast_curve(
        [point.labels for point in rising],
        [float(np.clip(point.accuracy.value, 0, 1)) for point in rising],
        [now + more for more in steps],
        count=max(rising[-1].accuracy.count, 1),
    )
    return tuple(
        OutlookPoint(
            labels=now + more,
            more=more,
            value=float(found.value[at]),
            low=float(found.low[at]),
            high=float(found.high[at]),
            gain=float(found.gain[at]),
            gain_low=float(found.gain_low[at]),
            gain_high=float(found.gain_high[at]),
        )
        for at, more in enumerate(steps)
    )


def worth(
    catalog: Catalog, points: Sequence[CurvePoint], cost: LabelCost, seen: Snapshot
) -> Worth | None:
    """What more labels are worth; ``None`` where the cost of labels or of errors is not known."""
    policy = catalog.settings.policy
    left = len(seen.candidates())
    rising = _rising(points)
    if policy.error_cost is None or policy.horizon is None or len(rising) < LEAST_ROUNDS:
        return None
    if cost.money is None or left < 1:
        return None
    beside = control_labels(policy.control_share, seen)
    each = cost.money * (1 + beside)
    now = rising[-1].labels
    found = forecast_curve(
        [point.labels for point in rising],
        [float(np.clip(point.accuracy.value, 0, 1)) for point in rising],
        np.unique(np.geomspace(1, left, _STEPS).round()) + now,
        count=max(rising[-1].accuracy.count, 1),
    )
    best = cost_optimum(
        found,
        (now, rising[-1].accuracy.value),
        label_cost=each,
        error_cost=policy.error_cost * policy.horizon,
    )
    return Worth(
        label_cost=each, labels=round(best.labels), saving=best.saving, control_labels=beside
    )


def control_labels(control_share: float, seen: Snapshot) -> float:
    """Labels of the control that come with each further one of the active arm, as things stand.

    The control draws from all assets outside the audit set; one that has a label costs nothing.
    """
    drawn_from = ~seen.audit & ~seen.control
    if not drawn_from.any():
        return 0.0
    return control_share * float((~(seen.answered | seen.passed))[drawn_from].mean())


def _rising(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """The newest point of every label count, fewest labels first."""
    newest = {point.labels: point for point in points if point.labels > 0}
    return [newest[labels] for labels in sorted(newest)]


def _before(catalog: Catalog, round_: Round) -> ModelVersion | None:
    """The model of the round before, where it has spoken of the same assets."""
    found = [
        it.model_id
        for it in catalog.records.rounds.list()
        if it.number < round_.number and it.model_id is not None
    ]
    if not found or round_.model_id is None or found[-1] == round_.model_id:
        return None
    model = catalog.records.models.get(found[-1])
    now = catalog.predictions.count(round_.model_id)
    return model if catalog.predictions.count(model.id) == now else None


def _partial(
    catalog: Catalog, model: ModelVersion, seen: Snapshot, trained: Positions, rows: Positions
) -> tuple[NDArray[np.int64], float] | None:
    """What models that each miss a third of the labels say.

    Returns:
        Classes (F, S) of the stop set, and the share of their missing labels that they get right;
        ``None`` where a third leaves one class.
    """
    kind = classifiers(catalog, model.learner, model.parameters, model.encoder)
    codes = seen.codes[trained]
    seeds = [catalog.settings.policy.seed, _STREAM_OF_PARTS]
    part = np.random.default_rng(seeds).integers(PARTS, size=len(seen.ids))[trained]
    if any(len(np.unique(codes[part != held])) < 2 for held in range(PARTS)):
        return None
    count = len(catalog.records.ontologies.current().names)
    votes, right = [], 0
    for held in range(PARTS):
        out = part == held
        learner = kind.make()
        rng = np.random.default_rng([*seeds, model.label_seq, held])
        learner.fit(kind.rows[trained[~out]], codes[~out], class_count=count, rng=rng)
        votes.append(learner.predict_proba(kind.rows[rows]).argmax(axis=1))
        if out.any():
            said = learner.predict_proba(kind.rows[trained[out]]).argmax(axis=1)
            right += int((said == codes[out]).sum())
    return np.stack(votes), right / len(trained)


def _batch(
    catalog: Catalog, round_: Round, seen: Snapshot, earlier: ModelVersion
) -> tuple[NDArray[np.float32], Positions] | None:
    """What the model before said of the round's labelled batch (B, C), and its classes (B,)."""
    asked = catalog.records.rounds.selected(round=round_.number, arm=Arm.ACTIVE)
    rows = catalog.assets.index().known(it.asset_id for it in asked)
    known = catalog.predictions.count(earlier.id)
    rows = rows[(rows >= 0) & (rows < min(known, len(seen.ids)))]
    rows = rows[(seen.codes[rows] >= 0) & seen.labeled[rows]]
    return (training.predict(catalog, earlier, rows), seen.codes[rows]) if len(rows) else None
