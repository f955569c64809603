"""Labelling: the rules of giving a label, the queue of tasks, and known labels that answer."""

from querist.labeling.agreement import Agreement
from querist.labeling.blindness import check_may_browse, is_veiled
from querist.labeling.consensus import Recomputed, settle_round
from querist.labeling.gold import GoldQuestions
from querist.labeling.labels import Labels
from querist.labeling.opinions import Dispute, Opinions
from querist.labeling.oracle import answer_with_oracle
from querist.labeling.queue import Queue, QueueItem, QueuePage

__all__ = [
    "Agreement",
    "Dispute",
    "GoldQuestions",
    "Labels",
    "Opinions",
    "Queue",
    "QueueItem",
    "QueuePage",
    "Recomputed",
    "answer_with_oracle",
    "check_may_browse",
    "is_veiled",
    "settle_round",
]
