"""The way to tools and models of others: HTTP with limits, and secrets that are named only."""

from querist.outside.addresses import check_url, told_of
from querist.outside.chat import Chat, ChatAnswer, ChatEndpoint
from querist.outside.http import RefusedError, Tool
from querist.outside.secrets import check_reference, read_token

__all__ = [
    "Chat",
    "ChatAnswer",
    "ChatEndpoint",
    "RefusedError",
    "Tool",
    "check_reference",
    "check_url",
    "read_token",
    "told_of",
]
