"""Why the newest model is unsure of assets: what is in the data, and what it has not learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, classifiers, reads_assets
from querist.engine.base import Progress, silent
from querist.errors import (
    InvalidInputError,
    MissingSignalError,
    NotFittedError,
    NotFoundError,
    UnknownNameError,
)
from querist.learners import SamplingLearner, sampled_committee
from querist.learners.committee import MEMBERS, check_size
from querist.learners.imported import IMPORTED
from querist.learners.views import viewed_proba
from querist.loop import training
from querist.loop.doubt_committee import committee, is_kept
from querist.loop.intake import encoder_of
from querist.metrics import decompose
from querist.schema import Arm, ModelVersion

SOURCES = ("models", "views")
MOST = 1_000
_STREAM = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """How unsure the newest model is of one asset, in nats; ``total = aleatoric + epistemic``.

    Attributes:
        asset_id: Which.
        source: ``models`` that agree with the labels, or ``views`` of the asset.
        drawn: How many of them.
        total: Entropy of the mean of what they say.
        aleatoric: Mean entropy of each: what more labels would not change.
        epistemic: The rest: where they contradict each other.
    """

    asset_id: str
    source: str
    drawn: int
    total: float
    aleatoric: float
    epistemic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtState:
    """Whether the newest model's doubt can be told.

    Attributes:
        ready: Whether it is told at once.
        problem: Why it cannot be told at all; ``None`` where at most a training is missing.
    """

    ready: bool
    problem: str | None = None


def doubts(
    catalog: Catalog,
    asset_ids: Sequence[str],
    *,
    source: str = "models",
    trains: bool = True,
    progress: Progress = silent,
) -> list[Doubt]:
    """Split the newest model's doubt of some assets into the data's part and the model's.

    Models are drawn from a learner that can be sampled (dropout, Laplace, committees); others are
    trained again on bootstrap draws of the labels, once a model. Views are test-time augmentation.

    Args:
        catalog: The catalog.
        asset_ids: Up to a thousand assets.
        source: ``models`` or ``views``.
        trains: Whether models that are missing are trained now, which may take long.
        progress: Told what is trained.

    Raises:
        NotFoundError: no model is trained yet, or there is no such asset.
        NotFittedError: models are missing, and are not to be trained now.
        InvalidInputError: the project's labels are no single classes, or too many assets.
        MissingSignalError: the model lives elsewhere, or the assets have no views.
    """
    if source not in SOURCES:
        raise UnknownNameError.of("source", source, SOURCES)
    model = _newest(catalog)
    if not 0 < len(asset_ids) <= MOST:
        raise InvalidInputError(
            f"The doubt of {len(asset_ids)} assets was asked for.",
            remedy=f"Ask for 1 to {MOST:,}.",
        )
    if source == "views":
        said = _by_views(catalog, model, asset_ids)
    else:
        said = _by_models(catalog, model, asset_ids, trains, progress)
    found = decompose(said)
    columns = zip(
        asset_ids,
        *(it.tolist() for it in (found.total, found.aleatoric, found.epistemic)),
        strict=True,
    )
    return [
        Doubt(
            asset_id=asset_id,
            source=source,
            drawn=len(said),
            total=total,
            aleatoric=aleatoric,
            epistemic=epistemic,
        )
        for asset_id, total, aleatoric, epistemic in columns
    ]


def doubt_state(catalog: Catalog) -> DoubtState:
    """Whether the doubt by models can be told, and now; trains nothing."""
    try:
        model = _newest(catalog)
    except (InvalidInputError, NotFoundError, MissingSignalError) as problem:
        return DoubtState(ready=False, problem=f"{problem.message} {problem.remedy}")
    return DoubtState(ready=is_kept(catalog, model) or _samples(catalog, model))


def prepare_doubt(catalog: Catalog, *, progress: Progress = silent) -> str:
    """Train the models that tell the newest model's doubt, if it needs any; returns its id.

    Raises:
        NotFoundError: no model is trained yet.
        InvalidInputError: the project's labels are no single classes.
        MissingSignalError: the model lives elsewhere.
    """
    model = _newest(catalog)
    if not _samples(catalog, model):
        committee(catalog, model, progress=progress)
    return model.id


def _samples(catalog: Catalog, model: ModelVersion) -> bool:
    return isinstance(training.load(catalog, model), SamplingLearner)


def _newest(catalog: Catalog) -> ModelVersion:
    if not training.classifies(catalog):
        raise InvalidInputError(
            f"The doubt of assets of the task {catalog.settings.task.value!r} cannot be split.",
            remedy="Ask in a project of single classes.",
        )
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        raise NotFoundError("There is no model yet.", remedy="Train one first: querist train")
    if model.learner == IMPORTED:
        raise MissingSignalError(
            "The newest model lives elsewhere: its doubt cannot be split here.",
            remedy="Train one here, or import what several models say and use metrics.decompose.",
        )
    return model


def _rng(model: ModelVersion) -> np.random.Generator:
    return np.random.default_rng([model.seed, model.label_seq, _STREAM])


def _by_views(
    catalog: Catalog, model: ModelVersion, asset_ids: Sequence[str]
) -> NDArray[np.float32]:
    if reads_assets(model.learner):
        raise MissingSignalError(
            f"The learner {model.learner!r} reads the assets itself and sees no views.",
            remedy="Ask for the doubt by models instead.",
        )
    items = catalog.assets.read(list(asset_ids))
    learner = training.load(catalog, model)
    return viewed_proba(learner, encoder_of(catalog, model.encoder), items, rng=_rng(model))


def _by_models(
    catalog: Catalog,
    model: ModelVersion,
    asset_ids: Sequence[str],
    trains: bool,
    progress: Progress,
) -> NDArray[np.float32]:
    rows = classifiers(catalog, model.learner, model.parameters, model.encoder).rows
    asked = np.asarray(rows[catalog.assets.positions(list(asset_ids))])
    classes = len(model.classes)
    learner = training.load(catalog, model)
    if isinstance(learner, SamplingLearner):
        return sampled_committee(learner, asked, class_count=classes, rng=_rng(model))
    check_size(MEMBERS, len(asked), classes)
    if not trains and not is_kept(catalog, model):
        raise NotFittedError(
            "The models that tell the doubt of the newest one are not trained yet.",
            remedy="Train them once: POST /api/v1/doubt",
            model=model.id,
        )
    members = committee(catalog, model, progress=progress)
    return np.stack([member.predict_proba(asked) for member in members])
