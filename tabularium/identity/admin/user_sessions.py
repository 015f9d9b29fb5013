"""The sessions of others."""

from __future__ import annotations

from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import SESSION
from tabularium.identity import sessions, users
from tabularium.identity.admin.rights import require_admin
from tabularium.identity.context import AuthContext


async def listed(context: AuthContext, user_id: str) -> dict[str, Any]:
    """Return the sessions of a user, the oldest first: expired ones too, and those in which somebody acts as them."""
    require_admin(context, "LIST_USERS_SESSIONS")
    found = await context.read(lambda session: rows.find_all(session, SESSION, {"userId": user_id}, order="createdAt"))
    return {"sessions": [sessions.public(each) for each in found]}


async def revoke(context: AuthContext, token: str) -> dict[str, Any]:
    """End a session. A token that is nobody's changes nothing."""
    require_admin(context, "REVOKE_USERS_SESSIONS")

    async def work(transaction: Session) -> None:
        found = await rows.find(transaction, SESSION, {"token": token})
        user = None if found is None else await users.lock(transaction, found["userId"])
        if await rows.delete(transaction, SESSION, {"token": token}):
            await context.note(transaction, "sessions.revoked", user, category="admin")

    await context.write(work)
    return {"success": True}


async def revoke_all(context: AuthContext, user_id: str) -> dict[str, Any]:
    """End every session of a user."""
    require_admin(context, "REVOKE_USERS_SESSIONS")

    async def work(transaction: Session) -> None:
        user = await users.lock(transaction, user_id)
        if user is not None:
            await users.end_sessions(transaction, user_id)
            await context.note(transaction, "sessions.revoked", user, category="admin")

    await context.write(work)
    return {"success": True}
