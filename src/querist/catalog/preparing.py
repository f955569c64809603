"""Prepares one candidate for the asset table: read, check, hash, decode, and make its thumbnail."""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from querist.catalog.asset_rows import AssetRow
from querist.catalog.roots import Roots
from querist.catalog.thumbnails import UnreadableImageError, encode_png, inspect
from querist.errors import InvalidInputError, PermissionDeniedError
from querist.schema import Candidate, Media, Problem, check_asset_id


# Not frozen, as a frozen one takes several times as long to make and an import makes millions.
@dataclass(slots=True, kw_only=True)
class Known:
    """What the catalog remembers of an asset to see whether it changed."""

    content_hash: str
    size: int
    mtime_ns: int


_ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode
# Who labels a row reads its columns as the file has them.
_ENCODE_IN_ORDER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False
).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The candidate is in the catalog already, unchanged."""

    id: str


class RefusedError(Exception):
    """The candidate cannot be added; stays inside the catalog.

    Args:
        kind: Stable word, see ``Problem``.
        message: One sentence for people.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Preparer:
    """Prepares candidates; reads only, so that many threads may use one.

    Args:
        media: What the project's assets are made of.
        roots: Folders whose files may be read.
        known: What the catalog has, by asset id; may grow meanwhile.
    """

    def __init__(self, media: Media, roots: Roots, known: Mapping[str, Known]) -> None:
        self._media = media
        self._roots = roots
        self._known = known

    def __call__(self, candidate: Candidate) -> AssetRow | Present | Problem:
        """The row to write, or why there is none."""
        try:
            return self._prepare(candidate)
        except RefusedError as error:
            return Problem(name=str(candidate.id), kind=error.kind, message=error.message)
        except InvalidInputError as error:
            return Problem(name=str(candidate.id), kind="invalid", message=str(error))

    def _prepare(self, candidate: Candidate) -> AssetRow | Present:
        check_asset_id(candidate.id)
        media = _media_of(candidate)
        if media is not self._media:
            raise RefusedError(
                "invalid", f"It is of kind {media.value}, the project's is {self._media.value}."
            )
        if candidate.path is not None:
            return self._file(candidate, self._open_path(candidate))
        if candidate.array is not None:
            return self._array(candidate)
        return self._value(candidate, media)

    def _open_path(self, candidate: Candidate) -> str:
        assert candidate.path is not None
        try:
            return self._roots.resolve(candidate.path)
        except PermissionDeniedError as error:
            raise RefusedError("outside", error.message) from None
        except (OSError, ValueError) as error:
            raise RefusedError("unreadable", f"It cannot be read: {_reason(error)}.") from None

    def _file(self, candidate: Candidate, path: str) -> AssetRow | Present:
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError("unreadable", "It is not a file.")
            if status.st_size == 0:
                raise RefusedError("empty", "The file has zero bytes.")
            known = self._known.get(candidate.id)
            # What has kept its size and time is not read again: adding twice is fast.
            if known and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns):
                return Present(id=candidate.id)
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise RefusedError("unreadable", f"It cannot be read: {_reason(error)}.") from None
        digest = hashlib.sha256(data).hexdigest()
        if known:
            return _unchanged(candidate.id, known, digest)
        seen = _inspect(data)
        return AssetRow(
            id=candidate.id,
            media=Media.IMAGE,
            uri=path,
            metadata=_json(candidate.metadata),
            content_hash=digest,
            size=len(data),
            mtime_ns=status.st_mtime_ns,
            width=seen.width,
            height=seen.height,
            thumbnail=seen.thumbnail,
            thumbnail_type=seen.media_type,
        )

    def _array(self, candidate: Candidate) -> AssetRow | Present:
        assert candidate.array is not None
        pixels = candidate.array
        # Over the pixels, not the PNG, whose bytes depend on the version of the encoder.
        digest = hashlib.sha256(f"{pixels.shape}{pixels.dtype}".encode() + pixels.tobytes())
        known = self._known.get(candidate.id)
        if known:
            return _unchanged(candidate.id, known, digest.hexdigest())
        try:
            data = encode_png(pixels)
        except UnreadableImageError as error:
            raise RefusedError("invalid", f"It cannot be stored: {error}.") from None
        seen = _inspect(data)
        return AssetRow(
            id=candidate.id,
            media=Media.IMAGE,
            metadata=_json(candidate.metadata),
            content_hash=digest.hexdigest(),
            size=len(data),
            width=seen.width,
            height=seen.height,
            thumbnail=seen.thumbnail,
            thumbnail_type=seen.media_type,
            content=data,
        )

    def _value(self, candidate: Candidate, media: Media) -> AssetRow | Present:
        text = candidate.text
        canonical = None if candidate.features is None else _json(candidate.features)
        if (text is not None and not text.strip()) or canonical == "{}":
            raise RefusedError("empty", "There is nothing in it.")
        try:
            data = (text if text is not None else canonical or "").encode()
        except UnicodeEncodeError:
            raise RefusedError("invalid", "The text is not valid Unicode.") from None
        digest = hashlib.sha256(data).hexdigest()
        known = self._known.get(candidate.id)
        if known:
            return _unchanged(candidate.id, known, digest)
        return AssetRow(
            id=candidate.id,
            media=media,
            text=text,
            features=_in_order(candidate.features),
            metadata=_json(candidate.metadata),
            content_hash=digest,
            size=len(data),
        )


def _media_of(candidate: Candidate) -> Media:
    is_text, is_row = candidate.text is not None, candidate.features is not None
    count = is_text + is_row + (candidate.path is not None) + (candidate.array is not None)
    if count != 1:
        raise RefusedError(
            "invalid", f"It has {count} contents; exactly one of path, text, … is wanted."
        )
    if is_text:
        return Media.TEXT
    return Media.TABLE if is_row else Media.IMAGE


def _unchanged(asset_id: str, known: Known, digest: str) -> Present:
    if digest == known.content_hash:
        return Present(id=asset_id)
    raise RefusedError(
        "changed", "Its content differs from what was added under this id, which is kept."
    )


def _inspect(data: bytes) -> Any:
    try:
        return inspect(data)
    except UnreadableImageError as error:
        raise RefusedError("unreadable", f"It is not taken: {error}.") from None


def _json(values: Mapping[str, Any]) -> str:
    """Canonical JSON, the same for the same values in any order; NaN is stored as null."""
    if not values:
        return "{}"
    try:
        return _ENCODE({str(key): _plain(value) for key, value in values.items()})
    except (TypeError, ValueError) as error:
        raise RefusedError("invalid", f"A column cannot be stored as JSON: {error}.") from None


def _in_order(features: Mapping[str, Any] | None) -> str | None:
    """The columns as they are given; call it after `_json`, which refuses what cannot be stored."""
    if features is None:
        return None
    return _ENCODE_IN_ORDER({str(key): _plain(value) for key, value in features.items()})


def _plain(value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()  # a numpy scalar
    return None if isinstance(value, float) and math.isnan(value) else value


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
