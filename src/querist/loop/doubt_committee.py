"""The committee that tells a model's doubt: trained once a model, kept in the project's cache."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np

from querist.catalog import Catalog, classifiers
from querist.catalog.classifiers import Classifiers
from querist.engine.base import Progress, silent
from querist.errors import StorageError
from querist.learners import Learner
from querist.learners.base import Codes, Matrix
from querist.learners.committee import MEMBERS, bootstrap_member
from querist.loop import snapshot
from querist.schema import Arm, ModelVersion

_STREAM = 48


def is_kept(catalog: Catalog, model: ModelVersion) -> bool:
    """Whether all members of the committee are trained."""
    return all(_path(catalog, model, member).is_dir() for member in range(MEMBERS))


def committee(
    catalog: Catalog, model: ModelVersion, *, progress: Progress = silent
) -> list[Learner]:
    """Eight models of the kind of ``model``, each trained on its own draw of the same labels.

    Those that are kept already are read, so that a training that was broken off goes on. What is
    kept of other models is removed: only the newest one's doubt is told.

    Raises:
        InvalidInputError: there are too few labels to learn from.
        StorageError: the cache cannot be written.
    """
    kind = classifiers(catalog, model.learner, model.parameters, model.encoder)
    _forget_others(catalog, model)
    found: list[Learner] = []
    labels: tuple[Matrix, Codes] | None = None
    for member in range(MEMBERS):
        path = _path(catalog, model, member)
        if path.is_dir():
            learner = kind.make()
            learner.load(path)
        else:
            progress(member, MEMBERS, f"Training model {member + 1} of {MEMBERS}")
            labels = labels or _labels(catalog, model, kind)
            learner = bootstrap_member(
                kind.make,
                *labels,
                class_count=len(model.classes),
                rng=np.random.default_rng([model.seed, model.label_seq, _STREAM, member]),
            )
            _keep(learner, path)
        found.append(learner)
    return found


def _labels(catalog: Catalog, model: ModelVersion, kind: Classifiers) -> tuple[Matrix, Codes]:
    """What the model has learned from: rows (L, d) and classes (L,)."""
    seen = snapshot.take(
        catalog, label_seq=model.label_seq, ontology_version=model.ontology_version
    )
    learned = seen.training(Arm.ACTIVE)
    learned = learned[seen.codes[learned] < len(model.classes)]
    return np.asarray(kind.rows[learned]), seen.codes[learned]


def _path(catalog: Catalog, model: ModelVersion, member: int) -> Path:
    return catalog.folder / "cache" / "doubt" / model.id / str(member)


def _forget_others(catalog: Catalog, model: ModelVersion) -> None:
    folder = catalog.folder / "cache" / "doubt"
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.name != model.id:
            shutil.rmtree(other, ignore_errors=True)


def _keep(learner: Learner, path: Path) -> None:
    """Save a model so that nobody ever reads half of one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
            learner.save(Path(folder) / "model")
            os.rename(Path(folder) / "model", path)
    except OSError as error:
        if not path.is_dir():  # or else somebody else was faster, and theirs is the same
            raise StorageError(
                f"{str(path)!r} cannot be written: {error.strerror}.",
                remedy="Free some space; the folder may be deleted at any time.",
            ) from error
