"""Team: who may let whom in, change whose role, and send whom away."""

from __future__ import annotations

from collections.abc import Sequence

from querist.catalog import Catalog
from querist.errors import InvalidInputError, PermissionDeniedError
from querist.labeling.reports import WorkReport, work_reports
from querist.schema import Annotator, Invitation, Role, check_money, check_name

INVITATION_SECONDS = 7 * 24 * 3600.0
_MANAGED = (Role.REVIEWER, Role.ANNOTATOR, Role.MODEL)
MOST_SKILLS = 20


class Team:
    """Everybody who works on a project.

    Owners decide about everybody. Managers decide about reviewers, annotators and models. There
    is always an owner.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._people = catalog.records.annotators
        self._invitations = catalog.records.invitations

    def people(self) -> list[Annotator]:
        """Everybody by name, those who left included."""
        return list(self._people.list())

    def reports(self) -> list[WorkReport]:
        """How everybody who has labelled works, by name."""
        return work_reports(self._catalog)

    def invitations(self) -> list[Invitation]:
        """The invitations that somebody may still accept, newest first."""
        return list(self._invitations.open())

    def invite(
        self,
        role: Role,
        *,
        by: Annotator,
        seconds: float = INVITATION_SECONDS,
        hourly_cost: float | None = None,
        skills: Sequence[str] = (),
    ) -> tuple[Invitation, str]:
        """Make an invitation; returns it with its secret, which cannot be read again.

        Raises:
            PermissionDeniedError: ``by`` may not give that role.
            InvalidInputError: a value is wrong.
        """
        _check_power(by, role)
        return self._invitations.add(
            role=role,
            invited_by=by.name,
            ttl_seconds=seconds,
            hourly_cost=check_money("hourly cost", hourly_cost),
            skills=_checked_skills(skills),
        )

    def accept(self, secret: str, name: str) -> Annotator:
        """Use up an invitation under a name that is free; raises AuthenticationError."""
        self._invitations.accept(secret, name)
        return self._people.get(name)

    def withdraw(self, invitation_id: int, *, by: Annotator) -> Invitation:
        """Make an invitation worthless.

        Raises:
            NotFoundError: there is none that is open.
            PermissionDeniedError: ``by`` may not give its role.
        """
        _check_power(by, self._invitations.get(invitation_id).role)
        return self._invitations.withdraw(invitation_id)

    def change(
        self,
        name: str,
        *,
        by: Annotator,
        role: Role,
        hourly_cost: float | None,
        skills: Sequence[str],
        active: bool = True,
    ) -> Annotator:
        """Set somebody's role, cost and skills, and whether they may come in.

        Somebody who is deactivated is out at once: their tokens end and the tasks they hold go
        back; their labels stay.

        Raises:
            NotFoundError: there is no such person.
            PermissionDeniedError: ``by`` may not decide about them, or not give that role.
            ConflictError: nobody would be an owner any more.
        """
        before = self._people.get(name)
        _check_power(by, before.role)
        _check_power(by, role)
        return self._people.settle(
            name,
            role=role,
            hourly_cost=check_money("hourly cost", hourly_cost),
            skills=_checked_skills(skills),
            active=active,
        )


def _check_power(by: Annotator, role: Role) -> None:
    if by.role is Role.OWNER or (by.role is Role.MANAGER and role in _MANAGED):
        return
    raise PermissionDeniedError(
        f"{by.name!r} is {by.role.value} and may not decide about a role of {role.value}.",
        remedy="Ask an owner of the project.",
        role=by.role.value,
    )


def _checked_skills(skills: Sequence[str]) -> list[str]:
    if len(skills) > MOST_SKILLS:
        raise InvalidInputError(
            f"There are {len(skills)} skills.", remedy=f"Give at most {MOST_SKILLS}."
        )
    return sorted({check_name("skill", skill) for skill in skills})
