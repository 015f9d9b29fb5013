"""Acting as somebody else for an hour, and coming back."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import SESSION
from tabularium.identity import sessions, users
from tabularium.identity.admin import subjects
from tabularium.identity.admin.rights import require_admin, require_caller, require_still_admin
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused

SECONDS: Final = 3600
_FORBIDDEN: Final = "IMPERSONATE_USERS"
_NOT_REMEMBERED: Final = "true"


async def start(context: AuthContext, user_id: str) -> dict[str, Any]:
    """Open a session of another user. Their rights apply in it; it lasts an hour, and is never extended."""
    caller = require_admin(context, _FORBIDDEN, takes_keys=False)
    flag = "" if sessions.is_remembered(context) else _NOT_REMEMBERED

    async def work(transaction: Session) -> tuple[Found, Found]:
        await require_still_admin(transaction, context, caller, _FORBIDDEN)
        user = await subjects.require(transaction, user_id)
        if users.is_admin(user, context.options):
            raise AuthRefused(403, "YOU_CANNOT_IMPERSONATE_ADMINS")
        session = await sessions.open_session(
            transaction, context, user, remember=False, lasts=SECONDS, impersonated_by=caller.user_id
        )
        context.cookies.clear("session_data")
        value = f"{caller.session['token']}:{flag}"
        context.cookies.set("admin_session", value, context.options.session.expires_in)
        await context.note(transaction, "impersonation.started", user, category="admin")
        return session, user

    return _shown(context, *await context.write(work))


async def stop(context: AuthContext) -> dict[str, Any]:
    """End the session of the other, and go on in the administrator's own. Where that is gone, nobody is signed in."""
    caller = require_caller(context, takes_keys=False)
    if caller.session["impersonatedBy"] is None:
        raise AuthRefused(400, message="You are not impersonating anyone")

    async def work(transaction: Session) -> _Own:
        await rows.delete(transaction, SESSION, {"id": caller.session["id"]})
        await context.note(transaction, "impersonation.stopped", caller.user, category="admin")
        context.cookies.clear("admin_session")
        own = await _find_own(transaction, context, caller)
        if own is None:
            sessions.clear_cookies(context)
            raise AuthRefused(401, is_empty=True, keeps=True)
        sessions.send_cookies(context, own.session, own.user, remember=own.is_remembered)
        return own

    own = await context.write(work)
    return _shown(context, own.session, own.user)


class _Own(NamedTuple):
    """The administrator's own session."""

    session: Found
    user: Found
    is_remembered: bool


async def _find_own(transaction: Session, context: AuthContext, caller: Caller) -> _Own | None:
    token, separator, flag = (context.cookies.read("admin_session") or "").rpartition(":")
    found = await sessions.find_caller(transaction, token) if separator and "\0" not in token else None
    if found is None or not sessions.is_alive(*found, context.now):
        return None
    session, user = found
    # The cookie is signed, and still may be an older one, of another administrator at the same browser.
    if user["id"] != caller.session["impersonatedBy"]:
        return None
    return _Own(session, user, flag != _NOT_REMEMBERED)


def _shown(context: AuthContext, session: Found, user: Found) -> dict[str, Any]:
    return {"session": sessions.public(session), "user": users.public(user, context.options)}
