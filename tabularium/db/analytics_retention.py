"""Forgetting counts of old days, and what nothing counted or seen belongs to any more."""

from __future__ import annotations

from tabularium.db.analytics_days import DAY_MILLISECONDS, PAGE, find_uncounted, month_of, reopen, reopen_month
from tabularium.db.analytics_tables import COUNTED, DAY_TOTAL, EVENT, MONTH_TOTAL, TITLE
from tabularium.db.database import Session
from tabularium.db.lists import among_numbers, number_list


async def forget_counts(session: Session, before: int) -> bool:
    """Delete the counts of the first day, or month, that begins before a time, and say whether there was one.

    A month of which only some days are that old is to be counted anew.
    """
    one = session.dialect.placeholder(1)
    sql = f"SELECT unit, since FROM {COUNTED} WHERE since < {one} ORDER BY since LIMIT 1"
    row = await session.fetch_one(sql, (before,))
    if row is None:
        return False
    await (reopen_month(session, row[1]) if row[0] == "month" else reopen(session, [row[1]]))
    return True


async def forget_titles(session: Session) -> None:
    """Delete the titles of paths without views: neither in a counted day, nor after the last of them."""
    rows = await session.fetch_all(f"SELECT unit, since FROM {COUNTED}")
    days, months = ([row[1] for row in rows if row[0] == unit] for unit in ("day", "month"))
    settled = max(days, default=-DAY_MILLISECONDS) + DAY_MILLISECONDS
    if await find_uncounted(session, settled) is not None:
        return  # a day in between is open again, and counted by the next time
    dialect = session.dialect
    one, four = dialect.placeholder(1), dialect.placeholder(4)
    counted = (
        f"SELECT value FROM {table} WHERE kind = {one} AND since {among_numbers(number, dialect)}"
        for number, table in ((2, MONTH_TOTAL), (3, DAY_TOTAL))
    )
    recent = f"SELECT path FROM {EVENT} WHERE at >= {four}"
    gone = " EXCEPT ".join((f"SELECT path FROM {TITLE}", *counted, recent))
    alone = [day for day in days if month_of(day) not in months]
    bound = (PAGE, number_list(months, dialect), number_list(alone, dialect), settled)
    await session.execute(f"DELETE FROM {TITLE} WHERE path IN ({gone})", bound)
