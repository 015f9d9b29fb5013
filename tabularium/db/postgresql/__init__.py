"""PostgreSQL through asyncpg's pool."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.options import DatabaseOptions, UnsuitableDatabase
from tabularium.db.postgresql.connection import connection_arguments, require_suitable
from tabularium.db.postgresql.failures import DRIVER_ERRORS, Transient, translate_connecting
from tabularium.db.postgresql.session import ReadSession, WriteSession, control, roll_back
from tabularium.errors import Unavailable

T = TypeVar("T")

_RETRIES = 3
_FREE_ATTEMPTS = 1
"""So often a write is tried beside others. From then on it runs alone, with nothing left to lose against."""
_FIRST_PAUSE = 0.02

_REFUSED_PARAMETERS = (
    asyncpg.InvalidParameterValueError,
    asyncpg.UndefinedObjectError,
    asyncpg.CantChangeRuntimeParamError,
)

# Any fixed number will do, as long as all versions of the program use the same one.
_MIGRATION_LOCK = 0x7461_6275_6C61_7269
_WRITERS_LOCK = 0x7461_6275_6C61_7772

_BEGIN_BESIDE_OTHERS = f"BEGIN; SELECT pg_advisory_xact_lock_shared({_WRITERS_LOCK})"
_BEGIN_ALONE = f"BEGIN; SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"
"""Waits for all writers that have begun, as long as for any lock; those that come later wait for this one."""


class PostgresqlDatabase:
    """A database on a PostgreSQL server. Open it with `open`."""

    dialect: Dialect = POSTGRESQL

    def __init__(self, pool: Any, options: DatabaseOptions) -> None:
        self._pool = pool
        self._options = options

    @classmethod
    async def open(cls, url: str, options: DatabaseOptions) -> PostgresqlDatabase:
        """Connect and check the server. Raises `Unavailable` or `UnsuitableDatabase`."""
        try:
            pool = await asyncpg.create_pool(
                url, min_size=1, max_size=options.pool_size, **connection_arguments(options)
            )
        except (ValueError, asyncpg.ClientConfigurationError):
            # The driver's message may repeat parts of the URL, and so the password.
            raise UnsuitableDatabase("the database URL is not postgresql://USER:PASSWORD@HOST:PORT/NAME") from None
        except _REFUSED_PARAMETERS as error:
            raise UnsuitableDatabase(f"the server refuses a parameter of the URL ({error.sqlstate})") from None
        except DRIVER_ERRORS as error:
            raise translate_connecting(error) from None
        database = cls(pool, options)
        try:
            await database._use(require_suitable)
        except BaseException:
            await database.close()
            raise
        return database

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        session = ReadSession(self._acquire)
        try:
            return await work(session)
        finally:
            if session.connection is not None:
                await self._release(session.connection)

    async def write(self, work: Callable[[Session], Awaitable[T]]) -> T:
        for attempt in range(_RETRIES):
            try:
                return await self._attempt(work, alone=attempt >= _FREE_ATTEMPTS)
            except Transient:
                await asyncio.sleep(random.uniform(0, _FIRST_PAUSE * 2**attempt))  # noqa: S311  # jitter is no secret
        return await self._attempt(work, alone=True)

    async def _attempt(self, work: Callable[[Session], Awaitable[T]], *, alone: bool) -> T:
        begin = _BEGIN_ALONE if alone else _BEGIN_BESIDE_OTHERS
        return await self._use(lambda connection: _transact(connection, work, begin))

    async def migrate(self, work: Callable[[Session], Awaitable[T]]) -> T:
        async def locked(session: Session) -> T:
            # Another node may migrate for long, and so may we.
            await session.execute("SET LOCAL statement_timeout = 0")
            await session.execute("SET LOCAL lock_timeout = 0")
            await session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            await session.fetch_one("SELECT pg_advisory_xact_lock($1)", (_MIGRATION_LOCK,))
            return await work(session)

        return await self.write(locked)

    async def scrub(self, table: str) -> None:
        # An ordinary VACUUM leaves the bytes of rows in their page until others take their place.
        await self._use(lambda connection: control(connection, f"VACUUM (FULL) {POSTGRESQL.quote(table)}"))

    async def ping(self) -> float:
        started = time.perf_counter()
        await self.read(lambda session: session.fetch_one("SELECT 1"))
        return (time.perf_counter() - started) * 1000

    async def close(self) -> None:
        await self._pool.close()

    async def _use(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        connection = await self._acquire()
        try:
            result = await work(connection)
        except BaseException:
            await self._release(connection)
            raise
        with contextlib.suppress(asyncio.CancelledError):  # what has been committed must be answered
            await self._release(connection)
        return result

    async def _acquire(self) -> asyncpg.Connection:
        try:
            async with asyncio.timeout(self._options.wait):
                return await self._pool.acquire()
        except TimeoutError:
            raise Unavailable("No connection to the database was free in time.") from None
        except DRIVER_ERRORS as error:
            raise translate_connecting(error) from None

    async def _release(self, connection: asyncpg.Connection) -> None:
        # Where that fails the pool has given the connection up; what the request did stands.
        with contextlib.suppress(*DRIVER_ERRORS):
            await self._pool.release(connection)


async def _transact(connection: asyncpg.Connection, work: Callable[[Session], Awaitable[T]], begin: str) -> T:
    session = WriteSession(connection)
    try:
        await control(connection, begin)
        result = await work(session)
        await _commit(connection)
        return result
    finally:
        session.end()
        await roll_back(connection)


async def _commit(connection: asyncpg.Connection) -> None:
    """Commit. A cancellation in the middle does not stop it: what is stored must be answered."""
    commit = asyncio.ensure_future(control(connection, "COMMIT"))
    try:
        await asyncio.shield(commit)
    except asyncio.CancelledError:
        await commit
