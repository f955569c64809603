"""Rounds: look, start the next, finish, let known labels answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from querist.loop import lessons, round_confusions, standing_findings
from querist.project import Project
from querist.schema import Role, Round, Step
from querist.server.auth import at_least, browsing
from querist.server.round_schemas import (
    Confusions,
    Findings,
    NamedFinding,
    NextRoundRequest,
    Taught,
)
from querist.server.routers import router_of_members
from querist.server.schemas import Job, OracleRequest, RoundDetail
from querist.server.service import Served

SELECTED = 500

router = router_of_members("rounds")
manage = [Depends(at_least(Role.MANAGER))]
browse = [Depends(browsing)]


@router.get("/rounds", operation_id="list_rounds", dependencies=browse)
def list_rounds(service: Served) -> list[Round]:
    """All rounds, oldest first."""
    return list(service.project.catalog.records.rounds.list())


@router.get("/rounds/{number}", operation_id="get_round", dependencies=browse)
def get_round(number: int, service: Served) -> RoundDetail:
    """One round and the first assets it selected."""
    rounds = service.project.catalog.records.rounds
    return RoundDetail(
        round=rounds.get(number), selected=list(rounds.selected(round=number))[:SELECTED]
    )


@router.get("/findings", operation_id="list_findings", dependencies=browse)
def list_findings(service: Served, round: Annotated[int | None, Query(ge=1)] = None) -> Findings:
    """What a round's diagnosis found; the newest round that has one by default."""
    told = _diagnosed(service.project, round)
    if told is None:
        return Findings(round=round, findings=[])
    return Findings(
        round=told.number,
        findings=[
            NamedFinding(id=f"{told.number}.{place}", finding=finding)
            for place, finding in enumerate(
                standing_findings(service.project.catalog, told), start=1
            )
        ],
    )


@router.get(
    "/confusions", operation_id="list_confusions", dependencies=[Depends(at_least(Role.REVIEWER))]
)
def list_confusions(
    service: Served, round: Annotated[int | None, Query(ge=1)] = None
) -> Confusions:
    """The confusion matrix of a round's model, cell by cell; of the newest round by default."""
    told = _diagnosed(service.project, round)
    if told is None:
        return Confusions(round=round, cells=[])
    return Confusions(round=told.number, cells=round_confusions(service.project.catalog, told))


@router.get("/lessons", operation_id="get_lessons", dependencies=[Depends(at_least(Role.REVIEWER))])
def get_lessons(service: Served, round: Annotated[int | None, Query(ge=1)] = None) -> Taught:
    """What data taught the model of a round, batch by batch and class by class; of the newest."""
    told = _diagnosed(service.project, round)
    if told is None:
        return Taught(round=round, lessons=None)
    return Taught(round=told.number, lessons=lessons(service.project.catalog, told))


@router.post("/rounds", operation_id="start_round", status_code=202, dependencies=manage)
def start_round(body: NextRoundRequest, service: Served) -> Job:
    """Select the next batch; a round that still collects is ended."""
    return Job.of(service.start_round(body.model_dump(exclude_none=True)))


@router.post("/rounds/finish", operation_id="finish_round", status_code=202, dependencies=manage)
def finish_round(service: Served) -> Job:
    """Train, evaluate and diagnose now, whatever is still open."""
    return Job.of(service.jobs.submit("finish_round"))


@router.post("/oracle", operation_id="run_oracle", status_code=202, dependencies=manage)
def run_oracle(body: OracleRequest, service: Served) -> Job:
    """Let the known labels answer whole rounds."""
    return Job.of(service.jobs.submit("oracle_round", {"rounds": body.rounds}))


def _diagnosed(project: Project, number: int | None) -> Round | None:
    """The round, or the newest, if its diagnosis is there."""
    rounds = project.catalog.records.rounds
    found = [rounds.get(number)] if number is not None else rounds.list()
    done = [one for one in found if one.step in (Step.DECIDE, Step.DONE)]
    return done[-1] if done else None
