"""What annotators may not see, so that gold questions look like any other task."""

from __future__ import annotations

from collections.abc import Sequence

from querist.catalog import Catalog
from querist.errors import PermissionDeniedError
from querist.schema import Annotator, Question, Role, Task, TaskState


def is_veiled(catalog: Catalog, annotator: Annotator) -> bool:
    """Whether somebody sees no labels but their own: annotators, while gold questions are asked.

    Opinions need no veil: no annotator sees any but their own, whatever the settings say.
    """
    labels = annotator.role in (Role.ANNOTATOR, Role.MODEL)
    return labels and catalog.settings.policy.gold_share > 0


def check_may_browse(catalog: Catalog, annotator: Annotator) -> None:
    """Refuse labels, selections and findings to who is veiled.

    Raises:
        PermissionDeniedError: they would tell gold questions from the others.
    """
    if is_veiled(catalog, annotator):
        raise PermissionDeniedError(
            f"{annotator.name!r} sees no labels but their own while gold questions are asked.",
            remedy="Lease a task; a reviewer may look at the catalog.",
            role=annotator.role.value,
            needed=Role.REVIEWER.value,
        )


def check_may_answer(
    catalog: Catalog,
    annotator: Annotator,
    asset_id: str,
    task_id: int | None,
    asked: Sequence[Task],
) -> None:
    """Refuse a decision of an annotator about an asset that nobody has asked them about.

    They may decide what they were served, whatever became of it since, what they have decided
    before, and what waits in the queue for somebody with their skills. Reviewers may decide all.
    ``asked`` are the tasks of the asset.

    Raises:
        PermissionDeniedError: nothing of this is so.
    """
    if annotator.role not in (Role.ANNOTATOR, Role.MODEL):
        return
    for task in asked:
        waits = task.state in (TaskState.OPEN, TaskState.LEASED) and task.kind is not Question.GOLD
        may = task.sent_to in (None, annotator.name) and (
            task.skill is None or task.skill in annotator.skills
        )
        # Whoever knows a task's number was served it, though its lease may have run out since.
        if annotator.name == task.annotator or (waits and may) or task.id == task_id:
            return
    if any(it.annotator == annotator.name for it in catalog.records.labels.history(asset_id)):
        return
    raise PermissionDeniedError(
        f"No task asks {annotator.name!r} about {asset_id!r}.",
        remedy="Lease a task; a reviewer may label any asset.",
        asset_id=asset_id,
        role=annotator.role.value,
        needed=Role.REVIEWER.value,
    )


def check_may_decide(catalog: Catalog, annotator: Annotator, asset_id: str) -> None:
    """Refuse a decision that nobody asked for to who is veiled.

    Raises:
        PermissionDeniedError: a conflict with the label that holds would show it.
    """
    if is_veiled(catalog, annotator):
        raise PermissionDeniedError(
            f"No task asks {annotator.name!r} about {asset_id!r}.",
            remedy="Lease a task.",
            asset_id=asset_id,
        )
