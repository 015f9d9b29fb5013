"""Requests that carry a key are done once: a key is kept with the answer, in the transaction of the write.

A row is inserted before the write and gets the answer after it, so a row that can be seen has one. Whoever inserts the
same key meanwhile waits for the end of that transaction: on PostgreSQL for the row, on SQLite for the turn to write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import sqlalchemy
from sqlalchemy.schema import CreateIndex, CreateTable

from tabularium.clock import instant_text, parse_instant
from tabularium.db.database import Locked, Session
from tabularium.errors import IdempotencyMismatch, Unavailable

KEPT: Final = timedelta(hours=24)
"""How long a key stands for its request."""
_ATTEMPTS: Final = 3

_TABLE: Final = sqlalchemy.Table(
    "_idempotency",
    sqlalchemy.MetaData(),
    sqlalchemy.Column("id", sqlalchemy.Text, primary_key=True),
    sqlalchemy.Column("user_id", sqlalchemy.Text),
    sqlalchemy.Column("expires_at", sqlalchemy.Text, nullable=False),
    sqlalchemy.Column("fingerprint", sqlalchemy.Text, nullable=False),
    sqlalchemy.Column("answer", sqlalchemy.LargeBinary),
)
_OWNED: Final = _TABLE.c.user_id.is_not(None)
_INDEXES: Final = (
    sqlalchemy.Index("_ix_idempotency_expiry", _TABLE.c.expires_at),
    sqlalchemy.Index("_ix_idempotency_user", _TABLE.c.user_id, sqlite_where=_OWNED, postgresql_where=_OWNED),
)


class Answered(Exception):
    """The request was answered before, with `answer`. Raised to end the transaction, which has written nothing."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


class StillRunning(Exception):
    """Another request with the key has held it for as long as locks are waited for. Running again may find its end."""


@dataclass(slots=True)
class Claim:
    """One request with a key. It may be taken in one transaction after the other, until one is committed."""

    id: str
    """Stands for the caller and the key, neither of which can be read from it."""
    user_id: str | None
    fingerprint: str
    """Stands for what is asked for."""
    is_taken: bool = field(default=False, init=False)
    is_waiting: bool = field(default=False, init=False)
    """Whether it is being taken, which lasts for as long as another request with the key is at work."""

    async def take(self, session: Session, now: str) -> None:
        """Take the key for the transaction. Raises `Answered`, `IdempotencyMismatch` or `StillRunning`."""
        self.is_taken, self.is_waiting = False, True
        try:
            for _ in range(_ATTEMPTS):
                if await self._insert(session, now):
                    break
                await self._refuse(session)
            else:  # the row came and went: another process removes keys that are not yet out of date here
                raise Unavailable
        except Locked:
            raise StillRunning from None  # and it is waited on
        self.is_taken, self.is_waiting = True, False

    async def keep(self, session: Session, answer: bytes) -> None:
        """Keep the answer to what the transaction has done."""
        one, two = (session.dialect.placeholder(number) for number in (1, 2))
        sql = f"UPDATE _idempotency SET answer = {one} WHERE id = {two}"
        await session.execute(sql, (answer, self.id))

    async def _insert(self, session: Session, now: str) -> bool:
        expires_at = instant_text(parse_instant(now) + KEPT)
        one, two, three, four, five = (session.dialect.placeholder(number) for number in range(1, 6))
        sql = (
            f"INSERT INTO _idempotency (id, user_id, expires_at, fingerprint) VALUES ({one}, {two}, {three}, {four}) "
            "ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, expires_at = excluded.expires_at, "
            "fingerprint = excluded.fingerprint, answer = NULL "
            f"WHERE _idempotency.expires_at <= {five}"
        )
        return await session.execute(sql, (self.id, self.user_id, expires_at, self.fingerprint, now)) > 0

    async def _refuse(self, session: Session) -> None:
        one = session.dialect.placeholder(1)
        row = await session.fetch_one(f"SELECT fingerprint, answer FROM _idempotency WHERE id = {one}", (self.id,))
        if row is None:
            return
        self.is_waiting = False
        if row[0] != self.fingerprint:
            raise IdempotencyMismatch
        raise Answered(bytes(row[1]))


async def provide_idempotency(session: Session) -> None:
    """Create the table of keys where it is missing."""
    dialect = session.dialect.sqlalchemy
    await session.execute(str(CreateTable(_TABLE, if_not_exists=True).compile(dialect=dialect)))
    for index in _INDEXES:
        await session.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))


async def remove_expired(session: Session, now: str, most: int) -> int:
    """Delete keys whose time is over, the oldest first and at most so many; return how many."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    oldest = f"SELECT id FROM _idempotency WHERE expires_at <= {one} ORDER BY expires_at LIMIT {two}"
    return await session.execute(f"DELETE FROM _idempotency WHERE id IN ({oldest})", (now, most))


async def forget_keys(session: Session, user_id: str) -> None:
    """Delete the keys of a user, with the answers that they were given."""
    await session.execute(f"DELETE FROM _idempotency WHERE user_id = {session.dialect.placeholder(1)}", (user_id,))
