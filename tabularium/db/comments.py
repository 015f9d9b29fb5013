"""Comments as they are stored: one row each, beside the threads, the marks of readers and an index of mentions.

A thread is a row for each record that was ever commented on. Whoever changes comments of a record holds it until the
end of the transaction, so that comments and marks of one record have numbers in the order in which they become visible.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import sqlalchemy
from sqlalchemy.schema import CreateIndex, CreateTable

from tabularium.db.database import Session, Statement
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.lists import among, text_list
from tabularium.db.multi_row import insert_rows

COMMENT: Final = "_comment"
THREAD: Final = "_comment_thread"
MARK: Final = "_comment_mark"
MENTION: Final = "_comment_mention"

_METADATA: Final = sqlalchemy.MetaData()


def _texts(*names: str, nullable: bool = False) -> list[sqlalchemy.Column[Any]]:
    return [sqlalchemy.Column(name, sqlalchemy.Text, nullable=nullable) for name in names]


def _keys(*names: str) -> list[sqlalchemy.Column[Any]]:
    return [sqlalchemy.Column(name, sqlalchemy.Text, primary_key=True) for name in names]


_TABLE: Final = sqlalchemy.Table(
    COMMENT,
    _METADATA,
    *_keys("id"),
    *_texts("table_id", "record_id", "content", "status", "created_at", "updated_at"),
    *_texts("user_id", "parent_id", "mentions", "edited_at", "deleted_at", "guest_name", "guest_email", nullable=True),
    sqlalchemy.Column("number", sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Column("version", sqlalchemy.BigInteger, nullable=False),
)
_MARKS: Final = sqlalchemy.Table(
    MARK,
    _METADATA,
    *_keys("user_id", "table_id", "record_id"),
    sqlalchemy.Column("number", sqlalchemy.BigInteger, nullable=False),
)
_TABLES: Final = (
    _TABLE,
    _MARKS,
    sqlalchemy.Table(
        THREAD,
        _METADATA,
        *_keys("table_id", "record_id"),
        sqlalchemy.Column("last_number", sqlalchemy.BigInteger, nullable=False),
    ),
    sqlalchemy.Table(MENTION, _METADATA, *_keys("user_id", "comment_id")),
)


def _partial(name: str, condition: Any, *columns: Any) -> sqlalchemy.Index:
    return sqlalchemy.Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


_INDEXES: Final = (
    sqlalchemy.Index("_ix_comment_record", _TABLE.c.table_id, _TABLE.c.record_id, _TABLE.c.created_at, _TABLE.c.id),
    _partial("_ix_comment_parent", _TABLE.c.parent_id.is_not(None), _TABLE.c.parent_id),
    _partial("_ix_comment_user", _TABLE.c.user_id.is_not(None), _TABLE.c.user_id, _TABLE.c.created_at, _TABLE.c.id),
    # For accounts with an approved comment anywhere, of which one row is enough.
    _partial("_ix_comment_approved", sqlalchemy.text("status = 'approved' AND user_id IS NOT NULL"), _TABLE.c.user_id),
    sqlalchemy.Index("_ix_comment_mark_record", _MARKS.c.table_id, _MARKS.c.record_id),
    sqlalchemy.Index("_ix_comment_mention_comment", _METADATA.tables[MENTION].c.comment_id),
)

COLUMNS: Final = (
    *("id", "table_id", "record_id", "number", "version", "status", "content", "user_id", "parent_id", "mentions"),
    *("created_at", "updated_at", "edited_at", "deleted_at", "guest_name", "guest_email"),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A row, in the order of `COLUMNS`. Mentions are a JSON list, `None` without any."""

    id: str
    table_id: str
    record_id: str
    number: int
    version: int
    status: str
    content: str
    user_id: str | None
    parent_id: str | None
    mentions: str | None
    created_at: str
    updated_at: str
    edited_at: str | None
    deleted_at: str | None
    guest_name: str | None
    guest_email: str | None


class Bound:
    """The values that are bound to a statement in the making; each call returns the placeholder of one."""

    def __init__(self, dialect: Dialect, first: int = 1) -> None:
        self.dialect = dialect
        self.first = first
        self.values: list[Any] = []

    def __call__(self, value: Any) -> str:
        self.values.append(value)
        return self.dialect.placeholder(self.next - 1)

    @property
    def next(self) -> int:
        """The number of the next placeholder."""
        return self.first + len(self.values)

    def list(self, texts: Collection[str]) -> str:
        """Return the condition that a text is one of these: `IN (…)` or `= ANY(…)`."""
        number = self.next
        self.values.append(text_list(tuple(texts), self.dialect))
        return among(number, self.dialect)


