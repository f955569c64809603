"""Labeling policy: who is asked about what, and how often, changed while a project runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from querist.catalog import Catalog, PolicySettings
from querist.errors import InvalidInputError, UnknownNameError
from querist.schema import ConsensusMethod, TaskKind, check_name

# Those of the policy that say how people label; the others are the model's.
FIELDS = (
    "overlap",
    "overlap_share",
    "class_overlap",
    "again_share",
    "blind_share",
    "gold_share",
    "class_skills",
    "consensus",
    "hourly_cost",
)
_BY_CLASS = ("class_overlap", "class_skills")
MOST_OPINIONS = 20


class LabelingPolicy:
    """How often assets are asked about, of whom, and what is mixed in to measure people.

    What is changed stands in ``querist.toml`` and holds everywhere at once; a round that has begun
    goes on as it was planned.

    Example:
        >>> project.labeling_policy.change(overlap=2, overlap_share=0.2)  # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def now(self) -> PolicySettings:
        """What holds for the next batch."""
        return self._catalog.settings.policy

    def change(self, **values: Any) -> PolicySettings:
        """Set some of the fields; those that are not named stay.

        Args:
            **values: By the names of ``[policy]``: overlap, overlap_share, class_overlap,
                again_share, blind_share, gold_share, class_skills, consensus, hourly_cost.

        Raises:
            UnknownNameError: there is no such setting or class.
            InvalidInputError: a value is wrong, or does not fit the task.
            StorageError: the file cannot be written.
        """
        for name in values:
            if name not in FIELDS:
                raise UnknownNameError.of("setting", name, FIELDS)
        for key in _BY_CLASS:
            _check_classes(self._catalog, key, values.get(key, {}))
        _check_counts(values)
        for skill in dict(values.get("class_skills", {})).values():
            check_name("skill", skill)
        method = values.get("consensus", ConsensusMethod.MAJORITY)
        task = self._catalog.settings.task
        if method != ConsensusMethod.MAJORITY and task is not TaskKind.CLASSIFICATION:
            raise InvalidInputError(
                f"{method!s} weighs answers of one class each, the task is {task.value!r}.",
                remedy="Leave the consensus at majority.",
            )
        return self._catalog.change_policy(**values).policy


def check_rules_of_classes(catalog: Catalog) -> None:
    """Refuse rules of the settings for classes that the project does not have.

    Raises:
        UnknownNameError: there is no such class; the nearest names are offered.
        InvalidInputError: labels of the task are no single classes.
    """
    for key in _BY_CLASS:
        _check_classes(catalog, key, getattr(catalog.settings.policy, key))


def _check_classes(catalog: Catalog, key: str, rules: Mapping[str, Any]) -> None:
    if not rules:
        return
    task = catalog.settings.task
    if task is not TaskKind.CLASSIFICATION:
        raise InvalidInputError(
            f"The rules of {key} go by the class that a model says; the task: {task.value}.",
            remedy="Set what holds for all assets instead.",
        )
    known = catalog.records.ontologies.current().names
    strange = next((name for name in rules if name not in known), None)
    if strange is not None:
        raise UnknownNameError.of(f"class of {key}", strange, known)


def _check_counts(values: Mapping[str, Any]) -> None:
    """Nobody has more people than that, and every opinion is a task of its own."""
    rules = dict(values.get("class_overlap", {})).values()
    for count in (values.get("overlap", 1), *(rule.get("opinions", 1) for rule in rules)):
        if isinstance(count, int) and count > MOST_OPINIONS:
            raise InvalidInputError(
                f"{count} opinions on one asset were asked for.",
                remedy=f"Ask for at most {MOST_OPINIONS}.",
            )
