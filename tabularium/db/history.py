"""The history of records as it is stored: one row for each revision, written in the transaction that made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy
from sqlalchemy.schema import CreateIndex, CreateTable

from tabularium.db.database import Session
from tabularium.db.lists import among, text_list
from tabularium.db.multi_row import Columns, insert_rows

HISTORY: Final = "_history"

_TABLE: Final = sqlalchemy.Table(
    HISTORY,
    sqlalchemy.MetaData(),
    sqlalchemy.Column("id", sqlalchemy.Text, primary_key=True),
    *(
        sqlalchemy.Column(name, sqlalchemy.Text, nullable=name not in ("table_id", "record_id", "action", "created_at"))
        for name in ("table_id", "record_id", "action", "created_at", "user_id", "user_name", "changes")
    ),
    sqlalchemy.Column("revision", sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Column("reverted_to", sqlalchemy.BigInteger),
)
_INDEXES: Final = (
    # The time stands before the revision, since a key that clients choose may come again after its record was removed
    # for good: the revisions then begin anew, and the time does not.
    sqlalchemy.Index(
        "_ix_history_record", _TABLE.c.table_id, _TABLE.c.record_id, _TABLE.c.created_at, _TABLE.c.revision
    ),
    sqlalchemy.Index("_ix_history_time", _TABLE.c.created_at),
    sqlalchemy.Index(
        "_ix_history_user",
        _TABLE.c.user_id,
        sqlite_where=_TABLE.c.user_id.is_not(None),
        postgresql_where=_TABLE.c.user_id.is_not(None),
    ),
)

_OF_EACH: Final[Columns] = (
    ("id", "text"),
    ("record_id", "text"),
    ("revision", "bigint"),
    ("created_at", "text"),
    ("changes", "text"),
)


Revision = tuple[str, str, int, str, str | None]
"""A revision of one record: the id of the entry, that of the record, the revision, its time, and the changes as JSON
text, `{<id of the field>: {"from", "to"}}`, or `None`."""


async def provide_history(session: Session) -> None:
    """Create the table of the history where it is missing."""
    dialect = session.dialect.sqlalchemy
    await session.execute(str(CreateTable(_TABLE, if_not_exists=True).compile(dialect=dialect)))
    for index in _INDEXES:
        await session.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))


async def write_revisions(
    session: Session,
    table_id: str,
    action: str,
    user: tuple[str | None, str | None],
    revisions: Sequence[Revision],
    reverted_to: int | None = None,
) -> None:
    """Write what one action did to records of a table, by one statement. `user` is the id and the name, copied."""
    shared: dict[str, Any] = {"table_id": table_id, "action": action, "user_id": user[0], "user_name": user[1]}
    if reverted_to is not None:
        shared["reverted_to"] = reverted_to
    await insert_rows(session, HISTORY, shared, _OF_EACH, revisions)


async def erase_changes(session: Session, table: str, table_id: str, record_ids: Sequence[str]) -> None:
    """Take the values out of the entries about records of a table: of `_history`, or of `_activity`."""
    sql = (
        f"UPDATE {session.dialect.quote(table)} SET changes = NULL "
        f"WHERE table_id = {session.dialect.placeholder(1)} AND changes IS NOT NULL "
        f"AND record_id {among(2, session.dialect)}"
    )
    await session.execute(sql, (table_id, text_list(record_ids, session.dialect)))


async def forget_person(session: Session, user_id: str, name: str) -> None:
    """Take a person out of the history: their entries stay under `name`, without id."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    await session.execute(
        f"UPDATE {HISTORY} SET user_id = NULL, user_name = {one} WHERE user_id = {two}", (name, user_id)
    )
