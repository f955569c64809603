"""Every error Querist raises on purpose.

QueristError                      code, message, remedy, details, exit code and HTTP status
├── InvalidInputError             a value is wrong (also a ValueError)
│   ├── UnknownNameError          a name that does not exist (also a LookupError)
│   ├── MissingSignalError        a strategy needs an array that was not given
│   ├── TooFewLabelsError         there is too little to learn from yet
│   ├── BudgetSpentError          no budget is left for what was asked
│   └── EmptyPoolError            nothing is left to choose from
├── NotFoundError                 an asset, project, job … that is not there (also a LookupError)
├── ConflictError                 the thing changed meanwhile; nothing was written
├── NotFittedError                a model is asked before it was trained
├── PermissionDeniedError         the role does not allow it
├── AuthenticationError           no token, or a wrong one
├── StorageError                  a folder, table or file cannot be read or written
├── MissingDependencyError        an extra is not installed (also an ImportError)
├── JobCancelledError             somebody asked the job to stop
└── UnavailableError              busy, or a port is taken: try again or elsewhere
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class QueristError(Exception):
    """What went wrong, with which value, and what to do about it.

    Attributes:
        code: Stable machine-readable word, the same in Python, REST and the command line.
        message: One sentence that names the offending value.
        remedy: One sentence that says what to do.
        details: Values a program may want, JSON-compatible.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details: Mapping[str, Any] = details

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Lets an error come back from another process with all it has."""
        return _rebuilt, (type(self), self.message, self.remedy, dict(self.details))

    def to_json(self) -> dict[str, Any]:
        """The one shape an error has on the wire."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "remedy": self.remedy,
                "details": dict(self.details),
            }
        }


class InvalidInputError(QueristError, ValueError):
    """A value is wrong."""

    code = "invalid_input"
    status = 422
    exit_code = 2


class UnknownNameError(InvalidInputError, LookupError):
    """A name that does not exist; the nearest ones are offered."""

    code = "unknown_name"

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """Build the error for ``name``, offering the nearest of the ``known`` names."""
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:8]
        hint = f"Did you mean {', '.join(near)}?" if near else f"There is no {kind} yet."
        return cls(
            f"There is no {kind} named {name!r}.", remedy=hint, kind=kind, name=name, near=near
        )


class MissingSignalError(InvalidInputError):
    """A strategy needs an array that was not given."""

    code = "missing_signal"


class TooFewLabelsError(InvalidInputError):
    """There is too little to learn from yet: more labels mend that, and nothing else has to."""

    code = "too_few_labels"


class BudgetSpentError(InvalidInputError):
    """A budget does not pay for what was asked."""

    code = "budget_spent"


class EmptyPoolError(InvalidInputError):
    """Nothing is left to choose from."""

    code = "empty_pool"


class NotFoundError(QueristError, LookupError):
    """An asset, project, job or file that is not there."""

    code = "not_found"
    status = 404
    exit_code = 3


class ConflictError(QueristError):
    """The thing changed meanwhile; nothing was written."""

    code = "conflict"
    status = 409
    exit_code = 4


class NotFittedError(QueristError, ValueError, AttributeError):
    """A model is asked before it was trained (scikit-learn code may catch its bases)."""

    code = "not_fitted"
    status = 409
    exit_code = 4


class AuthenticationError(QueristError):
    """No token was given, or a wrong or used one."""

    code = "unauthenticated"
    status = 401
    exit_code = 5


class PermissionDeniedError(QueristError):
    """The role does not allow it."""

    code = "forbidden"
    status = 403
    exit_code = 5


_OF_DISK = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


class StorageError(QueristError, OSError):
    """A folder, table or file cannot be read or written."""

    code = "storage"
    status = 500
    exit_code = 6

    @classmethod
    def of(cls, problem: OSError, path: object = None) -> StorageError:
        """Build the error for what the system refuses, at ``path`` or where it says itself."""
        where = str(path or problem.filename or "A file")
        return cls(
            f"{where} cannot be read or written: {problem.strerror or problem}.",
            remedy="Check that you may read and write there, and that the disk is not full; "
            "nothing that was stored is lost. Of a project that is read-only, use a copy.",
            path=where,
        )


def is_disk(problem: BaseException) -> bool:
    """Whether the system refuses a file for want of rights or of space: no bug of ours."""
    return isinstance(problem, OSError) and problem.errno in _OF_DISK


# What the extra ``app`` brings; the base install, for notebooks, is without.
_PLATFORM = frozenset(
    {
        "PIL",
        "alembic",
        "fastapi",
        "httpx",
        "lance",
        "pyarrow",
        "pydantic",
        "sqlalchemy",
        "starlette",
        "tomlkit",
        "uvicorn",
    }
)


def is_platform(module: str | None) -> bool:
    """Whether a module that was not found belongs to the extra ``app``."""
    return (module or "").partition(".")[0] in _PLATFORM


class MissingDependencyError(QueristError, ImportError):
    """An extra is not installed."""

    code = "missing_dependency"
    status = 501
    exit_code = 7

    @classmethod
    def of(cls, feature: str, extra: str) -> MissingDependencyError:
        """Build the error that names the exact install command for ``feature``."""
        return cls(
            f"{feature} needs packages that are not installed.",
            remedy=f"Run: pip install 'querist[{extra}]'",
            feature=feature,
            extra=extra,
        )


class JobCancelledError(QueristError):
    """Somebody asked the job to stop; what it had finished is kept."""

    code = "cancelled"
    status = 409
    exit_code = 8


class UnavailableError(QueristError):
    """Busy, or taken by somebody else: try again or elsewhere."""

    code = "unavailable"
    status = 503
    exit_code = 9


def _rebuilt(
    kind: type[QueristError], message: str, remedy: str, details: Mapping[str, Any]
) -> QueristError:
    return kind(message, remedy=remedy, **details)
