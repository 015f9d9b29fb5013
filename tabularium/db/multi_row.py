"""Inserting any number of rows by one statement, whose text does not depend on how many they are.

What differs from row to row is bound as lists: databases limit the number of parameters, and keep few texts prepared.
One row alone, which is the most usual, goes as plain values at half the cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import orjson

from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect

Kind = Literal["text", "bigint"]
"""The type of a column. Only with it PostgreSQL takes what is bound in a select list."""
Columns = tuple[tuple[str, Kind], ...]


async def insert_rows(
    session: Session, table: str, shared: Mapping[str, Any], columns: Columns, rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, of which `columns` are given for each, and `shared` columns (texts, numbers or null) for all."""
    if len(rows) == 1:
        await session.execute(_single(table, tuple(shared), columns, session.dialect), [*rows[0], *shared.values()])
        return
    kinds = tuple((name, _kind(value)) for name, value in shared.items())
    sql = _insertion(table, kinds, columns, session.dialect)
    if session.dialect is SQLITE:
        await session.execute(sql, [orjson.dumps(rows).decode(), *shared.values()])
    else:
        await session.execute(sql, [*map(list, zip(*rows, strict=True)), *shared.values()])


def _kind(value: Any) -> Kind:
    return "bigint" if isinstance(value, int) else "text"


@lru_cache(maxsize=64)
def _single(table: str, shared: tuple[str, ...], columns: Columns, dialect: Dialect) -> str:
    names = [*(name for name, _ in columns), *shared]
    marks = ", ".join(dialect.placeholder(number) for number in range(1, len(names) + 1))
    return f"INSERT INTO {dialect.quote(table)} ({', '.join(map(dialect.quote, names))}) VALUES ({marks})"


@lru_cache(maxsize=64)
def _insertion(table: str, shared: Columns, columns: Columns, dialect: Dialect) -> str:
    quote, place = dialect.quote, dialect.placeholder
    listed = ", ".join(quote(name) for name, _ in (*columns, *shared))
    into = f"INSERT INTO {quote(table)} ({listed}) SELECT"
    if dialect is SQLITE:
        values = [f"value ->> {number}" for number in range(len(columns))]
        values += [place(number) for number in range(2, len(shared) + 2)]
        return f"{into} {', '.join(values)} FROM json_each({place(1)})"
    lists = ", ".join(f"{place(number)}::{kind}[]" for number, (_, kind) in enumerate(columns, 1))
    values = [f"_rows.{quote(name)}" for name, _ in columns]
    values += [f"{place(number)}::{kind}" for number, (_, kind) in enumerate(shared, len(columns) + 1)]
    names = ", ".join(quote(name) for name, _ in columns)
    return f"{into} {', '.join(values)} FROM unnest({lists}) AS _rows ({names})"
