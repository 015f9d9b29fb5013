"""A scheduled job, and what it works with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

from tabularium.clock import Clock
from tabularium.db.database import Database, Session
from tabularium.db.job_runs import hold_run

T = TypeVar("T")

SHORTEST_INTERVAL: Final = timedelta(seconds=1)


class RunTakenOver(Exception):
    """Another process has begun a later run of the job, so this one ends."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done again when `every` has passed since it was last begun."""

    name: str
    """Unique, and the same in every version: the database keeps it."""
    every: timedelta
    work: Callable[[JobContext], Awaitable[None]]
    """It may be ended between any two of its transactions, and then begins anew at the next run."""

    def __post_init__(self) -> None:
        if self.every < SHORTEST_INTERVAL:
            raise ValueError(f"The job {self.name} must not run more often than once a second.")


@dataclass(frozen=True, slots=True)
class JobContext:
    """What one run of a job works with. It writes in transactions as small as they can be."""

    clock: Clock
    name: str
    run: str
    """The instant at which this run began. No other run of the job has the same."""
    _database: Database = field(repr=False)

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` with a session for reading."""
        return await self._database.read(work)

    async def write(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in a transaction of its own, which is finished even where the job is cancelled meanwhile.

        Like `Database.write` it may run `work` again, and on SQLite `work` must not await anything but its session.
        No two transactions of a job run at the same time, in all processes. Raises `RunTakenOver`.
        """

        async def held(session: Session) -> T:
            if not await hold_run(session, self.name, self.run):
                raise RunTakenOver
            return await work(session)

        return await finish(self._database.write(held))

    async def scrub(self, table: str) -> None:
        """Let nothing stay in the files of what was deleted from a small table; see `Database.scrub`."""
        await finish(self._database.scrub(table))


async def finish(transaction: Coroutine[Any, Any, T]) -> T:
    """Await a transaction to its end, and only then pass on a cancellation. A second one cancels it, too."""
    task = asyncio.create_task(transaction)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(Exception):  # it has been rolled back, and the caller ends anyway
            await task
        raise
