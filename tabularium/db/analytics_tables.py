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
COUNTED: Final = "_analytics_counted"
"""The days and months in UTC that are counted: their figures stand in the tables below, beside their views."""
QUARTER: Final = "_analytics_quarter_hour"
DAY_TOTAL: Final = "_analytics_day_total"
MONTH_TOTAL: Final = "_analytics_month_total"
_FORMER: Final = ("_analytics_day", "_analytics_quarter", "_analytics_value")
"""What counts stood in before. The jobs count all days anew."""

FIGURES: Final = ("views", "firsts", "lasts", "hour", "sessions", "bounces", "milliseconds", "session_views")
"""Of a quarter of an hour: its views; visitors whose first view of the day is in it, and whose last one; those of the
hour that begins with it, as far as it lies in the day; sessions that begin in it, those of one view, their time and
their views."""

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
_TOTALS: Final = tuple(
    sqlalchemy.Table(
        name,
        _METADATA,
        *(_text("kind"), _number("since")),
        # No key holds these: long texts do not fit into an index of PostgreSQL. Each is counted once, by a GROUP BY.
        *(_text(column) for column in ("value", "second", "third")),
        *(_number(column) for column in ("views", "visitors", "entries", "exits")),
    )
    for name in (DAY_TOTAL, MONTH_TOTAL)
)
# A path may be longer than what a tree of PostgreSQL holds, so its hash is the key.
_TITLES: Final = sqlalchemy.Table(
    TITLE, _METADATA, _text("hash", key=True), _text("path"), _text("title"), _number("at")
)
_TABLES: Final = (
    _EVENTS,
    _SESSIONS,
    _TITLES,
    sqlalchemy.Table(ROBOTS, _METADATA, _number("quarter", key=True), _number("views")),
    sqlalchemy.Table(KEY, _METADATA, _text("day", key=True), _text("secret")),
    sqlalchemy.Table(COUNTED, _METADATA, _text("unit", key=True), _number("since", key=True)),
    sqlalchemy.Table(QUARTER, _METADATA, _number("at", key=True), *(_number(name) for name in FIGURES)),
    *_TOTALS,
)
_INDEXES: Final = (
    sqlalchemy.Index("_ix_analytics_title_path", _TITLES.c.path, postgresql_using="hash"),
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
    *(sqlalchemy.Index(f"_ix{table.name}", table.c.kind, table.c.since) for table in _TOTALS),
)


async def provide_analytics(session: Session) -> None:
    """Create the tables where they are missing."""
    dialect = session.dialect.sqlalchemy
    for name in _FORMER:
        await session.execute(f"DROP TABLE IF EXISTS {name}")
    for table in _TABLES:
        await session.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
    for index in _INDEXES:
        await session.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))
