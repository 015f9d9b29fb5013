"""The texts of the statements that write and export records, each built once for its shape.

Parameter 1 of a write is always its instant. What comes back has the select list of `record_columns`.
"""

from __future__ import annotations

from functools import lru_cache

from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query import record_columns
from tabularium.query.authors import Authors
from tabularium.schema.model import (
    CREATED_COLUMN,
    DELETED_COLUMN,
    KEY_COLUMN,
    REVISION_COLUMN,
    UPDATED_COLUMN,
    Table,
)


@lru_cache(maxsize=1024)
def insert(table: Table, names: tuple[str, ...], authors: Authors, dialect: Dialect, rows: int) -> str:
    """Insert `rows` records, as `store` does, and return them with the fields `names`."""
    return f"{store(table, dialect, rows)} RETURNING {record_columns(table, names, dialect, authors).sql}"


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


def _inserted_row(dialect: Dialect, first: int, width: int) -> str:
    numbers = [1, 1, *range(first, first + width)]
    return f"(1, {', '.join(dialect.placeholder(number) for number in numbers)})"


@lru_cache(maxsize=1024)
def held_names(table: Table) -> tuple[str, ...]:
    """Return the names of the fields that a record itself holds: neither computed ones, nor those without a value."""
    return tuple(each.name for each in table.fields if each.type.has_value and not each.type.is_computed)


@lru_cache(maxsize=1024)
def lock(table: Table, authors: Authors, dialect: Dialect) -> str:
    """Read a live record, whose key is parameter 1, with all fields; nobody else can change it until the end.

    Others may link to it meanwhile: two records that link to each other could else not be changed at the same time
    (`rule_sql` takes the locks of targets).
    """
    quote = dialect.quote
    names = held_names(table)
    locking = " FOR NO KEY UPDATE" if dialect is POSTGRESQL else ""  # On SQLite there is one writer at a time.
    return (
        f"SELECT {record_columns(table, names, dialect, authors).sql} FROM {quote(table.database_name)} "
        f"WHERE {quote(KEY_COLUMN)} = {dialect.placeholder(1)} AND {quote(DELETED_COLUMN)} IS NULL{locking}"
    )


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
def update(table: Table, changed: tuple[str, ...], names: tuple[str, ...], authors: Authors, dialect: Dialect) -> str:
    """Set the fields `changed` of one record, as a new revision, and return it with the fields `names`.

    Parameters after the instant: the key, then every column of every changed field.
    """
    quote = dialect.quote
    columns = [column for name in changed for column in table.by_name[name].type.column_names(name)]
    settings = [f"{quote(column)} = {dialect.placeholder(number)}" for number, column in enumerate(columns, 3)]
    return f"{_revise(table, dialect, settings)} RETURNING {record_columns(table, names, dialect, authors).sql}"


def _revise(table: Table, dialect: Dialect, settings: list[str]) -> str:
    quote, placeholder = dialect.quote, dialect.placeholder
    revision = quote(REVISION_COLUMN)
    assignments = [f"{revision} = {revision} + 1", f"{quote(UPDATED_COLUMN)} = {placeholder(1)}", *settings]
    return (
        f"UPDATE {quote(table.database_name)} SET {', '.join(assignments)} WHERE {quote(KEY_COLUMN)} = {placeholder(2)}"
    )
