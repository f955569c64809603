"""A model served by the user's own process: what is asked over HTTP, and how answers are checked.

The protocol is described in ``docs/own-models.md``. An answer is taken whole or not at all: what is
wrong with it is an ``UnavailableError`` that says so, never a value that was mended.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, UnavailableError
from querist.outside import Tool, check_reference, check_url, read_token

# Of one number as JSON at most, and of what surrounds the numbers.
_NUMBER_BYTES, _SPARE_BYTES = 40, 1 << 20
_REMEDY = (
    "Look after the process that serves the model, then do the same again: no label is lost, and "
    "the last model's predictions stay. Or set another learner in querist.toml."
)
# A connection that was refused is tried again: nothing was sent.
_RETRIES = 2


class Blamed(Protocol):
    """What words an answer that is wrong."""

    def failed(self, what: str) -> UnavailableError:
        """The error that tells what it did wrong, as "answered /predict with 3 rows"."""
        ...


class Served(Protocol):
    """The way to a model in another process."""

    @property
    def version(self) -> str:
        """Part of the names of its models: another program makes other models; may be empty."""
        ...

    def ask(
        self, path: str, body: Mapping[str, Any], *, numbers: int = 0, seconds: float | None = None
    ) -> tuple[dict[str, Any], Blamed]:
        """The object that it answers, and what words an answer that is wrong.

        Args:
            path: ``/train``, ``/predict``, ``/embed`` or ``/state``.
            body: Goes as JSON.
            numbers: How many numbers are awaited; a much longer answer is cut off.
            seconds: Instead of the usual limit.

        Raises:
            UnavailableError: it cannot be reached, hangs, refuses, or answers nonsense.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where a model is served.

    Attributes:
        url: ``http(s)://host[:port][/path]``; the four functions are below it.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token; ``None`` for none.
        seconds: The longest that an answer may take.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    version: ClassVar[str] = ""  # what is served there, only its owner knows
    url: str
    token: str | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        check_url(self.url)
        check_reference(self.token)
        check_seconds(self.seconds)

    def ask(
        self, path: str, body: Mapping[str, Any], *, numbers: int = 0, seconds: float | None = None
    ) -> tuple[dict[str, Any], Tool]:
        """The object that it answers to a POST, and the tool, as ``Served.ask``."""
        limit = self.seconds if seconds is None else seconds
        most = most_bytes(numbers)
        with self.open(seconds=limit, most_bytes=most) as tool:
            found = tool.ask("POST", path, body=body, missing=True)
        if found is None:
            raise tool.failed(f"knows nothing of {path} or of the model that was asked for")
        if not isinstance(found, dict):
            raise tool.nonsense(path)
        return found, tool

    def open(self, *, seconds: float, most_bytes: int) -> Tool:
        """The way to it, to be closed; an answer may take so long and be so large.

        Raises:
            UnavailableError: its token cannot be read.
        """
        return Tool(
            "The model's server",
            self.url,
            headers=self._headers(),
            seconds=seconds,
            whole_seconds=seconds,
            most_bytes=most_bytes,
            remedy=_REMEDY,
            feature="A model served over HTTP",
            retries=_RETRIES,
        )

    def _headers(self) -> dict[str, str]:
        try:
            token = read_token(self.token)
        except InvalidInputError as problem:
            # What is missing here is no fault of the labels, for which a round forgives it.
            raise UnavailableError(problem.message, remedy=problem.remedy) from None
        return {} if token is None else {"Authorization": f"Bearer {token}"}


def most_bytes(numbers: int) -> int:
    """The longest answer in which so many numbers are awaited, in bytes."""
    return _SPARE_BYTES + _NUMBER_BYTES * numbers


def check_model(answer: Mapping[str, Any], name: str | None, tool: Blamed, path: str) -> None:
    """Refuse an answer that speaks of another model than it was asked for.

    Raises:
        UnavailableError: it does, or of none.
    """
    if answer.get("model") != name:
        raise tool.failed(f"answered {path} for the model {answer.get('model')!r:.80}")


def check_seconds(seconds: float) -> None:
    """Refuse a limit that is no time.

    Raises:
        InvalidInputError: it is not a number above 0 and at most a day.
    """
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 < seconds <= 86_400:
        raise InvalidInputError(
            f"The limit of {seconds!r} seconds cannot be kept.",
            remedy="Give a number of seconds above 0, at most 86400.",
        )


def pack(matrix: NDArray[np.float32]) -> dict[str, Any]:
    """A matrix (n, d) as JSON: its shape, and its rows as base64 of little-endian float32."""
    little = np.ascontiguousarray(matrix, dtype="<f4")
    return {
        "shape": list(little.shape),
        "float32": base64.b64encode(little.tobytes()).decode("ascii"),
    }


def unpack(
    answer: Mapping[str, Any], key: str, shape: tuple[int | None, ...], tool: Blamed, path: str
) -> NDArray[np.float64]:
    """The numbers that an answer holds at ``key``, as lists or as ``pack`` writes them.

    Args:
        answer: The answer.
        key: Their name in it.
        shape: How many rows and columns are awaited, ``None`` for any; or how many numbers.
        tool: Who answered.
        path: What was asked.

    Raises:
        UnavailableError: they are none, of another shape than was asked for, or not finite.
    """
    found = _numbers(answer.get(key), len(shape))
    if found is None:
        what = "a table" if len(shape) == 2 else "a list"
        raise tool.failed(f"answered {path} without {what} of numbers {key!r}")
    if any(size not in (None, given) for size, given in zip(shape, found.shape, strict=True)):
        wanted = str(shape).replace("None", "any")
        raise tool.failed(
            f"answered {path} with {key!r} of the shape {found.shape}, {wanted} was asked for"
        )
    wrong = ~np.isfinite(found)
    if wrong.any():
        row = int(np.argwhere(wrong)[0, 0])
        raise tool.failed(f"answered {path} with NaN or infinite {key!r}, first in row {row}")
    return found


def as_float32(
    found: NDArray[np.float64], key: str, tool: Blamed, path: str
) -> NDArray[np.float32]:
    """Finite numbers as they are kept.

    Raises:
        UnavailableError: one is too large for that.
    """
    if np.abs(found).max(initial=0) > np.finfo(np.float32).max:
        raise tool.failed(f"answered {path} with {key!r} beyond float32")
    return found.astype(np.float32)


def _numbers(value: Any, dimensions: int) -> NDArray[np.float64] | None:
    """A table or list of real numbers, ``None`` where it is anything else."""
    try:
        if isinstance(value, dict):
            raw = base64.b64decode(value["float32"], validate=True)
            found = np.frombuffer(raw, dtype="<f4").reshape([int(size) for size in value["shape"]])
        else:
            found = np.array(value)
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    # Truth values, texts and lists of other lengths are no numbers.
    right = found.dtype.kind in "iuf" and found.ndim == dimensions
    return found.astype(np.float64) if right else None
