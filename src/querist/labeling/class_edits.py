"""Class edits: a set of classes with some added or taken away, the others as they are."""

from __future__ import annotations

from collections.abc import Sequence

from querist.errors import ConflictError, InvalidInputError
from querist.schema import Annotation, ClassesValue, Ontology, TaskKind


def edited(
    held: Annotation | None,
    now: Annotation | None,
    ontology: Ontology,
    add: Sequence[str],
    remove: Sequence[str],
) -> tuple[str, ...] | None:
    """The classes of a label after an edit, in the order of the ontology.

    Args:
        held: The last entry of the asset.
        now: The same in the classes of now.
        ontology: The classes of now.
        add: Classes that it shall have.
        remove: Classes that it shall not have.

    Returns:
        ``None`` where nothing changes, or where there is no label to take from.

    Raises:
        InvalidInputError: the labels of the task are no sets.
        UnknownNameError: there is no such class.
        ConflictError: a class of the label was split: nobody knows which part it is.
    """
    if ontology.task is not TaskKind.MULTI_LABEL:
        raise InvalidInputError(
            f"Classes are added to sets, and the task is {ontology.task.value!r}.",
            remedy="Give each asset the whole label.",
        )
    for name in (*add, *remove):
        ontology.index(name)
    if held is None or held.value is None:
        wanted = set(add).difference(remove)
        return tuple(name for name in ontology.names if name in wanted) if wanted else None
    if now is None or not isinstance(now.value, ClassesValue):
        raise ConflictError(
            f"A class of the label of {held.asset_id!r} was split since.",
            remedy="Say which part it is: label the asset anew.",
            asset_id=held.asset_id,
        )
    before = set(now.value.names)
    after = before.union(add).difference(remove)
    if after == before:
        return None
    return tuple(name for name in ontology.names if name in after)
