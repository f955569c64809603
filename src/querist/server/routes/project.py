"""The project and its home page."""

from __future__ import annotations

from dataclasses import asdict

from querist.catalog import AssetQuery, encoder_name, matching
from querist.loop import Status, learner_name, next_batch_size, trains
from querist.schema import Arm, Estimate, Round, Step
from querist.server.home_schemas import (
    AuditState,
    Budget,
    Budgets,
    CurvePoint,
    Curves,
    Home,
    RoundSummary,
)
from querist.server.routers import router_of_members
from querist.server.schemas import ProjectInfo
from querist.server.service import Served

router = router_of_members("project")


@router.get("/project", operation_id="get_project")
def get_project(service: Served) -> ProjectInfo:
    """What the project is."""
    project = service.project
    settings, ontology = project.settings, project.ontology
    return ProjectInfo(
        name=settings.name,
        task=ontology.task,
        media=settings.media,
        ontology=ontology,
        asset_count=project.catalog.assets.count(),
        labeled_count=service.labeled.read()[0],
        oracle=settings.oracle_column is not None,
        default_batch_size=settings.policy.batch_size,
        strategy=settings.policy.strategy,
        learner=learner_name(project.catalog),
        encoder=encoder_name(project.catalog),
        learns=trains(project.catalog),
    )


@router.get("/home", operation_id="get_home")
def get_home(service: Served) -> Home:
    """Where the project stands and what Querist advises."""
    status = service.project.status()
    left = int(matching(service.project.catalog, AssetQuery(state="unlabeled")).sum())
    drawn = service.project.catalog.records.rounds.drawn(Arm.ACTIVE)
    return Home(
        sentence=status.sentence,
        advice=status.advice,
        curve=Curves(
            active=[CurvePoint(**asdict(point)) for point in status.curve.active],
            control=[CurvePoint(**asdict(point)) for point in status.curve.control],
            measure=status.curve.measure,
            left_out=status.left_out,
        ),
        audit=AuditState(labeled=status.audit_labeled, wanted=status.audit_wanted),
        rounds=[_summary(round_, drawn.get(round_.number, 0)) for round_ in status.rounds],
        budget=_budgets(status),
        compute=status.compute,
        held_out=status.held_out,
        open_tasks=status.open_tasks,
        round_tasks=status.round_tasks,
        current_round=status.current_round,
        next_batch_size=min(next_batch_size(service.project.catalog), left),
        control_share=service.project.settings.policy.control_share,
        audit_size=service.project.settings.policy.audit_size,
        currency=service.project.settings.policy.currency,
        saved_labels=status.saving.labels if status.saving else None,
    )


def _summary(round_: Round, drawn: int) -> RoundSummary:
    active = _evaluation(round_, Arm.ACTIVE)
    control = _evaluation(round_, Arm.CONTROL)
    return RoundSummary(
        number=round_.number,
        step=round_.step,
        strategy=round_.plan.strategy if round_.plan else None,
        drawn=None if round_.step in (Step.PLAN, Step.SELECT) else drawn,
        labels=active[0] if active else None,
        accuracy=active[1] if active else None,
        control_accuracy=control[1] if control else None,
        note=round_.advice.sentence if round_.advice else "",
        started_at=round_.started_at,
        finished_at=round_.finished_at,
        findings=len(round_.findings),
    )


def _evaluation(round_: Round, arm: Arm) -> tuple[int, Estimate] | None:
    found = next((e for e in round_.evaluations if e.arm is arm), None)
    return None if found is None else (found.labels, found.accuracy)


def _budgets(status: Status) -> Budgets:
    by_unit = {b.unit: Budget(spent=b.spent, limit=b.limit) for b in status.budgets}
    return Budgets(labels=by_unit["labels"], seconds=by_unit["seconds"], money=by_unit["money"])
