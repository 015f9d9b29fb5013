"""Reading and writing rows of the identity tables: the only place that knows how each database holds their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal

from tabularium.clock import instant_text, parse_instant
from tabularium.db.database import Row, Session
from tabularium.db.dialect import DIALECTS, POSTGRESQL, Dialect
from tabularium.db.identity.tables import USER, IdentityTable, Kind
from tabularium.db.lists import among, text_list

Values = Mapping[str, Any]
Found = dict[str, Any]
Comparison = Literal["=", "<", "<=", ">", ">=", "<>"]
Where = Mapping[Any, Any]
"""Conditions that all hold: by column, or by column and comparison. A value that is `None` asks for null."""


async def find(session: Session, table: IdentityTable, where: Where, *, newest: str | None = None) -> Found | None:
    """Return the first row that fits, the one with the latest `newest` where there are several; `None` without any."""
    sql, parameters = _select(session.dialect, table, where, newest, descending=True)
    row = await session.fetch_one(f"{sql} LIMIT 1", parameters)
    return None if row is None else decoded(session.dialect, table, row)


async def find_held(session: Session, table: IdentityTable, where: Where) -> Found | None:
    """Return the first row that fits, which nobody else changes until the transaction ends; `None` without any.

    Whoever holds the first of several has all others wait who ask for it in the same way. Rows that only refer to it
    may still be written.
    """
    sql, parameters = _select(session.dialect, table, where, table.names[0], descending=False)
    hold = " FOR NO KEY UPDATE" if session.dialect is POSTGRESQL else ""  # SQLite has one writer
    row = await session.fetch_one(f"{sql} LIMIT 1{hold}", parameters)
    return None if row is None else decoded(session.dialect, table, row)


async def find_all(session: Session, table: IdentityTable, where: Where, *, order: str | None = None) -> list[Found]:
    """Return every row that fits, in the order of a column and then of the first."""
    sql, parameters = _select(session.dialect, table, where, order, descending=False)
    return [decoded(session.dialect, table, row) for row in await session.fetch_all(sql, parameters)]


async def find_users(session: Session, user_ids: Sequence[str]) -> dict[str, Found]:
    """Return users by their ids, none of whom is erased until the transaction ends."""
    dialect = session.dialect
    hold = " FOR KEY SHARE" if dialect is POSTGRESQL else ""  # SQLite has one writer
    key = dialect.quote(USER.names[0])
    sql = (
        f"SELECT {columns_sql(dialect, USER)} FROM {dialect.quote(USER.name)} WHERE {key} {among(1, dialect)} "
        f"ORDER BY {key}{hold}"
    )
    found = await session.fetch_all(sql, [text_list(user_ids, dialect)])
    return {user["id"]: user for user in (decoded(dialect, USER, row) for row in found)}


def is_banned(user: Found, now: str) -> bool:
    """Say whether a user is banned at an instant: a ban may have come to its end."""
    return bool(user["banned"]) and (user["banExpires"] is None or user["banExpires"] > now)


async def count(session: Session, table: IdentityTable, where: Where) -> int:
    """Return how many rows fit."""
    condition, parameters = _condition(session.dialect, table, where, 1)
    row = await session.fetch_one(f"SELECT count(*) FROM {session.dialect.quote(table.name)}{condition}", parameters)
    return 0 if row is None else int(row[0])


async def insert(session: Session, table: IdentityTable, values: Values) -> None:
    """Store one row. Columns that `values` leaves out are null. Raises `UniqueViolation`."""
    dialect = session.dialect
    sql = _insert_sql(dialect.name, table, tuple(values))
    await session.execute(sql, [encoded(dialect, table, name, value) for name, value in values.items()])


async def update(session: Session, table: IdentityTable, values: Values, where: Where) -> int:
    """Set columns of every row that fits, and return how many there were. Raises `UniqueViolation`."""
    dialect = session.dialect
    marks = ", ".join(f"{dialect.quote(name)} = {dialect.placeholder(n)}" for n, name in enumerate(values, 1))
    condition, parameters = _condition(dialect, table, where, len(values) + 1)
    given = [encoded(dialect, table, name, value) for name, value in values.items()]
    return await session.execute(f"UPDATE {dialect.quote(table.name)} SET {marks}{condition}", [*given, *parameters])


async def delete(session: Session, table: IdentityTable, where: Where) -> int:
    """Delete every row that fits, and return how many there were."""
    condition, parameters = _condition(session.dialect, table, where, 1)
    return await session.execute(f"DELETE FROM {session.dialect.quote(table.name)}{condition}", parameters)


async def take(session: Session, table: IdentityTable, where: Where) -> list[Found]:
    """Delete every row that fits and return them: of several that ask at once, one gets a row."""
    dialect = session.dialect
    condition, parameters = _condition(dialect, table, where, 1)
    sql = f"DELETE FROM {dialect.quote(table.name)}{condition} RETURNING {columns_sql(dialect, table)}"
    return [decoded(dialect, table, row) for row in await session.fetch_all(sql, parameters)]


# SQL ------------------------------------------------------------------------------------------------------------------


def columns_sql(dialect: Dialect, table: IdentityTable, alias: str = "") -> str:
    """Return the select list of all columns, in the order that `decoded` takes."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + dialect.quote(name) for name in table.names)


