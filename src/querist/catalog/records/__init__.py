"""Records in SQL: labels, tasks, rounds, models, jobs, people and the ledger."""

from querist.catalog.records.labels import LabelLog, LabelStates
from querist.catalog.records.ledger import Booking
from querist.catalog.records.records import Records
from querist.catalog.records.tasks import NewTask

__all__ = ["Booking", "LabelLog", "LabelStates", "NewTask", "Records"]
