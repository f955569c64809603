"""Review: which labels to look at first, and what came of it."""

from __future__ import annotations

from typing import Annotated, TypedDict

from fastapi import Depends, Query

from querist import schema
from querist.catalog import cards
from querist.errors import InvalidInputError
from querist.labeling import Reviews
from querist.schema import ReviewState, Role
from querist.server.auth import Current, at_least
from querist.server.review_schemas import (
    Review,
    ReviewHistory,
    ReviewItem,
    ReviewPage,
    ReviewRequest,
)
from querist.server.routers import router_of_members
from querist.server.routes.assets import AssetId, newest_model
from querist.server.schemas import Annotation, AssetCard, UndoRequest
from querist.server.service import Served
from querist.server.values import read_value

router = router_of_members("review", below="/review", needs=[Depends(at_least(Role.REVIEWER))])


@router.get("", operation_id="list_reviewable")
def list_reviewable(
    service: Served,
    current: Current,
    annotator: Annotated[str | None, Query(max_length=64)] = None,
    label: Annotated[str | None, Query(max_length=512)] = None,
    round: int | None = None,
    asset_id: Annotated[str | None, Query(max_length=512)] = None,
    state: ReviewState | None = ReviewState.WAITING,
    any_state: bool = False,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReviewPage:
    """Labels of others, the one that is wrong with the highest probability first."""
    project = service.project
    page = project.reviews.queue(
        reviewer=current.name,
        annotator=annotator,
        name=label,
        round=round,
        asset_id=asset_id,
        state=None if any_state else state,
        offset=offset,
        limit=limit,
    )
    ids = [item.annotation.asset_id for item in page.items]
    found = {card.id: card for card in cards(project.catalog, ids, newest_model(project))}
    items = [
        ReviewItem(
            annotation=Annotation.of(item.annotation),
            card=AssetCard.model_validate(found[item.annotation.asset_id]),
            state=item.state,
            expected_error=item.expected_error,
            review=Review.of(item.review) if item.review else None,
        )
        for item in page.items
    ]
    return ReviewPage(items=items, total=page.total, counts=page.counts)


@router.post("", operation_id="create_review", status_code=201)
def create_review(body: ReviewRequest, service: Served, current: Current) -> Review:
    """Accept, fix, send back or reopen a label; the same ``submission_id`` is stored once."""
    return Review.of(_store(service.project.reviews, current.name, body))


@router.post("/undo", operation_id="undo_review")
def undo_review(body: UndoRequest, service: Served, current: Current) -> Review:
    """Take back one's last review of an asset, with what it had done."""
    review = service.project.reviews.undo(
        body.asset_id, current.name, submission_id=body.submission_id
    )
    return Review.of(review)


@router.get("/history", operation_id="get_review_history")
def get_review_history(id: AssetId, service: Served) -> ReviewHistory:
    """All reviews of one asset, oldest first."""
    return ReviewHistory(reviews=[Review.of(it) for it in service.project.reviews.history(id)])


class _About(TypedDict):
    """What every review says, whatever it does."""

    reviewer: str
    label_seq: int | None
    comment: str | None
    submission_id: str


def _store(reviews: Reviews, reviewer: str, body: ReviewRequest) -> schema.Review:
    about = _About(
        reviewer=reviewer,
        label_seq=body.label_seq,
        comment=body.comment,
        submission_id=body.submission_id,
    )
    if (body.action == "fix") != (body.value is not None):
        raise InvalidInputError(
            f"The action is {body.action!r} and the value is {body.value}.",
            remedy="Send the right label with 'fix', and none with the other actions.",
        )
    if body.value is not None:
        value = read_value(body.value)
        return reviews.fix(body.asset_id, value, seconds=body.seconds, **about)
    if body.action == "accept":
        return reviews.accept(body.asset_id, seconds=body.seconds, **about)
    if body.action == "send_back":
        return reviews.send_back(body.asset_id, seconds=body.seconds, **about)
    return reviews.reopen(body.asset_id, **about)
