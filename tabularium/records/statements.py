"""The texts of the statements that write and export records, each built once for its shape.

Parameter 1 of a write is always its instant. What comes back has the select list of `record_columns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson

from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query import record_columns
from tabularium.query.authors import Authors
from tabularium.query.record_columns import RecordColumns
from tabularium.query.rows import Numbered, outer_row, with_moment
from tabularium.records.values import fields_apart
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    REVISION_COLUMN,
    UPDATED_COLUMN,
    Table,
)


@lru_cache(maxsize=1024)
def insert(table: Table, returned: RecordColumns, dialect: Dialect, rows: int) -> str:
    """Insert `rows` records, as `store` does, and return these columns of them."""
    return f"{store(table, dialect, rows)} RETURNING {returned.sql}"


@lru_cache(maxsize=1024)
def store(table: Table, dialect: Dialect, rows: int) -> str:
    """Insert `rows` records.

    Parameters after the instant, for each row: the key unless the database numbers it, then every column of all fields.
    """
    quote = dialect.quote
    columns = [] if table.primary_key.is_integer else [KEY_COLUMN]
    columns += [column for each in table.fields for column in each.type.column_names(each.name)]
    width = len(columns)
    values = ", ".join(_inserted_row(dialect, 2 + row * width, width) for row in range(rows))
    listed = ", ".join(quote(column) for column in (REVISION_COLUMN, CREATED_COLUMN, UPDATED_COLUMN, *columns))
    return f"INSERT INTO {quote(table.database_name)} ({listed}) VALUES {values}"


@lru_cache(maxsize=1024)
def width(table: Table) -> int:
    """Return how many values are bound for the fields of one record."""
    return sum(len(each.type.column_names(each.name)) for each in table.fields)


def _inserted_row(dialect: Dialect, first: int, width: int) -> str:
    numbers = [1, 1, *range(first, first + width)]
    return f"(1, {', '.join(dialect.placeholder(number) for number in numbers)})"


@lru_cache(maxsize=1024)
def held_names(table: Table) -> tuple[str, ...]:
    """Return the names of the fields that a record itself holds: neither computed ones, nor those without a value."""
    return tuple(each.name for each in table.fields if each.type.has_value and not each.type.is_computed)


@lru_cache(maxsize=1024)
def lock(table: Table, authors: Authors, dialect: Dialect) -> Numbered:
    """Read the live records whose keys parameter 1 holds, with all fields; nobody else can change them until the end.

    The first column says whether the rule for rows allows to change it; a row that the caller may not see is not found.
    The second says whether its links have to be read again.
    Others may link to them meanwhile: two records that link to each other could else not be changed at the same time
    (`rule_sql` takes the locks of targets).
    """
    names, row = held_names(table), outer_row(table, dialect)
    locking = " FOR NO KEY UPDATE" if dialect is POSTGRESQL else ""  # On SQLite there is one writer at a time.
    passes, key = row.passes("write"), row.column(KEY_COLUMN)
    allowed = "TRUE" if passes is None else f"({passes}) IS TRUE"
    text = (
        f"SELECT {allowed}, {_has_changed(table, dialect)}, {record_columns(table, names, dialect, authors).sql} "
        f"FROM {dialect.quote(table.database_name)} "
        f"WHERE {among_keys(key, table, dialect)} AND {row.visible} ORDER BY {key}{locking}"
    )
    return with_moment(text, 2, dialect)


def _has_changed(table: Table, dialect: Dialect) -> str:
    """Return the SQL of whether a row is newer than the links that the same statement reads.

    On PostgreSQL what has waited for another writer sees the row as that one left it, but through subqueries everything
    as it was before the wait, the row itself too.
    """
    if dialect is not POSTGRESQL or not fields_apart(table):
        return "FALSE"
    name, key, revision = (dialect.quote(each) for each in (table.database_name, KEY_COLUMN, REVISION_COLUMN))
    return f"{name}.{revision} <> (SELECT _seen.{revision} FROM {name} AS _seen WHERE _seen.{key} = {name}.{key})"


def among_keys(column: str, table: Table, dialect: Dialect) -> str:
    """Return the condition that a column holds one of the keys of the table that parameter 1 holds (`bound_keys`)."""
    if dialect is not POSTGRESQL:
        return f"{column} IN (SELECT value FROM json_each({dialect.placeholder(1)}))"
    return f"{column} = ANY({dialect.placeholder(1)}::{key_type(table)}[])"


def bound_keys(keys: Sequence[int | str], dialect: Dialect) -> Any:
    """Return keys as they are bound together."""
    return list(keys) if dialect is POSTGRESQL else orjson.dumps(list(keys)).decode()


def key_type(table: Table) -> str:
    """Return what PostgreSQL calls the type of the keys."""
    kind = table.primary_key.kind
    return kind if kind in ("uuid", "text") else "bigint"


def refresh_statistics(table: Table, dialect: Dialect) -> str | None:
    """Count the values of a table anew after many were added; `None` where the database plans without that.

    PostgreSQL would do it by itself within minutes, and until then read whole tables for a page.
    """
    return f"ANALYZE {dialect.quote(table.database_name)}" if dialect is POSTGRESQL else None


@lru_cache(maxsize=1024)
def export_page(table: Table, names: tuple[str, ...], dialect: Dialect, rows: int, *, is_first: bool) -> str:
    """Read the next `rows` live records in the order of their keys. Parameter 1 is the last key, but not at first."""
    quote = dialect.quote
    key = f"{quote(table.database_name)}.{quote(KEY_COLUMN)}"
    following = "" if is_first else f" AND {key} > {dialect.placeholder(1)}"
    return (
        f"SELECT {record_columns(table, names, dialect).sql} FROM {quote(table.database_name)} "
        f"WHERE {quote(DELETED_COLUMN)} IS NULL{following} ORDER BY {key} LIMIT {rows}"
    )


@lru_cache(maxsize=4096)
def update(
    table: Table, changed: tuple[str, ...], names: tuple[str, ...], authors: Authors, dialect: Dialect, rows: int
) -> str:
    """Set the fields `changed` of some records, as a new revision each, and return them with the fields `names`.

    Parameters for each row: the instant, the key, then every column of every changed field.
    """
    quote = dialect.quote
    kinds = {
        column.name: column.type.compile(dialect=dialect.sqlalchemy).partition(" COLLATE ")[0]
        for name in changed
        for column in table.by_name[name].type.columns(name, dialect)
    }
    columns = [("_at", "timestamptz"), ("_key", key_type(table)), *((quote(name), kinds[name]) for name in kinds)]
    own = {name: f"_sent.{name}" for name, _ in columns[2:]}
    name, revision = quote(table.database_name), quote(REVISION_COLUMN)
    assignments = [f"{revision} = {name}.{revision} + 1", f"{quote(UPDATED_COLUMN)} = _sent._at"]
    assignments += [f"{column} = {value}" for column, value in own.items()]
    return (
        f"WITH _sent({', '.join(column for column, _ in columns)}) AS (VALUES {_sent_rows(columns, dialect, rows)}) "
        f"UPDATE {name} SET {', '.join(assignments)} FROM _sent WHERE {name}.{quote(KEY_COLUMN)} = _sent._key "
        f"RETURNING {record_columns(table, names, dialect, authors).sql}"
    )


def _sent_rows(columns: Sequence[tuple[str, str]], dialect: Dialect, rows: int) -> str:
    width = len(columns)

    def placed(row: int, place: int) -> str:
        number = dialect.placeholder(row * width + place + 1)
        return f"CAST({number} AS {columns[place][1]})" if dialect is POSTGRESQL else number

    return ", ".join(f"({', '.join(placed(row, place) for place in range(width))})" for row in range(rows))
