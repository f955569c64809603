"""Opinions: what several annotators said, the labels made of it, and how far they agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from querist.catalog import Catalog
from querist.errors import UnknownNameError
from querist.labeling.agreement import Agreement, agreement
from querist.labeling.consensus import (
    Change,
    Recomputed,
    labels_and_waiting,
    preview,
    recompute,
)
from querist.labeling.known_assets import check_known
from querist.labeling.prelabels import Sway, sway
from querist.labeling.votes import majority
from querist.schema import Action, Annotation, ConsensusMethod, Opinion, Origin, check_part


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """An asset whose opinions are all in and decide nothing: a reviewer labels it."""

    asset_id: str
    opinions: Sequence[Opinion]


class Opinions:
    """For those who may see them all; an annotator sees his own among ``Labels.recent``.

    Opinions are given by ``Labels.submit``.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._log = catalog.records.opinions

    def list(
        self,
        *,
        asset_id: str | None = None,
        annotator: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Opinion]:
        """All entries of the log in their order, those taken back included; filters narrow it.

        Raises:
            InvalidInputError: the offset or the limit is no whole number from 0.
        """
        check_part(offset, limit)
        return self._log.list(asset_id=asset_id, annotator=annotator, limit=limit, offset=offset)

    def standing(self, *, asset_id: str | None = None) -> Sequence[Opinion]:
        """What annotators say now, of one asset or all; answers to gold questions are not there."""
        return self._log.standing(asset_id=asset_id)

    def consensus(self, asset_id: str) -> Annotation | None:
        """The label that opinions made and that holds, if one does; raises NotFoundError."""
        entry = self._catalog.records.labels.current(check_known(self._catalog, asset_id))
        made = entry is not None and entry.origin is Origin.CONSENSUS
        return entry if made and entry is not None and entry.value is not None else None

    def disputes(self) -> Sequence[Dispute]:
        """The assets whose opinions decide nothing and that nobody has decided, by asset id.

        A first label on which another opinion was asked for holds meanwhile, but decides nothing.
        """
        by_asset = defaultdict(list)
        for opinion in self._log.standing():
            by_asset[opinion.asset_id].append(opinion)
        undecided = sorted(it for it, said in by_asset.items() if majority(said) is None)
        labels, waiting = labels_and_waiting(self._catalog, undecided)
        return [
            Dispute(asset_id=asset_id, opinions=by_asset[asset_id])
            for asset_id in undecided
            if asset_id not in waiting and not _is_decided(labels.get(asset_id), by_asset[asset_id])
        ]

    def recompute(self, method: ConsensusMethod | str | None = None) -> Recomputed:
        """Make all labels of opinions anew, by a method that weighs annotators over all of them.

        Assets that still wait for an opinion, or that a person has decided, are left alone.

        Args:
            method: ``majority``, ``dawid-skene``, ``glad``, ``crowdlab``, ``lean-crowd``; that of
                the settings by default.

        Raises:
            UnknownNameError: there is no such method.
            InvalidInputError: the method cannot be used for the task, or with so few labels.
        """
        return recompute(self._catalog, self._method(method))

    def preview(self, method: ConsensusMethod | str | None = None) -> Sequence[Change]:
        """What ``recompute`` would change; arguments and errors are those of ``recompute``."""
        return preview(self._catalog, self._method(method))

    def take_back(self, run: str) -> int:
        """Undo a run of ``recompute`` where its labels still hold; returns how many changed."""
        return self._log.take_back(run)

    def sway(self) -> Sway:
        """How far showing the model's suggestion sways people, where ``blind_share`` is set."""
        return sway(self._catalog)

    def agreement(self) -> Agreement:
        """How far annotators agree with each other, with the labels, and with gold questions."""
        return agreement(self._catalog)

    def _method(self, wanted: ConsensusMethod | str | None) -> ConsensusMethod:
        name = wanted or self._catalog.settings.policy.consensus
        known = [it.value for it in ConsensusMethod]
        if name not in known:
            raise UnknownNameError.of("consensus method", str(name), known)
        return ConsensusMethod(name)


def _is_decided(held: Annotation | None, said: Sequence[Opinion]) -> bool:
    """Whether the label that holds is more than what one of those who differ has said."""
    if held is None or held.value is None:
        return False
    left_by_undo = held.action is Action.UNDO and held.origin is Origin.CONSENSUS
    return not left_by_undo and held.submission_id not in {it.submission_id for it in said}
