"""Gold questions: assets with known answers, mixed into what an annotator is asked."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.labeling.known_assets import check_known
from querist.labeling.values import Label, fitting
from querist.schema import Arm, Gold, Question, Task, check_name

# One stream of random numbers for each purpose; the loop has those from 10 on.
_DRAW_STREAM, _PLACE_STREAM, _ORDER_STREAM = 51, 52, 53


class GoldQuestions:
    """The gold questions of a project; a change is appended, nothing is lost.

    Example:
        >>> project.gold.add("img-7", "boot", created_by="rev")           # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, asset_id: str, label: Label, *, created_by: str, note: str = "") -> Gold:
        """Make an asset a gold question, or correct its answer; it gets no label by this.

        Args:
            asset_id: The asset.
            label: The right answer, as in ``Labels.submit``.
            created_by: Who vouches for it.
            note: Why it is right.

        Raises:
            NotFoundError: there is no such asset.
            UnknownNameError: there is no such class.
            InvalidInputError: the answer does not fit the task.
        """
        check_known(self._catalog, asset_id)
        check_name("annotator", created_by)
        ontology = self._catalog.records.ontologies.current()
        value = fitting(self._catalog, {asset_id: label}, ontology)[asset_id]
        return self._catalog.records.gold.add(asset_id, value, note=note, created_by=created_by)

    def retire(self, asset_id: str, *, created_by: str, note: str = "") -> Gold:
        """Ask it no more; answers that were given count on. Raises NotFoundError."""
        check_name("annotator", created_by)
        return self._catalog.records.gold.retire(asset_id, note=note, created_by=created_by)

    def list(self, *, retired: bool = False) -> Sequence[Gold]:
        """The gold questions that are asked, by asset id; ``retired`` gives the others instead."""
        return self._catalog.records.gold.list(retired=retired)


def mix_in(
    catalog: Catalog, tasks: Sequence[Task], annotator: str, *, count: int, seconds: float
) -> Sequence[Task]:
    """Put gold questions before some of an annotator's reserved tasks; at most ``count`` come back.

    Before which, the seed draws for each task and annotator, once. Of the questions the annotator
    has not met, the one the newest model doubts most is asked; without a model a random one. What
    no longer fits goes back to the queue.
    """
    share = catalog.settings.policy.gold_share
    drawn = {it.id for it in tasks if it.kind is not Question.GOLD and _hit(catalog, it, annotator)}
    if not share or not drawn:
        return tasks
    questions = _hardest_first(catalog, annotator)
    found: list[Task] = []
    surplus: list[Task] = []
    for task in tasks:
        if task.id in drawn and len(found) < count:
            asked = catalog.records.gold.lease_beside(
                task,
                annotator,
                seconds=seconds,
                asset_ids=questions,
                rng=_rng(catalog, _PLACE_STREAM, annotator, task.id),
            )
            if asked is not None:
                found.append(asked)
                questions = [it for it in questions if it != asked.asset_id]
        (found if len(found) < count else surplus).append(task)
    catalog.records.tasks.release([it.id for it in surplus], annotator)
    return found


def _hit(catalog: Catalog, task: Task, annotator: str) -> bool:
    share = catalog.settings.policy.gold_share
    chance = share / (1 - share)
    return bool(_rng(catalog, _DRAW_STREAM, annotator, task.id).random() < chance)


def _hardest_first(catalog: Catalog, annotator: str) -> Sequence[str]:
    ids = [it.asset_id for it in catalog.records.gold.unanswered(annotator)]
    if not ids:
        return ids
    order = _rng(catalog, _ORDER_STREAM, annotator, 0).permutation(len(ids))
    margin = np.full(len(ids), np.inf)
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is not None:
        margin = _margins(catalog, model.id, ids)
    return [ids[i] for i in order[np.argsort(margin[order], kind="stable")].tolist()]


def _margins(catalog: Catalog, model_id: str, ids: Sequence[str]) -> NDArray[np.float64]:
    found = np.full(len(ids), np.inf)
    try:
        known = catalog.predictions.summary(model_id).margin
    except NotFoundError:
        return found
    rows = catalog.assets.positions(list(ids))
    seen = rows < len(known)
    found[seen] = known[rows[seen]]
    return found


def _rng(catalog: Catalog, stream: int, annotator: str, task_id: int) -> np.random.Generator:
    seed = catalog.settings.policy.seed
    return np.random.default_rng([seed, stream, zlib.crc32(annotator.encode()), task_id])
