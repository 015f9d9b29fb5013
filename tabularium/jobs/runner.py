"""Runs the scheduled jobs that are due, one after the other, in the background of a process."""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from tabularium.clock import Clock, instant_text
from tabularium.db.database import Database, Session
from tabularium.db.job_runs import claim_run, last_runs, note_success
from tabularium.jobs.job import Job, JobContext, RunTakenOver, finish

_log = logging.getLogger("tabularium.jobs")

_PAUSE: Final = 60.0
_LONGEST_DELAY: Final = 5.0


def _some_seconds() -> float:
    return random.uniform(0, _LONGEST_DELAY)  # noqa: S311  # it spreads the load, and is no secret


class JobRunner:
    """One a process. Whichever process finds a job due first runs it, and the others see that it has run.

    The specification asks for a lock that belongs to a transaction, and for small transactions, so no lock can last as
    long as a job works. A run is therefore claimed: one short transaction sets the instant of the last run, on the
    condition that it is as long ago as it must be. Nothing is locked between the job's own transactions; each of them
    takes the lock again and looks whether the claim still stands (`JobContext.write`). So a process that dies in a job
    blocks nobody, and a job that takes longer than its interval is never at work twice at one time.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        jobs: Sequence[Job],
        *,
        delay: Callable[[], float] = _some_seconds,
        pause: float = _PAUSE,
    ) -> None:
        """Prepare the jobs. `delay` returns how many seconds to wait at start; `pause` lies between two looks."""
        if len({job.name for job in jobs}) < len(jobs):
            raise ValueError("Two jobs have the same name.")
        self._database = database
        self._clock = clock
        self._jobs = tuple(jobs)
        self._delay = delay
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to run what is due, soon and from then on. The tables must be there: first migrate."""
        if self._task is not None:
            raise RuntimeError("the jobs have been started already")
        self._task = asyncio.create_task(self._run_on(), name="jobs")

    async def stop(self) -> None:
        """End. A job that is at work finishes its transaction, and no other. Cancelling `stop` rolls that back, too."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task})
            raise

    async def run_due(self) -> None:
        """Run every job that is due and that no other process runs. Raises `Unavailable` where none can be found."""
        runs = await self._database.read(last_runs)
        for job in self._jobs:
            # Most looks end here, without a write; the claim decides.
            if _is_due(job, runs.get(job.name), self._clock.now()):
                await self._run(job)

    async def _run_on(self) -> None:
        await asyncio.sleep(self._delay())
        while True:
            try:
                await self.run_due()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next look may do better
                _log.warning("Scheduled jobs cannot be looked up at the moment: %s.", _described(error))
            # Not until the next job is due: the clock may jump, and the process that claimed a run may be gone.
            await asyncio.sleep(self._pause)

    async def _run(self, job: Job) -> None:
        try:
            context = await self._claim(job)
            if context is not None:
                await job.work(context)
                await finish(self._note_success(job))
        except RunTakenOver:
            _log.info("The job %s goes on in another process.", job.name)
        except Exception as error:  # noqa: BLE001  # the other jobs have no part in it
            _log.error("The job %s failed and is tried again after its interval: %s.", job.name, _described(error))

    async def _claim(self, job: Job) -> JobContext | None:
        now = self._clock.now()
        run, (until, since) = instant_text(now), _limits(job, now)

        async def work(session: Session) -> bool:
            return await claim_run(session, job.name, run, until, since)

        if not await finish(self._database.write(work)):
            return None
        return JobContext(self._clock, job.name, run, self._database)

    async def _note_success(self, job: Job) -> None:
        async def work(session: Session) -> None:
            await note_success(session, job.name, instant_text(self._clock.now()))

        await self._database.write(work)


def _is_due(job: Job, last_run: str | None, now: datetime) -> bool:
    until, since = _limits(job, now)
    return last_run is None or last_run <= until or last_run >= since


def _limits(job: Job, now: datetime) -> tuple[str, str]:
    """Return the instants between which a last run is recent.

    One that lies a whole interval ahead was noted before the clock was set back, and would hold the job up for as long
    as the clock was wrong. One that lies a little ahead is that of a process whose clock is a little fast.
    """
    return instant_text(now - job.every), instant_text(now + job.every)


def _described(error: Exception) -> str:
    """Name an error and the way to where it arose. Its message may hold values of records."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    places = (f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{type(error).__name__} at {' < '.join(places)}"
