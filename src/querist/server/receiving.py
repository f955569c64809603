"""Files that a browser sends: streamed into the project's folder, never held in memory."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from querist.catalog.uploads import MOST_BYTES
from querist.errors import InvalidInputError, QueristError, StorageError
from querist.schema import JobState
from querist.server.schemas import Job
from querist.server.service import Service

# What the description of the API says of such a body.
RAW_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_WRITTEN_AT_ONCE = 1 << 20
_ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
# Jobs that may still wait for a file; older ones have ended.
_JOBS = 1_000


async def queue_upload(
    request: Request,
    service: Service,
    kind: str,
    filename: str,
    kinds: tuple[str, ...],
    **options: object,
) -> Job:
    """Store the body as a file and queue the job that reads it, and removes it then.

    Args:
        request: Its body is the file.
        service: The served project.
        kind: Of the job.
        filename: What the file is called where it comes from.
        kinds: The endings that may come.
        options: Other parameters of the job.

    Raises:
        InvalidInputError: it is of another kind, empty, cut off, or too large; nothing is kept.
        StorageError: there is no room for it.
    """
    uploads = service.project.catalog.uploads
    _check_size(int(request.headers.get("content-length") or 0), filename)
    await run_in_threadpool(uploads.sweep, _waiting(service))
    try:
        with uploads.receive(filename, kinds) as (key, file):
            size, held = 0, bytearray()
            async for chunk in request.stream():
                size += len(chunk)
                _check_size(size, filename)
                held += chunk
                if len(held) >= _WRITTEN_AT_ONCE:
                    await run_in_threadpool(file.write, bytes(held))
                    held.clear()
            await run_in_threadpool(file.write, bytes(held))
            if not size:
                raise InvalidInputError(
                    f"The file {filename!r:.120} is empty.", remedy="Send another one."
                )
    except ClientDisconnect:
        raise InvalidInputError(
            f"The file {filename!r:.120} broke off.", remedy="Send it again."
        ) from None
    except OSError as problem:
        raise StorageError(
            f"The file {filename!r:.120} cannot be stored: {problem.strerror}.",
            remedy="Make room on the server's disk, then send it again.",
        ) from problem
    try:
        job = await run_in_threadpool(service.jobs.submit, kind, {"upload": key, **options})
    except QueristError:
        uploads.remove(key)
        raise
    return Job.of(job)


def cancel(service: Service, job_id: str) -> Job:
    """Ask a job to stop; the file that one waited for which is cancelled at once is removed.

    Raises:
        NotFoundError: there is no such job.
    """
    job = service.jobs.cancel(job_id)
    if job.state is JobState.CANCELLED and "upload" in job.params:
        service.project.catalog.uploads.remove(str(job.params["upload"]))
    return Job.of(job)


def _waiting(service: Service) -> set[str]:
    jobs = service.project.catalog.records.jobs.list(limit=_JOBS)
    return {
        str(job.params["upload"]) for job in jobs if job.state in _ACTIVE and "upload" in job.params
    }


def _check_size(size: int, filename: str) -> None:
    if size > MOST_BYTES:
        raise InvalidInputError(
            f"The file {filename!r:.120} is larger than {MOST_BYTES >> 30} GiB.",
            remedy="Copy it to the server's machine, and give its path there.",
            most_bytes=MOST_BYTES,
        )
