"""Making the identity tables, or adding what a database of Better Auth's own migrations lacks. No row is changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from tabularium.db.catalogue import columns_of
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.identity.tables import TABLES, USER, Column, IdentityTable, Index

_TYPES: Final = {
    "postgresql": {"text": "text", "integer": "integer", "boolean": "boolean", "instant": "timestamptz"},
    "sqlite": {"text": "TEXT", "integer": "INTEGER", "boolean": "INTEGER", "instant": "TEXT"},
}


async def provide_identity_tables(session: Session) -> list[str]:
    """Create what is missing: tables, columns, indexes. Return what a person should know of it.

    An index that the rows of an adopted database would break is left out, and told.
    """
    notes: list[str] = []
    for table in TABLES:
        present = await columns_of(session, table.name)
        if not present:
            await session.execute(_create_sql(session.dialect, table))
        for name in table.names:
            if present and name not in present:
                await session.execute(_add_sql(session.dialect, table, name))
        for index in table.indexes:
            notes += [note async for note in _provide_index(session, table, index)]
    return notes


def _create_sql(dialect: Dialect, table: IdentityTable) -> str:
    return f"CREATE TABLE {dialect.quote(table.name)} ({', '.join(_definitions(dialect, table))})"


def _definitions(dialect: Dialect, table: IdentityTable) -> Iterator[str]:
    for name, column in table.columns.items():
        yield _definition(dialect, name, column)
    keys = ", ".join(dialect.quote(name) for name, column in table.columns.items() if column.is_key)
    yield f"PRIMARY KEY ({keys})"


def _definition(dialect: Dialect, name: str, column: Column) -> str:
    parts = [dialect.quote(name), _TYPES[dialect.name][column.kind]]
    if column.required:
        parts.append("NOT NULL")
    if column.reference:
        parts.append(f"REFERENCES {dialect.quote(USER.name)} ({dialect.quote('id')}) ON DELETE CASCADE")
    return " ".join(parts)


def _add_sql(dialect: Dialect, table: IdentityTable, name: str) -> str:
    # A column is added empty: what the rows of the other program lack nobody can make up.
    kind = _TYPES[dialect.name][table.columns[name].kind]
    return f"ALTER TABLE {dialect.quote(table.name)} ADD COLUMN {dialect.quote(name)} {kind}"


async def _provide_index(session: Session, table: IdentityTable, index: Index) -> AsyncIterator[str]:
    dialect = session.dialect
    columns = ", ".join(map(dialect.quote, index.columns))
    name = f"{'ux' if index.unique else 'ix'}_{table.name}_{'_'.join(index.columns)}"
    if await _has_index(session, table, index):
        return
    if index.unique and await _has_duplicates(session, table, columns):
        yield f"{table.name}: several rows have the same {' and '.join(index.columns)}; the unique index is left out"
        return
    kind = "UNIQUE INDEX" if index.unique else "INDEX"
    await session.execute(
        f"CREATE {kind} IF NOT EXISTS {dialect.quote(name)} ON {dialect.quote(table.name)} ({columns})"
    )


async def _has_index(session: Session, table: IdentityTable, index: Index) -> bool:
    """Say whether the table has such an index, whatever its name: an adopted one has those of its own migrations."""
    if session.dialect is POSTGRESQL:
        sql = (
            "SELECT 1 FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indpred IS NULL "
            "AND (i.indisunique OR NOT $3::boolean) AND $2 = (SELECT string_agg(a.attname, ',' ORDER BY k.place) "
            "FROM unnest(i.indkey) WITH ORDINALITY AS k(number, place) "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number)"
        )
        name = session.dialect.quote(table.name)
    else:
        sql = (
            'SELECT 1 FROM pragma_index_list(?1) AS l WHERE l.partial = 0 AND l."unique" >= ?3 '
            "AND ?2 = (SELECT group_concat(name, ',') FROM pragma_index_info(l.name))"
        )
        name = table.name
    return await session.fetch_one(sql, (name, ",".join(index.columns), index.unique)) is not None


async def _has_duplicates(session: Session, table: IdentityTable, columns: str) -> bool:
    sql = f"SELECT 1 FROM {session.dialect.quote(table.name)} GROUP BY {columns} HAVING count(*) > 1 LIMIT 1"
    return await session.fetch_one(sql) is not None
