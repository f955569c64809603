"""Reviews: whatever was labelled and reviewed before, an undo restores what was there."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from querist.catalog.records import NewTask, Records, ReviewEntry
from querist.errors import QueristError
from querist.schema import (
    Action,
    Arm,
    ClassValue,
    ReviewAction,
    Round,
    Step,
    TaskState,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASSET = "img-1"
STEPS = ("label", "accept", "fix", "send_back", "reopen", "undo_label", "undo_review")


class Desk:
    """One asset with its task, ana who labels and rita who reviews."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.count = 0
        records.annotators.ensure("ana")
        records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
        records.rounds.select(
            Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
            expected_step=Step.SELECT,
            selected=[],
            tasks=[NewTask(asset_id=ASSET, arms=(Arm.ACTIVE,), priority=0.0)],
        )
        (self.task,) = records.tasks.for_asset(ASSET)

    def take(self, step: str, name: str) -> bool:
        """Do one step; whether it was possible."""
        self.count += 1
        key = f"s{self.count}"
        try:
            self._do(step, ClassValue(name=name), key)
        except QueristError:
            return False
        return True

    def _do(self, step: str, value: ClassValue, key: str) -> None:
        if step == "label":
            self.records.labels.append(
                asset_id=ASSET,
                action=Action.LABEL,
                value=value,
                annotator="ana",
                ontology_version=1,
                submission_id=key,
                task_id=self.task.id,
            )
        elif step == "undo_label":
            self.records.labels.undo(asset_id=ASSET, annotator="ana", submission_id=key)
        elif step == "undo_review":
            self.records.reviews.undo(asset_id=ASSET, reviewer="rita", submission_id=key)
        else:
            action = ReviewAction(step)
            self.records.reviews.append(
                ReviewEntry(
                    asset_id=ASSET,
                    action=action,
                    reviewer="rita",
                    submission_id=key,
                    comment="Look again.",
                    value=value if action is ReviewAction.FIX else None,
                )
            )

    def stands(self) -> tuple[object, ...]:
        """The label that holds, where it stands in the review, and whether the author is asked."""
        entry = self.records.labels.current(ASSET)
        found = self.records.reviews.reviewable()
        (task,) = self.records.tasks.for_asset(ASSET)
        asked = task.state is TaskState.OPEN and task.sent_to == "ana"
        return (entry.value if entry else None), tuple(found.states), asked


steps = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(["a", "b"])), max_size=8)


@given(before=steps, step=st.sampled_from(["accept", "fix", "send_back", "reopen"]))
@settings(max_examples=60, deadline=None)
def test_an_undo_restores_label_state_and_task(before, step) -> None:
    """After any history a review that was possible can be undone, and nothing else has moved."""
    with tempfile.TemporaryDirectory() as folder, Records("records.db", folder) as records:
        desk = Desk(records)
        for earlier, name in before:
            desk.take(earlier, name)
        stood = desk.stands()
        entries = len(records.labels.history(ASSET)), len(records.reviews.history(ASSET))
        if not desk.take(step, "b"):
            assert desk.stands() == stood
            assert entries == (
                len(records.labels.history(ASSET)),
                len(records.reviews.history(ASSET)),
            )
            return
        assert desk.take("undo_review", "b")
        assert desk.stands() == stood
        assert len(records.reviews.history(ASSET)) == entries[1] + 2
