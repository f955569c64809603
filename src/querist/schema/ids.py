"""Identifiers: the user's own words for assets, sortable random ones for what Querist makes."""

from __future__ import annotations

import re
import secrets
import time

from querist.errors import InvalidInputError

MAX_ASSET_ID = 512
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}\Z")


def new_id(prefix: str) -> str:
    """A new id such as ``job-018f3c9a2b7c-5f21c3``: sorts by time of creation, never repeats."""
    return f"{prefix}-{time.time_ns() // 1000:014x}-{secrets.token_hex(4)}"


def check_asset_id(asset_id: str) -> str:
    """Return ``asset_id`` if it may name an asset.

    Any printable text of 1 to 512 characters may: file names, URLs, primary keys.

    Raises:
        InvalidInputError: it is empty, too long, or holds control characters.
    """
    if not isinstance(asset_id, str) or not asset_id or asset_id.isspace():
        raise InvalidInputError(
            f"The asset id {asset_id!r} is empty or not text.", remedy="Give a non-empty string."
        )
    if len(asset_id) > MAX_ASSET_ID or not asset_id.isprintable():
        raise InvalidInputError(
            f"The asset id {asset_id[:60]!r} is too long or holds control characters.",
            remedy=f"Use at most {MAX_ASSET_ID} printable characters.",
        )
    return asset_id


def check_name(kind: str, name: str) -> str:
    """Return ``name`` if it may name a person, encoder, model or slice.

    Raises:
        InvalidInputError: it is not 1 to 64 of A to Z, a to z, 0 to 9 and ``. _ @ + -``.
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise InvalidInputError(
            f"The {kind} name {name!r} cannot be used.",
            remedy="Use 1 to 64 characters: letters A to Z, digits 0 to 9, or the signs . _ @ + -, "
            "with a letter or digit first. Letters of other scripts, accents and blanks do not go.",
        )
    return name
