"""Encoders that live in a process of the user: ids travel, or contents where it is wished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.checking import check_media
from querist.learners.remote_backend import Backend, Served, as_float32, unpack
from querist.learners.remote_items import (
    CONTENT,
    IDS,
    MOST_BYTES,
    MOST_ITEMS,
    check_send,
    content_of,
    weight_of,
)
from querist.schema import Media


class EncoderElsewhere:
    """Vectors from the function ``embed`` of another process.

    Args:
        backend: The way to it.
        dimensions: Length d of its vectors.
        version: Change it whenever the same asset may get another vector.
        send: ``ids`` sends nothing but the ids of the assets; ``content`` sends the texts, rows, or
            bytes of the pictures as well.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str]
    media: ClassVar[Media]
    summary: ClassVar[str]
    needs_fit: ClassVar[bool] = False

    def __init__(self, backend: Served, dimensions: int, version: str, send: str) -> None:
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or dimensions < 1:
            raise InvalidInputError(
                f"Vectors cannot have {dimensions!r} dimensions.", remedy="Give 1 or more."
            )
        if not re.fullmatch(r"[A-Za-z0-9._]{1,40}", str(version)):
            raise InvalidInputError(
                f"The version {version!r} cannot be part of a folder's name.",
                remedy="Use up to 40 letters, digits, points and underscores.",
            )
        check_send(send)
        self._backend = backend
        self._dimensions, self._version, self._send = dimensions, str(version), send

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity, from the settings alone: the process is not asked."""
        return EncoderIdentity(
            name=self.name,
            version=self._version,
            preprocessing=self._send,
            dimensions=self._dimensions,
        )

    def fit(self, items: Sequence[Item], rng: np.random.Generator) -> None:
        """Nothing: what the process does is its own."""

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, d), float32, finite, in the order of ``items``.

        Raises:
            InvalidInputError: an item has another medium, or no id where ids are sent.
            UnavailableError: the process hangs, refuses, or answers other vectors than asked.
        """
        check_media(items, self.media, self.name)
        parts = [self._vectors(part) for part in self._batches(items)]
        empty = np.zeros((0, self._dimensions), np.float32)
        return np.concatenate([empty, *parts]).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Nothing: all there is stands in the settings."""

    def load(self, folder: Path) -> None:
        """Nothing: all there is stands in the settings."""

    def _vectors(self, batch: Sequence[dict[str, Any]]) -> Matrix:
        shape = len(batch), self._dimensions
        asked = {"items": batch}
        answer, tool = self._backend.ask("/embed", asked, numbers=shape[0] * shape[1])
        found = unpack(answer, "vectors", shape, tool, "/embed")
        return as_float32(found, "vectors", tool, "/embed")

    def _batches(self, items: Sequence[Item]) -> Iterator[list[dict[str, Any]]]:
        batch: list[dict[str, Any]] = []
        size = 0
        for position, item in enumerate(items):
            batch.append(self._sent(item, position))
            size += weight_of(item)
            if len(batch) == MOST_ITEMS or size > MOST_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _sent(self, item: Item, position: int) -> dict[str, Any]:
        if self._send == CONTENT:
            return {"id": item.asset_id, **content_of(item)}
        if item.asset_id is None:
            raise InvalidInputError(
                f"Item {position} has no id to send.",
                remedy=f"Encode assets of a project, or set send to {CONTENT!r}.",
            )
        return {"id": item.asset_id}


class RemoteEncoder(EncoderElsewhere):
    """Vectors that are served over HTTP.

    Args:
        url: Where they are served.
        dimensions: As for ``EncoderElsewhere``; ``version`` and ``send`` likewise.
        version: See there.
        send: See there.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token.
        seconds: The longest that an answer may take, for at most 1,024 assets.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    def __init__(
        self,
        url: str,
        dimensions: int,
        version: str = "1",
        send: str = IDS,
        token: str | None = None,
        seconds: float = 60.0,
    ) -> None:
        backend = Backend(url=url, token=token, seconds=seconds)
        super().__init__(backend, dimensions, version, send)


class RemoteImage(RemoteEncoder):
    """Pictures: their bytes travel as base64 where contents are sent."""

    name = "remote-image"
    media = Media.IMAGE
    summary = "Your own vectors of images, served over HTTP by a process of yours"


class RemoteText(RemoteEncoder):
    """Texts."""

    name = "remote-text"
    media = Media.TEXT
    summary = "Your own vectors of texts, served over HTTP by a process of yours"


class RemoteTable(RemoteEncoder):
    """Rows of a table."""

    name = "remote-table"
    media = Media.TABLE
    summary = "Your own vectors of table rows, served over HTTP by a process of yours"
