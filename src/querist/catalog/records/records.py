"""The records of a project: what people and programs do, in one SQL database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from querist.catalog.records.address import read_address
from querist.catalog.records.auto_labels import AutoLabelLog
from querist.catalog.records.connection import Clock, Database, Postponed, utc_now
from querist.catalog.records.deliveries import DeliveryLog
from querist.catalog.records.gold import GoldList
from querist.catalog.records.invitations import InvitationList
from querist.catalog.records.jobs import JobList
from querist.catalog.records.labels import LabelLog
from querist.catalog.records.ledger import Ledger
from querist.catalog.records.migrating import migrate
from querist.catalog.records.models import ModelList
from querist.catalog.records.ontologies import OntologyList
from querist.catalog.records.opinions import OpinionLog
from querist.catalog.records.people import AnnotatorList, SourceList, TokenList
from querist.catalog.records.reviews import ReviewLog
from querist.catalog.records.rounds import RoundList
from querist.catalog.records.slices import SliceList
from querist.catalog.records.tasks import TaskList
from querist.catalog.records.work_log import WorkLog
from querist.catalog.records.workforces import WorkforceList

# The number of transactions that have ended, as a snapshot sees it: it grows with every write,
# in the very moment in which others can see the write.
_FINISHED_TRANSACTIONS = """
SELECT pg_snapshot_xmax(now)::text::bigint - (SELECT count(*) FROM pg_snapshot_xip(now))
FROM (SELECT pg_current_snapshot() AS now) AS snapshot
"""


class Records:
    """The records of the project in ``folder``, opened and brought up to date.

    Safe to share between threads; several processes may open the same records.

    Args:
        url: ``records.db`` (a SQLite file, relative to ``folder``), a ``postgresql://`` URL, or
            ``env:NAME``.
        folder: The project's folder.
        clock: Tells the time in UTC.

    Raises:
        InvalidInputError: the URL is of another kind.
        StorageError: the database cannot be reached, or was written by a newer Querist.
        MissingDependencyError: the PostgreSQL driver is not installed.
    """

    def __init__(self, url: str, folder: Path | str, *, clock: Clock = utc_now) -> None:
        address = read_address(url, Path(folder))
        self._database = Database(address, clock=clock)
        try:
            migrate(self._database)
        except BaseException:
            self._database.close()
            raise
        self.where = address.shown
        self.are_near = self._database.is_sqlite
        self.labels = LabelLog(self._database)
        self.auto_labels = AutoLabelLog(self._database)
        self.reviews = ReviewLog(self._database)
        self.opinions = OpinionLog(self._database)
        self.gold = GoldList(self._database)
        self.work = WorkLog(self._database)
        self.tasks = TaskList(self._database)
        self.rounds = RoundList(self._database)
        self.models = ModelList(self._database)
        self.slices = SliceList(self._database)
        self.jobs = JobList(self._database)
        self.annotators = AnnotatorList(self._database)
        self.invitations = InvitationList(self._database)
        self.tokens = TokenList(self._database)
        self.sources = SourceList(self._database)
        self.ledger = Ledger(self._database)
        self.ontologies = OntologyList(self._database)
        self.workforces = WorkforceList(self._database)
        self.deliveries = DeliveryLog(self._database)

    def moment(self) -> AbstractContextManager[None]:
        """A block whose reads are one transaction, which is faster; nothing may be written."""
        return self._database.moment()

    def together(self, *, durable: bool) -> AbstractContextManager[Postponed]:
        """A block whose reads and writes are one transaction on SQLite, waited for once.

        Each write is kept or taken back by itself, but none holds before the block has ended. What
        was postponed by ``later`` is to be called after it.
        """
        return self._database.together(durable=durable)

    def later(self, work: Callable[[], object]) -> None:
        """Do ``work`` now, or after the ``together`` block, which it would hold up."""
        self._database.later(work)

    def change_token(self) -> int:
        """A cheap number that grows with every change anybody makes to the records."""
        query = (
            "SELECT value FROM change_counter"
            if self._database.is_sqlite
            else _FINISHED_TRANSACTIONS
        )
        with self._database.read() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
