"""The record that comments are about, as far as the caller sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabularium.access.identity import Identity
from tabularium.context import Context, caller_of
from tabularium.db.comments import Bound
from tabularium.db.database import Row, Statement
from tabularium.db.dialect import POSTGRESQL
from tabularium.errors import NotFound
from tabularium.query.moment import Moment
from tabularium.query.rows import outer_row, values_at, with_moment
from tabularium.schema.model import KEY_COLUMN, Table

Key = int | str


def key_of(table: Table, record_id: str) -> Key:
    """Return the key that a path names. Raises `NotFound` where no record can have it."""
    key = table.primary_key.parse(record_id)
    if key is None:
        raise _missing()
    return key


async def hold_record(context: Context, table: Table, key: Key) -> None:
    """Have a live record that the caller sees stay until the transaction ends. Raises `NotFound`."""
    sql, values = seen_statement(context, table, key, "1", Bound(context.session.dialect), holds=True)
    require_seen(await context.session.fetch_one(sql, values))


def require_seen(row: Row | None) -> Row:
    """Return a row of `seen_statement`. Raises `NotFound` where there is none."""
    if row is None:
        raise _missing()
    return row


def seen_statement(
    context: Context, table: Table, key: Key, columns: str, bound: Bound, *, holds: bool = False
) -> Statement:
    """Return the statement that reads columns beside a record: no row, unless it is live and seen by the caller."""
    row = outer_row(table, bound.dialect)
    text = f"SELECT {columns} FROM {bound.dialect.quote(table.database_name)} "
    text += f"WHERE {row.column(KEY_COLUMN)} = {bound(key)} AND {row.visible}"
    if holds and bound.dialect is POSTGRESQL:  # SQLite has one writer
        text += f" FOR KEY SHARE OF {bound.dialect.quote(table.database_name)}"
    numbered, names = with_moment(text, bound.next, bound.dialect)
    return numbered, (*bound.values, *values_at(names, context.moment))


async def seen_by(context: Context, key: Key, callers: Sequence[tuple[Table, Identity]]) -> set[int]:
    """Return the places of those callers who see a live record, each with the table as they see it: one statement."""
    if not callers:
        return set()
    bound = Bound(context.session.dialect)
    place = bound(key)
    parts, following = [], bound.next
    values: list[object] = [*bound.values]
    for number, (table, identity) in enumerate(callers):
        row = outer_row(table, bound.dialect)
        text = f"SELECT {number} FROM {bound.dialect.quote(table.database_name)} "
        text += f"WHERE {row.column(KEY_COLUMN)} = {place} AND {row.visible}"
        part, names = with_moment(text, following, bound.dialect)
        found = values_at(names, Moment(context.now, caller=caller_of(identity)))
        following += len(found)
        values += found
        parts.append(part)
    return _places(await context.session.fetch_all(" UNION ALL ".join(parts), values))


def _places(rows: Iterable[Row]) -> set[int]:
    return {row[0] for row in rows}


def _missing() -> NotFound:
    return NotFound("There is no such record.")
