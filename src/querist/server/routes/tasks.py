"""Tasks: reserve, renew and give back."""

from __future__ import annotations

from fastapi import Response

from querist.schema import to_json
from querist.server.answers import as_json
from querist.server.auth import Current
from querist.server.routers import router_of_members
from querist.server.schemas import LeaseRequest, QueuePage, TaskIds, TasksDone
from querist.server.service import Served

router = router_of_members("tasks", below="/tasks")


@router.post("/lease", operation_id="lease_tasks", response_model=QueuePage)
def lease_tasks(body: LeaseRequest, service: Served, current: Current) -> Response:
    """Reserve the next tasks; those one holds already come first."""
    page = service.project.queue.next(current, body.count, lease_seconds=body.seconds)
    return as_json(QueuePage.model_validate(to_json(page)))


@router.post("/renew", operation_id="renew_tasks")
def renew_tasks(body: TaskIds, service: Served, current: Current) -> TasksDone:
    """Hold reserved tasks for longer; tells which of them one still holds."""
    held = service.project.queue.renew(body.task_ids, current.name)
    return TasksDone(task_ids=[task.id for task in held])


@router.post("/release", operation_id="release_tasks")
def release_tasks(body: TaskIds, service: Served, current: Current) -> TasksDone:
    """Give reserved tasks back; tells which of them one held."""
    given = service.project.queue.release(body.task_ids, current.name)
    return TasksDone(task_ids=[task.id for task in given])
