"""Records in SQL: labels, tasks, rounds, models, jobs, people and the ledger."""

from querist.catalog.records.deliveries import Answered
from querist.catalog.records.label_rows import Entry, same_decision
from querist.catalog.records.labels import LabelLog, LabelStates
from querist.catalog.records.ledger import Booking
from querist.catalog.records.ontologies import StoredOntology
from querist.catalog.records.records import Records
from querist.catalog.records.review_steps import ReviewEntry
from querist.catalog.records.reviews import ReviewLog
from querist.catalog.records.settling import Rule, Verdict
from querist.catalog.records.tasks import NewTask
from querist.catalog.records.work_log import Work, WorkLog

__all__ = [
    "Answered",
    "Booking",
    "Entry",
    "LabelLog",
    "LabelStates",
    "NewTask",
    "Records",
    "ReviewEntry",
    "ReviewLog",
    "Rule",
    "StoredOntology",
    "Verdict",
    "Work",
    "WorkLog",
    "same_decision",
]
