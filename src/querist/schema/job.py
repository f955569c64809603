"""Jobs: long work with progress, cancel, resume and a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of long work.

    Attributes:
        id: Its id.
        kind: What it does: ``add``, ``embed``, ``next_round``, ``train``, ``oracle``, …
        params: JSON parameters of the handler.
        state: Where it stands.
        done: Units finished.
        total: Units in all; ``None`` while not known.
        message: What it is doing now, one short line.
        cancel_requested: Somebody asked it to stop.
        result: JSON the handler returned.
        error: The error's JSON form, if it failed.
        worker: The process that runs it.
        heartbeat: Last sign of life, UTC.
        created_at: UTC.
        started_at: UTC.
        finished_at: UTC.
    """

    id: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    state: JobState = JobState.QUEUED
    done: int = 0
    total: int | None = None
    message: str = ""
    cancel_requested: bool = False
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    worker: str | None = None
    heartbeat: datetime | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
