"""Parting the days of visitors: once a session is over, nothing but its own times links the names of two days.

A session that goes on over midnight has views under the names of both days. As long as it may go on, that must be
known; afterwards it would let somebody with the database follow a visitor from day to day, midnight after midnight.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from tabularium.db.analytics_recording import among_numbers, numbers
from tabularium.db.analytics_tables import EVENT, SESSION
from tabularium.db.database import Session

_STEP: Final = 500
_DAY: Final = 86_400_000
_NAME_BYTES: Final = 16
_NONE: Final = 0
"""The session of views that no longer tell theirs."""


async def part_days(session: Session, before: int) -> bool:
    """Part the days of some sessions that ended before a time, and say whether there may be more.

    Their days must have been counted: a visitor who stayed over two midnights has two names on the day in between.
    """
    one = session.dialect.placeholder(1)
    # Few have a name of the day before, and there is an index of these; one of ends would find nearly all.
    rows = await session.fetch_all(
        f"SELECT id, first_at, last_at FROM {SESSION} WHERE former >= '' AND last_at + 0 < {one} LIMIT {_STEP}",
        (before,),
    )
    over_midnight = [row for row in rows if row[1] // _DAY != row[2] // _DAY]
    for row in over_midnight:
        await _part_name(session, row[0], row[1])
    await _change(session, f"UPDATE {EVENT} SET session = {_NONE} WHERE session", [row[0] for row in over_midnight])
    await _change(session, f"UPDATE {SESSION} SET former = NULL WHERE id", [row[0] for row in rows])
    return len(rows) == _STEP


async def _part_name(session: Session, number: int, first_at: int) -> None:
    """Give the first day's views of a session another name, where theirs came over the midnight before."""
    one, two, three = (session.dialect.placeholder(each) for each in (1, 2, 3))
    first = await session.fetch_one(f"SELECT visitor FROM {EVENT} WHERE session = {one} ORDER BY at LIMIT 1", (number,))
    if first is None:
        return
    day = first_at - first_at % _DAY
    came = f"SELECT id FROM {SESSION} WHERE visitor = {one} AND last_at >= {two} AND first_at < {two} LIMIT 1"
    if await session.fetch_one(came, (first[0], day)) is None:
        return
    await session.execute(
        f"UPDATE {EVENT} SET visitor = {one} WHERE session = {two} AND visitor = {three}",
        (secrets.token_urlsafe(_NAME_BYTES), number, first[0]),
    )


async def _change(session: Session, sql: str, ids: list[Any]) -> None:
    if ids:
        await session.execute(f"{sql} {among_numbers(1, session.dialect)}", (numbers(ids, session.dialect),))