def _select(
    dialect: Dialect, table: IdentityTable, where: Where, order: str | None, *, descending: bool
) -> tuple[str, list[Any]]:
    condition, parameters = _condition(dialect, table, where, 1)
    sql = f"SELECT {columns_sql(dialect, table)} FROM {dialect.quote(table.name)}{condition}"
    if order is not None:
        direction = " DESC" if descending else ""
        sql += f" ORDER BY {dialect.quote(order)}{direction}, {dialect.quote(table.names[0])}{direction}"
    return sql, parameters


@lru_cache(maxsize=256)
def _insert_sql(dialect_name: str, table: IdentityTable, names: tuple[str, ...]) -> str:
    dialect = DIALECTS[dialect_name]
    columns = ", ".join(map(dialect.quote, names))
    marks = ", ".join(dialect.placeholder(number) for number in range(1, len(names) + 1))
    return f"INSERT INTO {dialect.quote(table.name)} ({columns}) VALUES ({marks})"


def _condition(dialect: Dialect, table: IdentityTable, where: Where, first: int) -> tuple[str, list[Any]]:
    parts: list[str] = []
    parameters: list[Any] = []
    for key, value in where.items():
        name, comparison = (key, "=") if isinstance(key, str) else key
        column = dialect.quote(name)
        if value is None:
            parts.append(f"{column} IS {'NOT ' if comparison == '<>' else ''}NULL")
            continue
        parts.append(f"{column} {comparison} {dialect.placeholder(first + len(parameters))}")
        parameters.append(encoded(dialect, table, name, value))
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), parameters


# Values ---------------------------------------------------------------------------------------------------------------


def encoded(dialect: Dialect, table: IdentityTable, name: str, value: Any) -> Any:
    """Turn a value into the form that the driver takes for a column."""
    if value is None:
        return None
    encode = _ENCODERS.get((dialect.name, table.columns[name].kind))
    return value if encode is None else encode(value)


def decoded(dialect: Dialect, table: IdentityTable, row: Row, first: int = 0) -> Found:
    """Turn the columns of `columns_sql`, which begin at `first` in a row of the driver, into values by name."""
    found = dict(zip(table.names, row[first : first + len(table.names)], strict=True))
    for name, decode in _decoders(dialect.name, table):
        value = found[name]
        if value is not None:
            found[name] = decode(value)
    return found


@lru_cache(maxsize=64)
def _decoders(dialect_name: str, table: IdentityTable) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    kinds = ((name, _DECODERS.get((dialect_name, column.kind))) for name, column in table.columns.items())
    return tuple((name, decode) for name, decode in kinds if decode is not None)


def _sqlite_instant(value: Any) -> str:
    """Read what another program may have written with fewer digits, or as milliseconds."""
    if isinstance(value, str):
        return value if len(value) == 24 and value.endswith("Z") else instant_text(_aware(value))
    return instant_text(datetime.fromtimestamp(value / 1000, UTC))


def _postgresql_instant(text: str) -> str:
    """Read what a connection whose zone is UTC writes: `2026-03-01 09:00:00.125+00`, without zeros at the end."""
    moment, _, fraction = text.removesuffix("+00").partition(".")
    return f"{moment[:10]}T{moment[11:]}.{fraction[:3]:0<3}Z"


def _aware(text: str) -> datetime:
    moment = parse_instant(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


_ENCODERS: Final[Mapping[tuple[str, Kind], Callable[[Any], Any]]] = {
    ("sqlite", "boolean"): int,
}
_DECODERS: Final[Mapping[tuple[str, Kind], Callable[[Any], Any]]] = {
    ("sqlite", "boolean"): bool,
    ("sqlite", "instant"): _sqlite_instant,
    ("postgresql", "instant"): _postgresql_instant,
}
