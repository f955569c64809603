"""What scores of labels say of texts: the spans, how sure each is, and the doubt of each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.learners.span_tagger_chain import Chances, Packed, best_paths, chances, goes_on
from querist.learners.span_tagger_labels import inside, spans_of, values_of
from querist.learners.span_tagger_tokens import Tokens
from querist.schema import SpansValue

Table = NDArray[np.float64]
AGGREGATES = ("mean", "max", "sum", "path")
_TINY = 1e-300


def say(
    tokens: Tokens,
    packed: Packed,
    scores: Table,
    moves: tuple[Table, Table],
    count: int,
    classes: Sequence[str],
    aggregate: str,
) -> tuple[list[SpansValue], NDArray[np.float32]]:
    """The likeliest spans of n texts with their confidence, and the doubt (n,) of each text.

    Args:
        tokens: The tokens (T,) of the texts.
        packed: The order in which they are worked on.
        scores: Of each label (T, L), in that order.
        moves: Scores of label after label (L, L), and of a chain's first label (L,); minus
            infinity of what cannot be.
        count: Number of texts n.
        classes: Class names of the labels.
        aggregate: How the doubt of words becomes that of a text; one of ``AGGREGATES``.
    """
    found = chances(packed, scores, *moves)
    path = best_paths(packed, scores, *moves)
    labels = _unpacked(packed, path)
    spans = spans_of(labels)
    going_on = _unpacked(packed, goes_on(packed, found, path, inside(path)))
    sure = _confidence(_unpacked(packed, found.labels), labels, going_on, spans)
    surprise = -_log_path(packed, scores, moves[0], path, found)
    words = surprise if aggregate == "path" else _entropy(found.labels)
    doubts = _summed_up(_unpacked(packed, words), tokens, count, aggregate)
    return list(values_of(tokens, count, spans, sure, classes)), doubts


def _unpacked(packed: Packed, values: NDArray[Any]) -> NDArray[Any]:
    found = np.empty_like(values)
    found[packed.order] = values
    return found


def _entropy(labels: Table) -> Table:
    found: Table = -(labels * np.log(np.maximum(labels, _TINY))).sum(axis=1)
    return found


def _log_path(
    packed: Packed, scores: Table, moves: Table, path: NDArray[np.int64], found: Chances
) -> Table:
    """Logarithms that sum to that of a path's chance over each chain (T,), in packed order."""
    said = scores[np.arange(len(path)), path] - found.log_norms
    said[len(path) - len(packed.before) :] += moves[
        path[packed.before], path[len(path) - len(packed.before) :]
    ]
    return said


def _confidence(
    chance: Table,
    labels: NDArray[np.int64],
    going_on: Table,
    spans: tuple[NDArray[np.int64], ...],
) -> Table:
    """The chance (s,) that exactly each span is there: it begins, goes on so far, and ends."""
    first, after, _ = spans
    logs = np.concatenate([[0], np.cumsum(np.log(np.maximum(going_on, _TINY)))])
    begins = chance[first, labels[first]]
    sure = begins * np.exp(logs[after - 1] - logs[first]) * (1 - going_on[after - 1])
    # More digits depend on which texts are tagged together.
    return np.asarray(np.clip(sure, 0, 1).round(6))


def _summed_up(words: Table, tokens: Tokens, count: int, aggregate: str) -> NDArray[np.float32]:
    found: Table = np.zeros(count)
    if aggregate == "max":
        np.maximum.at(found, tokens.texts, words)
    else:
        np.add.at(found, tokens.texts, words)
    if aggregate in {"mean", "path"}:
        found /= np.maximum(np.bincount(tokens.texts, minlength=count), 1)
    return np.maximum(found, 0).astype(np.float32)
