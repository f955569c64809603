"""Learners of a project's assets: made by name, and what they look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, UnavailableError, UnknownNameError
from querist.learners import (
    ContentClassifier,
    Inputs,
    Item,
    Learner,
    ValueLearner,
    create_learner,
    create_value_learner,
    learner_class,
    learner_names,
    positions_as_rows,
    starts_script,
    value_learner_class,
    value_learner_names,
)
from querist.learners.base import Matrix
from querist.schema import TaskKind

if TYPE_CHECKING:
    from querist.catalog.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifiers:
    """One kind of classifier.

    Attributes:
        make: A new one, not yet trained.
        rows: What it sees of each asset (N, d), in catalog order: the vector, or, where it reads
            the assets themselves, their positions.
    """

    make: Callable[[], Learner]
    rows: Matrix


def classifiers(
    catalog: Catalog, name: str, parameters: Mapping[str, Any], encoder: str
) -> Classifiers:
    """The kind of classifier that is called ``name``.

    Args:
        catalog: The catalog.
        name: A learner of vectors, or one that reads assets and learns one class for each.
        parameters: Its parameters.
        encoder: Key of the embeddings.

    Raises:
        UnknownNameError: there is no such learner; the nearest names are offered.
        InvalidInputError: it learns other labels than one class.
    """
    vectors = catalog.embeddings.matrix(encoder)
    if not reads_assets(name):
        return Classifiers(
            make=lambda: create_learner(name, **_told(catalog, name, parameters)), rows=vectors
        )
    names = catalog.records.ontologies.current().names
    return Classifiers(
        make=lambda: ContentClassifier(
            value_learner(catalog, name, parameters),
            lambda positions: inputs_of(catalog, encoder, positions),
            names,
        ),
        rows=positions_as_rows(len(vectors)),
    )


def value_learner(catalog: Catalog, name: str, parameters: Mapping[str, Any]) -> ValueLearner:
    """The learner of sets, numbers, boxes or spans that is called ``name``, not yet trained.

    Args:
        catalog: The catalog.
        name: Its name.
        parameters: Its parameters, of the settings or of a model's record.

    Raises:
        UnknownNameError: there is none; the nearest names are offered.
        InvalidInputError: it has no such parameter.
        UnavailableError: it is a script that querist.toml names no longer.
    """
    return create_value_learner(name, **_told(catalog, name, parameters))


def check_created(catalog: Catalog, name: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a learner that cannot be made, or whose script is not there.

    Raises:
        UnknownNameError, InvalidInputError: as ``classifiers``, or it has no such parameter, or
            not this value of it.
        UnavailableError: there is no such script.
    """
    classifies = catalog.settings.task is TaskKind.CLASSIFICATION
    create = create_learner if classifies and not reads_assets(name) else create_value_learner
    made = create(name, **_told(catalog, name, parameters))
    if starts_script(name):
        from querist.learners.script import InScript

        if isinstance(made, InScript):
            made.check_file()


def reads_assets(name: str) -> bool:
    """Whether the classifier of this name reads the assets themselves.

    Raises:
        UnknownNameError: there is no such learner; the nearest names are offered.
        InvalidInputError: it learns other labels than one class.
    """
    try:
        learner_class(name)
        return False
    except UnknownNameError:
        if name not in value_learner_names():
            known = [*learner_names(), *value_learner_names(TaskKind.CLASSIFICATION)]
            raise UnknownNameError.of("learner", name, known) from None
    tasks = value_learner_class(name).tasks
    if TaskKind.CLASSIFICATION not in tasks:
        learnt = ", ".join(sorted(task.value for task in tasks))
        raise InvalidInputError(
            f"The learner {name!r} learns {learnt}, not classification.",
            remedy="Name another under [learner] in querist.toml.",
            learner=name,
        )
    return True


def _told(catalog: Catalog, name: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters; which program starts is said by querist.toml alone, never by the records."""
    if not starts_script(name):
        return parameters
    wanted = catalog.settings.learner
    if wanted.name != name:
        raise UnavailableError(
            f"querist.toml no longer names the script {parameters.get('file')!r}.",
            remedy='Train a model anew, or set name = "script" under [learner] again.',
        )
    return {**wanted.parameters, "folder": str(catalog.folder)}


def inputs_of(catalog: Catalog, encoder: str, positions: NDArray[np.int64]) -> Inputs:
    """What a learner may look at of the assets at ``positions``."""
    ids = catalog.assets.ids()
    asked = [ids[i] for i in positions.tolist()]

    def items(wanted: Sequence[int]) -> Sequence[Item]:
        return catalog.assets.read([asked[i] for i in wanted])

    return Inputs(
        asset_ids=asked,
        vectors=np.asarray(catalog.embeddings.matrix(encoder)[positions]),
        items=items,
    )
