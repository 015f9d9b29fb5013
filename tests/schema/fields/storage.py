"""Two real databases behind one small interface, for the tests of single columns."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import apsw
import asyncpg
import sqlalchemy
from sqlalchemy.schema import CreateTable

from tabularium.db.dialect import POSTGRESQL, SQLITE, Dialect
from tabularium.db.postgresql.connection import use_text

Rows = Sequence[Sequence[Any]]


class Store(Protocol):
    """A database that runs one statement after the other."""

    dialect: Dialect

    def execute(self, sql: str, rows: Rows = ((),)) -> None:
        """Run a statement once for each row of parameters."""

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Return all rows."""


class SQLiteStore:
    """A database in memory."""

    dialect = SQLITE

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")

    def execute(self, sql: str, rows: Rows = ((),)) -> None:
        for row in rows:
            self.connection.execute(sql, tuple(row))

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        return self.connection.execute(sql, tuple(parameters)).fetchall()


class PostgreSQLStore:
    """One connection, with the codecs of the product."""

    dialect = POSTGRESQL

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        self._runner = runner
        self._connection = connection

    def execute(self, sql: str, rows: Rows = ((),)) -> None:
        for row in rows:
            self._runner.run(self._connection.execute(sql, *row))

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        return [tuple(row) for row in self._runner.run(self._connection.fetch(sql, *parameters))]


@contextlib.contextmanager
def postgresql_store(url: str) -> Iterator[PostgreSQLStore]:
    """Open a connection whose zone and date style are not those that the product would choose."""
    with asyncio.Runner() as runner:
        settings = {"timezone": "Asia/Kathmandu", "datestyle": "German, DMY"}
        connection = runner.run(asyncpg.connect(url, server_settings=settings))
        runner.run(use_text(connection))
        try:
            yield PostgreSQLStore(runner, connection)
        finally:
            runner.run(connection.close())


def create_table(store: Store, name: str, columns: Sequence[sqlalchemy.Column[Any]]) -> None:
    """Create a temporary table with a number beside the columns."""
    place = sqlalchemy.Column("place", sqlalchemy.Integer, primary_key=True, autoincrement=False)
    table = sqlalchemy.Table(name, sqlalchemy.MetaData(), place, *columns, prefixes=["TEMPORARY"])
    store.execute(str(CreateTable(table).compile(dialect=store.dialect.sqlalchemy)))
