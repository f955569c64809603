"""Query strategies: scores, selectors, and a registry of named compositions."""

from querist.strategies.base import (
    UNLABELED,
    AsksAgain,
    Pool,
    Selection,
    Signal,
    Strategy,
    create,
    names,
    register,
)
from querist.strategies.constraints import Constraints
from querist.strategies.query import query
from querist.strategies.validation import check_pool, need_embeddings, need_probabilities

__all__ = [
    "UNLABELED",
    "AsksAgain",
    "Constraints",
    "Pool",
    "Selection",
    "Signal",
    "Strategy",
    "check_pool",
    "create",
    "names",
    "need_embeddings",
    "need_probabilities",
    "query",
    "register",
]
