"""Work that is done from time to time, by one of all the processes that share a database."""

from __future__ import annotations

from tabularium.jobs.job import Job, JobContext, RunTakenOver
from tabularium.jobs.runner import JobRunner

__all__ = ["Job", "JobContext", "JobRunner", "RunTakenOver"]
