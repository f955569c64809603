"""Who labelled what, when and how long: the rows that reports about people are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.opinion_rows import IS_LABEL_TOO
from querist.catalog.records.review_tables import reviews
from querist.catalog.records.tables import annotation_log, opinions
from querist.catalog.records.undoing import standing
from querist.schema import Action, Origin, ReviewAction

_OWN = (Origin.PERSON.value, Origin.MODEL.value, Origin.REVIEW.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Labels that people gave, opinions included, as columns in the order of giving.

    Attributes:
        annotators: Who.
        asset_ids: About what.
        classes: The class, ``None`` where the label is of another kind.
        ontology_versions: The ontology it was given under.
        seconds: Working time, ``None`` where it was not measured.
        created_at: When, UTC.
    """

    annotators: Sequence[str]
    asset_ids: Sequence[str]
    classes: Sequence[str | None]
    ontology_versions: Sequence[int]
    seconds: Sequence[float | None]
    created_at: Sequence[datetime]


class WorkLog:
    """Reads the logs as what people did; an answer to a gold question is an opinion too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def labels(self) -> Work:
        """All labels that people and models gave, also those that were taken back since."""
        rows = sorted(
            self._rows(annotation_log, annotation_log.c.origin.in_(_OWN))
            + self._rows(opinions, ~IS_LABEL_TOO),
            key=lambda row: row[-1],
        )
        columns: tuple[Any, ...] = tuple(zip(*rows, strict=True)) if rows else ((),) * 6
        annotators, asset_ids, classes, ontology_versions, seconds, created_at = columns
        return Work(
            annotators=annotators,
            asset_ids=asset_ids,
            classes=classes,
            ontology_versions=ontology_versions,
            seconds=seconds,
            created_at=created_at,
        )

    def verdicts(self) -> list[tuple[str, str, int, bool]]:
        """The last verdict of each label that was reviewed and not reopened.

        Returns:
            Author, asset, entry of the label log, and whether it was accepted.
        """
        columns = (
            reviews.c.asset_id,
            reviews.c.author,
            reviews.c.label_seq,
            reviews.c.action,
        )
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(reviews.c.seq)).all()
        by_asset: dict[str, list[Any]] = {}
        for row in rows:
            by_asset.setdefault(row.asset_id, []).append(row)
        found: dict[int, tuple[str, str, int, bool]] = {}
        for said in by_asset.values():
            for review in standing(said):
                accepted = review.action == ReviewAction.ACCEPT.value
                found[review.label_seq] = review.author, review.asset_id, review.label_seq, accepted
                if review.action == ReviewAction.REOPEN.value:
                    del found[review.label_seq]
        return list(found.values())

    def _rows(self, table: sa.Table, which: sa.ColumnElement[bool]) -> list[tuple[Any, ...]]:
        query = sa.select(
            table.c.annotator,
            table.c.asset_id,
            table.c.class_name,
            table.c.ontology_version,
            table.c.seconds,
            table.c.created_at,
        ).where(table.c.action == Action.LABEL.value, which)
        with self._database.read() as connection:
            return [tuple(row) for row in connection.execute(query.order_by(table.c.seq))]
