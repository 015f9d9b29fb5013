"""The table of the entries of history and activity log, and the indexes that they are read by.

What was done to a record is one entry of both: the history of the record are the entries with a revision.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy
from sqlalchemy.schema import CreateIndex, CreateTable

from tabularium.db.catalogue import columns_of
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL

ACTIVITY: Final = "_activity"
ACCOUNTS: Final = "_auth"
"""What stands for the table where an entry is about an account."""
SYSTEM: Final = "_system"

_TEXTS: Final = (
    *("id", "created_at", "category", "action", "user_id", "user_name", "user_email", "table_name", "table_id"),
    *("record_id", "comment_id", "impersonated_by", "request_id", "changes", "details", "ip", "user_agent"),
)
_OF_HISTORY: Final = ("revision", "reverted_to")
# By bytes: with the rules of a language PostgreSQL needs much longer to find the place of an entry in an index.
_TEXT: Final = sqlalchemy.Text().with_variant(sqlalchemy.Text(collation="C"), "postgresql")
_TABLE: Final = sqlalchemy.Table(
    ACTIVITY,
    sqlalchemy.MetaData(),
    *(
        sqlalchemy.Column(
            name, _TEXT, primary_key=name == "id", nullable=name not in ("id", "created_at", "category", "action")
        )
        for name in _TEXTS
    ),
    *(sqlalchemy.Column(name, sqlalchemy.BigInteger) for name in _OF_HISTORY),
)


def _index(name: str, *columns: str, where: sqlalchemy.ColumnElement[bool] | None = None) -> sqlalchemy.Index:
    parts = (_TABLE.c[column] for column in columns)
    return sqlalchemy.Index(f"_ix_activity_{name}", *parts, sqlite_where=where, postgresql_where=where)


_IN_ORDER: Final = ("created_at", "id")
_OF_TABLE: Final = _TABLE.c.table_id.is_not(None)
_OF_USER: Final = _TABLE.c.user_id.is_not(None)

BY_CATEGORY: Final = _index("category", "category", *_IN_ORDER)
BY_ACTION: Final = _index("action", "category", "action", *_IN_ORDER)
BY_TABLE: Final = _index("table_of_name", "table_name", "table_id", *_IN_ORDER, "action", where=_OF_TABLE)
"""Where the action stands at the end, it is looked for among the entries of a table or user without reading them."""
BY_RECORD: Final = _index("record_in_order", "table_id", "record_id", *_IN_ORDER, "revision", where=_OF_TABLE)
"""For histories, and for the values of records that are removed for good, whatever the names of their table were. The
revision stands at the end, so that a history is counted without reading its entries."""
BY_ACCOUNT: Final = _index("account", "record_id", "table_name", *_IN_ORDER, where=_TABLE.c.table_id.is_(None))
"""What happened to one account. No entry of a record is in it."""
BY_USER: Final = _index("user_in_category", "user_id", "category", *_IN_ORDER, "action", where=_OF_USER)
BY_USER_AND_TABLE: Final = _index(
    "user_in_table", "user_id", "table_name", "table_id", *_IN_ORDER, "action", where=_OF_USER & _OF_TABLE
)
_BY_IMPERSONATOR: Final = _index("impersonator", "impersonated_by", where=_TABLE.c.impersonated_by.is_not(None))
"""For erasures: without it each would read the whole log."""

_INDEXES: Final = (
    *(BY_CATEGORY, BY_ACTION, BY_TABLE, BY_RECORD, BY_ACCOUNT, BY_USER, BY_USER_AND_TABLE),
    _BY_IMPERSONATOR,
)
"""Each entry of a record pays for all but `BY_ACCOUNT` and the last, and without a user for four: none is idle."""
_SUPERSEDED: Final = (
    *("_ix_activity_table", "_ix_activity_record", "_ix_activity_user", "_ix_activity_changes"),
    "_ix_activity_record_of_table",
)
"""Indexes of former versions. An index of another form has another name, so that it is made where the old one is."""


async def provide_activity(session: Session) -> None:
    """Create the table where it is missing, and give it the columns and indexes of this version."""
    dialect = session.dialect.sqlalchemy
    await session.execute(str(CreateTable(_TABLE, if_not_exists=True).compile(dialect=dialect)))
    for name in _SUPERSEDED:
        await session.execute(f"DROP INDEX IF EXISTS {session.dialect.quote(name)}")
    await _bring_columns(session)
    for index in _INDEXES:
        await session.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))


async def _bring_columns(session: Session) -> None:
    """Give the columns of a former version the form of this one."""
    present = await columns_of(session, ACTIVITY)
    for name in _OF_HISTORY:
        if name not in present:
            await session.execute(f"ALTER TABLE {ACTIVITY} ADD COLUMN {name} BIGINT")
    if session.dialect is POSTGRESQL and await session.fetch_one(_OTHER_COLLATION) is not None:
        changes = ", ".join(f'ALTER COLUMN {name} TYPE text COLLATE "C"' for name in _TEXTS)
        await session.execute(f"ALTER TABLE {ACTIVITY} {changes}")


_OTHER_COLLATION: Final = (
    f"SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '{ACTIVITY}' "
    "AND column_name = 'id' AND collation_name IS DISTINCT FROM 'C'"
)
