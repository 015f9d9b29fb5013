"""The rows that are about to change: read, and held against other writers until the transaction ends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tabularium.clock import next_instant
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.query import record_columns
from tabularium.query.moment import Moment
from tabularium.query.rows import Numbered, outer_row, values_at, with_moment
from tabularium.records.trash.keys import Key, among, bound, in_parts
from tabularium.records.trash.references import emptied_names
from tabularium.schema.model import DELETED_COLUMN, KEY_COLUMN, Schema, Table


@dataclass(frozen=True, slots=True)
class Act:
    """One delete or restore: in which transaction, at what time and in whose name it happens."""

    session: Session
    schema: Schema
    now: str
    user: str | None

    @property
    def dialect(self) -> Dialect:
        return self.session.dialect


@dataclass(frozen=True, slots=True)
class Stored:
    """A row as it is held. `links` are the JSON values of those links that may become empty."""

    revision: int
    updated_at: str
    is_deleted: bool
    links: dict[str, Any]

    def next_time(self, now: str) -> str:
        """Return the time of the next revision."""
        return next_instant(now, self.updated_at)


async def hold_rows(act: Act, table: Table, keys: Collection[Key]) -> dict[Key, Stored]:
    """Return rows by their keys, live and trashed ones; a key that no row has is missing.

    Nobody else can change them, or link to them, until the transaction ends. They are locked in the order of keys.
    """
    names = emptied_names(act.schema, table)
    sql, read = _holding(table, names, act.dialect), record_columns(table, names, act.dialect).read
    found: dict[Key, Stored] = {}
    for some in in_parts(keys):
        for row in await act.session.fetch_all(sql, [bound(some, act.dialect)]):
            record = read(row)
            found[row[-2]] = Stored(record["revision"], record["updatedAt"], bool(row[-1]), record["fields"])
    return found


async def seen_rows(act: Act, table: Table, keys: Collection[Key], moment: Moment) -> dict[Key, bool]:
    """Return those of the rows, which are held, that exist for the caller; of each, whether its rule lets it go.

    Costs nothing where no rule for rows binds the caller.
    """
    if not {"read", "delete"} & table.row_rules.keys():
        return dict.fromkeys(keys, True)
    sql, last = _seeing(table, act.dialect)
    found: dict[Key, bool] = {}
    for some in in_parts(keys):
        rows = await act.session.fetch_all(sql, [bound(some, act.dialect), *values_at(last, moment)])
        found |= {row[0]: bool(row[1]) for row in rows}
    return found


@lru_cache(maxsize=1024)
def _seeing(table: Table, dialect: Dialect) -> Numbered:
    row = outer_row(table, dialect)
    passes, key = row.passes("delete"), row.column(KEY_COLUMN)
    allowed = "TRUE" if passes is None else f"({passes}) IS TRUE"
    text = (
        f"SELECT {key}, {allowed} FROM {dialect.quote(table.database_name)} "
        f"WHERE {among(key, table, dialect)}{row.allowed}"
    )
    return with_moment(text, 2, dialect)


@lru_cache(maxsize=1024)
def _holding(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.quote
    name = quote(table.database_name)
    key = f"{name}.{quote(KEY_COLUMN)}"
    columns = f"{record_columns(table, names, dialect).sql}, {key}, {name}.{quote(DELETED_COLUMN)} IS NOT NULL"
    locking = " FOR UPDATE" if dialect is POSTGRESQL else ""  # on SQLite there is one writer at a time
    return f"SELECT {columns} FROM {name} WHERE {among(key, table, dialect)} ORDER BY {key}{locking}"
