"""What people do with their own sessions: look, end one, end all, sign out."""

from __future__ import annotations

from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import SESSION
from tabularium.identity import callers, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused


async def current(context: AuthContext) -> dict[str, Any] | None:
    """Return `{session, user}` of the caller; `None` where nobody is signed in."""
    caller = context.caller
    if caller is None:
        await callers.forget_expired(context)
        return None
    if not caller.is_key:
        sessions.send_data(context, caller.session, caller.user, remember=sessions.is_remembered(context))
    return {"session": sessions.public(caller.session), "user": users.public(caller.user, context.options)}


def deferred_refresh() -> AuthRefused:
    """Build the refusal of the one way to ask for a session that this server does not have."""
    return AuthRefused(405, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED")


async def listed(context: AuthContext) -> list[dict[str, Any]]:
    """Return the caller's sessions that live, but for those in which somebody else acts as them."""
    caller = sessions.require_fresh(context)
    where = {"userId": caller.user_id, "impersonatedBy": None, ("expiresAt", ">"): context.now}
    found = await context.read(lambda session: rows.find_all(session, SESSION, where, order="createdAt"))
    return [sessions.public(each) for each in found]


async def revoke(context: AuthContext, *, token: str) -> dict[str, Any]:
    """End one of the caller's sessions. A token that is not theirs changes nothing, and is not told apart."""
    caller = context.require_session()

    async def work(transaction: Session) -> None:
        if await rows.delete(transaction, SESSION, {"token": token, "userId": caller.user_id}):
            await context.note(transaction, "sessions.revoked", caller.user)

    await context.write(work)
    return {"status": True}


async def revoke_all(context: AuthContext) -> dict[str, Any]:
    """End every session of the caller."""
    caller = context.require_session()

    async def work(transaction: Session) -> None:
        await users.end_sessions(transaction, caller.user_id)
        await context.note(transaction, "sessions.revoked", caller.user)
        sessions.clear_cookies(context)

    await context.write(work)
    return {"status": True}


async def revoke_others(context: AuthContext) -> dict[str, Any]:
    """End every session of the caller but this one."""
    caller = context.require_session()

    async def work(transaction: Session) -> None:
        await users.end_sessions(transaction, caller.user_id, but=caller.session["token"])
        await context.note(transaction, "sessions.revoked", caller.user)

    await context.write(work)
    return {"status": True}


async def update(context: AuthContext) -> dict[str, Any]:
    """Refuse: no field of a session is anybody's to change."""
    context.require_session()
    raise AuthRefused(400, message="No fields to update")


async def sign_out(context: AuthContext) -> dict[str, Any]:
    """End the caller's session, if there is one."""
    caller, token = context.caller, context.cookies.read("session_token")

    async def work(transaction: Session) -> None:
        if caller is not None and not caller.is_key:
            await rows.delete(transaction, SESSION, {"id": caller.session["id"]})
            await context.note(transaction, "user.signed_out", caller.user)
        elif token is not None:  # a key goes before the cookie, whose session ends all the same
            await rows.delete(transaction, SESSION, {"token": token})
        sessions.clear_cookies(context)

    await context.write(work)
    return {"success": True}
