"""A language or vision model behind an OpenAI-compatible chat endpoint, asked for one class."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from querist.errors import InvalidInputError
from querist.outside.addresses import check_url
from querist.outside.http import Tool
from querist.outside.secrets import check_reference, read_token

_PATH = "/chat/completions"
_MOST_BYTES = 1 << 20
_MOST_TOKENS = 200
_REMEDY = "Look after the endpoint, then do the same again: what was answered is kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEndpoint:
    """Where a model is asked.

    Attributes:
        url: ``http(s)://host[:port]/v1``: ``/chat/completions`` is below it, nothing else is asked.
        model: The model's name there.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token; ``None`` for none.
        seconds: The longest that an answer may take.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    url: str
    model: str
    token: str | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        check_url(self.url)
        check_reference(self.token)
        if not self.model.strip() or not math.isfinite(self.seconds) or self.seconds <= 0:
            raise InvalidInputError(
                f"The model {self.model!r} cannot be asked for {self.seconds} s.",
                remedy="Give the model's name, and a time above 0.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """What the model said, and what that took.

    Attributes:
        name: The class; ``None`` where the answer names none.
        confidence: How sure the model says it is, 0 to 1; ``None`` where it does not.
        said: The answer itself, at most 200 characters.
        tokens_in: Tokens read, 0 where the endpoint does not count.
        tokens_out: Tokens written.
    """

    name: str | None
    confidence: float | None
    said: str
    tokens_in: int
    tokens_out: int


class Chat:
    """Asks one model at one endpoint."""

    def __init__(self, endpoint: ChatEndpoint) -> None:
        token = read_token(endpoint.token)
        self._endpoint = endpoint
        self._tool = Tool(
            f"The model {endpoint.model!r}",
            endpoint.url,
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
            seconds=endpoint.seconds,
            whole_seconds=endpoint.seconds,
            most_bytes=_MOST_BYTES,
            remedy=_REMEDY,
            feature="A model behind a chat endpoint",
            retries=2,
        )

    def classify(
        self, instructions: str, content: str | Sequence[Mapping[str, Any]], classes: Sequence[str]
    ) -> ChatAnswer:
        """The class that the model gives one asset.

        Args:
            instructions: Who it is and what it shall answer.
            content: The asset: a text, or parts of text and ``image_url``.
            classes: What may be answered.

        Raises:
            UnavailableError: it cannot be reached, hangs, refuses, or its answer is no completion.
        """
        body = {
            "model": self._endpoint.model,
            "messages": [
                {"role": "system", "content": instructions},
                {"role": "user", "content": content},
            ],
            "temperature": 0,
            "max_tokens": _MOST_TOKENS,
        }
        answer = self._tool.ask("POST", _PATH, body=body)
        try:
            text = answer["choices"][0]["message"]["content"]
            if not isinstance(text, str):
                raise TypeError(text)
        except (KeyError, IndexError, TypeError):
            raise self._tool.nonsense(_PATH) from None
        name, confidence = read_answer(text, classes)
        usage = answer.get("usage")
        counts = usage if isinstance(usage, dict) else {}
        return ChatAnswer(
            name=name,
            confidence=confidence,
            said=text[:200],
            tokens_in=_count(counts.get("prompt_tokens")),
            tokens_out=_count(counts.get("completion_tokens")),
        )

    def close(self) -> None:
        """End its connections."""
        self._tool.close()

    def __enter__(self) -> Chat:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_answer(text: str, classes: Sequence[str]) -> tuple[str | None, float | None]:
    """The class and the confidence in an answer: JSON, perhaps in a fence; nothing is guessed.

    Returns:
        ``None`` for a class that is none of ``classes``, and for a confidence that is no share.
    """
    start, end = text.find("{"), text.rfind("}")
    try:
        body = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None, None
    said = body.get("class") if isinstance(body, dict) else None
    known = {name.casefold().strip(): name for name in classes}
    exact = said if said in classes else None
    name = exact or (known.get(said.casefold().strip()) if isinstance(said, str) else None)
    sure = body.get("confidence") if isinstance(body, dict) else None
    if isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 1:
        return name, None
    return name, float(sure)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
