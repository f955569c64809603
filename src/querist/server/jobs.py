"""Jobs as somebody may see them: whole for whoever may read what they bring."""

from __future__ import annotations

from querist import schema
from querist.schema import Annotator, Role
from querist.server.auth import may
from querist.server.schemas import Job

# What these bring, reviewers may read by other routes too; that of all others quotes answers of a
# workforce or names paths of the server's machine, which are for managers.
OF_REVIEWERS = frozenset(
    {
        "auto_accept",
        "auto_ask",
        "auto_propose",
        "doubt",
        "embed",
        "experiment",
        "finish_round",
        "next_round",
        "oracle_round",
        "train",
        "zero_shot",
    }
)


def as_seen_by(person: Annotator, job: schema.Job) -> Job:
    """The job; without its parameters, words and result for whoever may not read those.

    Nobody below a reviewer may start a job, so no job is an annotator's own.
    """
    if may(person, Role.REVIEWER if job.kind in OF_REVIEWERS else Role.MANAGER):
        return Job.of(job)
    return Job.of(job).model_copy(
        update={"params": {}, "message": "", "result": None, "error": None, "worker": None}
    )
