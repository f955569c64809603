"""Streams: each asset is asked or passed over when it comes, within a budget."""

from querist.strategies.streams.base import (
    Arrival,
    StreamStrategy,
    Verdict,
    create,
    names,
    register,
)
from querist.strategies.streams.checking import check_arrival
from querist.strategies.streams.limits import (
    Cap,
    Limit,
    RecentShare,
    TotalShare,
    caps,
    share_limits,
)
from querist.strategies.streams.lines import LineStream
from querist.strategies.streams.stream import Decision, Stream

__all__ = [
    "Arrival",
    "Cap",
    "Decision",
    "Limit",
    "LineStream",
    "RecentShare",
    "Stream",
    "StreamStrategy",
    "TotalShare",
    "Verdict",
    "caps",
    "check_arrival",
    "create",
    "names",
    "register",
    "share_limits",
]
