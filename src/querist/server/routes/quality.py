"""Opinions of several annotators, gold questions, and how far annotators agree."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Query

from querist.catalog import cards
from querist.schema import Role
from querist.server.auth import Current, at_least
from querist.server.quality import (
    Agreement,
    Asked,
    Change,
    Dispute,
    Gold,
    GoldRequest,
    Opinion,
    Recomputed,
    RecomputeRequest,
    RetireRequest,
    SecondOpinionRequest,
    Suspect,
    Sway,
    TakeBackRequest,
    TakenBack,
)
from querist.server.routers import router_of_members
from querist.server.routes.assets import newest_model
from querist.server.schemas import MAX_ID
from querist.server.service import Served
from querist.server.values import read_value

router = router_of_members("quality")
review = [Depends(at_least(Role.REVIEWER))]
manage = [Depends(at_least(Role.MANAGER))]

Name = Annotated[str | None, Query(min_length=1, max_length=MAX_ID)]


@router.get("/opinions", operation_id="list_opinions", dependencies=review)
def list_opinions(
    service: Served,
    asset_id: Name = None,
    annotator: Name = None,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Opinion]:
    """What annotators said about assets that are asked of several, oldest first."""
    found = service.project.opinions.list(
        asset_id=asset_id, annotator=annotator, limit=limit, offset=offset
    )
    return [Opinion.of(opinion) for opinion in found]


@router.get("/opinions/disputes", operation_id="list_disputes", dependencies=review)
def list_disputes(service: Served) -> list[Dispute]:
    """Assets whose opinions are all in and decide nothing: label them to decide."""
    return [
        Dispute(asset_id=it.asset_id, opinions=[Opinion.of(said) for said in it.opinions])
        for it in service.project.opinions.disputes()
    ]


@router.post("/opinions/preview", operation_id="preview_consensus", dependencies=manage)
def preview_consensus(body: RecomputeRequest, service: Served) -> list[Change]:
    """What making all labels of opinions anew would change; nothing is written."""
    return [Change.of(change) for change in service.project.opinions.preview(body.method)]


@router.post("/opinions/recompute", operation_id="recompute_consensus", dependencies=manage)
def recompute_consensus(body: RecomputeRequest, service: Served) -> Recomputed:
    """Make all labels of opinions anew, by a method that weighs annotators over all of them."""
    return Recomputed(**asdict(service.project.opinions.recompute(body.method)))


@router.post("/opinions/take-back", operation_id="take_back_consensus", dependencies=manage)
def take_back_consensus(body: TakeBackRequest, service: Served) -> TakenBack:
    """Undo a run of recompute where its labels still hold."""
    return TakenBack(changed=service.project.opinions.take_back(body.run))


@router.get("/agreement", operation_id="get_agreement", dependencies=review)
def get_agreement(service: Served) -> Agreement:
    """How far annotators agree with each other, with the labels, and with gold questions."""
    return Agreement.model_validate(asdict(service.project.opinions.agreement()))


@router.get("/sway", operation_id="get_sway", dependencies=review)
def get_sway(service: Served) -> Sway:
    """How far showing the model's suggestion sways people, where a share is served without it."""
    return Sway.model_validate(asdict(service.project.opinions.sway()))


@router.get("/suspects", operation_id="list_suspects", dependencies=review)
def list_suspects(
    service: Served, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Suspect]:
    """Labels that are probably wrong, the least credible first."""
    project = service.project
    found = project.suspects.list(limit)
    ids = [it.annotation.asset_id for it in found]
    shown = cards(project.catalog, ids, newest_model(project))
    return [Suspect.of(it, card) for it, card in zip(found, shown, strict=True)]


@router.post("/second-opinions", operation_id="ask_again", status_code=201, dependencies=manage)
def ask_again(body: SecondOpinionRequest, service: Served) -> Asked:
    """Ask somebody else about labels, who does not see them; those hold until outvoted."""
    asked = service.project.suspects.send(body.count, asset_ids=body.asset_ids)
    return Asked(asset_ids=list(asked))


@router.get("/gold", operation_id="list_gold", dependencies=manage)
def list_gold(service: Served, retired: bool = False) -> list[Gold]:
    """The gold questions that are asked, or those that are retired."""
    return [Gold.of(gold) for gold in service.project.gold.list(retired=retired)]


@router.post("/gold", operation_id="add_gold", status_code=201, dependencies=manage)
def add_gold(body: GoldRequest, service: Served, current: Current) -> Gold:
    """Make an asset a gold question, or correct its answer; it gets no label by this."""
    value = read_value(body.value)
    return Gold.of(
        service.project.gold.add(body.asset_id, value, created_by=current.name, note=body.note)
    )


@router.post("/gold/retire", operation_id="retire_gold", dependencies=manage)
def retire_gold(body: RetireRequest, service: Served, current: Current) -> Gold:
    """Ask a gold question no more; answers that were given count on."""
    return Gold.of(
        service.project.gold.retire(body.asset_id, created_by=current.name, note=body.note)
    )
