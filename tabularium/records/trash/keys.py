"""Many keys in one statement, and sets of records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import orjson

from tabularium.db.dialect import SQLITE, Dialect
from tabularium.schema.model import Table

Key = int | str
Node = tuple[Table, Key]
Keys = dict[Table, set[Key]]

AT_ONCE: Final = 1000
"""So many keys are bound to a statement that returns rows."""


def in_order(keys: Collection[Key]) -> list[Key]:
    """Return keys of one table in the order in which the databases sort them."""
    return sorted(keys, key=lambda key: (isinstance(key, str), key))


def in_parts(keys: Collection[Key]) -> Iterator[list[Key]]:
    """Yield keys in order, so many at a time as one statement takes."""
    ordered = in_order(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def key_type(table: Table) -> str:
    """Return what PostgreSQL calls the type of the keys."""
    kind = table.primary_key.kind
    return kind if kind in ("uuid", "text") else "bigint"


def among(column: str, table: Table, dialect: Dialect, number: int = 1) -> str:
    """Return the condition that a column holds one of the keys of `table` that `bound` binds as parameter `number`."""
    if dialect is SQLITE:
        return f"{column} IN (SELECT value FROM json_each(?{number}))"
    return f"{column} = ANY(${number}::{key_type(table)}[])"


def bound(keys: Collection[Key], dialect: Dialect) -> Any:
    """Return keys as they are bound."""
    ordered = in_order(keys)
    return orjson.dumps(ordered).decode() if dialect is SQLITE else ordered


def pairs_source(table: Table, dialect: Dialect) -> str:
    """Return what stands after FROM: the keys and instants of `bound_pairs` as rows `_w(key, at)`."""
    if dialect is SQLITE:
        return "(SELECT value ->> 0 AS key, value ->> 1 AS at FROM json_each(?1)) AS _w"
    return f"unnest($1::{key_type(table)}[], $2::timestamptz[]) AS _w(key, at)"


def bound_pairs(pairs: Collection[tuple[Key, str]], dialect: Dialect) -> list[Any]:
    """Return keys, each with an instant, as they are bound: one parameter on SQLite, two on PostgreSQL."""
    if dialect is SQLITE:
        return [orjson.dumps([list(pair) for pair in pairs]).decode()]
    return [[key for key, _ in pairs], [at for _, at in pairs]]
