"""Sessions on PostgreSQL: one for reading, which takes a connection when it needs one, and one for a transaction."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from tabularium.db.database import Row, Statement
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.postgresql.failures import DRIVER_ERRORS, translate
from tabularium.db.slow import warn_if_slow

_BEGIN_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class _Session(ABC):
    dialect: Dialect = POSTGRESQL

    @abstractmethod
    async def _connect(self) -> asyncpg.Connection:
        """Return the session's connection."""

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        connection = await self._connect()
        started = time.monotonic()
        try:
            rows: Sequence[Row] = await connection.fetch(sql, *parameters)
        except DRIVER_ERRORS as error:
            raise translate(error, sql, is_closed=is_lost(connection)) from None
        warn_if_slow(sql, started)
        return rows

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        connection = await self._connect()
        started = time.monotonic()
        try:
            row: Row | None = await connection.fetchrow(sql, *parameters)
        except DRIVER_ERRORS as error:
            raise translate(error, sql, is_closed=is_lost(connection)) from None
        warn_if_slow(sql, started)
        return row


class ReadSession(_Session):
    """A session outside of transactions. It holds one connection from its first statement to its end."""

    def __init__(self, acquire: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._acquire = acquire
        self.connection: asyncpg.Connection | None = None

    async def _connect(self) -> asyncpg.Connection:
        if self.connection is None:
            self.connection = await self._acquire()
        return self.connection

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        connection = await self._connect()
        await control(connection, _BEGIN_SNAPSHOT)
        try:
            return [await self.fetch_all(sql, parameters) for sql, parameters in statements]
        finally:
            await roll_back(connection)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        raise RuntimeError("a session for reading cannot write; use Database.write")


class WriteSession(_Session):
    """The session of one write transaction."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection: asyncpg.Connection | None = connection

    async def _connect(self) -> asyncpg.Connection:
        if self._connection is None:
            raise RuntimeError("a session was used after its transaction had ended")
        return self._connection

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        return [await self.fetch_all(sql, parameters) for sql, parameters in statements]

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        connection = await self._connect()
        started = time.monotonic()
        try:
            status: str = await connection.execute(sql, *parameters)
        except DRIVER_ERRORS as error:
            raise translate(error, sql, is_closed=is_lost(connection)) from None
        warn_if_slow(sql, started)
        count = status.rpartition(" ")[2]  # such as `INSERT 0 1`; `CREATE TABLE` has no number
        return int(count) if count.isdigit() else 0

    def end(self) -> None:
        """Make every later use of the session an error."""
        self._connection = None


async def control(connection: asyncpg.Connection, sql: str) -> None:
    """Run a statement that steers the transaction. Raises if it does not do what it says.

    COMMIT answers ROLLBACK, and no error, after a statement of the transaction has failed.
    """
    try:
        status: str = await connection.execute(sql)
    except DRIVER_ERRORS as error:
        raise translate(error, sql, is_closed=is_lost(connection)) from None
    if status == "ROLLBACK" and sql != "ROLLBACK":
        raise RuntimeError("a statement of this transaction has failed, so it cannot be committed")


async def roll_back(connection: asyncpg.Connection) -> None:
    """End the transaction, if there is one. A connection that cannot even do that is given up."""
    if is_lost(connection) or not connection.is_in_transaction():
        return
    try:
        await connection.execute("ROLLBACK")
    except DRIVER_ERRORS:
        if not is_lost(connection):
            connection.terminate()


def is_lost(connection: asyncpg.Connection) -> bool:
    """Say whether the connection is closed; the pool takes one back by itself when that is found out."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True
