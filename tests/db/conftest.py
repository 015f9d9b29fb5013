"""An open database of each kind, with one table to work on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tabularium.db.connect import open_database
from tabularium.db.database import Database, Session
from tabularium.db.dialect import SQLITE
from tabularium.db.options import DatabaseOptions

OpenDatabase = Callable[..., Any]

_TABLES = (
    "CREATE TABLE parents (id bigint CONSTRAINT _pk_parents PRIMARY KEY)",
    """CREATE TABLE items (
        id bigint CONSTRAINT _pk_items PRIMARY KEY,
        name text,
        amount bigint CONSTRAINT amount_is_positive CHECK (amount > 0),
        parent bigint CONSTRAINT items_parent REFERENCES parents (id),
        deleted_at text
    )""",
    "CREATE UNIQUE INDEX items_name ON items (name) WHERE deleted_at IS NULL",
)


@pytest.fixture
def opened(database_url: str) -> OpenDatabase:
    """Open the database of this test, with the tables `parents` and `items`, as an async context manager."""

    @asynccontextmanager
    async def open_it(*, tables: bool = True, **options: Any) -> AsyncIterator[Database]:
        database = await open_database(database_url, DatabaseOptions(**options), patience=0)
        try:
            if tables:
                await database.migrate(_create_tables)
            yield database
        finally:
            await database.close()

    return open_it


@pytest.fixture
def on_database(opened: OpenDatabase) -> Callable[..., Any]:
    """Run a coroutine function with the open database."""

    def run(work: Callable[[Database], Awaitable[Any]], **options: Any) -> Any:
        async def main() -> Any:
            async with opened(**options) as database:
                return await work(database)

        return asyncio.run(main())

    return run


async def _create_tables(session: Session) -> None:
    for sql in _TABLES:
        await session.execute(
            sql.replace("bigint CONSTRAINT _pk", "INTEGER CONSTRAINT _pk") if session.dialect is SQLITE else sql
        )
