"""Pre-labels on day one: nearness to class names, or to an example or a few of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.engine.base import Progress, silent
from querist.errors import ConflictError, InvalidInputError, NotFoundError, UnknownNameError
from querist.learners import Encoder, Item
from querist.learners.imported import ImportedEncoder
from querist.learners.prototypes import PROTOTYPES, PrototypeLearner, softmax, unit
from querist.loop import snapshot, training
from querist.loop.intake import embed, open_encoder
from querist.schema import Arm, Media, ModelVersion, TaskKind, new_id

# Assets whose neighbours are looked at, and how many of these.
_LOOKED_AT = 3_000
_NEIGHBOURS = 10
_STREAM = 45
# Neighbours share the wrong guesses of a lone example too: so much is taken off their agreement,
# as scikit-learn's digits want it.
_LONE = 0.2
# So many examples left out are believed half; more never count for more.
_TRUSTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShot:
    """The first guesses.

    Attributes:
        model: The model version that makes them, until the first model is trained.
        by_name: Classes that are told by their name or description.
        by_example: Classes that are told by examples.
        without: Classes that nothing tells of: never guessed.
        agreement: Share of near neighbours whose guess is the same, 0 to 1; the mean confidence of
            guesses by name.
    """

    model: ModelVersion
    by_name: tuple[str, ...]
    by_example: tuple[str, ...]
    without: tuple[str, ...]
    agreement: float


def zero_shot(
    catalog: Catalog,
    *,
    describe: Mapping[str, str] | None = None,
    examples: Mapping[str, Sequence[str]] | None = None,
    progress: Progress = silent,
) -> ZeroShot:
    """Guess the class of each asset before anything is labelled, as suggestions in the editor.

    Of texts the project's encoder reads the names of the classes, or what ``describe`` says of
    them; of any medium it takes examples. The guesses are a model version of no labels: it
    suggests, and chooses no batch. With nothing to calibrate on, the mean confidence is set to the
    share of near neighbours whose guess is the same, since neighbours mostly share their class.
    Several examples of a class also tell how often one that is left out is guessed right.

    Args:
        catalog: The catalog.
        describe: What to read in place of the name, by class.
        examples: Assets that show a class, by class; they get no label by this.
        progress: Told what is done.

    Raises:
        InvalidInputError: the task is another, names cannot be read, or fewer than two classes are
            told.
        UnknownNameError: there is no such class.
        NotFoundError: an example is no asset.
        ConflictError: there is a trained model already, or an example is of the audit set.
    """
    _check_first(catalog)
    classes = catalog.records.ontologies.current().names
    for name in {**(describe or {}), **(examples or {})}:
        if name not in classes:
            raise UnknownNameError.of("class", name, classes)
    embed(catalog, progress=progress)
    encoder = open_encoder(catalog)
    progress(0, None, "Comparing names and examples with the assets")
    vectors = catalog.embeddings.matrix(encoder.identity.key)
    center = np.asarray(vectors.mean(axis=0), np.float32)
    shown = _of_examples(catalog, vectors, center, examples or {})
    named = {} if examples and describe is None else _of_names(encoder, classes, describe or {})
    told = {*named, *shown}
    present = [code for code, name in enumerate(classes) if name in told]
    if len(present) < 2:
        raise InvalidInputError(
            f"Only {len(present)} of {len(classes)} classes can be told.",
            remedy="Give examples of more classes: --example CLASS=ASSET.",
        )
    names = [classes[code] for code in present]
    nothing = np.zeros((0, vectors.shape[1]), np.float32)
    prototypes = unit(
        np.array([shown[it].mean(axis=0) if it in shown else named[it] for it in names], np.float32)
    )
    rng = np.random.default_rng([catalog.settings.policy.seed, _STREAM])
    examined = [shown.get(name, nothing) for name in names]
    progress(0, None, "Looking whether near assets agree")
    agreement, scale = agreed_scale(vectors, center, prototypes, rng, examined)
    learner = PrototypeLearner.of(
        prototypes, np.array(present), center, class_count=len(classes), scale=scale
    )
    model = _model(catalog, encoder.identity.key)
    training.predict_pool(catalog, model, learner, progress)
    learner.save(catalog.folder / "models" / model.id)
    catalog.records.models.add(model)
    return ZeroShot(
        model=model,
        by_name=tuple(name for name in named if name not in shown),
        by_example=tuple(shown),
        without=tuple(name for name in classes if name not in told),
        agreement=agreement,
    )


def agreed_scale(
    vectors: NDArray[np.float32],
    center: NDArray[np.float32],
    prototypes: NDArray[np.float32],
    rng: np.random.Generator,
    shown: Sequence[NDArray[np.float32]] = (),
) -> tuple[float, float]:
    """How often near neighbours share their guess, and the scale that makes confidence honest.

    The mean confidence becomes that share where classes are told by name. Of examples it is too
    high, since neighbours share wrong guesses too, and the share of examples that are guessed right
    by the others is too low, since one is missing: half of each is taken.

    Args:
        vectors: Of the pool (N, d); 3,000 of them are looked at.
        center: Their mean (d,).
        prototypes: One vector a class (K, d), of length one.
        rng: Draws what is looked at.
        shown: The examples of each class (m, d), of length one; none where its name tells it.
    """
    size = min(_LOOKED_AT, len(vectors))
    rows = unit(vectors[np.sort(rng.choice(len(vectors), size, replace=False))] - center)
    cosines = rows @ prototypes.T
    least = 1 / len(prototypes)
    count = min(_NEIGHBOURS, size - 1)
    if not count:
        return least, 0.0
    guess = cosines.argmax(axis=1)
    near = rows @ rows.T
    np.fill_diagonal(near, -np.inf)
    nearest = np.argpartition(-near, count - 1, axis=1)[:, :count]
    agreement = float((guess[nearest] == guess[:, None]).mean())
    goal = min(max(_expected(agreement, prototypes, shown), least), 0.99)
    low, high = 1e-2, 1e3
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        below = softmax(middle * cosines).max(axis=1).mean() < goal
        low, high = (middle, high) if below else (low, middle)
    return agreement, low


def _expected(
    agreement: float, prototypes: NDArray[np.float32], shown: Sequence[NDArray[np.float32]]
) -> float:
    """The share of right guesses to expect."""
    lone = sum(len(rows) == 1 for rows in shown) / len(prototypes)
    by_agreement = agreement * (1 - _LONE * lone)
    hits = [hit for own in range(len(shown)) for hit in _left_out(prototypes, shown[own], own)]
    if not hits:
        return by_agreement
    trust = min(len(hits) / _TRUSTED, 1) / 2
    return (1 - trust) * by_agreement + trust * float(np.mean(hits))


def _left_out(
    prototypes: NDArray[np.float32], rows: NDArray[np.float32], own: int
) -> NDArray[np.bool_]:
    """Whether each example (m,) of a class is guessed right by the others; none of a lone one."""
    if len(rows) < 2:
        return np.zeros(0, dtype=bool)
    cosines = rows @ prototypes.T
    cosines[:, own] = (rows * unit(rows.sum(axis=0) - rows)).sum(axis=1)
    return np.asarray(cosines.argmax(axis=1) == own)


def _check_first(catalog: Catalog) -> None:
    task = catalog.settings.task
    if task is not TaskKind.CLASSIFICATION:
        raise InvalidInputError(
            f"The first guesses are classes; the task is {task.value!r}.",
            remedy="Label by hand, or serve a model of yours: see docs/own-models.md.",
        )
    if not catalog.assets.count():
        raise InvalidInputError("The project has no assets.", remedy="Run: querist add FOLDER")
    newest = catalog.records.models.latest(Arm.ACTIVE)
    if newest is not None and not training.guesses(newest):
        raise ConflictError(
            f"The model {newest.id} knows more than first guesses would.",
            remedy="Go on labelling: each round trains a better one.",
        )


def _of_examples(
    catalog: Catalog,
    vectors: NDArray[np.float32],
    center: NDArray[np.float32],
    examples: Mapping[str, Sequence[str]],
) -> dict[str, NDArray[np.float32]]:
    """The examples of each class (m, d), of length one."""
    index = catalog.assets.index()
    audit = set(catalog.records.rounds.arm_ids(Arm.AUDIT))
    found = {}
    for name, ids in examples.items():
        for asset_id in ids:
            if index.position(asset_id) is None:
                raise NotFoundError(
                    f"The example {asset_id!r} of {name!r} is no asset.",
                    remedy="Give ids of the catalog.",
                )
            if asset_id in audit:
                raise ConflictError(
                    f"The example {asset_id!r} belongs to the audit set, which teaches no model.",
                    remedy="Choose another.",
                )
        if ids:
            found[name] = unit(vectors[index.positions(ids)] - center)
    return found


def _of_names(
    encoder: Encoder, classes: Sequence[str], describe: Mapping[str, str]
) -> dict[str, NDArray[np.float32]]:
    """A vector for each class whose words the encoder knows."""
    if encoder.media is not Media.TEXT or isinstance(encoder, ImportedEncoder):
        raise InvalidInputError(
            f"The encoder {encoder.name!r} reads no class names.",
            remedy="Show an asset or a few of each class: --example CLASS=ASSET.",
        )
    # Most names are written with signs in place of spaces.
    words = [describe.get(name, name.replace("_", " ").replace("-", " ")) for name in classes]
    read = encoder.encode([Item(media=Media.TEXT, text=text) for text in words])
    known = np.linalg.norm(read, axis=1) > 0
    if not known.any():
        return {}
    away = read - read[known].mean(axis=0)
    pairs = zip(classes, away, known, strict=True)
    return {name: unit(row[None])[0] for name, row, there in pairs if there and row.any()}


def _model(catalog: Catalog, encoder: str) -> ModelVersion:
    ontology = catalog.records.ontologies.current()
    return ModelVersion(
        id=new_id("model"),
        arm=Arm.ACTIVE,
        round=None,
        learner=PROTOTYPES,
        encoder=encoder,
        classes=ontology.names,
        label_seq=snapshot.take(catalog).label_seq,
        label_count=0,
        labels_digest=training.labels_digest([], np.zeros(0, np.int64)),
        seed=catalog.settings.policy.seed,
        ontology_version=ontology.version,
        fit_seconds=0.0,
        created_at=datetime.now(UTC),
    )
