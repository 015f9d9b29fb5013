"""Storing what was seen: views with their sessions, robots; and the keys of days, which are destroyed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tabularium.db.analytics_tables import EVENT, KEY, ROBOTS, SESSION
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.db.lists import among, among_numbers, number_list, text_list
from tabularium.db.multi_row import Columns, insert_rows

STEP: Final = 1_000
"""So many rows are deleted at once."""
_LOCK: Final = 7_205_759_403_792_794
"""The number of the lock under which sessions are decided, by one process at a time."""

_SESSION_COLUMNS: Final[Columns] = (
    *(("id", "bigint"), ("visitor", "text"), ("former", "text"), ("first_at", "bigint"), ("last_at", "bigint")),
    *(("views", "bigint"), ("entry", "text"), ("exit", "text")),
)
_EVENT_COLUMNS: Final[Columns] = (
    *(("at", "bigint"), ("visitor", "text"), ("session", "bigint"), ("path", "text"), ("device", "text")),
    *(("browser", "text"), ("system", "text"), ("referrer", "text"), ("source", "text"), ("medium", "text")),
    ("campaign", "text"),
)


@dataclass(slots=True)
class StoredSession:
    """A session as it is stored. `former` is the visitor's name by the key of the day before, where it may matter."""

    id: int
    visitor: str
    former: str | None
    first_at: int
    last_at: int
    views: int
    entry: str
    exit: str

    def row(self) -> tuple[Any, ...]:
        """Return the values of its columns."""
        return (
            *(self.id, self.visitor, self.former, self.first_at, self.last_at),
            *(self.views, self.entry, self.exit),
        )


async def hold_sessions(session: Session) -> None:
    """Keep every other process from deciding sessions until the transaction ends."""
    if session.dialect is POSTGRESQL:  # SQLite has one writer
        await session.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")


async def find_sessions(session: Session, visitors: Collection[str], since: int) -> list[StoredSession]:
    """Return the sessions of some visitors, by either of their names, that ended at `since` or later."""
    names = ", ".join(session.dialect.quote(name) for name, _ in _SESSION_COLUMNS)
    listed = text_list(tuple(visitors), session.dialect)
    found: dict[int, StoredSession] = {}
    for column in ("visitor", "former"):
        where = f"{column} {among(1, session.dialect)} AND last_at >= {session.dialect.placeholder(2)}"
        for row in await session.fetch_all(f"SELECT {names} FROM {SESSION} WHERE {where}", (listed, since)):
            found[row[0]] = StoredSession(*row)
    return list(found.values())


async def store_sessions(session: Session, known: Collection[int], kept: Sequence[StoredSession]) -> None:
    """Put sessions in the place of those that are `known`."""
    if known:
        where = f"id {among_numbers(1, session.dialect)}"
        await session.execute(f"DELETE FROM {SESSION} WHERE {where}", (number_list(known, session.dialect),))
    await insert_rows(session, SESSION, {}, _SESSION_COLUMNS, [each.row() for each in kept])


async def move_events(session: Session, moved: Mapping[int, int]) -> None:
    """Give the views of sessions to others: those that a view has joined to one."""
    one, two = session.dialect.placeholder(1), session.dialect.placeholder(2)
    for former, session_id in moved.items():
        await session.execute(f"UPDATE {EVENT} SET session = {one} WHERE session = {two}", (session_id, former))


async def store_events(session: Session, rows: Sequence[Sequence[Any]]) -> None:
    """Store views; each row has the values of the columns of an event, in order."""
    await insert_rows(session, EVENT, {}, _EVENT_COLUMNS, rows)


async def count_robots(session: Session, quarters: Mapping[int, int]) -> None:
    """Add to the views by robots of quarters of an hour, which begin at these times."""
    one, two = session.dialect.placeholder(1), session.dialect.placeholder(2)
    sql = (
        f"INSERT INTO {ROBOTS} (quarter, views) VALUES ({one}, {two}) "
        f"ON CONFLICT (quarter) DO UPDATE SET views = {ROBOTS}.views + excluded.views"
    )
    for quarter, views in sorted(quarters.items()):
        await session.execute(sql, (quarter, views))


async def known_secret_of(session: Session, day: str) -> str | None:
    """Return the key of a day, if there is one."""
    row = await session.fetch_one(f"SELECT secret FROM {KEY} WHERE day = {session.dialect.placeholder(1)}", (day,))
    return None if row is None else str(row[0])


async def secret_of(session: Session, day: str, made: str) -> str:
    """Return the key of a day: `made`, unless there is one already."""
    one, two = session.dialect.placeholder(1), session.dialect.placeholder(2)
    insertion = f"INSERT INTO {KEY} (day, secret) VALUES ({one}, {two}) ON CONFLICT (day) DO NOTHING"
    await session.execute(insertion, (day, made))
    found = await known_secret_of(session, day)
    if found is None:
        raise RuntimeError("A day has no key.")
    return found


async def destroy_keys(session: Session, before: str) -> None:
    """Destroy the keys of the days before one."""
    await session.execute(f"DELETE FROM {KEY} WHERE day < {session.dialect.placeholder(1)}", (before,))


async def forget_older(session: Session, before: int) -> bool:
    """Delete some of what is older than an instant, and say whether there may be more."""
    one, row = session.dialect.placeholder(1), "rowid" if session.dialect is SQLITE else "ctid"
    for table, column in ((EVENT, "at"), (SESSION, "last_at"), (ROBOTS, "quarter")):
        old = f"SELECT {row} FROM {table} WHERE {column} < {one} ORDER BY {column} LIMIT {STEP}"
        matches = f"{row} IN ({old})" if session.dialect is SQLITE else f"{row} = ANY(ARRAY({old}))"
        if await session.execute(f"DELETE FROM {table} WHERE {matches}", (before,)) >= STEP:
            return True
    return False
