"""One-time rows of the table `verification`: the newest of an identifier counts, and one of several users gets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import VERIFICATION
from tabularium.identity.context import AuthContext
from tabularium.identity.secrets import new_id


async def store(
    transaction: Session, context: AuthContext, identifier: str, value: str, seconds: float, *, alone: bool = False
) -> Found:
    """Store a value under an identifier for some time; `alone`: in the place of all others under it."""
    if alone:
        await rows.delete(transaction, VERIFICATION, {"identifier": identifier})
    row: Found = {
        "id": new_id(),
        "identifier": identifier,
        "value": value,
        "expiresAt": context.after(seconds),
        "createdAt": context.now,
        "updatedAt": context.now,
    }
    await rows.insert(transaction, VERIFICATION, row)
    return row


async def look(transaction: Session, identifier: str) -> Found | None:
    """Return the newest row of an identifier, expired or not, and leave it."""
    return await rows.find(transaction, VERIFICATION, {"identifier": identifier}, newest="createdAt")


async def consume(transaction: Session, identifier: str) -> Found | None:
    """Take every row of an identifier away and return the newest; `None` where somebody else was faster."""
    taken = await rows.take(transaction, VERIFICATION, {"identifier": identifier})
    return max(taken, key=lambda row: (row["createdAt"] or "", row["id"])) if taken else None


async def take_unchanged(transaction: Session, row: Found) -> bool:
    """Take a row away as it was seen. Returns whether it was still so."""
    return bool(await rows.delete(transaction, VERIFICATION, {"id": row["id"], "value": row["value"]}))


async def replace(transaction: Session, context: AuthContext, row: Found, value: str) -> bool:
    """Put another value in the place of the one that was seen. Returns whether it was still there."""
    where = {"id": row["id"], "value": row["value"]}
    return bool(await rows.update(transaction, VERIFICATION, {"value": value, "updatedAt": context.now}, where))


async def forget(transaction: Session, where: Mapping[Any, Any]) -> None:
    """Delete rows."""
    await rows.delete(transaction, VERIFICATION, where)


def is_over(row: Found, now: str) -> bool:
    """Say whether a row has expired."""
    return bool(row["expiresAt"] <= now)
