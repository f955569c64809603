"""Train the model of an arm, keep it, and let it predict the pool."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, check_created, classifiers, reads_assets
from querist.engine.base import Progress, silent
from querist.errors import InvalidInputError, NotFoundError, TooFewLabelsError
from querist.learners import Learner, ValueLearner
from querist.learners.imported import IMPORTED
from querist.learners.prototypes import PROTOTYPES
from querist.loop import snapshot, value_predicting, value_training
from querist.loop.hardness import hardness
from querist.loop.intake import embed, open_encoder
from querist.loop.snapshot import Snapshot
from querist.schema import Arm, ModelVersion, TaskKind, new_id
from querist.schema.wording import counted

PREDICT_CHUNK = 65_536


def classifies(catalog: Catalog) -> bool:
    """Whether a label of the project is one class for each asset."""
    return catalog.settings.task is TaskKind.CLASSIFICATION


def trains(catalog: Catalog) -> bool:
    """Whether a model can learn from labels of the project's kind."""
    return classifies(catalog) or value_training.learner_name(catalog.settings) is not None


def train(
    catalog: Catalog, arm: Arm, *, round_number: int | None = None, progress: Progress = silent
) -> ModelVersion:
    """Train ``arm``'s model from scratch on its labels; the active one predicts the whole pool.

    Raises:
        TooFewLabelsError: the arm has too little to learn from, such as labels of fewer than two
            classes.
        InvalidInputError: the learner of the settings cannot be made, does not learn labels of the
            project's kind, or refuses the data.
    """
    check_learner(catalog)
    embed(catalog, progress=progress)
    settings = catalog.settings
    if settings.learner.name == IMPORTED:
        return _newest_import(catalog, arm)
    seen = snapshot.take(catalog)
    ontology = catalog.records.ontologies.current()
    encoder = open_encoder(catalog).identity.key
    progress(0, None, f"Training on {len(seen.training(arm))} labels")
    start = time.perf_counter()
    rng = np.random.default_rng([settings.policy.seed, seen.label_seq, 20])
    fit = _fit_classes if classifies(catalog) else value_training.train
    learner, label_count, digest = fit(catalog, seen, arm, encoder, rng)
    seconds = time.perf_counter() - start
    model = ModelVersion(
        id=new_id("model"),
        arm=arm,
        round=round_number,
        learner=learner_name(catalog),
        parameters=dict(learner.parameters),
        encoder=encoder,
        classes=ontology.names,
        label_seq=seen.label_seq,
        label_count=label_count,
        labels_digest=digest,
        seed=settings.policy.seed,
        ontology_version=ontology.version,
        fit_seconds=seconds,
        created_at=datetime.now(UTC),
    )
    learner.save(catalog.folder / "models" / model.id)
    ledger = catalog.records.ledger
    ledger.add(kind="train", arm=arm, round=round_number, quantity=seconds, unit="seconds")
    passes = label_count * int(getattr(learner, "epochs_run", 1))
    ledger.add(kind="train", arm=arm, round=round_number, quantity=passes, unit="examples")
    if arm is Arm.ACTIVE:
        start = time.perf_counter()
        predict_pool(catalog, model, learner, progress)
        seconds = time.perf_counter() - start
        ledger.add(kind="predict", arm=arm, round=round_number, quantity=seconds, unit="seconds")
        count = catalog.assets.count()
        ledger.add(kind="predict", arm=arm, round=round_number, quantity=count, unit="examples")
    catalog.records.models.add(model)
    return model


def _newest_import(catalog: Catalog, arm: Arm) -> ModelVersion:
    found = [it for it in catalog.records.models.list(arm=arm) if it.learner == IMPORTED]
    if not found:
        raise InvalidInputError(
            f"Nothing is trained here: the project's learner is {IMPORTED!r}.",
            remedy="Import what your model says: querist import-predictions FILE",
        )
    return found[-1]


def guesses(model: ModelVersion) -> bool:
    """Whether a model has learned from no label, but from names or examples of classes."""
    return model.learner == PROTOTYPES and not model.label_count


def check_learner(catalog: Catalog) -> None:
    """Refuse a learner that the settings name and that cannot be made.

    Raises:
        UnknownNameError, InvalidInputError: there is none of its name, it has no such parameter or
            not this value of it, or it does not learn labels of the project's kind.
        UnavailableError: it is a script that is not there.
    """
    wanted = catalog.settings.learner
    if classifies(catalog):
        check_created(catalog, wanted.name, wanted.parameters)
    elif wanted.name != IMPORTED:
        check_created(catalog, value_training.wanted_name(catalog.settings), wanted.parameters)


def goes_on(catalog: Catalog, problem: InvalidInputError) -> bool:
    """Whether a round goes on without the model that a training was refused.

    It does where more labels are all it takes, and where the model is made elsewhere: it is not
    imported yet. A learner that is set wrong, or that refuses the data, would refuse them for good.
    """
    return isinstance(problem, TooFewLabelsError) or catalog.settings.learner.name == IMPORTED


def learner_name(catalog: Catalog) -> str:
    """The learner that a training now would use."""
    if classifies(catalog):
        return catalog.settings.learner.name
    return value_training.learner_name(catalog.settings) or catalog.settings.learner.name


