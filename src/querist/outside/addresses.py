"""Where a tool is: addresses are checked, and told in errors without what may be a secret."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from querist.errors import InvalidInputError

_SCHEMES = ("http", "https")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,15}", re.IGNORECASE)
_HOST = re.compile(r"([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,9})?", re.IGNORECASE)
# Without a scheme it may be a token that was pasted into the wrong field.
_BARE = re.compile(r"(localhost|[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z]{2,24}|[a-z0-9.-]+:\d+)")
_END = re.compile(r"[/?#\\]")


def check_url(text: str) -> str:
    """Return the address of a tool without a slash at its end.

    Raises:
        InvalidInputError: it is not http(s)://host[:port][/path], or holds a user or password;
            what may be a secret is not repeated.
    """
    parts, problem = _read(text)
    if problem:
        raise InvalidInputError(
            f"The address {told_of(text)}cannot be used: {problem}.",
            remedy="Write http:// or https://, a host, and a port or path if needed; no password.",
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def told_of(text: str) -> str:
    """Scheme, host and port of an address in quotes, with a space behind; "" where they hide.

    User, password, path and query are left out: each may be a secret.
    """
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "", text
    authority = _END.split(rest, maxsplit=1)[0]
    before, at, host = authority.rpartition("@")
    hidden = "@" in rest[len(authority) :] or (mark and not _SCHEME.fullmatch(scheme))
    if hidden or not (_HOST if mark else _BARE).fullmatch(host):
        return f"'{scheme}://…' " if mark and _SCHEME.fullmatch(scheme) else ""
    more = "…" if rest[len(authority) :].strip("/") else ""
    return f"'{scheme}{mark}{'…@' if before or at else ''}{host}{more}' "


def _read(text: str) -> tuple[SplitResult, str]:
    """The parts of an address, and what speaks against it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return urlsplit(""), "its host cannot be read"
    web = parts.scheme in _SCHEMES and text[len(parts.scheme) :].startswith("://")
    told = parts.username is not None or parts.password is not None
    against = (
        (not text.isprintable() or " " in text, "it holds a space or a sign that is not printed"),
        (not web, "it does not begin with http:// or https://"),
        (told, "it holds a user or a password, and addresses are shown to others"),
        (not _has_port(parts), "its port is no number up to 65535"),
        (not parts.hostname, "it names no host"),
        (bool(parts.query or parts.fragment), "it goes on behind a ? or #"),
    )
    return parts, next((problem for found, problem in against if found), "")


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False
