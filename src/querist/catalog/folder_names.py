"""Names that become folders: checked so that none can leave its own."""

from __future__ import annotations

import re

from querist.errors import InvalidInputError

_SAFE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,199}$")


def check_folder_name(kind: str, name: str) -> str:
    """Return ``name`` if it may name a folder: no separators, no leading dot.

    Raises:
        InvalidInputError: it may not.
    """
    if not isinstance(name, str) or not _SAFE.match(name):
        raise InvalidInputError(
            f"The {kind} {name!r} cannot name a folder.",
            remedy="Use 1 to 200 letters, digits, or the signs . _ @ + - (letter or digit first).",
        )
    return name
