"""One database that is brought from version to version of a file, and short forms of tables and fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema
from tabularium.db.database import Database
from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.schema.migration.apply import Migrated, MigrationRefused, migrate, preview
from tabularium.schema.migration.report import Inspection, render
from tabularium.schema.model import Schema
from tests.support.scope import row_of

NOW = "2026-03-01T09:00:00.000Z"


class Hours:
    """A clock that is an hour later at each look."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(hours=1)
        return self._now


class Bench:
    """One database that is brought from file to file."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self.database = database
        self.clock = Hours()
        self.more: dict[str, Any] = {}
        """What the file says beside its tables."""

    def schema(self, tables: Sequence[dict[str, Any]]) -> Schema:
        path = self._folder / "app.json"
        path.write_text(json.dumps({"name": "test", **self.more, "tables": tables}))
        return load_schema(path).schema

    async def migrate(self, *tables: dict[str, Any], destructive: bool = False) -> Migrated:
        return await migrate(self.database, self.schema(tables), self.clock, destructive=destructive)

    async def failure(self, *tables: dict[str, Any], destructive: bool = False) -> str:
        """Return why a migration that was begun was given up, having checked that nothing was changed."""
        before = await self.dump()
        with pytest.raises(MigrationRefused) as caught:
            await self.migrate(*tables, destructive=destructive)
        assert await self.dump() == before
        return caught.value.text

    def text(self, inspection: Inspection) -> str:
        """Return a plan as people read it."""
        return render(inspection)

    async def put(self, configured: dict[str, Any], value: Any, *, deleted: bool = False) -> None:
        """Store a JSON value in the first field of a table that is alone in its file."""
        (made,) = self.schema([configured]).tables
        field, dialect = made.fields[0], self.database.dialect
        stored = None if value is None else field.type.parse(value, "write")
        values = dict(zip(field.type.column_names(field.name), field.type.encode(stored, dialect), strict=True))
        await self.insert(made.database_name, **values, **({"deleted_at": NOW} if deleted else {}))

    async def values(self, configured: dict[str, Any]) -> list[Any]:
        """Return the JSON values of the first field of a table that is alone in its file, the trash included."""
        (made,) = self.schema([configured]).tables
        kind, row = made.fields[0].type, row_of(made.database_name, self.database.dialect)
        read = kind.read_expression(kind.value_expression(made.fields[0].name, row), row.dialect)
        decode = kind.decoder(row.dialect)
        rows = await self.rows(f'SELECT {read} FROM "{made.database_name}" ORDER BY "id"')
        return [decode(value) if decode and value is not None else value for (value,) in rows]

    async def inspect(self, *tables: dict[str, Any], destructive: bool = False) -> Inspection:
        return await preview(self.database, self.schema(tables), self.clock, destructive=destructive)

    async def refusal(self, *tables: dict[str, Any], destructive: bool = False) -> str:
        """Return why a change is refused, having checked that nothing was changed and the preview says the same."""
        before = await self.dump()
        with pytest.raises(MigrationRefused) as caught:
            await self.migrate(*tables, destructive=destructive)
        assert await self.dump() == before
        inspection = await preview(self.database, self.schema(tables), self.clock, destructive=destructive)
        assert inspection.is_refused
        return caught.value.text

    async def insert(self, table: str, **values: Any) -> None:
        system = {"_revision": 1, "created_at": NOW, "updated_at": NOW}
        await self.write(table, {**system, **values})

    async def write(self, table: str, values: dict[str, Any]) -> None:
        quote, place = self.database.dialect.quote, self.database.dialect.placeholder
        columns = ", ".join(map(quote, values))
        places = ", ".join(place(number) for number in range(1, len(values) + 1))
        sql = f"INSERT INTO {quote(table)} ({columns}) VALUES ({places})"
        await self.database.write(lambda session: session.execute(sql, tuple(values.values())))

    async def execute(self, sql: str) -> int:
        return await self.database.write(lambda session: session.execute(sql))

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        rows = await self.database.read(lambda session: session.fetch_all(sql))
        return [tuple(row) for row in rows]

    async def names(self, kind: str) -> set[str]:
        """Return the names of all `table`s or `index`es."""
        sql = {
            SQLITE.name: f"SELECT name FROM sqlite_schema WHERE type = '{kind}'",
            POSTGRESQL.name: f"SELECT {kind}name FROM pg_{kind}{'e' * (kind == 'index')}s WHERE schemaname = 'public'",
        }[self.database.dialect.name]
        return {row[0] for row in await self.rows(sql)}

    async def columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table."""
        sql = {
            SQLITE.name: f"SELECT name FROM pragma_table_info('{table}')",
            POSTGRESQL.name: f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}'",
        }[self.database.dialect.name]
        return [row[0] for row in await self.rows(sql)]

    async def dump(self) -> Any:
        """Return everything that a migration could have changed."""
        journal = (
            await self.rows("SELECT * FROM _migration ORDER BY id") if "_migration" in await self.names("table") else []
        )
        return sorted(await self.names("table")), sorted(await self.names("index")), journal


Run = Callable[..., Any]


def text(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "single-line-text", **options}


def integer(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "integer", **options}


def link(name: str, table: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "relationship", "relatedTable": table, **options}


def table(name: str, *fields: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields) or [text("title")], **options}
