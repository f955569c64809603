"""Where the token of a tool is found: in the environment or in a file, never in the records."""

from __future__ import annotations

import os
from pathlib import Path

from querist.errors import InvalidInputError

# Only such variables: whoever may name one must not be able to send any other secret away.
PREFIX = "QUERIST_"
_MOST = 4096
_REMEDY = f"Write env:{PREFIX}NAME for a variable, or file:PATH for a file that holds it."


def check_reference(text: str | None) -> str | None:
    """Return where a token is found, if it can be read as such.

    Raises:
        InvalidInputError: it is of another form; a token itself is not repeated.
    """
    if text is None:
        return None
    kind, _, place = text.partition(":")
    if kind == "file" and place:
        return text
    if kind == "env" and place.startswith(PREFIX) and place.isidentifier():
        return text
    raise InvalidInputError("The token must be named by where it is found.", remedy=_REMEDY)


def read_token(reference: str | None) -> str | None:
    """The token itself, ``None`` where the tool needs none.

    Raises:
        InvalidInputError: the variable is not set, or the file holds no token.
    """
    if reference is None:
        return None
    kind, _, place = reference.partition(":")
    found = os.environ.get(place, "") if kind == "env" else _of_file(Path(place))
    token = found.strip()
    if not token or not token.isprintable():
        raise InvalidInputError(
            f"There is no token at {reference!r}.",
            remedy="Set it before you start Querist: one line of text, nothing else.",
        )
    return token


def _of_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_MOST)
    except (OSError, UnicodeDecodeError):
        return ""
