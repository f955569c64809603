"""What the routes need at hand: the project, the engine that takes jobs, and the live events."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from querist.engine import Engine
from querist.errors import ConflictError
from querist.loop import prepare_pages
from querist.schema import Job, JobState, Step

if TYPE_CHECKING:
    from querist.project import Project
    from querist.server.desk import Desk
    from querist.server.events import Broadcaster
    from querist.server.labeled_count import LabeledCount

logger = logging.getLogger(__name__)

# A job of one of these kinds will finish the current round by itself.
_FINISHING = frozenset({"finish_round", "next_round", "oracle_round"})
_ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
# Seconds of training that a start may spend on pages; who ends the server waits for them.
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One served project.

    Attributes:
        cookie: What the session cookie is called.
        secure_cookie: Whether it is for HTTPS only.
    """

    project: Project
    jobs: Engine
    events: Broadcaster
    labeled: LabeledCount
    desk: Desk
    cookie: str
    secure_cookie: bool = False
    finishing: threading.Lock = field(default_factory=threading.Lock)

    def warm_up(self) -> None:
        """Open the tables, count, and diagnose the newest round, so that no page waits for it.

        Jobs diagnose the rounds they finish; one finished by a command or in Python has waited.
        """
        catalog = self.project.catalog
        try:
            catalog.assets.count()
            self.labeled.read()
            done = [it for it in catalog.records.rounds.list() if it.step is Step.DONE]
            prepare_pages(catalog, done[-1:], patience=_PATIENCE)
        except Exception:
            # Whoever needs it meets the same error, in a request that can tell it.
            logger.warning("The project could not be looked through at the start.", exc_info=True)

    def start_round(self, wishes: Mapping[str, Any]) -> Job:
        """Submit ``next_round``.

        Raises:
            ConflictError: the asker has not seen the newest round, or it is being drawn.
        """
        with self.finishing:
            if "after" in wishes and self._under_way({"next_round"}):
                raise ConflictError(
                    "A batch is being drawn already.",
                    remedy="Wait for it; it need not have been you who asked.",
                )
            if "after" in wishes:
                self.project.rounds.check_newest(wishes["after"])
            return self.jobs.submit("next_round", wishes)

    def finish_round_if_complete(self) -> None:
        """Submit ``finish_round`` once no task of the collecting round waits for anybody.

        Nothing is submitted while a job that will finish the round is queued or running.
        """
        records = self.project.catalog.records
        if records.tasks.is_answered():
            # It waits for whoever else is at it, and they may wait to write.
            records.later(self._finish_round)

    def _under_way(self, kinds: Set[str]) -> bool:
        jobs = self.project.catalog.records.jobs.list()
        return any(job.kind in kinds and job.state in _ACTIVE for job in jobs)

    def _finish_round(self) -> None:
        records = self.project.catalog.records
        with self.finishing:
            # Somebody else may have seen it too, and been faster.
            if not self._under_way(_FINISHING) and records.tasks.is_answered():
                self.jobs.submit("finish_round")


async def served(request: Request) -> Service:
    """The service of the app that got the request."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(served)]
