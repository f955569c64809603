"""Workforces outside: a seam to the tools they label with, and what is sent and comes back."""

from querist.labeling.workforces.base import Access, Connector, Content, Item, Replies, Reply
from querist.labeling.workforces.collecting import Collected
from querist.labeling.workforces.registry import (
    connect,
    connector_class,
    connector_names,
    needs_token,
)
from querist.labeling.workforces.reporting import WorkforceReport
from querist.labeling.workforces.sending import Sent
from querist.labeling.workforces.workforces import Workforces

__all__ = [
    "Access",
    "Collected",
    "Connector",
    "Content",
    "Item",
    "Replies",
    "Reply",
    "Sent",
    "WorkforceReport",
    "Workforces",
    "connect",
    "connector_class",
    "connector_names",
    "needs_token",
]
