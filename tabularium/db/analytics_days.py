"""Counting whole days in UTC, so that a read need not go to their views.

A day is counted once it is over. What changes it later reopens it: its views are read again until it is counted anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final

from tabularium.db.analytics_tables import DAY, EVENT, FIGURES, QUARTER, SESSION, TITLE, VALUE
from tabularium.db.database import Session
from tabularium.db.dialect import Dialect

DAY_MILLISECONDS: Final = 86_400_000
_QUARTER_MILLISECONDS: Final = 900_000
_HOUR_MILLISECONDS: Final = 3_600_000

KINDS: Final = {
    "referrer": ("referrer",),
    "device": ("device",),
    "browser": ("browser",),
    "system": ("system",),
    "campaign": ("source", "medium", "campaign"),
}
"""What views are counted by, beside their paths, and the columns of it. Null is the empty text in the counts."""
PAGE: Final = "page"
_ALL: Final = " UNION ALL "


async def find_uncounted(session: Session, before: int) -> int | None:
    """Return a day before a time that has views and is not counted; `None` if there is none."""
    one = session.dialect.placeholder(1)
    # From one day with views to the next, so that counted days cost a step each.
    following = f"(SELECT min(at) FROM {EVENT} WHERE at >= _days.day + {DAY_MILLISECONDS})"
    first = f"(SELECT min(at) FROM {EVENT})"
    begin, following = (f"({each} - {each} % {DAY_MILLISECONDS})" for each in (first, following))
    row = await session.fetch_one(
        f"WITH RECURSIVE _days (day) AS (SELECT {begin} UNION ALL SELECT {following} FROM _days WHERE day IS NOT NULL) "
        f"SELECT min(day) FROM _days WHERE day < {one} AND day NOT IN (SELECT day FROM {DAY})",
        (before,),
    )
    return None if row is None or row[0] is None else int(row[0])


async def count_day(session: Session, day: int) -> None:
    """Count the views and sessions of a day."""
    end = day + DAY_MILLISECONDS
    await reopen(session, [day])
    for sql, takes_day in _counting(session.dialect):
        await session.execute(sql, (day, end, day) if takes_day else (day, end))
    await session.execute(f"INSERT INTO {DAY} (day) VALUES ({session.dialect.placeholder(1)})", (day,))


async def reopen(session: Session, days: Collection[int]) -> None:
    """Forget the counts of days, whose views are read again."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    for day in days:
        if await session.execute(f"DELETE FROM {DAY} WHERE day = {one}", (day,)):
            await session.execute(f"DELETE FROM {VALUE} WHERE day = {one}", (day,))
            between = f"at >= {one} AND at < {two}"
            await session.execute(f"DELETE FROM {QUARTER} WHERE {between}", (day, day + DAY_MILLISECONDS))


async def forget_days(session: Session, before: int) -> None:
    """Delete the counts of days before a time."""
    one = session.dialect.placeholder(1)
    for table, column in ((DAY, "day"), (VALUE, "day"), (QUARTER, "at")):
        await session.execute(f"DELETE FROM {table} WHERE {column} < {one}", (before,))


async def forget_titles(session: Session) -> None:
    """Delete the titles of paths without views: neither in a counted day, nor after the last of them."""
    row = await session.fetch_one(f"SELECT coalesce(max(day) + {DAY_MILLISECONDS}, 0) FROM {DAY}")
    settled = 0 if row is None else int(row[0])
    if await find_uncounted(session, settled) is not None:
        return  # a day in between is open again, and counted by the next time
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    counted = f"SELECT value FROM {VALUE} WHERE kind = {one}"
    recent = f"SELECT path FROM {EVENT} WHERE at >= {two}"
    await session.execute(
        f"DELETE FROM {TITLE} WHERE path NOT IN ({counted}) AND path NOT IN ({recent})", (PAGE, settled)
    )


@lru_cache(maxsize=2)
def _counting(dialect: Dialect) -> tuple[tuple[str, bool], ...]:
    return (_quarters_sql(dialect), False), *((sql, True) for sql in _values_sql(dialect))


def _quarters_sql(dialect: Dialect) -> str:
    seen = f"FROM {EVENT} WHERE {_within('at', dialect)}"
    hours = f"SELECT DISTINCT at - at % {_HOUR_MILLISECONDS} AS at, visitor {seen}"
    parts = [
        _part("at", seen, views="count(*)"),
        _part("at", f"FROM (SELECT min(at) AS at {seen} GROUP BY visitor) AS _firsts", firsts="count(*)"),
        _part("at", f"FROM (SELECT max(at) AS at {seen} GROUP BY visitor) AS _lasts", lasts="count(*)"),
        _part("at", f"FROM ({hours}) AS _hours", hour="count(*)"),
        _part(
            "first_at",
            f"FROM {SESSION} WHERE {_within('first_at', dialect)}",
            sessions="count(*)",
            bounces="sum(CASE WHEN views = 1 THEN 1 ELSE 0 END)",
            milliseconds="sum(last_at - first_at)",
            session_views="sum(views)",
        ),
    ]
    names = ", ".join(FIGURES)
    selected = f"SELECT quarter, {_sums(FIGURES)} FROM ({_ALL.join(parts)}) AS _parts GROUP BY quarter"
    return f"INSERT INTO {QUARTER} (at, {names}) {selected}"


def _part(column: str, source: str, **figures: str) -> str:
    quarter = f"{column} - {column} % {_QUARTER_MILLISECONDS}"
    listed = ", ".join(f"{figures.get(name, '0')} AS {name}" for name in FIGURES)
    return f"SELECT {quarter} AS quarter, {listed} {source} GROUP BY {quarter}"


def _values_sql(dialect: Dialect) -> Iterator[str]:
    seen = f"FROM {EVENT} WHERE {_within('at', dialect)}"
    figures = "count(*) AS views, count(DISTINCT visitor) AS visitors, 0 AS entries, 0 AS exits"
    paths = [f"SELECT path AS value, {figures} {seen} GROUP BY path"]
    for column, page, ends in (("first_at", "entry", "count(*), 0"), ("last_at", "exit", "0, count(*)")):
        paths.append(f"SELECT {page}, 0, 0, {ends} FROM {SESSION} WHERE {_within(column, dialect)} GROUP BY {page}")
    summed = f"value, '', '', {_sums(('views', 'visitors', 'entries', 'exits'))}"
    yield _insertion(PAGE, f"{summed} FROM ({_ALL.join(paths)}) AS _paths GROUP BY value", dialect)
    for kind, columns in KINDS.items():
        names = [*(f"coalesce({name}, '')" for name in columns), *(["''"] * (3 - len(columns)))]
        counted = f"{', '.join(names)}, count(*), count(DISTINCT visitor), 0, 0"
        yield _insertion(kind, f"{counted} {seen} GROUP BY {', '.join(columns)}", dialect)


def _sums(names: Iterable[str]) -> str:
    return ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in names)


def _insertion(kind: str, selected: str, dialect: Dialect) -> str:
    day = dialect.placeholder(3) + ("" if dialect.name == "sqlite" else "::bigint")
    columns = "kind, day, value, second, third, views, visitors, entries, exits"
    return f"INSERT INTO {VALUE} ({columns}) SELECT {dialect.literal(kind)}, {day}, {selected}"


def _within(column: str, dialect: Dialect) -> str:
    return f"{column} >= {dialect.placeholder(1)} AND {column} < {dialect.placeholder(2)}"
