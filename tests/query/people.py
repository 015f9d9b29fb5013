"""A table with every field type, and stores that hold it on the two real databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from tabularium import json_text
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.identity.migration import provide_identity_tables
from tabularium.db.identity.tables import USER
from tabularium.db.options import DatabaseOptions
from tabularium.db.postgresql.functions import provide_functions
from tabularium.query import GetQuery, ListQuery, get_statement, list_statements, record_reader
from tabularium.schema.fields.base import FieldType
from tabularium.schema.fields.registry import FIELD_TYPES
from tabularium.schema.model import Field, Index, PrimaryKey, Schema, Table
from tabularium.schema.tables import database_tables, table_layout
from tests.support.scope import OneTable

CREATED = "2024-01-01T00:00:00.000Z"
UPDATED = "2024-02-03T04:05:06.789Z"


def field(name: str, kind: str, *, required: bool = False, unique: bool = False, **options: Any) -> Field:
    """Build a field of a registered type. Options have the names of the file."""
    cls = FIELD_TYPES[kind]
    built = cls(cls.Options.model_validate(options))
    return Field(
        None, name, built.resolve(OneTable("people", PrimaryKey())), required=required, unique=unique, options=options
    )


def _several_users(table: str, name: str) -> FieldType:
    cls = FIELD_TYPES["user"]
    return cls(cls.Options.model_validate({"allowMultiple": True})).resolve(OneTable(table, field_name=name))


FIELDS = (
    field("name", "single-line-text", required=True),
    field("bio", "long-text"),
    field("email", "email", unique=True),
    field("site", "url"),
    field("age", "integer"),
    field("code", "integer", required=True, unique=True),
    field("price", "decimal", precision=2),
    field("vip", "checkbox"),
    field("status", "single-select", options=["new", "done's", "old"]),
    field("born", "date"),
    field("seen", "datetime"),
    field("made", "created-at"),
    field("boss", "relationship", relatedTable="people"),
)
INDEXES = (
    Index("people_age", ("age",)),
    Index("people_boss", ("boss",)),
    Index("people_status", ("status",)),
    Index("people_email", ("email",), unique=True),
    Index("people_code", ("code",), unique=True),
    Index("people_code_live", ("name", "age"), where={"sqlite": "age > 0", "postgresql": "age > 0"}),
)
PEOPLE = Table("1", "people", "people", FIELDS, indexes=INDEXES)
ALL = tuple(each.name for each in FIELDS)

# Names that a careless statement would take for its own.
TAGS = Table("2", "Fields", "fields", (field("record", "single-line-text"),), PrimaryKey("text"))
UUIDS = Table("3", "select", "select", (field("order", "integer"),), PrimaryKey("uuid"))
LISTS = Table(
    "4",
    "lists",
    "lists",
    (
        field("tags", "multi-select", options=["a", "b", 'c "d"']),
        field("numbers", "array", itemType="number"),
        field("files", "multiple-attachments"),
    ),
)
SIGNED = Table(
    "5",
    "signed",
    "signed",
    (
        field("title", "single-line-text"),
        field("owner", "user", required=True),
        Field(None, "crew", _several_users("signed", "crew")),
        field("created_by", "created-by"),
        field("editor", "updated-by"),
        field("deleted_by", "deleted-by"),
    ),
)
SCHEMA = Schema("test", (PEOPLE, TAGS, UUIDS, LISTS, SIGNED))


class Store:
    """One database with the tables of `SCHEMA`, driven from tests that are not coroutines."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._database = self._runner.run(open_database(url, DatabaseOptions(synchronous="normal")))
        self.dialect: Dialect = self._database.dialect
        self._runner.run(self._database.migrate(self._create))

    def close(self) -> None:
        self._runner.run(self._database.close())
        self._runner.close()

    async def _create(self, session: Session) -> None:
        await provide_functions(session)
        layouts = [table_layout(table, SCHEMA, self.dialect) for table in SCHEMA.tables]
        await provide_identity_tables(session)
        for table in database_tables(layouts, self.dialect).sorted_tables:
            if table.name == USER.name:
                continue
            ddl: list[ExecutableDDLElement] = [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
            for statement in ddl:
                await session.execute(str(statement.compile(dialect=self.dialect.sqlalchemy)))
        for each in (each for table in SCHEMA.tables for each in table.fields):
            for text in each.type.link_ddl(self.dialect):
                await session.execute(text)

    def run(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        """Run work in a read."""
        return self._runner.run(self._database.read(work))

    def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        """Run work in a write transaction."""
        return self._runner.run(self._database.write(work))

    def fill(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the rows of a table. A row has `id`, stored values by field, and maybe system columns."""

        async def work(session: Session) -> None:
            await session.execute(f'DELETE FROM "{table.database_name}"')
            for row in rows:
                await session.execute(*self._insert(table, row))

        self.write(work)

    def _insert(self, table: Table, row: Mapping[str, Any]) -> tuple[str, list[Any]]:
        system = {"_revision": 1, "created_at": CREATED, "updated_at": UPDATED}
        values = system | {name: value for name, value in row.items() if name not in table.by_name}
        for each in table.fields:
            encoded = each.type.encode(row.get(each.name), self.dialect)
            values |= dict(zip(each.type.column_names(each.name), encoded, strict=False))
        columns = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(self.dialect.placeholder(number) for number in range(1, len(values) + 1))
        override = "OVERRIDING SYSTEM VALUE " if self.dialect is POSTGRESQL and table.primary_key.is_integer else ""
        return f'INSERT INTO "{table.database_name}" ({columns}) {override}VALUES ({places})', list(values.values())

    def page(self, query: ListQuery) -> tuple[bytes, bool, int | None]:
        """Return the page's records as JSON, whether one more exists, and the total where it is counted."""
        statements = list_statements(query, self.dialect)

        async def work(session: Session) -> tuple[bytes, bool, int | None]:
            if statements.read is None:
                row = await session.fetch_one(*statements.page)
                assert row is not None
                return bytes(row[0]), row[1], row[2]
            both = [statements.page] if statements.count is None else [statements.page, statements.count]
            rows, *counted = await session.fetch_many(both)
            width = statements.position_width
            records = [json_text.dump(statements.read(row[: len(row) - width])) for row in rows[: query.limit]]
            return b",".join(records), len(rows) > query.limit, counted[0][0][0] if counted else None

        page: tuple[bytes, bool, int | None] = self.run(work)
        return page

    def records(self, query: ListQuery) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = orjson.loads(b"[" + self.page(query)[0] + b"]")
        return found

    def ids(self, query: ListQuery) -> list[str]:
        return [record["id"] for record in self.records(query)]

    def get(self, query: GetQuery) -> dict[str, Any] | None:
        async def work(session: Session) -> Any:
            return await session.fetch_one(*get_statement(query, self.dialect))

        row = self.run(work)
        return None if row is None else record_reader(query, self.dialect)(row)
