"""A database that lets no write of records pass unrecorded: a transaction with one must have written the entries of it.

It stands between the application and its database in every test of records, so that a new path that forgets to tell
`tabularium.events` fails the first test that takes it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from tabularium.db.database import Database, Row, Session, Statement
from tabularium.db.dialect import Dialect
from tabularium.schema.model import Schema, Table

_WRITING = re.compile(r'\s*(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) (?:"([^"]+)"|([^\s"(]+))', re.IGNORECASE)
ENTRIES = "_activity"
"""Where the entries of history and activity log lie."""


class UnrecordedWrite(AssertionError):
    """A statement changed records, and nothing was told of it."""


def written_table(sql: str) -> str | None:
    """Return the table that a statement writes to; `None` for a read."""
    found = _WRITING.match(sql)
    return found[1] or found[2] if found else None


def tables_of_records(tables: Collection[Table]) -> frozenset[str]:
    """Return what holds records: the configured tables, and the tables of their links."""
    links = (each.type.link_table for table in tables for each in table.fields)
    return frozenset({table.database_name for table in tables} | {link.name for link in links if link is not None})


@dataclass
class Told:
    """What the transactions of a test have written, each as the set of its tables."""

    watched: frozenset[str]
    writes: list[set[str]] = field(default_factory=list)

    def require_entries(self, written: set[str], statements: list[str]) -> None:
        """Raise for a transaction that wrote records without their entries."""
        self.writes.append(written)
        if written & self.watched and ENTRIES not in written:
            raise UnrecordedWrite(
                "A transaction wrote records and no entries of it. Call `context.record_changes` (or `emit` of "
                f"tabularium.events, where there is no context) after: {'; '.join(statements)}"
            )


class _Session:
    def __init__(self, session: Session, written: set[str], statements: list[str], watched: frozenset[str]) -> None:
        self._session = session
        self._written = written
        self._statements = statements
        self._watched = watched
        self.dialect: Dialect = session.dialect

    def _note(self, sql: str) -> None:
        table = written_table(sql)
        if table is not None:
            self._written.add(table)
            self._statements += [sql] if table in self._watched else []

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        self._note(sql)
        return await self._session.fetch_all(sql, parameters, heavy=heavy)

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        self._note(sql)
        return await self._session.fetch_one(sql, parameters, heavy=heavy)

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        for sql, _ in statements:
            self._note(sql)
        return await self._session.fetch_many(statements, heavy=heavy)

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._note(sql)
        return await self._session.execute(sql, parameters)


class RecordedWrites:
    """A database whose writes of records must be told to history and activity log before they are committed."""

    def __init__(self, database: Database, schema: Schema) -> None:
        self.unwatched = database
        self.told = Told(tables_of_records(schema.tables))
        self.dialect: Dialect = database.dialect

    async def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        async def watched(session: Session) -> Any:
            written: set[str] = set()
            statements: list[str] = []
            result = await work(_Session(session, written, statements, self.told.watched))
            self.told.require_entries(written, statements)
            return result

        return await self.unwatched.write(watched)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unwatched, name)
