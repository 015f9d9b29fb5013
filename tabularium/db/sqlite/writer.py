"""Writing: one thread, one connection, one transaction after the other."""

from __future__ import annotations

import asyncio
import contextvars
import math
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from tabularium.db.database import Row, Session, Statement
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.options import DatabaseOptions
from tabularium.db.sqlite.connection import fetch_all, fetch_one, open_connection, waiting
from tabularium.db.sqlite.failures import translate
from tabularium.db.sqlite.steering import check_foreign_keys, control, empty_log, prepare_migration
from tabularium.errors import Unavailable

T = TypeVar("T")
Work = Callable[[Session], Awaitable[T]]


class _State(Enum):
    WAITING = auto()
    RUNNING = auto()
    COMMITTING = auto()
    ENDED = auto()


class WriteSession:
    """The session of one write transaction. Nothing in it suspends: it is driven in the writer's thread."""

    dialect: Dialect = SQLITE

    def __init__(self, connection: apsw.Connection, job: Job[Any]) -> None:
        self._connection = connection
        self._job = job

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        with self._job.statement():
            return fetch_all(self._connection, sql, parameters)

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        with self._job.statement():
            return fetch_one(self._connection, sql, parameters)

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        with self._job.statement():
            return [fetch_all(self._connection, sql, parameters) for sql, parameters in statements]

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        with self._job.statement():
            before = self._connection.total_changes()
            fetch_all(self._connection, sql, parameters)
            return self._connection.total_changes() - before


class Job(Generic[T]):
    """One write on its way: made in the event loop, performed in the thread, and perhaps cancelled in between."""

    def __init__(self, work: Work[T], *, is_migration: bool) -> None:
        self.work = work
        self.is_migration = is_migration
        self.loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[T] = self.loop.create_future()
        self.context = contextvars.copy_context()
        self.is_cancelled = False
        self._has_failed = False
        self._state = _State.WAITING
        self._connection: apsw.Connection | None = None
        self._lock = threading.Lock()

    # In the event loop ----------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Drop the job if it waits, interrupt it if it runs. A commit that has begun goes on."""
        with self._lock:
            self.is_cancelled = True
            if self._state is _State.RUNNING and self._connection is not None:
                self._connection.interrupt()
            if self._state is not _State.WAITING:
                return
            self._state = _State.ENDED
        self._settle(None, Unavailable())

    def expire(self) -> None:
        """Give up if the job still waits for its turn."""
        with self._lock:
            if self._state is not _State.WAITING:
                return
            self._state = _State.ENDED
        self._settle(None, Unavailable("The database is busy with other writes."))

    def _settle(self, result: T | None, error: BaseException | None) -> None:
        if self.outcome.done():
            return
        if error is None:
            self.outcome.set_result(result)  # type: ignore[arg-type]  # without an error there is a result of type T
            return
        self.outcome.set_exception(error)
        self.outcome.exception()  # marks it as seen: a caller that has gone needs no report of an error never fetched

    # In the thread --------------------------------------------------------------------------------------------------

    def begin(self, connection: apsw.Connection) -> bool:
        """Take the job's turn. False if it has been dropped meanwhile."""
        with self._lock:
            if self._state is not _State.WAITING:
                return False
            self._state = _State.RUNNING
            self._connection = connection
            return True

    @contextmanager
    def statement(self) -> Iterator[None]:
        """Guard one statement: not after a cancellation or the end, and nothing is committed after one that failed.

        SQLite itself would commit the rest, PostgreSQL would not.
        """
        self._require_running()
        try:
            yield
        except BaseException:
            self._has_failed = True
            raise

    def _require_running(self) -> None:
        if self.is_cancelled:
            raise Unavailable("The request was cancelled.")
        if self._state is not _State.RUNNING:
            raise RuntimeError("a session was used after its transaction had ended")

    def begin_commit(self) -> None:
        """Pass the point after which a cancellation comes too late."""
        with self._lock:
            self._require_running()
            if self._has_failed:
                raise RuntimeError("a statement of this transaction has failed, so it cannot be committed")
            self._state = _State.COMMITTING

    def end(self, result: T | None, error: BaseException | None) -> None:
        """Tell the event loop how it went."""
        with self._lock:
            self._state = _State.ENDED
            self._connection = None
        with suppress(RuntimeError):  # the loop has been closed: nobody waits for the outcome any more
            self.loop.call_soon_threadsafe(self._settle, result, error)


