"""The tables of analytics. Times are milliseconds since 1970 in UTC; no address and no user agent is in any of them."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy
from sqlalchemy.schema import CreateIndex, CreateTable

from tabularium.db.database import Session

EVENT: Final = "_analytics_event"
SESSION: Final = "_analytics_session"
TITLE: Final = "_analytics_page_title"
ROBOTS: Final = "_analytics_robots"
KEY: Final = "_analytics_key"
DAY: Final = "_analytics_day"
"""The days in UTC that are counted: their figures stand in the two tables below, beside their views."""
QUARTER: Final = "_analytics_quarter"
VALUE: Final = "_analytics_value"

FIGURES: Final = ("views", "firsts", "lasts", "hour", "sessions", "bounces", "milliseconds", "session_views")
"""Of a quarter of an hour: its views; visitors whose first view of the day is in it, and whose last one; those of the
hour that begins with it; sessions that begin in it, those of one view, their time and their views."""

_METADATA: Final = sqlalchemy.MetaData()


def _text(name: str, *, key: bool = False, empty: bool = False) -> sqlalchemy.Column[Any]:
    # Code points order names, and the empty text is one of them: SQLite and PostgreSQL must agree.
    kind = sqlalchemy.Text().with_variant(sqlalchemy.Text(collation="C"), "postgresql")
    return sqlalchemy.Column(name, kind, primary_key=key, nullable=empty)


def _number(name: str, *, key: bool = False) -> sqlalchemy.Column[Any]:
    return sqlalchemy.Column(name, sqlalchemy.BigInteger, primary_key=key, nullable=False, autoincrement=False)


_EVENTS: Final = sqlalchemy.Table(
    EVENT,
    _METADATA,
    _number("at"),
    _text("visitor"),
    _number("session"),
    _text("path"),
    *(_text(name) for name in ("device", "browser", "system")),
    *(_text(name, empty=True) for name in ("referrer", "source", "medium", "campaign")),
)
_SESSIONS: Final = sqlalchemy.Table(
    SESSION,
    _METADATA,
    _number("id", key=True),
    _text("visitor"),
    _text("former", empty=True),
    *(_number(name) for name in ("first_at", "last_at", "views")),
    *(_text(name) for name in ("entry", "exit")),
)
_TABLES: Final = (
    _EVENTS,
    _SESSIONS,
    # A path may be longer than what an index of PostgreSQL holds, so its hash is the key.
    sqlalchemy.Table(TITLE, _METADATA, _text("hash", key=True), _text("path"), _text("title"), _number("at")),
    sqlalchemy.Table(ROBOTS, _METADATA, _number("quarter", key=True), _number("views")),
    sqlalchemy.Table(KEY, _METADATA, _text("day", key=True), _text("secret")),
    sqlalchemy.Table(DAY, _METADATA, _number("day", key=True)),
    sqlalchemy.Table(QUARTER, _METADATA, _number("at", key=True), *(_number(name) for name in FIGURES)),
    sqlalchemy.Table(
        VALUE,
        _METADATA,
        *(_text("kind", key=True), _number("day", key=True)),
        *(_text(name, key=True) for name in ("value", "second", "third")),
        *(_number(name) for name in ("views", "visitors", "entries", "exits")),
    ),
)
_INDEXES: Final = (
    sqlalchemy.Index("_ix_analytics_event_time", _EVENTS.c.at),
    sqlalchemy.Index("_ix_analytics_event_session", _EVENTS.c.session),
    sqlalchemy.Index("_ix_analytics_session_visitor", _SESSIONS.c.visitor, _SESSIONS.c.last_at),
    sqlalchemy.Index(
        "_ix_analytics_session_former",
        _SESSIONS.c.former,
        sqlite_where=_SESSIONS.c.former.is_not(None),
        postgresql_where=_SESSIONS.c.former.is_not(None),
    ),
    sqlalchemy.Index("_ix_analytics_session_begin", _SESSIONS.c.first_at),
    sqlalchemy.Index("_ix_analytics_session_end", _SESSIONS.c.last_at),
)


async def provide_analytics(session: Session) -> None:
    """Create the tables where they are missing."""
    dialect = session.dialect.sqlalchemy
    for table in _TABLES:
        await session.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
    for index in _INDEXES:
        await session.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))
