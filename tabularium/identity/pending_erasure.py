"""The erasure that somebody asks for: it comes after some days, and until then they may sign in and cancel it."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ERASURE
from tabularium.errors import Unauthorized
from tabularium.identity import erasure, sessions, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.last_admin import end_impersonations, require_other_admin

GRACE_DAYS: Final = 7
_GRACE_SECONDS: Final = GRACE_DAYS * 86_400


def require_caller(context: AuthContext, *, takes_key: bool = False) -> Caller:
    """Return the caller of an operation of the account: by a session, or by a key where that will do."""
    caller = context.caller
    if caller is None or (caller.is_key and not takes_key):
        raise Unauthorized
    return caller


async def schedule(context: AuthContext) -> dict[str, Any]:
    """Have the caller erased in some days: sessions end, keys stop, and a mail tells how to cancel.

    Asked again, the first date stays. Raises `LastAdministrator`.
    """
    caller = require_caller(context)

    async def work(transaction: Session) -> str:
        user = await _held(transaction, caller)
        pending = await rows.find(transaction, ERASURE, {"userId": user["id"]})
        if pending is None:
            await require_other_admin(transaction, context.options, user)
            pending = await _begin(transaction, context, user)
        await users.end_sessions(transaction, user["id"])
        await end_impersonations(transaction, user["id"])
        sessions.clear_cookies(context)
        return str(pending["scheduledAt"])

    scheduled_at = await context.write(work)
    return {
        "status": "scheduled",
        "scheduledErasureAt": scheduled_at,
        "gracePeriodDays": GRACE_DAYS,
        "cancellable": True,
    }


async def _begin(transaction: Session, context: AuthContext, user: Found) -> Found:
    pending: Found = {
        "userId": user["id"],
        "requestedAt": context.now,
        "scheduledAt": context.after(_GRACE_SECONDS),
    }
    await rows.insert(transaction, ERASURE, pending)
    await context.note(transaction, "erasure.scheduled", user)
    values = {"name": user["name"], "url": f"{context.auth.base_url}/api/account/delete"}
    context.mail(user["email"], "erasureScheduled", lifetime=f"{GRACE_DAYS} days", **values)
    return pending


async def cancel(context: AuthContext) -> dict[str, Any]:
    """Keep the caller's account after all, if its erasure was pending."""
    caller = require_caller(context)

    async def work(transaction: Session) -> None:
        user = await _held(transaction, caller)
        if await rows.delete(transaction, ERASURE, {"userId": user["id"]}):
            await context.note(transaction, "erasure.cancelled", user)

    await context.write(work)
    return {"status": "cancelled"}


async def pending(context: AuthContext) -> dict[str, Any]:
    """Return the erasure that awaits the caller, as a list of none or one."""
    caller = require_caller(context, takes_key=True)
    found = await context.read(lambda session: rows.find(session, ERASURE, {"userId": caller.user_id}))
    return {"items": [] if found is None else [_shown(caller, found)]}


def _shown(caller: Caller, found: Found) -> dict[str, Any]:
    return {
        "id": caller.user_id,
        "email": caller.user["email"],
        "scheduledErasureAt": found["scheduledAt"],
        "requestedAt": found["requestedAt"],
        "gracePeriodDays": GRACE_DAYS,
    }


async def _held(transaction: Session, caller: Caller) -> Found:
    user = await erasure.hold(transaction, caller.user_id)
    if user is None:
        raise Unauthorized
    return user
