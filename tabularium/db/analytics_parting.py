"""Parting the days of visitors: once the key of a day is destroyed, no name and no number leads from it to the next.

A session that goes on over midnight has views under the names of both days. As long as it may go on, or views of it may
come late, that must be known. Afterwards only the times of the session tell it, which figures need; and for them the
names of views stay as they are, too.
"""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.analytics_tables import EVENT, SESSION
from tabularium.db.database import Session
from tabularium.db.lists import among_numbers, number_list

_STEP: Final = 500
_DAY: Final = 86_400_000
_NONE: Final = 0
"""The session of views that no longer tell theirs."""


async def part_days(session: Session, before: int) -> bool:
    """Part the days of some sessions that had their last view before a time, and say whether there may be more."""
    one = session.dialect.placeholder(1)
    # Few have a name of the day before, and there is an index of these; one of ends would find nearly all.
    rows = await session.fetch_all(
        f"SELECT id, first_at, last_at FROM {SESSION} WHERE former >= '' AND last_at + 0 < {one} LIMIT {_STEP}",
        (before,),
    )
    over_midnight = [row[0] for row in rows if row[1] // _DAY != row[2] // _DAY]
    await _change(session, f"UPDATE {EVENT} SET session = {_NONE} WHERE session", over_midnight)
    await _change(session, f"UPDATE {SESSION} SET former = NULL WHERE id", [row[0] for row in rows])
    return len(rows) == _STEP


async def _change(session: Session, sql: str, ids: list[Any]) -> None:
    if ids:
        await session.execute(f"{sql} {among_numbers(1, session.dialect)}", (number_list(ids, session.dialect),))
