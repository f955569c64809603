"""Spans as labels of tokens and back: outside, or the beginning or the inside of a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners.span_tagger_tokens import Tokens
from querist.schema import LabeledSpan, Span, SpansValue

Places = NDArray[np.int64]
Table = NDArray[np.float64]

OUTSIDE = 0


def begins(code: int | Places) -> int | Places:
    """The label of the first token of a span of a class."""
    return 1 + 2 * code


def inside(label: Places) -> Places:
    """The label that goes on with the span of a label (T,); ``OUTSIDE`` has none and gives 0."""
    return (label + 1) // 2 * 2


def allowed(class_count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which label may follow which (L, L), and which may be a chain's first (L,)."""
    labels = np.arange(1 + 2 * class_count)
    is_inside = (labels > OUTSIDE) & (labels % 2 == 0)
    follow = ~is_inside[None, :] | (inside(labels)[:, None] == labels[None, :])
    follow[OUTSIDE, is_inside] = False
    return follow, ~is_inside


def labels_of(
    tokens: Tokens, texts: Sequence[str], values: Sequence[SpansValue], classes: Sequence[str]
) -> Places:
    """The label of each token (T,) of n texts.

    A token belongs to a span that holds one of its characters. Of spans that share a token the
    one that begins first is kept, and of those the longest.

    Raises:
        InvalidInputError: a span ends after its text, or names a class that is not known.
    """
    code_of = {name: code for code, name in enumerate(classes)}
    found = np.zeros(len(tokens), dtype=np.int64)
    bounds = np.searchsorted(tokens.texts, np.arange(len(texts) + 1))
    for row, value in enumerate(values):
        low, high = bounds[row], bounds[row + 1]
        done = low
        for part in sorted(value.spans, key=lambda it: (it.span.start, -it.span.end)):
            _check(part, row, texts[row], code_of)
            first = low + np.searchsorted(tokens.ends[low:high], part.span.start, side="right")
            after = low + np.searchsorted(tokens.starts[low:high], part.span.end, side="left")
            if done <= first < after:
                begin = begins(code_of[part.name])
                found[first:after] = begin + 1
                found[first] = begin
                done = after
    # A span that goes on in the next chain begins there anew.
    heads = np.cumsum(tokens.chains) - tokens.chains
    cut = heads[(found[heads] > OUTSIDE) & (found[heads] % 2 == 0)]
    found[cut] -= 1
    return found


def renumbered(labels: Places, codes: Places) -> Places:
    """Labels of the classes that occur, numbered without gaps."""
    found = labels.copy()
    marked = labels > 0
    which = (labels[marked] - 1) // 2
    found[marked] += 2 * (np.searchsorted(codes, which) - which)
    return found


def spans_of(labels: Places) -> tuple[Places, Places, Places]:
    """Spans as first tokens (s,), one after the last tokens (s,), and class codes (s,)."""
    first = np.flatnonzero(labels % 2 == 1)
    outside = np.append(np.flatnonzero((labels == OUTSIDE) | (labels % 2 == 1)), len(labels))
    after = outside[np.searchsorted(outside, first, side="right")]
    return first, after, labels[first] // 2


def values_of(
    tokens: Tokens,
    count: int,
    spans: tuple[Places, Places, Places],
    confidence: Table,
    classes: Sequence[str],
) -> Iterator[SpansValue]:
    """The label of each of n texts."""
    first, after, codes = spans
    parts: list[list[LabeledSpan]] = [[] for _ in range(count)]
    columns = (tokens.texts[first], tokens.starts[first], tokens.ends[after - 1], codes, confidence)
    for row, start, end, code, sure in zip(*(it.tolist() for it in columns), strict=True):
        span = Span(start=start, end=end)
        parts[row].append(LabeledSpan(name=classes[code], span=span, confidence=sure))
    return (SpansValue(spans=tuple(found)) for found in parts)


def _check(part: LabeledSpan, row: int, text: str, code_of: dict[str, int]) -> None:
    if part.name not in code_of:
        raise InvalidInputError(
            f"A label has the class {part.name!r}, which is none of the {len(code_of)} classes.",
            remedy="Add it to the classes, or correct the label.",
        )
    if part.span.end > len(text):
        raise InvalidInputError(
            f"A span of text {row} ends at {part.span.end}; the text has {len(text)} characters.",
            remedy="Give offsets in Unicode code points of the text as it is stored.",
        )
