"""What travels of assets to a process of the user: their ids, or what they hold where wished."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from querist.errors import InvalidInputError
from querist.learners.base import Item, Matrix
from querist.learners.image_decoding import upright_size
from querist.learners.value_base import Inputs
from querist.schema import Bounds, Media

IDS, CONTENT = "ids", "content"
# Of one message at most: assets, bytes of content, and numbers (8 MiB of float32).
MOST_ITEMS, MOST_BYTES, MOST_NUMBERS = 1024, 8 << 20, 1 << 21
# Pictures are large: so many are in memory at once.
_PICTURES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """As many assets as one message may hold.

    Attributes:
        rows: Their positions (n,), one after the other.
        ids: Their ids (n,).
        items: What is sent of each (n,).
        bounds: How far each reaches (n,), where that was asked for; else nothing is known.
        vectors: Their vectors (n, d).
    """

    rows: range
    ids: list[str]
    items: list[dict[str, Any]]
    bounds: list[Bounds]
    vectors: Matrix


def check_send(send: str) -> None:
    """Refuse to send anything else than ids or contents.

    Raises:
        InvalidInputError: it is neither word.
    """
    if send not in (IDS, CONTENT):
        raise InvalidInputError(
            f"{send!r} cannot be sent.", remedy=f"Set send to {IDS!r} or {CONTENT!r}."
        )


def content_of(item: Item) -> dict[str, Any]:
    """A text, a row, or the bytes of a picture in base64."""
    if item.data is not None:
        return {"data": base64.b64encode(item.data).decode("ascii")}
    return {"text": item.text} if item.text is not None else {"features": dict(item.features or {})}


def weight_of(item: Item) -> int:
    """About how many bytes the content of an item has."""
    return len(item.data or item.text or str(item.features or ""))


def parts_of(
    inputs: Inputs, vectors: Matrix, send: str, *, bounded: bool = False, answered: int = 0
) -> Iterator[Part]:
    """The assets in order, as many at a time as one message may hold.

    Args:
        inputs: The assets; they are read only where something of them is sent or asked for.
        vectors: Their vectors (n, d).
        send: ``ids`` or ``content``.
        bounded: Whether it shall be known how far each asset reaches.
        answered: How many numbers are answered of each.

    Raises:
        InvalidInputError: a picture cannot be read.
    """
    most = min(MOST_ITEMS, max(1, MOST_NUMBERS // max(vectors.shape[1], answered, 1)))
    items: list[dict[str, Any]] = []
    bounds: list[Bounds] = []
    start = size = 0

    def part() -> Part:
        rows = range(start, start + len(items))
        ids = [inputs.asset_ids[row] for row in rows]
        rest = vectors[rows.start : rows.stop]
        return Part(rows=rows, ids=ids, items=items, bounds=bounds, vectors=rest)

    looks = send == CONTENT or bounded
    for row, item in enumerate(_read(inputs) if looks else [None] * len(inputs)):
        sent: dict[str, Any] = {"id": inputs.asset_ids[row]}
        if item is not None and send == CONTENT:
            sent |= content_of(item)
            size += weight_of(item)
        items.append(sent)
        bounds.append(_bounds(item) if item is not None and bounded else Bounds())
        if len(items) == most or size >= MOST_BYTES:
            yield part()
            items, bounds, start, size = [], [], row + 1, 0
    if items:
        yield part()


def _read(inputs: Inputs) -> Iterator[Item]:
    if not len(inputs):
        return
    (first,) = inputs.items([0])
    step = _PICTURES if first.media is Media.IMAGE else MOST_ITEMS
    yield first
    for start in range(1, len(inputs), step):
        yield from inputs.items(range(start, min(start + step, len(inputs))))


def _bounds(item: Item) -> Bounds:
    if item.data is not None:
        width, height = upright_size(item.data)
        return Bounds(width=width, height=height)
    return Bounds(characters=None if item.text is None else len(item.text))
