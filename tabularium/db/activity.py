"""Writing the activity log: one row for each thing that was done, in the transaction that did it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tabularium.db.activity_actions import CATEGORIES, Category
from tabularium.db.activity_reading import Window, page
from tabularium.db.activity_streams import Filters, streams_of
from tabularium.db.activity_tables import ACCOUNTS, ACTIVITY, SYSTEM
from tabularium.db.database import Row, Session
from tabularium.db.lists import among, text_list
from tabularium.db.multi_row import Columns, insert_rows
from tabularium.ids import uuid7

__all__ = [
    "ACCOUNTS",
    "ACTIVITY",
    "CATEGORIES",
    "DELETED_USER",
    "SYSTEM",
    "Actor",
    "Category",
    "Entry",
    "Revision",
    "entries_of",
    "erase_changes",
    "forget_person",
    "write",
    "write_comments",
    "write_revisions",
]

DELETED_USER: Final = "Deleted user"
"""What somebody who has been erased is called where entries about them stay."""

_EXPORTED: Final = ("id", "created_at", "category", "action", "table_name", "record_id")
_OF_EACH: Final[Columns] = (
    ("id", "text"),
    ("record_id", "text"),
    ("revision", "bigint"),
    ("created_at", "text"),
    ("changes", "text"),
)
_OF_EACH_COMMENT: Final[Columns] = (
    ("id", "text"),
    ("table_name", "text"),
    ("table_id", "text"),
    ("record_id", "text"),
    ("comment_id", "text"),
)


Revision = tuple[str, str, int, str, str | None]
"""A revision of one record: the id of the entry, that of the record, the revision, its time, and the changes as JSON
text (`tabularium.db.kept_changes`), or `None`."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as they were then. Somebody who has been erased has a name only, `DELETED_USER`."""

    id: str | None
    name: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done. `created_at` is an instant; changes are `{field: {from, to}}`, never with a secret."""

    category: Category
    action: str
    created_at: str
    actor: Actor | None = None
    table_name: str | None = None
    table_id: str | None = None
    record_id: str | None = None
    comment_id: str | None = None
    impersonated_by: str | None = None
    request_id: str | None = None
    changes: Mapping[str, Any] | None = None
    details: Mapping[str, Any] | None = None
    ip: str | None = None
    user_agent: str | None = None


async def write(session: Session, entry: Entry) -> None:
    """Write an entry."""
    values = {
        "id": str(uuid7()),
        "created_at": entry.created_at,
        **_shared(entry),
        "record_id": entry.record_id,
        "comment_id": entry.comment_id,
        "changes": _json(entry.changes),
        "details": _json(entry.details),
        "ip": entry.ip,
        "user_agent": entry.user_agent,
    }
    dialect = session.dialect
    columns = ", ".join(map(dialect.quote, values))
    marks = ", ".join(dialect.placeholder(number) for number in range(1, len(values) + 1))
    await session.execute(f"INSERT INTO _activity ({columns}) VALUES ({marks})", list(values.values()))


async def write_revisions(
    session: Session, entry: Entry, revisions: Sequence[Revision], reverted_to: int | None = None
) -> None:
    """Write what one action did to many records of a table, for history and log, by one statement.

    `entry` has what they share, and a time that does not count.
    """
    shared = {"reverted_to": reverted_to, **_shared(entry)}
    given = {name: value for name, value in shared.items() if value is not None}
    await insert_rows(session, ACTIVITY, given, _OF_EACH, revisions)


async def erase_changes(session: Session, table_id: str, record_ids: Sequence[str]) -> None:
    """Take the values out of the entries about records of a table."""
    dialect = session.dialect
    sql = (
        f"UPDATE {ACTIVITY} SET changes = NULL "
        f"WHERE table_id = {dialect.placeholder(1)} AND changes IS NOT NULL AND record_id {among(2, dialect)}"
    )
    await session.execute(sql, (table_id, text_list(record_ids, dialect)))


async def write_comments(session: Session, entry: Entry, comments: Sequence[tuple[str, str, str, str]]) -> None:
    """Write an entry for each of many comments, by one statement.

    `entry` has what they share. `comments` have the name and the id of the table, the record and the comment.
    """
    if not comments:
        return
    shared = {name: value for name, value in _shared(entry).items() if name not in ("table_name", "table_id")}
    rows = [(str(uuid7()), *each) for each in comments]
    await insert_rows(session, ACTIVITY, {**shared, "created_at": entry.created_at}, _OF_EACH_COMMENT, rows)


def _shared(entry: Entry) -> dict[str, Any]:
    """Return what the entries of one act have in common."""
    actor = entry.actor
    return {
        "category": entry.category,
        "action": entry.action,
        "user_id": actor.id if actor else None,
        "user_name": actor.name if actor else None,
        "user_email": actor.email if actor else None,
        "table_name": entry.table_name,
        "table_id": entry.table_id,
        "impersonated_by": entry.impersonated_by,
        "request_id": entry.request_id,
    }


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def entries_of(session: Session, user_id: str, after: tuple[str, str], limit: int) -> Sequence[Row]:
    """Return what somebody has done: id, time, category, action, table and record of entries, in order.

    `after` is the time and the id of the last entry that is known already, both empty at first.
    """
    streams = streams_of(Filters(user_id=user_id))
    sql, parameters = page(streams, Window(after=after), limit, 0, session.dialect, ascending=True, columns=_EXPORTED)
    return await session.fetch_all(sql, parameters, heavy=True)


async def forget_person(session: Session, user_id: str, name: str) -> None:
    """Take a person out of the log: entries stay under `name`, without id, address, agent and target.

    What was changed of the account goes as well, since that is names and addresses.
    """
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    await session.execute(
        f"UPDATE _activity SET user_id = NULL, user_name = {one}, user_email = NULL, ip = NULL, user_agent = NULL "
        f"WHERE user_id = {two}",
        (name, user_id),
    )
    # Entries about no table of the application are about accounts: that of the first administrator among them.
    await session.execute(
        "UPDATE _activity SET record_id = NULL, changes = NULL, ip = NULL, user_agent = NULL "
        f"WHERE table_id IS NULL AND record_id = {one}",
        (user_id,),
    )
    await session.execute(f"UPDATE _activity SET impersonated_by = NULL WHERE impersonated_by = {one}", (user_id,))
