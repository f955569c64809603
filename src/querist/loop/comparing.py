"""Two models side by side on the audit set: what each gets right, and what turned between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.diagnostics import Turned, turned
from querist.errors import ConflictError
from querist.loop import snapshot, training, value_comparing, value_training
from querist.loop.evaluating import audit_remedy
from querist.loop.naming_models import ComparedModel, compared_model, version_of
from querist.loop.slices import Slices
from querist.loop.value_comparing import Judged
from querist.metrics import (
    Paired,
    mcnemar,
    paired_classes,
    paired_means,
    paired_shares,
    widened,
)
from querist.schema import ClassValue, Finding, ModelVersion, Origin, Value

_STREAM = 43
_MOST = 60
_FEWEST = 5
_TINY = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPair:
    """How right two models are on a part of the audit set: a class, or a slice.

    Attributes:
        name: The class, or the rule of the slice.
        count: Audit assets in it.
        right: Of a class the share that is found; of a slice the share that is right, or how right
            its assets are on average: F1, and of numbers 1 less the error by their spread.
    """

    name: str
    count: int
    right: Paired


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAsset:
    """One audit asset and what both models say of it.

    Attributes:
        id: The asset.
        truth: Its class by people; ``None`` where a label is no single class.
        first: The class that the first model says.
        second: The class that the second model says.
        confidence: How sure the second model is, 0 to 1, where that is known.
    """

    id: str
    truth: str | None = None
    first: str | None = None
    second: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Assets of one kind, the most telling first.

    Attributes:
        kind: ``newly_wrong``, ``newly_right``, ``most_wrong`` or ``least_confident``.
        count: How many there are.
        assets: The first of them.
    """

    kind: str
    count: int
    assets: tuple[TurnedAsset, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the same audit assets, whose labels are people's; differences are paired.

    Attributes:
        first: The one that is compared with.
        second: The one that is looked at.
        count: Audit assets whose label both are measured on.
        headline: The measure that matters most.
        measures: Each measure by name.
        classes: Recall by class, of the classes that occur, in the project's order.
        slices: Saved slices as they are now, and those that the diagnosis of either round found
            weak: the figure of that round is worse than it would be on other assets, as they were
            picked for it.
        lost: Assets that only the first model gets right.
        gained: Assets that only the second one gets right.
        chance: How likely they turn so unevenly by chance alone (McNemar's exact test); ``None``
            where an asset is not just right or wrong.
        galleries: What turned, what is most wrong, and what the second model is least sure of.
    """

    first: ComparedModel
    second: ComparedModel
    count: int
    headline: str
    measures: Mapping[str, Paired]
    classes: tuple[PartPair, ...]
    slices: tuple[PartPair, ...] = ()
    lost: int
    gained: int
    chance: float | None = None
    galleries: tuple[Gallery, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What people and two models say of one asset.

    Attributes:
        id: The asset.
        truth: The label that people gave; ``None`` without one.
        first: What the first model says.
        second: What the second model says.
    """

    id: str
    truth: Value | None
    first: Value
    second: Value


def compare(catalog: Catalog, first: str | int, second: str | int) -> Comparison:
    """Measure two models on the audit labels as they stand now, by the classes of now.

    Args:
        catalog: The catalog.
        first: A round, as ``3`` or ``"3"``; the model of its random labels, as ``"3-control"``; or
            the id of a model version.
        second: Another one.

    Raises:
        NotFoundError: there is no such round or model.
        ConflictError: no audit label is there to measure them on.
    """
    models = version_of(catalog, first), version_of(catalog, second)
    seen = snapshot.take(catalog)
    rows = snapshot.measures(catalog, seen, *models)
    rng = np.random.default_rng([catalog.settings.policy.seed, seen.label_seq, _STREAM])
    if len(rows) and training.classifies(catalog):
        judged = _classified(catalog, models, seen.codes[rows], rows, rng)
    elif len(rows):
        rows, judged = value_comparing.judged(catalog, models, seen, rows, rng)
    if not len(rows):
        raise ConflictError(
            "There is no audit label to measure the two models on.",
            remedy=audit_remedy(catalog),
        )
    ids = [seen.ids[i] for i in rows.tolist()]
    one, two = judged.quality
    lost, gained = int((two < one).sum()), int((two > one).sum())
    return Comparison(
        first=compared_model(first, models[0]),
        second=compared_model(second, models[1]),
        count=len(rows),
        headline=judged.headline,
        measures=judged.measures,
        classes=tuple(
            PartPair(name=name, count=pair.first.count, right=pair)
            for name, pair in judged.classes.items()
        ),
        slices=_slices(catalog, models, ids, (one, two), None if judged.decides else rng),
        lost=lost,
        gained=gained,
        chance=mcnemar(lost, gained) if judged.decides else None,
        galleries=_galleries(
            turned(one, two, badness=judged.badness, confidence=judged.confidence), ids, judged
        ),
    )


def said_of(catalog: Catalog, asset_id: str, first: str | int, second: str | int) -> Said:
    """The label of one asset by people, and what two models say of it, in the classes of now.

    Raises:
        NotFoundError: there is no such asset, round or model.
    """
    label = catalog.records.labels.current(asset_id)
    reading = catalog.records.ontologies.reading()
    rows = catalog.assets.positions([asset_id])
    truth = None
    if label is not None and label.value is not None and label.origin is not Origin.MODEL:
        truth = reading.value(label.value, label.ontology_version)
    said = [_value(catalog, version_of(catalog, name), rows) for name in (first, second)]
    return Said(id=asset_id, truth=truth, first=said[0], second=said[1])


def _value(catalog: Catalog, model: ModelVersion, rows: NDArray[np.int64]) -> Value:
    if not training.classifies(catalog):
        return value_training.predict(catalog, model, rows)[0]
    names = catalog.records.ontologies.current().names
    return ClassValue(name=names[int(training.predict(catalog, model, rows)[0].argmax())])


def _classified(
    catalog: Catalog,
    models: tuple[ModelVersion, ModelVersion],
    truth: NDArray[np.int64],
    rows: NDArray[np.int64],
    rng: np.random.Generator,
) -> Judged:
    names = catalog.records.ontologies.current().names
    tables = [training.predict(catalog, model, rows).astype(np.float64) for model in models]
    said = [table.argmax(axis=1) for table in tables]
    found = paired_classes(truth, said[0], said[1], rng, class_count=len(names))
    true = [table[np.arange(len(truth)), truth] for table in tables]
    log = [-np.log(np.maximum(it, _TINY)) for it in true]
    brier = [(table**2).sum(axis=1) - 2 * it + 1 for table, it in zip(tables, true, strict=True)]
    return Judged(
        headline="accuracy",
        measures={
            "accuracy": found.accuracy,
            "macro_f1": found.macro_f1,
            "macro_precision": found.macro_precision,
            "macro_recall": found.macro_recall,
            "log_loss": paired_means(log[0], log[1], rng, better="lower"),
            "brier": paired_means(brier[0], brier[1], rng, better="lower"),
        },
        classes={names[code]: found.recall[code] for code in sorted(found.recall)},
        quality=tuple((it == truth).astype(np.float64) for it in said),
        badness=1 - true[1],
        confidence=tables[1].max(axis=1),
        words=[[names[code] for code in codes] for codes in (truth, *said)],
        decides=True,
    )


def _slices(
    catalog: Catalog,
    models: tuple[ModelVersion, ModelVersion],
    ids: list[str],
    quality: tuple[NDArray[np.float64], NDArray[np.float64]],
    rng: np.random.Generator | None,
) -> tuple[PartPair, ...]:
    """Saved slices, and those that the diagnosis of either round found, on their audit assets.

    Without ``rng`` an asset is just right or wrong.
    """
    place = {asset_id: i for i, asset_id in enumerate(ids)}
    audit = catalog.assets.positions(ids)
    found = {
        name: np.flatnonzero(inside[audit]).tolist()
        for name, inside in Slices(catalog).members().items()
    }
    for rule, members in _rules(catalog, models).items():
        found.setdefault(rule, [place[it] for it in members if it in place])
    parts = []
    for rule, rows in found.items():
        if len(rows) >= _FEWEST:
            one, two = (np.clip(side[rows], 0.0, 1.0) for side in quality)
            pair = paired_shares(one, two) if rng is None else widened(paired_means(one, two, rng))
            parts.append(PartPair(name=rule, count=len(rows), right=pair))
    return tuple(parts)


def _rules(
    catalog: Catalog, models: tuple[ModelVersion, ModelVersion]
) -> dict[str, tuple[str, ...]]:
    """The assets of each slice, by its rule; the newer round's word counts."""
    numbers = sorted({model.round for model in models if model.round is not None})
    found: list[Finding] = []
    for number in numbers:
        found += catalog.records.rounds.get(number).findings
    return {str(it.evidence["rule"]): it.members for it in found if it.kind == "slice"}


def _galleries(found: Turned, ids: list[str], judged: Judged) -> tuple[Gallery, ...]:
    def asset(row: int) -> TurnedAsset:
        truth, first, second = (it[row] if it else None for it in judged.words)
        # Of other labels there is an order of sureness, but no share.
        sure = judged.confidence if judged.decides else None
        return TurnedAsset(
            id=ids[row],
            truth=truth,
            first=first,
            second=second,
            confidence=None if sure is None else float(sure[row]),
        )

    kinds = {
        "newly_wrong": found.newly_wrong,
        "newly_right": found.newly_right,
        "most_wrong": found.most_wrong,
        "least_confident": found.least_confident,
    }
    return tuple(
        Gallery(
            kind=kind, count=len(rows), assets=tuple(asset(row) for row in rows[:_MOST].tolist())
        )
        for kind, rows in kinds.items()
    )