class _Checkpoint(Job[None]):
    """A turn of the writer outside of any transaction."""


async def _nothing(_: Session) -> None:
    pass


class Writer:
    """The queue of writes and the thread that works it off."""

    def __init__(self, path: Path, options: DatabaseOptions) -> None:
        self._path = path
        self._options = options
        self._queue: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._is_closed = False
        self._job: Job[Any] | None = None
        self._connection: apsw.Connection | None = self._open()
        self._thread = threading.Thread(target=self._work_off, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T], *, is_migration: bool = False) -> T:
        """Run `work` in a transaction of its own, in the thread, and return what it returned once that is committed."""
        if self._is_closed:
            raise Unavailable("The database is closed.")
        if self._queue.qsize() >= self._options.queue_length:
            raise Unavailable("Too many writes are waiting.")
        return await self._finish(Job(work, is_migration=is_migration))

    async def checkpoint(self) -> None:
        """Copy the log into the file, and empty it. Raises `Busy` where another connection reads from it for long."""
        if self._is_closed:
            raise Unavailable("The database is closed.")
        await self._finish(_Checkpoint(_nothing, is_migration=False))

    async def _finish(self, job: Job[T]) -> T:
        self._queue.put(job)
        expiry = None if job.is_migration else job.loop.call_later(self._options.wait, job.expire)
        try:
            return await asyncio.shield(job.outcome)
        except asyncio.CancelledError:
            job.cancel()
            with suppress(Exception, asyncio.CancelledError):
                return await job.outcome  # it may have been committing: then it is done, and must be answered
            raise
        finally:
            if expiry is not None:
                expiry.cancel()

    async def close(self) -> None:
        """Finish the writes that wait and close the connection."""
        self._is_closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    # In the thread --------------------------------------------------------------------------------------------------

    def _open(self) -> apsw.Connection:
        on_busy = waiting(self._patience, lambda: self._job is not None and self._job.is_cancelled)
        return open_connection(self._path, self._options.synchronous, on_busy)

    def _patience(self) -> float:
        # Of the processes that start together one migrates, however long that takes, and the others wait for it.
        return math.inf if self._job is not None and self._job.is_migration else self._options.wait

    def _reopen(self) -> apsw.Connection:
        try:
            return self._open()
        except apsw.Error as error:
            raise translate(error, "open") from None

    def _work_off(self) -> None:
        while (job := self._queue.get()) is not None:
            self._perform(job)
            del job  # the last request must not stay in memory until the next one comes
        if self._connection is not None:
            self._connection.close()

    def _perform(self, job: Job[Any]) -> None:
        self._job = job
        result, error = None, None
        try:
            if self._connection is None:
                self._connection = self._reopen()
            if not job.begin(self._connection):
                return
            if isinstance(job, _Checkpoint):
                empty_log(self._connection)
            else:
                result = job.context.run(self._transact, job, self._connection)
        except BaseException as raised:  # noqa: BLE001  # whatever it is, the caller gets it, and the thread lives on
            error = raised
        finally:
            self._job = None
        job.end(result, error)

    def _transact(self, job: Job[T], connection: apsw.Connection) -> T:
        version = prepare_migration(connection) if job.is_migration else None
        control(connection, "BEGIN IMMEDIATE")
        try:
            result = _drive(job.work(WriteSession(connection, job)))
            if version is not None:
                check_foreign_keys(connection, version)
            job.begin_commit()
            control(connection, "COMMIT")
            return result
        finally:
            self._tidy(connection, is_migration=job.is_migration)

    def _tidy(self, connection: apsw.Connection, *, is_migration: bool) -> None:
        """Leave the connection outside of any transaction, or give it up: the next job opens another."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if is_migration:
                connection.pragma("foreign_keys", True)
        except apsw.Error:
            self._connection = None
            connection.close(True)


def _drive(awaitable: Awaitable[T]) -> T:
    """Run a coroutine that never suspends to its end."""
    coroutine = awaitable.__await__()
    try:
        next(coroutine)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("a write transaction on SQLite must not await anything but its session")
