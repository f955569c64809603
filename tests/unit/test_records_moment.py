"""Blocks whose reads are one transaction, on both databases."""

from __future__ import annotations

import pytest

from querist.catalog.records import Records
from querist.errors import NotFoundError
from querist.schema import Role


def test_reads_in_a_moment_say_what_they_say_outside(records: Records) -> None:
    """All reads work in the block, also nested and after one that found nothing."""
    records.annotators.ensure("ana", role=Role.REVIEWER)
    with records.moment():
        with records.moment(), pytest.raises(NotFoundError):
            records.tasks.get(7)
        assert records.annotators.get("ana").role is Role.REVIEWER
        assert records.rounds.stage() is None


def test_nothing_is_written_in_a_moment(records: Records) -> None:
    """A write in the block is an error of the program; after the block it works."""
    with records.moment(), pytest.raises(AssertionError, match="a write inside a moment"):
        records.annotators.ensure("ben")
    assert records.annotators.ensure("ben").name == "ben"
