"""Records in SQL: labels, tasks, rounds, models, jobs, people and the ledger."""

from querist.catalog.records.label_rows import Entry
from querist.catalog.records.labels import LabelLog, LabelStates
from querist.catalog.records.ledger import Booking
from querist.catalog.records.records import Records
from querist.catalog.records.settling import Rule, Verdict
from querist.catalog.records.tasks import NewTask

__all__ = [
    "Booking",
    "Entry",
    "LabelLog",
    "LabelStates",
    "NewTask",
    "Records",
    "Rule",
    "Verdict",
]
