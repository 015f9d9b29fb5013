"""Deleting old entries of history and activity log, a few at a time: each call is one small transaction's work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from tabularium.db.activity_actions import CATEGORIES
from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.database import Session
from tabularium.db.dialect import Dialect
from tabularium.db.history import HISTORY

Kept = Literal["history", "activity"]

STEP: Final = 500
"""So many entries are deleted at once: nobody waits long for the lock of SQLite."""

Surplus = tuple[str, str, int]
"""A table, a record, and how many of the record's entries are too many."""


async def delete_older(session: Session, kept: Kept, limit: str) -> bool:
    """Delete entries from before the instant `limit`, and say whether there may be more. Few go beyond `STEP`."""
    for sql, parameters in _older(kept, session.dialect):
        if await session.execute(sql, (limit, *parameters)) >= STEP:
            return True
    return False


@lru_cache(maxsize=4)
def _older(kept: Kept, dialect: Dialect) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Write the statements. Those of the log are one for each category, since its index begins with that."""
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    if kept == "history":
        old = f"SELECT id FROM {HISTORY} WHERE created_at < {one} ORDER BY created_at LIMIT {STEP}"
        return ((f"DELETE FROM {HISTORY} WHERE id IN ({old})", ()),)
    old = f"SELECT id FROM {ACTIVITY} WHERE category = {two} AND created_at < {one} ORDER BY created_at LIMIT {STEP}"
    return tuple((f"DELETE FROM {ACTIVITY} WHERE id IN ({old})", (category,)) for category in CATEGORIES)


async def find_surplus(session: Session, most: int, after: tuple[str, str]) -> Sequence[Surplus]:
    """Return the next records, at most `STEP`, with more than `most` entries, in the order of table and record."""
    one, two, three = (session.dialect.placeholder(number) for number in (1, 2, 3))
    sql = (
        f"SELECT table_id, record_id, count(*) - {three} FROM {HISTORY} WHERE (table_id, record_id) > ({one}, {two}) "
        f"GROUP BY table_id, record_id HAVING count(*) > {three} ORDER BY table_id, record_id LIMIT {STEP}"
    )
    return [(row[0], row[1], row[2]) for row in await session.fetch_all(sql, (*after, most), heavy=True)]


async def delete_oldest(session: Session, surplus: Surplus) -> None:
    """Delete the oldest entries of a record, so many as are too many, but not more than `STEP`."""
    table, record, count = surplus
    one, two, three = (session.dialect.placeholder(number) for number in (1, 2, 3))
    oldest = (
        f"SELECT id FROM {HISTORY} WHERE table_id = {one} AND record_id = {two} "
        f"ORDER BY created_at, revision, id LIMIT {three}"
    )
    await session.execute(f"DELETE FROM {HISTORY} WHERE id IN ({oldest})", (table, record, min(count, STEP)))
