"""The queue: the next assets for one person, why each is asked, and what the model thinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from querist.catalog import Catalog
from querist.labeling.assets_ahead import AssetsAhead
from querist.labeling.blindness import is_veiled
from querist.labeling.explaining import explain
from querist.labeling.gold import mix_in
from querist.labeling.suggesting import suggest
from querist.schema import (
    Annotator,
    Arm,
    Asset,
    Question,
    Task,
    TaskState,
    Value,
    check_name,
)

LEASE_SECONDS = 120.0
# The reason that says most comes first where an asset was drawn for several arms.
_TELLING = (Arm.ACTIVE, Arm.CONTROL, Arm.AUDIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """One task with all that is needed to answer it.

    Attributes:
        task: The task, held by the annotator who asked.
        asset: The asset.
        version: Version of its label, or of the annotator's own opinion where it is asked of
            several; send it back as ``expected_version``.
        prelabel: What the newest model suggests; ``None`` before one, for assets it has not seen,
            for the audit set, where a suggestion would flatter the model it measures, for second
            opinions, and for the share of the tasks that measures how far suggestions sway people.
        confidence: How sure the model is of its suggestion as a whole, 0 to 1; ``None`` of
            numbers, and of boxes and spans, which each have their own.
        model_id: The model that suggests, also where that is not shown; send it back.
        why: Why the asset was selected, in words; not for annotators while gold questions are
            asked, which have no such reason.
    """

    task: Task
    asset: Asset
    version: int
    prelabel: Value | None
    confidence: float | None
    model_id: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """What one person gets.

    Attributes:
        items: The tasks, most wanted first.
        remaining: Tasks that wait for an answer and are not held by others, these included.
        explanation: Where the round stands, and why there is nothing if there is nothing.
    """

    items: list[QueueItem]
    remaining: int
    explanation: str


class Queue:
    """Hands out tasks: never the same to two people, and back again when a lease runs out."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._assets = AssetsAhead(catalog)

    def next(
        self, annotator: str | Annotator, count: int = 1, *, lease_seconds: float = LEASE_SECONDS
    ) -> QueuePage:
        """Reserve the next tasks for ``annotator``; those held already come first.

        Args:
            annotator: Who asks; a name is made known if new.
            count: At most so many.
            lease_seconds: How long they are reserved.

        Raises:
            InvalidInputError: the name, the count or the time cannot be used.
        """
        records = self._catalog.records
        if isinstance(annotator, Annotator):
            person = annotator
        else:
            person = records.annotators.ensure_person(check_name("annotator", annotator))
        tasks: Sequence[Task] = records.tasks.lease(
            person.name, count=count, seconds=lease_seconds, skills=person.skills
        )
        if self._catalog.settings.policy.gold_share:
            tasks = mix_in(self._catalog, tasks, person.name, count=count, seconds=lease_seconds)
        with records.moment():
            kept = records.tasks.sent_back()
            kept.pop(person.name, None)
            waiting = records.tasks.tally.of()[TaskState.OPEN] - sum(kept.values())
            asked = sum(task.kind is not Question.GOLD for task in tasks)
            return QueuePage(
                items=self._items(tasks, veiled=is_veiled(self._catalog, person)),
                # A gold question has put a task back: to count both would tell that it is one.
                remaining=max(waiting + asked, len(tasks)),
                explanation=explain(self._catalog, own=len(tasks), skills=person.skills),
            )

    def renew(
        self, task_ids: Sequence[int], annotator: str, lease_seconds: float = LEASE_SECONDS
    ) -> list[Task]:
        """Reserve held tasks for longer; returns those that are still held."""
        return list(self._catalog.records.tasks.renew(list(task_ids), annotator, lease_seconds))

    def release(self, task_ids: Sequence[int], annotator: str) -> list[Task]:
        """Give held tasks back for others; returns those that were held."""
        return list(self._catalog.records.tasks.release(list(task_ids), annotator))

    def _items(self, tasks: Sequence[Task], *, veiled: bool) -> list[QueueItem]:
        if not tasks:
            return []
        ids = [task.asset_id for task in tasks]
        assets = self._assets.get_many(ids)
        suggestions = suggest(self._catalog, tasks)
        items = []
        for task, asset in zip(tasks, assets, strict=True):
            suggestion = suggestions.get(task.id)
            shown = suggestion if suggestion and suggestion.shown else None
            items.append(
                QueueItem(
                    task=task,
                    asset=asset,
                    version=self._version(task),
                    prelabel=shown.value if shown else None,
                    confidence=shown.confidence if shown else None,
                    model_id=suggestion.model_id if suggestion else None,
                    why=_plain_why(task) if veiled else self._why(task),
                )
            )
        return items

    def _version(self, task: Task) -> int:
        records = self._catalog.records
        if task.kind is Question.LABEL or task.annotator is None:
            return records.labels.version(task.asset_id)
        said = records.opinions.last(task.asset_id, task.annotator)
        return said.version if said else 0

    def _why(self, task: Task) -> str:
        if task.note is not None:
            return f"Sent back: {task.note}"
        if task.kind is Question.SECOND:  # the reason would tell how sure the first label is
            return _plain_why(task)
        found = self._catalog.records.rounds.selected_for(task.asset_id)
        reasons = {item.arm: item for item in found if item.round == task.round}
        for arm in _TELLING:
            if arm in reasons:
                return reasons[arm].reason
        return _plain_why(task)


def _plain_why(task: Task) -> str:
    return f"Round {task.round} asks for it."
