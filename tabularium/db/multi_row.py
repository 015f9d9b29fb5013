"""Inserting any number of rows by few statements.

On PostgreSQL it is one, whose text does not depend on how many rows there are: what differs from row to row is bound as
lists. On SQLite, which would have to take lists apart again, they are plain values, as one row alone is everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE, Dialect
from tabularium.db.pieces import pieces, rows_at_once

Kind = Literal["text", "bigint"]
"""The type of a column. Only with it PostgreSQL takes what is bound in a select list."""
Columns = tuple[tuple[str, Kind], ...]


async def insert_rows(
    session: Session, table: str, shared: Mapping[str, Any], columns: Columns, rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, of which `columns` are given for each, and `shared` columns (texts, numbers or null) for all."""
    dialect = session.dialect
    if dialect is SQLITE or len(rows) == 1:
        names = tuple(name for name, _ in columns)
        for some in pieces(rows, rows_at_once(len(names) + len(shared))):
            bound = [*shared.values(), *chain.from_iterable(some)]
            await session.execute(_insertion_of_values(table, tuple(shared), names, len(some), dialect), bound)
        return
    kinds = tuple((name, _kind(value)) for name, value in shared.items())
    sql = _insertion_of_lists(table, kinds, columns, dialect)
    await session.execute(sql, [*map(list, zip(*rows, strict=True)), *shared.values()])


def _kind(value: Any) -> Kind:
    return "bigint" if isinstance(value, int) else "text"


@lru_cache(maxsize=256)
def _insertion_of_values(
    table: str, shared: tuple[str, ...], names: tuple[str, ...], rows: int, dialect: Dialect
) -> str:
    width, place = len(names), dialect.placeholder
    same = [place(number) for number in range(1, len(shared) + 1)]
    first = len(shared) + 1
    values = (
        ", ".join([*same, *map(place, range(start, start + width))])
        for start in range(first, first + rows * width, width)
    )
    listed = ", ".join(map(dialect.quote, (*shared, *names)))
    return f"INSERT INTO {dialect.quote(table)} ({listed}) VALUES {', '.join(f'({row})' for row in values)}"


@lru_cache(maxsize=64)
def _insertion_of_lists(table: str, shared: Columns, columns: Columns, dialect: Dialect) -> str:
    quote, place = dialect.quote, dialect.placeholder
    listed = ", ".join(quote(name) for name, _ in (*columns, *shared))
    lists = ", ".join(f"{place(number)}::{kind}[]" for number, (_, kind) in enumerate(columns, 1))
    values = [f"_rows.{quote(name)}" for name, _ in columns]
    values += [f"{place(number)}::{kind}" for number, (_, kind) in enumerate(shared, len(columns) + 1)]
    names = ", ".join(quote(name) for name, _ in columns)
    selected = f"SELECT {', '.join(values)} FROM unnest({lists}) AS _rows ({names})"
    return f"INSERT INTO {quote(table)} ({listed}) {selected}"
