"""A cheap model that chooses between the trainings of an expensive one, where a check allows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, Classifiers, classifiers, reads_assets
from querist.diagnostics import check_proxy
from querist.errors import InvalidInputError
from querist.learners import Learner
from querist.loop import snapshot, training
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import Arm, ModelVersion, RoundPlan

# Labels, since the model's training, from which the check says something.
LEAST = 20
# The model learns again once there are so many times its labels.
GROWTH = 2.0
_STREAM_OF_FIT, _STREAM_OF_CHECK = 18, 19
_NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyVerdict:
    """Whether the proxy may choose now, instead of a new training of the model.

    Attributes:
        may: It may.
        sentence: Why, or why not, for people.
    """

    may: bool
    sentence: str


def verdict(catalog: Catalog, target: ModelVersion | None, seen: Snapshot) -> ProxyVerdict | None:
    """Whether the project's proxy may choose for ``target``.

    Both learned the same labels; those that came since tell whether the proxy doubts what the
    target has wrong (``querist.diagnostics.check_proxy``). Audit and control labels have no part.

    Args:
        catalog: The catalog.
        target: The model of the active arm; ``None`` before the first.
        seen: The labels of now.

    Returns:
        ``None`` where no proxy is set, labels are no single classes, or there is no target.
    """
    name = catalog.settings.policy.proxy
    if name is None or target is None or not training.classifies(catalog):
        return None
    then = snapshot.take(catalog, label_seq=target.label_seq).training(Arm.ACTIVE)
    learned = then[seen.codes[then] >= 0]
    now = seen.training(Arm.ACTIVE)
    fresh = np.setdiff1d(now, then)
    if len(now) >= GROWTH * target.label_count:
        grown = len(now) / max(target.label_count, 1)
        return _no(f"There are {grown:.1f} times the labels the model learned, so it learns again.")
    if len(fresh) < LEAST or len(np.unique(seen.codes[learned])) < 2:
        return _no(f"{len(fresh)} labels since the model's training tell too little of {name}.")
    _, proxy = _fit(catalog, name, target.encoder, learned, seen, target.label_seq)
    vectors = catalog.embeddings.matrix(target.encoder)[fresh]
    doubt = 1 - proxy.predict_proba(vectors).max(axis=1)
    wrong = training.predict(catalog, target, fresh).argmax(axis=1) != seen.codes[fresh]
    rng = np.random.default_rng([target.seed, target.label_seq, _STREAM_OF_CHECK])
    found = check_proxy(doubt, wrong, rng)
    if np.isnan(found.area):
        amount = "none" if not wrong.any() else "all"
        return _no(f"The model has {amount} of {found.count} new labels wrong: no check of {name}.")
    told = f"area {found.area:.2f} ({found.low:.2f} to {found.high:.2f}, {found.count} new labels)"
    if not found.fit:
        return _no(f"{name} is not surely in doubt where the model errs: {told}.")
    return ProxyVerdict(
        may=True,
        sentence=f"{name} chooses for the model, as it doubts what that has wrong: {told}.",
    )


def verdict_before(catalog: Catalog, number: int, seen: Snapshot) -> ProxyVerdict | None:
    """The verdict as it was before round ``number`` could train: of the newest model before it."""
    if catalog.settings.policy.proxy is None:
        return None
    models = [it for it in catalog.records.models.list(arm=Arm.ACTIVE) if it.round != number]
    return verdict(catalog, models[-1] if models else None, seen)


def proxy_of(catalog: Catalog, target: ModelVersion | None) -> str | None:
    """The proxy that chooses the next batch; ``None`` where the model itself does."""
    found = verdict(catalog, target, snapshot.take(catalog))
    return catalog.settings.policy.proxy if found is not None and found.may else None


def check_proxy_name(catalog: Catalog) -> None:
    """Refuse a proxy that is no learner of vectors.

    Raises:
        UnknownNameError, InvalidInputError: the settings name one.
    """
    name = catalog.settings.policy.proxy
    if name is not None and reads_assets(name):
        raise InvalidInputError(
            f"The proxy {name!r} reads the assets themselves.",
            remedy="Name a learner of vectors, such as 'logistic-regression'.",
        )


def chooser(catalog: Catalog, fixed: RoundPlan, seen: Snapshot) -> tuple[Classifiers, Learner]:
    """The proxy of a planned round, trained on all its labels; the same again for the same plan."""
    assert fixed.proxy is not None
    rows = seen.training(Arm.ACTIVE)
    return _fit(catalog, fixed.proxy, fixed.encoder, rows, seen, fixed.label_seq)


def probabilities(catalog: Catalog, fixed: RoundPlan, seen: Snapshot) -> NDArray[np.float32]:
    """What the proxy of a planned round says of every asset (N, C)."""
    kind, learner = chooser(catalog, fixed, seen)
    parts = [
        learner.predict_proba(kind.rows[start : start + training.PREDICT_CHUNK])
        for start in range(0, len(seen.ids), training.PREDICT_CHUNK)
    ]
    return np.concatenate(parts)[: len(seen.ids)]


def _fit(
    catalog: Catalog, name: str, encoder: str, rows: Positions, seen: Snapshot, seq: int
) -> tuple[Classifiers, Learner]:
    kind = classifiers(catalog, name, _NOTHING, encoder)
    learner = kind.make()
    learner.fit(
        np.asarray(kind.rows[rows]),
        seen.codes[rows],
        class_count=len(catalog.records.ontologies.current().names),
        rng=np.random.default_rng([catalog.settings.policy.seed, seq, _STREAM_OF_FIT]),
    )
    return kind, learner


def _no(sentence: str) -> ProxyVerdict:
    return ProxyVerdict(may=False, sentence=sentence)
