"""The way to a tool over HTTP: one host, no redirects, limits of time and size, no secrets told."""

from __future__ import annotations

import functools
import json
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from querist.errors import MissingDependencyError, UnavailableError
from querist.outside.addresses import check_url

if TYPE_CHECKING:
    import httpx

SECONDS = 60.0
WHOLE_SECONDS = 600.0
MOST_BYTES = 512 * 1024 * 1024
REMEDY = "Look after the tool, then do the same again: nothing is sent or stored twice."


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted; to read them takes longer than many an answer."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


class RefusedError(UnavailableError):
    """A tool answered that it will not; ``said`` of the details is its reason, "" for none."""


class Tool:
    """Asks one tool, and nothing but it.

    Args:
        name: What it is called in errors.
        url: Where it is.
        headers: Go with each request; they are told to nobody.
        seconds: The longest it may be silent.
        whole_seconds: The longest an answer may take.
        most_bytes: The largest answer.
        remedy: What to do when it fails.
        feature: What needs the extra that is not installed.
        retries: How often to connect again where that failed; what was sent is never sent twice.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        headers: Mapping[str, str],
        seconds: float = SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
        most_bytes: int = MOST_BYTES,
        remedy: str = REMEDY,
        feature: str = "A workforce outside",
        retries: int = 0,
    ) -> None:
        self._name = name
        self._remedy = remedy
        self._url = check_url(url)
        self._seconds = seconds
        self._whole_seconds = whole_seconds
        self._most_bytes = most_bytes
        try:
            import httpx
        except ImportError:
            raise MissingDependencyError.of(feature, "app") from None
        # The environment's proxies and .netrc would send the token elsewhere.
        self._client = httpx.Client(
            headers=dict(headers),
            timeout=httpx.Timeout(seconds, connect=min(seconds, 10)),
            follow_redirects=False,
            trust_env=False,
            transport=httpx.HTTPTransport(_trusted(), retries=retries, trust_env=False),
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        missing: bool = False,
    ) -> Any:
        """The JSON that the tool answers with, ``None`` for an empty answer.

        Args:
            method: Of HTTP.
            path: Below the address of the tool.
            params: The query.
            body: Goes as JSON.
            missing: Whether an answer of 404 is none, rather than an error.

        Raises:
            UnavailableError: it cannot be reached, is too slow, refuses, or answers nonsense.
        """
        import httpx

        try:
            with self._client.stream(
                method, self._url + path, params=params, json=body
            ) as response:
                content = self._content(response)
        except httpx.ReadTimeout:
            raise self.failed(f"did not answer within {self._seconds:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as problem:
            # Only the kind is told: the text of an error may hold the address with its query.
            raise self.failed(f"cannot be asked ({type(problem).__name__})") from None
        if missing and response.status_code == 404:
            return None
        if not response.is_success:
            raise self._refused(response.status_code, content)
        if not content.strip():
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise self.failed(f"answered {method} {path} with something else than JSON") from None

    def nonsense(self, path: str) -> UnavailableError:
        """The error for an answer that is JSON, but not what was asked for."""
        return self.failed(f"answered {path} with what cannot be understood")

    def failed(self, what: str) -> UnavailableError:
        """The error that tells what it did wrong, as "answered /tasks with 3 rows"."""
        return UnavailableError(f"{self._name} at {self._url} {what}.", remedy=self._remedy)

    def close(self) -> None:
        """End its connections."""
        self._client.close()

    def __enter__(self) -> Tool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _content(self, response: httpx.Response) -> bytes:
        until = time.monotonic() + self._whole_seconds
        found = bytearray()
        for chunk in response.iter_bytes():
            found += chunk
            if len(found) > self._most_bytes:
                raise self.failed(f"answered more than {self._most_bytes:,} bytes")
            if time.monotonic() > until:
                raise self.failed(f"took longer than {self._whole_seconds:g} s")
        return bytes(found)

    def _refused(self, status: int, content: bytes) -> UnavailableError:
        if 300 <= status < 400:
            return self.failed("sends to another address, which is not followed")
        text = content[:300].decode("utf-8", "replace")
        what, remedy = f"answered {status}" + (f": {text!r}" if text else ""), self._remedy
        if status in (401, 403):
            what = f"refuses the token ({status})"
            remedy = "Check the token, and what its owner may do there."
        message = f"{self._name} at {self._url} {what}."
        return RefusedError(message, remedy=remedy, said=_reason(content))


def _reason(content: bytes) -> str:
    """What stands in the ``detail`` of an answer, as most frameworks name it."""
    try:
        said = json.loads(content).get("detail")
    except (ValueError, RecursionError, AttributeError):
        return ""
    return said[:200] if isinstance(said, str) and said.isprintable() else ""