async def provide_comments(session: Session) -> None:
    """Create the tables of comments where they are missing."""
    dialect = session.dialect.sqlalchemy
    for table in _TABLES:
        await session.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
    for index in _INDEXES:
        await session.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))


# Threads --------------------------------------------------------------------------------------------------------------


async def next_number(session: Session, table_id: str, record_id: str) -> int:
    """Hold the thread of a record until the transaction ends, and return a number above all that it has given."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    row = await session.fetch_one(
        f"INSERT INTO {THREAD} (table_id, record_id, last_number) VALUES ({one}, {two}, 1) "
        f"ON CONFLICT (table_id, record_id) DO UPDATE SET last_number = {THREAD}.last_number + 1 RETURNING last_number",
        (table_id, record_id),
    )
    if row is None:
        raise RuntimeError("A thread gave no number.")
    return int(row[0])


async def hold_thread(session: Session, table_id: str, record_id: str) -> None:
    """Hold the thread of a record, if there is one, until the transaction ends."""
    if session.dialect is POSTGRESQL:  # SQLite has one writer
        sql = f"SELECT 1 FROM {THREAD} WHERE table_id = $1 AND record_id = $2 FOR UPDATE"
        await session.fetch_one(sql, (table_id, record_id))


async def mark_read(session: Session, user_id: str, table_id: str, record_id: str, number: int) -> None:
    """Keep up to where somebody has read a thread."""
    marks = ", ".join(session.dialect.placeholder(place) for place in range(1, 5))
    await session.execute(
        f"INSERT INTO {MARK} (user_id, table_id, record_id, number) VALUES ({marks}) "
        "ON CONFLICT (user_id, table_id, record_id) DO UPDATE SET number = excluded.number",
        (user_id, table_id, record_id, number),
    )


# Comments -------------------------------------------------------------------------------------------------------------


async def insert(session: Session, values: Mapping[str, Any], mentions: Sequence[str]) -> None:
    """Store a comment, and whom it mentions."""
    marks = ", ".join(session.dialect.placeholder(number) for number in range(1, len(values) + 1))
    await session.execute(f"INSERT INTO {COMMENT} ({', '.join(values)}) VALUES ({marks})", list(values.values()))
    await _add_mentions(session, values["id"], mentions)


async def change(session: Session, comment_id: str, values: Mapping[str, Any], mentions: Sequence[str] | None) -> None:
    """Set columns of a comment, and whom it mentions where that is given; its version goes up by one."""
    bound = Bound(session.dialect)
    settings = [f"{name} = {bound(value)}" for name, value in values.items()]
    settings.append("version = version + 1")
    await session.execute(f"UPDATE {COMMENT} SET {', '.join(settings)} WHERE id = {bound(comment_id)}", bound.values)
    if mentions is not None:
        await _forget_mentions(session, [comment_id])
        await _add_mentions(session, comment_id, mentions)


async def bury(session: Session, comment_ids: Collection[str], now: str) -> None:
    """Overwrite comments that have replies: what stays of each shows where these belong."""
    bound = Bound(session.dialect)
    at = bound(now)
    updated = f"CASE WHEN updated_at < {at} THEN {at} ELSE updated_at END"
    await session.execute(
        f"UPDATE {COMMENT} SET content = '', user_id = NULL, mentions = NULL, status = 'approved', edited_at = NULL, "
        f"guest_name = NULL, guest_email = NULL, version = version + 1, deleted_at = {at}, updated_at = {updated} "
        f"WHERE id {bound.list(comment_ids)}",
        bound.values,
    )
    await _forget_mentions(session, comment_ids)


async def remove(session: Session, comment_ids: Collection[str]) -> None:
    """Remove comments."""
    bound = Bound(session.dialect)
    await session.execute(f"DELETE FROM {COMMENT} WHERE id {bound.list(comment_ids)}", bound.values)
    await _forget_mentions(session, comment_ids)


async def answered(session: Session, comment_ids: Collection[str]) -> set[str]:
    """Return those of some comments that have replies."""
    bound = Bound(session.dialect)
    sql = f"SELECT DISTINCT parent_id FROM {COMMENT} WHERE parent_id {bound.list(comment_ids)}"
    return {row[0] for row in await session.fetch_all(sql, bound.values)}


async def remove_forsaken(session: Session, comment_ids: Collection[str]) -> None:
    """Remove those of some comments that were buried and have no reply any more."""
    bound = Bound(session.dialect)
    replies = f"SELECT 1 FROM {COMMENT} AS _reply WHERE _reply.parent_id = {COMMENT}.id"
    forsaken = f"id {bound.list(comment_ids)} AND deleted_at IS NOT NULL AND NOT EXISTS ({replies})"
    await session.execute(f"DELETE FROM {COMMENT} WHERE {forsaken}", bound.values)


async def _add_mentions(session: Session, comment_id: str, users: Sequence[str]) -> None:
    if users:
        await insert_rows(
            session, MENTION, {"comment_id": comment_id}, (("user_id", "text"),), [[each] for each in users]
        )


async def _forget_mentions(session: Session, comment_ids: Collection[str]) -> None:
    bound = Bound(session.dialect)
    await session.execute(f"DELETE FROM {MENTION} WHERE comment_id {bound.list(comment_ids)}", bound.values)


async def end_of_records(session: Session, table_id: str, record_ids: Collection[str]) -> None:
    """Remove whatever belongs to comments on some records of a table, which are removed for good."""
    bound = Bound(session.dialect)
    of_records = f"table_id = {bound(table_id)} AND record_id {bound.list(record_ids)}"
    mentions = f"DELETE FROM {MENTION} WHERE comment_id IN (SELECT id FROM {COMMENT} WHERE {of_records})"
    for sql in (mentions, *(f"DELETE FROM {table} WHERE {of_records}" for table in (COMMENT, THREAD, MARK))):
        await session.execute(sql, bound.values)


def end_of_table(table_id: str, dialect: Dialect) -> tuple[Statement, ...]:
    """Return what removes the comments on all records of a table that is dropped."""
    one = dialect.placeholder(1)
    mentions = f"DELETE FROM {MENTION} WHERE comment_id IN (SELECT id FROM {COMMENT} WHERE table_id = {one})"
    of_table = (f"DELETE FROM {table} WHERE table_id = {one}" for table in (COMMENT, THREAD, MARK))
    return tuple((sql, (table_id,)) for sql in (mentions, *of_table))


# Accounts -------------------------------------------------------------------------------------------------------------


async def page_of_user(session: Session, *, user_id: str, after: tuple[str, str], limit: int) -> list[Stored]:
    """Return comments of somebody, the oldest first; `after` is time and id of the last one, both empty at first."""
    bound = Bound(session.dialect)
    following = f"user_id = {bound(user_id)} AND (created_at, id) > ({bound(after[0])}, {bound(after[1])})"
    sql = f"SELECT {', '.join(COLUMNS)} FROM {COMMENT} WHERE {following} ORDER BY created_at, id LIMIT {bound(limit)}"
    return [Stored(*row) for row in await session.fetch_all(sql, bound.values, heavy=True)]


async def all_of_user(session: Session, user_id: str) -> list[Stored]:
    """Return every comment of somebody."""
    sql = f"SELECT {', '.join(COLUMNS)} FROM {COMMENT} WHERE user_id = {session.dialect.placeholder(1)} ORDER BY id"
    return [Stored(*row) for row in await session.fetch_all(sql, (user_id,), heavy=True)]


async def hold_threads_of_user(session: Session, user_id: str) -> None:
    """Hold every thread with a comment of a user or about them, in one order, so that no two wait for each other."""
    if session.dialect is not POSTGRESQL:  # SQLite has one writer
        return
    mentioned = f"SELECT comment_id FROM {MENTION} WHERE user_id = $1"
    theirs = f"SELECT table_id, record_id FROM {COMMENT} WHERE user_id = $1 OR id IN ({mentioned})"
    sql = f"SELECT 1 FROM {THREAD} WHERE (table_id, record_id) IN ({theirs}) ORDER BY table_id, record_id FOR UPDATE"
    await session.fetch_all(sql, (user_id,))


async def forget_user(session: Session, user_id: str) -> None:
    """Take a user out of all comments, as their author and out of their mentions, and forget what they have read."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    await session.execute(f"UPDATE {COMMENT} SET user_id = NULL WHERE user_id = {one}", (user_id,))
    mentioned = f"SELECT comment_id FROM {MENTION} WHERE user_id = {one}"
    found = await session.fetch_all(f"SELECT id, mentions FROM {COMMENT} WHERE id IN ({mentioned})", (user_id,))
    for comment_id, mentions in found:
        left = [each for each in orjson.loads(mentions or "[]") if each != user_id]
        text = orjson.dumps(left).decode() if left else None
        await session.execute(f"UPDATE {COMMENT} SET mentions = {one} WHERE id = {two}", (text, comment_id))
    for table in (MENTION, MARK):
        await session.execute(f"DELETE FROM {table} WHERE user_id = {one}", (user_id,))
