"""Labelling: the rules of giving a label, the queue of tasks, and known labels that answer."""

from querist.labeling.consensus import settle_round
from querist.labeling.labels import Labels
from querist.labeling.oracle import answer_with_oracle
from querist.labeling.queue import Queue, QueueItem, QueuePage

__all__ = ["Labels", "Queue", "QueueItem", "QueuePage", "answer_with_oracle", "settle_round"]
