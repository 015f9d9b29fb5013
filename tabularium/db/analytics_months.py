"""Adding counted days up to months in UTC, so that a read of a long span need not go to each day."""

from __future__ import annotations

from tabularium.db.analytics_days import (
    ALL_KINDS,
    DAY_MILLISECONDS,
    find_uncounted,
    mark_counted,
    month_after,
    month_of,
    reopen_month,
)
from tabularium.db.analytics_tables import COUNTED, DAY_TOTAL, MONTH_TOTAL
from tabularium.db.database import Session

_FIGURES = ("views", "visitors", "entries", "exits")
_SUMS = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in _FIGURES)


async def find_uncounted_months(session: Session, before: int) -> list[int]:
    """Return the months that are not counted, though the last of their days begins before a time."""
    rows = await session.fetch_all(f"SELECT unit, since FROM {COUNTED}")
    counted = {row[1] for row in rows if row[0] == "month"}
    months = {month_of(row[1]) for row in rows if row[0] == "day"}
    return sorted(month for month in months - counted if month_after(month) - DAY_MILLISECONDS < before)


async def count_month(session: Session, month: int) -> None:
    """Add up the days of a month, unless one of them is open: then another time will do."""
    end = month_after(month)
    if await find_uncounted(session, end, month) is not None:
        return
    await reopen_month(session, month)
    one, two, three = (session.dialect.placeholder(number) for number in (1, 2, 3))
    since = three if session.dialect.name == "sqlite" else f"{three}::bigint"
    await session.execute(
        f"INSERT INTO {MONTH_TOTAL} (kind, since, value, second, third, {', '.join(_FIGURES)}) "
        f"SELECT kind, {since}, value, second, third, {_SUMS} FROM {DAY_TOTAL} "
        f"WHERE kind IN ({ALL_KINDS}) AND since >= {one} AND since < {two} GROUP BY kind, value, second, third",
        (month, end, month),
    )
    await mark_counted(session, "month", month)
