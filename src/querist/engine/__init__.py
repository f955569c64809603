"""Where heavy work runs: jobs with progress, cancel and resume."""

from querist.engine.base import Engine, Handler, JobStore, Progress, silent
from querist.engine.inline import InlineEngine
from querist.engine.job_run import result_of, run_job
from querist.engine.supervisor import LocalWorker
from querist.engine.worker import WorkerEngine, run_worker, until_parent_ends

__all__ = [
    "Engine",
    "Handler",
    "InlineEngine",
    "JobStore",
    "LocalWorker",
    "Progress",
    "WorkerEngine",
    "result_of",
    "run_job",
    "run_worker",
    "silent",
    "until_parent_ends",
]
