"""Every failure in the one error shape."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as HttpFailure

from querist.errors import InvalidInputError, NotFoundError, QueristError, UnavailableError
from querist.schema import to_json
from querist.server.security import HEADERS

RETRY_SECONDS = "1"

logger = logging.getLogger(__name__)


def add_failure_handlers(app: FastAPI) -> None:
    """Make ``app`` answer every failure in the one error shape."""
    app.add_exception_handler(QueristError, _querist_error)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HttpFailure, _http_failure)
    app.add_exception_handler(Exception, _unexpected)


def told(error: QueristError) -> JSONResponse:
    """The answer that tells of ``error``."""
    if isinstance(error, UnavailableError):
        logger.warning("A request has to come again: %s", error)
        answer = _answer(error)
        answer.headers["Retry-After"] = RETRY_SECONDS
        return answer
    if error.status >= 500:
        logger.error("A request failed: %s", error, exc_info=error)
    return _answer(error)


def _answer(error: QueristError, status: int | None = None) -> JSONResponse:
    return JSONResponse(to_json(error.to_json()), status or error.status)


def _querist_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QueristError)
    return told(error)


def _wrong_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _answer(_in_words(error.errors()))


def _in_words(problems: Sequence[Any]) -> InvalidInputError:
    fields = [".".join(str(part) for part in problem["loc"]) for problem in problems]
    said = "; ".join(
        f"{field}: {problem['msg']}{_given(problem)}"
        for field, problem in zip(fields, problems, strict=True)
    )
    return InvalidInputError(
        f"The request does not fit: {said}.",
        remedy="Compare it with /api/v1/openapi.json.",
        fields=fields,
    )


def _given(problem: Any) -> str:
    """Numbers are named; a text may be a token in the wrong field."""
    given = problem.get("input")
    return f", not {given!r}" if isinstance(given, int | float) else ""


def _http_failure(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HttpFailure)
    path, remedy = request.url.path, "Compare it with /api/v1/openapi.json."
    what: QueristError
    if error.status_code == 404:
        what = NotFoundError(f"There is nothing at {path}.", remedy=remedy)
    elif error.status_code == 405:
        what = InvalidInputError(f"{path} does not answer {request.method}.", remedy=remedy)
    else:
        what = InvalidInputError(f"{error.detail}: {request.method} {path}.", remedy=remedy)
    answer = _answer(what, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    logger.error("%s %s failed.", request.method, request.url.path, exc_info=error)
    what = QueristError(
        f"The server failed unexpectedly ({type(error).__name__}).",
        remedy="Read the server's log; if the data is fine, report it as a bug of Querist.",
        type=type(error).__name__,
    )
    answer = _answer(what)
    # This answer is made outside of the other guards.
    answer.headers.update(HEADERS)
    return answer
