"""Suspects: labels that are probably wrong, found out of fold, and sent for a second opinion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.diagnostics.label_errors import suspects
from querist.diagnostics.sample import Sample
from querist.errors import InvalidInputError
from querist.labeling.expected_errors import unseen_probabilities
from querist.labeling.known_assets import check_known
from querist.schema import Annotation, Arm, Origin, ReviewState, check_part


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A label that is probably wrong.

    Attributes:
        annotation: The label that holds.
        given: Its class, in the classes of now.
        suggested: What models say that have not learned from it.
        confidence: Their probability of the given class, 0 to 1; lower is more suspect.
    """

    annotation: Annotation
    given: str
    suggested: str
    confidence: float


# Inside the class `list` is a method.
_Suspects = list[Suspect]


class Suspects:
    """Label errors that confident learning finds among all labels, for a second look.

    Example:
        >>> project.suspects.send(20)                                     # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def list(self, limit: int | None = None) -> _Suspects:
        """The suspects, the least credible label first.

        Left out is what reviewers have decided or accepted, what somebody is asked about now, and
        what was labelled anew since the newest model learned.
        Labels are judged by five models of the newest model's kind, each trained without the
        labels it judges. A model finds hard labels suspect too: a second opinion costs little.

        Args:
            limit: At most so many; all by default.

        Raises:
            InvalidInputError: there is no model yet, no model learns such labels, or there are
                more labels than can be judged out of fold.
        """
        check_part(0, limit)
        model = self._catalog.records.models.latest(Arm.ACTIVE)
        if model is None:
            raise InvalidInputError(
                "There is no model that could doubt a label.", remedy="Train one: querist train"
            )
        judged, table = unseen_probabilities(self._catalog, model)
        reading = self._catalog.records.ontologies.reading()
        names = reading.ontology.names
        index = {name: code for code, name in enumerate(names)}
        said = reading.probabilities(table, model.classes, reading.made_under(model))
        ids = self._catalog.assets.ids()
        row_of = {ids[at]: i for i, at in enumerate(judged.tolist())}
        held = {}
        states = self._catalog.records.labels.states(upto=model.label_seq)
        for asset_id, name, version in zip(
            states.asset_ids, states.classes, states.ontology_versions, strict=True
        ):
            now = name and reading.name(name, version)
            if asset_id in row_of and now in index:
                held[asset_id] = (row_of[asset_id], index[now])
        rows = np.array([row for row, _ in held.values()], dtype=np.int64)
        codes = np.array([code for _, code in held.values()], dtype=np.int64)
        sample = Sample.of(codes, said[rows], names, list(held))
        return self._open(sample, suspects(sample).tolist(), model.label_seq, limit)

    def send(
        self, count: int | None = None, *, asset_ids: Sequence[str] | None = None
    ) -> Sequence[str]:
        """Ask somebody else about labels, who does not see them; those hold until outvoted.

        The tasks come before all others, the least credible label first, in the newest round.

        Args:
            count: So many of the suspects, the least credible first; all of them by default.
            asset_ids: Instead of suspects, these labelled assets, in this order.

        Returns:
            The assets that are asked about now; those without a label, or with a task that nobody
            has finished, are left alone.

        Raises:
            InvalidInputError: there is no round that tasks could belong to, or as ``list``.
            NotFoundError: there is no such asset.
        """
        check_part(0, count)
        latest = self._catalog.records.rounds.latest()
        if latest is None:
            raise InvalidInputError(
                "Tasks belong to rounds, and there is none yet.", remedy="Start a round first."
            )
        if asset_ids is None:
            wanted = [it.annotation.asset_id for it in self.list(count)]
        else:
            wanted = [check_known(self._catalog, it) for it in asset_ids][:count]
        return self._catalog.records.opinions.ask_again(wanted, latest.number)

    def _open(self, sample: Sample, rows: Sequence[int], upto: int, limit: int | None) -> _Suspects:
        records = self._catalog.records
        asked = records.tasks.asked()
        ids = [sample.ids[i] for i in rows]
        reviews = records.reviews.currents(ids)
        found: _Suspects = []
        for i, asset_id in zip(rows, ids, strict=True):
            if len(found) == limit:
                break
            review = reviews.get(asset_id)
            decided = review is not None and review.state is not ReviewState.WAITING
            if decided or asset_id in asked:
                continue
            entry = records.labels.current(asset_id)
            if entry is None or entry.origin is Origin.REVIEW or entry.seq > upto:
                continue
            found.append(
                Suspect(
                    annotation=entry,
                    given=sample.classes[sample.truth[i]],
                    suggested=sample.classes[sample.predicted[i]],
                    confidence=float(sample.probabilities[i, sample.truth[i]]),
                )
            )
        return found
