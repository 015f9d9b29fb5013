"""Imports and exports in process, on the open database of one test."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import GUEST
from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.context import Context
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.options import DatabaseOptions
from tabularium.records.transfer import ImportRefused, export_csv, import_csv
from tabularium.schema.migration.apply import migrate
from tabularium.schema.model import Schema, Table
from tests.support.recorded_writes import RecordedWrites

Work = Callable[[Context], Awaitable[Any]]


class _RolledBack(Exception):
    pass


class Store:
    """The open database of a test."""

    def __init__(self, application_file: Path, url: str) -> None:
        self.identity = GUEST
        """Who imports and exports."""
        self._runner = asyncio.Runner()
        self._database, self.schema = self._runner.run(self._open(application_file, url))

    async def _open(self, application_file: Path, url: str) -> tuple[RecordedWrites, Schema]:
        database = await open_database(url, DatabaseOptions(synchronous="normal"), patience=0)
        migrated = await migrate(database, load_schema(application_file).schema, SystemClock())
        return RecordedWrites(database, migrated.schema), migrated.schema

    def close(self) -> None:
        self._runner.run(self._database.close())
        self._runner.close()

    def table(self, name: str) -> Table:
        """Return a table of the application."""
        found = self.schema.find_table(name)
        assert found is not None
        return found

    def write(self, work: Work) -> Any:
        """Do something in a transaction."""
        return self._runner.run(self._database.write(lambda session: work(self._context(session))))

    def arrange(self, work: Work) -> Any:
        """Do something in a transaction of which no entries are expected, since it only prepares a test."""
        return self._runner.run(self._database.unwatched.write(lambda session: work(self._context(session))))

    def read(self, work: Work) -> Any:
        """Do something with a session for reading."""
        return self._runner.run(self._database.read(lambda session: work(self._context(session))))

    def undo(self, work: Work) -> Any:
        """Do something in a transaction that leaves nothing behind."""
        results: list[Any] = []

        async def noted(context: Context) -> None:
            results.append(await work(context))
            raise _RolledBack

        with pytest.raises(_RolledBack):
            self.write(noted)
        return results[-1]

    def _context(self, session: Session) -> Context:
        return Context(self.identity, self.schema, session, SystemClock())

    def load(self, table: str, text: str) -> int:
        """Import a text and return the number of records."""
        count: int = self.write(lambda context: loaded(context, table, text))
        return count

    def refused(self, table: str, text: str) -> list[str]:
        """Import a text that must be refused, and return the failures."""
        with pytest.raises(ImportRefused) as refusal:
            self.load(table, text)
        return refusal.value.lines()

    def dump(self, table: str) -> str:
        """Export a table."""
        text: str = self.read(lambda context: exported(context, table))
        return text


async def loaded(context: Context, table: str, text: str) -> int:
    found = context.schema.find_table(table)
    assert found is not None
    return await import_csv(context, found, io.BytesIO(text.encode()))


async def exported(context: Context, table: str) -> str:
    found = context.schema.find_table(table)
    assert found is not None
    return "".join([text async for text, _ in export_csv(context, found)])
