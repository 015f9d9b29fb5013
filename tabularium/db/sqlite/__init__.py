"""SQLite in process, through apsw: reads in the event loop or in threads, writes in one thread."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import apsw

from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.options import DatabaseOptions, UnsuitableDatabase
from tabularium.db.sqlite.failures import translate_opening
from tabularium.db.sqlite.location import prepare_file
from tabularium.db.sqlite.readers import ReadSession
from tabularium.db.sqlite.writer import Writer

T = TypeVar("T")


class SqliteDatabase:
    """One file. Several processes of one machine may share it."""

    dialect: Dialect = SQLITE

    def __init__(self, path: Path, options: DatabaseOptions) -> None:
        """Open the file, which is created if it is missing. Raises `Unavailable` or `UnsuitableDatabase`."""
        try:
            real = prepare_file(path)
            self._session = ReadSession(real, options)
            self._writer = Writer(real, options)  # last, since it starts a thread
        except OSError as error:
            raise UnsuitableDatabase(f"the file {path} cannot be opened: {(error.strerror or '').lower()}") from error
        except apsw.Error as error:
            raise translate_opening(error, path) from None

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        return await work(self._session)

    async def write(self, work: Callable[[Session], Awaitable[T]]) -> T:
        return await self._writer.run(work)

    async def migrate(self, work: Callable[[Session], Awaitable[T]]) -> T:
        return await self._writer.run(work, is_migration=True)

    async def scrub(self, table: str) -> None:
        # Deleted cells are overwritten in their pages (`connection.py`); the log has the pages as they were before.
        await self._writer.checkpoint()

    async def ping(self) -> float:
        started = time.perf_counter()
        await self._session.fetch_one("SELECT count(*) FROM sqlite_schema")
        return (time.perf_counter() - started) * 1000

    async def close(self) -> None:
        await self._writer.close()
        await self._session.close()
