"""Deleting old entries of history and activity log, a few at a time: each call is one small transaction's work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from tabularium.db.activity_actions import CATEGORIES
from tabularium.db.activity_tables import ACTIVITY
from tabularium.db.database import Session
from tabularium.db.dialect import Dialect

STEP: Final = 500
"""So many entries are deleted at once: nobody waits long for the lock of SQLite."""

Surplus = tuple[str, str, int]
"""A table, a record, and how many of the record's revisions are too many."""


async def delete_older(session: Session, limit: str) -> bool:
    """Delete entries from before the instant `limit`, and say whether there may be more. Few go beyond `STEP`."""
    for category in CATEGORIES:
        if await session.execute(_older(session.dialect), (limit, category)) >= STEP:
            return True
    return False


@lru_cache(maxsize=2)
def _older(dialect: Dialect) -> str:
    """Write the statement, which is of one category, since its index begins with that."""
    one, two = dialect.placeholder(1), dialect.placeholder(2)
    old = f"SELECT id FROM {ACTIVITY} WHERE category = {two} AND created_at < {one} ORDER BY created_at LIMIT {STEP}"
    return f"DELETE FROM {ACTIVITY} WHERE id IN ({old})"


async def find_surplus(session: Session, most: int, after: tuple[str, str]) -> Sequence[Surplus]:
    """Return the next records, at most `STEP`, with more than `most` revisions, in the order of table and record."""
    one, two, three = (session.dialect.placeholder(number) for number in (1, 2, 3))
    sql = (
        f"SELECT table_id, record_id, count(*) - {three} FROM {ACTIVITY} "
        f"WHERE table_id IS NOT NULL AND (table_id, record_id) > ({one}, {two}) AND revision IS NOT NULL "
        f"GROUP BY table_id, record_id HAVING count(*) > {three} ORDER BY table_id, record_id LIMIT {STEP}"
    )
    return [(row[0], row[1], row[2]) for row in await session.fetch_all(sql, (*after, most), heavy=True)]


async def forget_oldest(session: Session, surplus: Surplus) -> None:
    """Take the oldest revisions of a record out of its history, so many as are too many, but not more than `STEP`.

    The log keeps what it tells of them.
    """
    table, record, count = surplus
    one, two, three = (session.dialect.placeholder(number) for number in (1, 2, 3))
    oldest = (
        f"SELECT id FROM {ACTIVITY} WHERE table_id = {one} AND record_id = {two} AND revision IS NOT NULL "
        f"ORDER BY created_at, id LIMIT {three}"
    )
    sql = f"UPDATE {ACTIVITY} SET revision = NULL, reverted_to = NULL WHERE id IN ({oldest})"
    await session.execute(sql, (table, record, min(count, STEP)))
