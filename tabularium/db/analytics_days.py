"""Counting whole days in UTC, so that a read need not go to their views.

A day is counted once it is over. What changes it later reopens it: its views are read again until it is counted anew.
Months, which are the sums of their days (`analytics_months`), are reopened with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

from tabularium.db.analytics_tables import COUNTED, DAY_TOTAL, EVENT, FIGURES, MONTH_TOTAL, QUARTER, SESSION
from tabularium.db.database import Session
from tabularium.db.dialect import Dialect

DAY_MILLISECONDS: Final = 86_400_000
_QUARTER_MILLISECONDS: Final = 900_000

KINDS: Final = {
    "referrer": ("referrer",),
    "device": ("device",),
    "browser": ("browser",),
    "system": ("system",),
    "campaign": ("source", "medium", "campaign"),
}
"""What views are counted by, beside their paths, and the columns of it. Null is the empty text in the counts."""
PAGE: Final = "page"
VIEWS_ONLY: Final = frozenset({"device", "browser", "system"})
"""Kinds whose visitors nobody asks for: to count them takes much longer than to count views."""
ALL_KINDS: Final = ", ".join(f"'{kind}'" for kind in (PAGE, *KINDS))
"""As SQL, for the index of totals, which begins with the kind."""
Unit = Literal["day", "month"]
TOTALS: Final[Mapping[Unit, str]] = {"day": DAY_TOTAL, "month": MONTH_TOTAL}
_STEPS_OF_AN_HOUR: Final = " UNION ALL ".join(f"SELECT {step} AS step" for step in range(4))
_ALL: Final = " UNION ALL "


async def find_uncounted(session: Session, before: int, since: int = 0) -> int | None:
    """Return a day with views, from `since` up to `before`, that is not counted; `None` if there is none."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    # From one day with views to the next, so that counted days cost a step each.
    following = f"(SELECT min(at) FROM {EVENT} WHERE at >= _days.day + {DAY_MILLISECONDS})"
    first = f"(SELECT min(at) FROM {EVENT} WHERE at >= {two})"
    begin, following = (f"({each} - {each} % {DAY_MILLISECONDS})" for each in (first, following))
    row = await session.fetch_one(
        f"WITH RECURSIVE _days (day) AS (SELECT {begin} UNION ALL SELECT {following} FROM _days WHERE day < {one}) "
        f"SELECT min(day) FROM _days WHERE day < {one} AND day NOT IN (SELECT since FROM {COUNTED} WHERE unit = 'day')",
        (before, since),
    )
    return None if row is None or row[0] is None else int(row[0])


async def count_day(session: Session, day: int) -> None:
    """Count the views and sessions of a day."""
    end = day + DAY_MILLISECONDS
    await reopen(session, [day])
    for sql, takes_day in _counting(session.dialect):
        await session.execute(sql, (day, end, day) if takes_day else (day, end))
    await mark_counted(session, "day", day)


async def reopen(session: Session, days: Collection[int]) -> None:
    """Forget the counts of days, and of their months: the views are read again."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    for month in {month_of(day) for day in days}:
        await reopen_month(session, month)
    for day in days:
        if await _forget_totals(session, "day", day):
            between = f"at >= {one} AND at < {two}"
            await session.execute(f"DELETE FROM {QUARTER} WHERE {between}", (day, day + DAY_MILLISECONDS))


async def reopen_month(session: Session, month: int) -> None:
    """Forget the counts of a month, and not those of its days."""
    await _forget_totals(session, "month", month)


async def mark_counted(session: Session, unit: Unit, since: int) -> None:
    """Let reads use the counts of a day or a month."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    await session.execute(f"INSERT INTO {COUNTED} (unit, since) VALUES ({one}, {two})", (unit, since))


async def _forget_totals(session: Session, unit: Unit, since: int) -> bool:
    """Forget the counts of a day or a month, and say whether it was counted."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    if not await session.execute(f"DELETE FROM {COUNTED} WHERE unit = {one} AND since = {two}", (unit, since)):
        return False
    await session.execute(f"DELETE FROM {TOTALS[unit]} WHERE kind IN ({ALL_KINDS}) AND since = {one}", (since,))
    return True


def month_of(at: int) -> int:
    """Return when the month of a time begins in UTC."""
    days = datetime.fromtimestamp(at // 1000, UTC).day - 1
    return at - at % DAY_MILLISECONDS - days * DAY_MILLISECONDS


def month_after(month: int) -> int:
    """Return when the month after the one that begins at a time begins."""
    return month_of(month + 31 * DAY_MILLISECONDS)


@lru_cache(maxsize=2)
def _counting(dialect: Dialect) -> tuple[tuple[str, bool], ...]:
    return (_quarters_sql(dialect), False), *((sql, True) for sql in _values_sql(dialect))


def _quarters_sql(dialect: Dialect) -> str:
    seen = f"FROM {EVENT} WHERE {_within('at', dialect)}"
    # An hour may begin with any quarter, as hours of time zones do: each view is part of four.
    hours = (
        f"SELECT DISTINCT at - at % {_QUARTER_MILLISECONDS} - step * {_QUARTER_MILLISECONDS} AS at, visitor "
        f"FROM {EVENT} CROSS JOIN ({_STEPS_OF_AN_HOUR}) AS _steps WHERE {_within('at', dialect)}"
    )
    parts = [
        _part("at", seen, views="count(*)"),
        _part("at", f"FROM (SELECT min(at) AS at {seen} GROUP BY visitor) AS _firsts", firsts="count(*)"),
        _part("at", f"FROM (SELECT max(at) AS at {seen} GROUP BY visitor) AS _lasts", lasts="count(*)"),
        _part("at", f"FROM ({hours}) AS _hours WHERE at >= {dialect.placeholder(1)}", hour="count(*)"),
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
        visitors = "0" if kind in VIEWS_ONLY else "count(DISTINCT visitor)"
        counted = f"{', '.join(names)}, count(*), {visitors}, 0, 0"
        yield _insertion(kind, f"{counted} {seen} GROUP BY {', '.join(columns)}", dialect)


def _sums(names: Iterable[str]) -> str:
    return ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in names)


def _insertion(kind: str, selected: str, dialect: Dialect) -> str:
    day = dialect.placeholder(3) + ("" if dialect.name == "sqlite" else "::bigint")
    columns = "kind, since, value, second, third, views, visitors, entries, exits"
    return f"INSERT INTO {DAY_TOTAL} ({columns}) SELECT {dialect.literal(kind)}, {day}, {selected}"


def _within(column: str, dialect: Dialect) -> str:
    return f"{column} >= {dialect.placeholder(1)} AND {column} < {dialect.placeholder(2)}"
