"""A database that two processes have open, a clock that is set by hand, and a database whose writes can be held up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from tabularium.clock import instant_text
from tabularium.db.database import Database, Session
from tabularium.jobs import Job, JobContext, JobRunner

HOUR = timedelta(hours=1)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, by: timedelta) -> None:
        self.moment += by

    @property
    def text(self) -> str:
        return instant_text(self.moment)


class Bench:
    """Two connections to one database, as two processes have them, and a table to work on."""

    def __init__(self, first: Database, second: Database) -> None:
        self.first = first
        self.second = second
        self.clock = SetClock()
        self.ran: list[str] = []

    def job(self, name: str = "clean", every: timedelta = HOUR, work: Callable[..., Any] | None = None) -> Job:
        """Make a job that notes its name in `ran` when it has done its work."""

        async def noted(context: JobContext) -> None:
            if work is not None:
                await work(context)
            self.ran.append(name)

        return Job(name, every, noted)

    def runner(self, *jobs: Job, database: Database | None = None, pause: float = 0.001) -> JobRunner:
        return JobRunner(database or self.first, self.clock, jobs, delay=lambda: 0.0, pause=pause)

    async def rows(self) -> Sequence[tuple[Any, ...]]:
        """Return what the database says of the jobs."""
        sql = 'SELECT name, last_run, last_success FROM "_job" ORDER BY name'
        return [tuple(row) for row in await self.first.read(lambda session: session.fetch_all(sql))]

    async def notes(self) -> list[str]:
        """Return what jobs have written with `write_note`."""
        sql = "SELECT text FROM notes ORDER BY text"
        return [row[0] for row in await self.first.read(lambda session: session.fetch_all(sql))]


def write_note(text: str) -> Callable[[Session], Awaitable[int]]:
    """Return work that writes a row."""

    async def work(session: Session) -> int:
        return await session.execute(f"INSERT INTO notes (text) VALUES ({session.dialect.placeholder(1)})", (text,))

    return work


class Gate:
    """A database whose writes can be made to wait: before they begin, or `at_commit`, when no cancellation counts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.dialect = database.dialect
        self.read = database.read
        self.is_closed = False
        self.at_commit = False
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        if self.is_closed and not self.at_commit:
            self.reached.set()
            await self.opened.wait()
        result = await self._database.write(work)
        if self.is_closed and self.at_commit:
            self.reached.set()
            with suppress(asyncio.CancelledError):
                await self.opened.wait()
        return result
