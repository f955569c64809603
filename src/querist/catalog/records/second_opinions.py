"""Second opinions: a label that holds becomes one opinion, and a task asks for another."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from querist.catalog.records.opinion_rows import insert, last_of, of_submission
from querist.catalog.records.sending import FIRST, arms_of
from querist.catalog.records.settling import stack_of
from querist.catalog.records.tables import tasks
from querist.catalog.records.tasks import NewTask, task_rows
from querist.schema import Action, Arm, Origin, TaskState

_UNFINISHED = (TaskState.OPEN.value, TaskState.LEASED.value)
_COPIED = ("asset_id", "annotator", "action", "value", "class_name", "seconds", "reason")
_OF_THE_LABEL = ("ontology_version", "prelabel", "model_id", "submission_id", "created_at")


def open_up(connection: sa.Connection, asset_ids: Sequence[str], round: int) -> list[str]:
    """Make the label that holds on each asset an opinion of its author, beside the label.

    The opinion has the submission id of its label: so the two are known to be one decision. The
    caller is the only writer of both logs.

    Returns:
        The assets on which a label holds, in their order: only these can be asked about again.
    """
    found = []
    for asset_id in asset_ids:
        held = stack_of(connection, asset_id)
        if not held or held[-1].action != Action.LABEL.value:
            continue
        found.append(asset_id)
        top = held[-1]
        made = top.origin == Origin.CONSENSUS.value
        if made or of_submission(connection, top.submission_id) is not None:
            continue
        before = last_of(connection, asset_id, top.annotator)
        row = {name: getattr(top, name) for name in (*_COPIED, *_OF_THE_LABEL)}
        insert(
            connection,
            {
                **row,
                "version": before.version + 1 if before else 1,
                "round": round if top.round is None else top.round,
                "task_id": top.task_id,
                "gold": False,
            },
        )
    return found


def ask_again(connection: sa.Connection, asset_ids: Sequence[str], round: int) -> list[str]:
    """Open a task for another opinion on each asset that has a label and no unfinished task.

    They are asked before what a strategy chose, in their order.

    Returns:
        The assets that are asked about now.
    """
    ids = list(dict.fromkeys(asset_ids))
    asked = sa.select(tasks.c.asset_id).where(
        tasks.c.asset_id.in_(ids), tasks.c.state.in_(_UNFINISHED), tasks.c.beside.is_(None)
    )
    busy = set(connection.scalars(asked))
    opened = open_up(connection, [it for it in ids if it not in busy], round)
    rows = [
        row
        for rank, it in enumerate(opened)
        for row in _rows(connection, it, FIRST - rank / len(opened), round)
    ]
    if rows:
        connection.execute(sa.insert(tasks), rows)
    return opened


def _rows(
    connection: sa.Connection, asset_id: str, priority: float, round: int
) -> list[dict[str, object]]:
    arms = tuple(Arm(arm) for arm in arms_of(connection, asset_id))
    return task_rows(NewTask(asset_id=asset_id, arms=arms, priority=priority, again=True), round)
