"""Whether the author of a write is still there: an erasure forgets only the entries that it finds."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from tabularium.db.activity import DELETED_USER
from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL, Dialect
from tabularium.db.identity.tables import USER
from tabularium.events.changes import Origin


async def present_author(session: Session, origin: Origin) -> Origin:
    """Return the origin of a write whose author cannot be erased before it is committed.

    Who has been erased since their request came is named as erasures do. Costs a statement where somebody is signed in.
    """
    by = origin.by
    if by is None or by.user_id is None:
        return origin
    if await session.fetch_one(_present(session.dialect), (by.user_id,)) is not None:
        return origin
    return replace(origin, by=replace(by, user_id=None, name=DELETED_USER, email=""))


@lru_cache(maxsize=2)
def _present(dialect: Dialect) -> str:
    locking = " FOR KEY SHARE" if dialect is POSTGRESQL else ""  # SQLite has one writer at a time
    quote = dialect.quote
    return f"SELECT 1 FROM {quote(USER.name)} WHERE {quote('id')} = {dialect.placeholder(1)}{locking}"
