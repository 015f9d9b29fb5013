"""Reading: short statements in the event loop, long ones in threads of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from tabularium.db.database import Row, Statement
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.options import DatabaseOptions
from tabularium.db.sqlite.budget import Budget, OverBudget
from tabularium.db.sqlite.connection import fetch_all, fetch_one, fetch_snapshot, open_reader
from tabularium.db.sqlite.failures import Busy
from tabularium.errors import Unavailable

T = TypeVar("T")


class ReadSession:
    """The session of all reads: it has no state, so one serves every request."""

    dialect: Dialect = SQLITE

    def __init__(self, path: Path, options: DatabaseOptions) -> None:
        # Waiting for a lock would stop the event loop: a busy statement is run again in a thread, which may wait.
        self._connection = open_reader(path, options.synchronous, wait=0.0)
        self._budget = Budget(self._connection)
        self._threads = ReaderThreads(path, options)

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        return await self._run(partial(fetch_all, sql=sql, parameters=parameters), [(sql, parameters)], heavy)

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        return await self._run(partial(fetch_one, sql=sql, parameters=parameters), [(sql, parameters)], heavy)

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        return await self._run(partial(fetch_snapshot, statements=statements), statements, heavy)

    async def _run(self, read: Callable[[apsw.Connection], T], statements: Sequence[Statement], heavy: bool) -> T:
        """Read in place, and in a thread what is busy or turns out to be long."""
        try:
            if not heavy:
                return read(self._connection)
            return self._budget.run(lambda: read(self._connection), statements)
        except (Busy, OverBudget):
            return await self._threads.run(read)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        raise RuntimeError("a session for reading cannot write; use Database.write")

    async def close(self) -> None:
        """Finish the reads that run and close every connection."""
        await self._threads.close()
        self._connection.close()


class _Job(Generic[T]):
    """One long read. It may be cancelled from the event loop while a thread works on it."""

    def __init__(self, work: Callable[[apsw.Connection], T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None

    def perform(self, connection: apsw.Connection) -> T:
        with self._lock:
            self._connection = connection
        try:
            return self._work(connection)
        finally:
            with self._lock:  # from here on the connection may serve another job, which must not be interrupted
                self._connection = None

    def cancel(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()


class ReaderThreads:
    """A few threads for statements that may scan, each with a connection of its own."""

    def __init__(self, path: Path, options: DatabaseOptions) -> None:
        self._path = path
        self._options = options
        self._executor = ThreadPoolExecutor(options.reader_threads, thread_name_prefix="sqlite-reader")
        self._idle: list[apsw.Connection] = []
        self._pending = 0
        self._is_closed = False

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run `work` in a thread. Cancelling the caller interrupts its statement."""
        if self._is_closed:
            raise Unavailable("The database is closed.")
        if self._pending >= self._options.queue_length:
            raise Unavailable("Too many long reads are waiting.")
        job = _Job(work)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._perform, job)
        except asyncio.CancelledError:
            job.cancel()
            raise
        finally:
            self._pending -= 1

    def _perform(self, job: _Job[T]) -> T:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = open_reader(self._path, self._options.synchronous, self._options.wait)
        try:
            return job.perform(connection)
        finally:
            self._idle.append(connection)

    async def close(self) -> None:
        """Finish the reads that run and close every connection."""
        self._is_closed = True
        await asyncio.to_thread(self._executor.shutdown)
        while self._idle:
            self._idle.pop().close()