def _fit_classes(
    catalog: Catalog, seen: Snapshot, arm: Arm, encoder: str, rng: np.random.Generator
) -> tuple[Learner, int, str]:
    rows = seen.training(arm)
    codes = seen.codes[rows]
    if len(np.unique(codes)) < 2:
        raise TooFewLabelsError(
            f"The {arm.value} arm has {counted(len(rows), 'label')} of "
            f"{counted(len(np.unique(codes)), 'class', 'classes')}.",
            remedy="Label assets of at least two classes, then train.",
            arm=arm.value,
            labels=len(rows),
        )
    wanted = catalog.settings.learner
    kind = classifiers(catalog, wanted.name, wanted.parameters, encoder)
    learner = kind.make()
    classes = catalog.records.ontologies.current().names
    learner.fit(kind.rows[rows], codes, class_count=len(classes), rng=rng)
    return learner, len(rows), labels_digest([seen.ids[i] for i in rows], codes)


def up_to_date(catalog: Catalog) -> ModelVersion | None:
    """The newest model of the active arm, trained anew where its classes or its vectors changed.

    Classes that joined at the end change nothing: it has just not learned them yet. A round draws
    by vectors and by what a model makes of them, so the two must be of one encoder. First guesses
    choose nothing: a strategy does better without a model than with one that was never taught.
    """
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None or guesses(model):
        return None
    reading = catalog.records.ontologies.reading()
    if reading.only_grew(model.classes, reading.made_under(model)) and not _left(catalog, model):
        return model
    try:
        return train(catalog, Arm.ACTIVE)
    except InvalidInputError as problem:
        if not goes_on(catalog, problem):
            raise
        return None


def _left(catalog: Catalog, model: ModelVersion) -> bool:
    """Whether a classifier reads vectors of another encoder, or fit of it, than the project's."""
    if not classifies(catalog) or model.learner == IMPORTED or reads_assets(model.learner):
        return False
    return model.encoder != open_encoder(catalog).identity.key


def probabilities(
    catalog: Catalog, model_id: str, *, at_least: int, ontology_version: int | None = None
) -> NDArray[np.float32]:
    """The model's probabilities (n, C) with n ≥ ``at_least``; assets added since are predicted.

    Columns are the classes of ``ontology_version``, the newest by default; a class that joined the
    ontology after the training has probability zero.
    """
    known = catalog.predictions.probabilities(model_id)
    if len(known) < at_least:
        model = catalog.records.models.get(model_id)
        predict_pool(catalog, model, load(catalog, model), silent)
        known = catalog.predictions.probabilities(model_id)
    reading = catalog.records.ontologies.reading(ontology_version)
    model = catalog.records.models.get(model_id)
    return reading.probabilities(known, model.classes, reading.made_under(model))


def predict(
    catalog: Catalog, model: ModelVersion, positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The model's probabilities (n, C) for the assets at ``positions``, by the classes now."""
    reading = catalog.records.ontologies.reading()
    said = _said(catalog, model, positions)
    return reading.probabilities(said, model.classes, reading.made_under(model))


def labels_digest(ids: list[str], classes: NDArray[np.int64] | NDArray[np.str_]) -> str:
    """SHA-256 over (asset, class) pairs in order of asset."""
    pairs = sorted(zip(ids, classes.tolist(), strict=True))
    return hashlib.sha256("\x00".join(f"{i}={c}" for i, c in pairs).encode()).hexdigest()


def load(catalog: Catalog, model: ModelVersion) -> Learner:
    """The trained learner of a model version."""
    learner = classifiers(catalog, model.learner, model.parameters, model.encoder).make()
    learner.load(catalog.folder / "models" / model.id)
    return learner


def _said(
    catalog: Catalog, model: ModelVersion, positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """What the model has said already, or says now: it may live elsewhere and be gone."""
    try:
        known = catalog.predictions.count(model.id)
    except NotFoundError:  # only the active arm's model predicts the pool
        known = 0
    if known and positions.max(initial=-1) < known:
        return catalog.predictions.probabilities_at(model.id, positions)
    kind = classifiers(catalog, model.learner, model.parameters, model.encoder)
    return load(catalog, model).predict_proba(kind.rows[positions])


def _said_before(catalog: Catalog, model: ModelVersion) -> NDArray[np.float32]:
    try:
        return np.array(catalog.predictions.probabilities(model.id))
    except NotFoundError:
        return np.zeros((0, len(model.classes)), np.float32)


def predict_pool(
    catalog: Catalog, model: ModelVersion, learner: Learner | ValueLearner, progress: Progress
) -> None:
    """Let the model say what it has not said yet about the pool, and keep it."""
    if isinstance(learner, ValueLearner):
        value_predicting.predict_pool(catalog, model, learner, progress)
        return
    rows = classifiers(catalog, model.learner, model.parameters, model.encoder).rows
    # What it has said stays: of a model elsewhere nothing else is known.
    parts = [_said_before(catalog, model)]
    for start in range(len(parts[0]), len(rows), PREDICT_CHUNK):
        progress(start, len(rows), "Predicting the pool")
        parts.append(learner.predict_proba(rows[start : start + PREDICT_CHUNK]))
    found = np.concatenate(parts)
    progress(len(rows), len(rows), "Judging how likely each prediction is wrong")
    errors, words = hardness(catalog, model, found)
    catalog.predictions.put(model.id, model.classes, found, errors=errors, difficulty=words)
