"""Labelling: the rules of giving a label, the queue of tasks, and known labels that answer."""

from querist.labeling.agreement import Agreement, Distance
from querist.labeling.blindness import check_may_browse, is_veiled
from querist.labeling.bulk import Bulk, BulkLabels, BulkOutcome
from querist.labeling.consensus import Change, Recomputed, settle_round
from querist.labeling.decision import Decision
from querist.labeling.gold import GoldQuestions
from querist.labeling.known_labels import KnownLabels
from querist.labeling.labeling_policy import LabelingPolicy, check_rules_of_classes
from querist.labeling.labels import Labels
from querist.labeling.ontology_changes import OntologyChanges, OntologyPreview, in_words
from querist.labeling.opinions import Dispute, Opinions
from querist.labeling.oracle import answer_unasked, answer_with_oracle
from querist.labeling.prelabels import Sway, sway
from querist.labeling.queue import Queue, QueueItem, QueuePage
from querist.labeling.reports import WorkReport, work_reports
from querist.labeling.reviewing import ReviewItem, ReviewPage, Reviews
from querist.labeling.suspects import Suspect, Suspects
from querist.labeling.team import Team
from querist.labeling.workforces import Collected, Sent, WorkforceReport, Workforces

__all__ = [
    "Agreement",
    "Bulk",
    "BulkLabels",
    "BulkOutcome",
    "Change",
    "Collected",
    "Decision",
    "Dispute",
    "Distance",
    "GoldQuestions",
    "KnownLabels",
    "LabelingPolicy",
    "Labels",
    "OntologyChanges",
    "OntologyPreview",
    "Opinions",
    "Queue",
    "QueueItem",
    "QueuePage",
    "Recomputed",
    "ReviewItem",
    "ReviewPage",
    "Reviews",
    "Sent",
    "Suspect",
    "Suspects",
    "Sway",
    "Team",
    "WorkReport",
    "WorkforceReport",
    "Workforces",
    "answer_unasked",
    "answer_with_oracle",
    "check_may_browse",
    "check_rules_of_classes",
    "in_words",
    "is_veiled",
    "settle_round",
    "sway",
    "work_reports",
]
