"""Team: people, their roles, invitations."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Depends, Response

from querist.schema import Role
from querist.server.auth import Current, at_least
from querist.server.routers import open_router, router_of_members
from querist.server.routes.session import start_session
from querist.server.schemas import Me
from querist.server.service import Served
from querist.server.team_schemas import (
    AcceptRequest,
    Invitation,
    InvitationLink,
    InviteRequest,
    Person,
    PersonRequest,
    WorkReport,
)

DAY = 86_400.0

public = open_router("team")
router = router_of_members("team", below="/team", needs=[Depends(at_least(Role.MANAGER))])


@public.post("/invitations/accept", operation_id="accept_invitation", status_code=201)
def accept_invitation(body: AcceptRequest, service: Served, response: Response) -> Me:
    """Come in by an invitation: a new name, and a session cookie for it."""
    person = service.project.team.accept(body.token, body.name)
    return start_session(service, person, response)


@router.get("", operation_id="list_people")
def list_people(service: Served) -> list[Person]:
    """Everybody by name, those who left included."""
    return [Person.model_validate(person) for person in service.project.team.people()]


@router.get("/reports", operation_id="list_work_reports")
def list_work_reports(service: Served) -> list[WorkReport]:
    """How everybody who has labelled works: how much, how fast, how right, and where they lean."""
    return [WorkReport.model_validate(one) for one in service.project.team.reports()]


@router.put("/people/{name}", operation_id="change_person")
def change_person(name: str, body: PersonRequest, service: Served, current: Current) -> Person:
    """Set a person's role, cost and skills, or send them away: then they are out at once."""
    changed = service.project.team.change(
        name,
        by=current,
        role=body.role,
        hourly_cost=body.hourly_cost,
        skills=body.skills,
        active=body.active,
    )
    return Person.model_validate(changed)


@router.get("/invitations", operation_id="list_invitations")
def list_invitations(service: Served) -> list[Invitation]:
    """The invitations that somebody may still accept, newest first."""
    return [Invitation.model_validate(one) for one in service.project.team.invitations()]


@router.post("/invitations", operation_id="create_invitation", status_code=201)
def create_invitation(body: InviteRequest, service: Served, current: Current) -> InvitationLink:
    """Make a link that lets one person in, once."""
    made, token = service.project.team.invite(
        body.role,
        by=current,
        seconds=body.days * DAY,
        hourly_cost=body.hourly_cost,
        skills=body.skills,
    )
    return InvitationLink(
        invitation=Invitation.model_validate(made),
        token=token,
        path=f"/#invitation={quote(token)}",
    )


@router.delete("/invitations/{invitation_id}", operation_id="withdraw_invitation")
def withdraw_invitation(invitation_id: int, service: Served, current: Current) -> Invitation:
    """Make an invitation worthless."""
    ended = service.project.team.withdraw(invitation_id, by=current)
    return Invitation.model_validate(ended)
