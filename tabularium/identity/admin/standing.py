"""The roles of users, and bans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import users
from tabularium.identity.admin import subjects
from tabularium.identity.admin.rights import require_admin
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused

NO_REASON: Final = "No reason"


async def set_role(context: AuthContext, user_id: str, role: str | Sequence[str]) -> dict[str, Any]:
    """Give a user a role, or several, in the place of what they have."""
    caller = require_admin(context, "CHANGE_USERS_ROLE")
    values = {"role": users.role_text(role, context.options)}

    async def work(transaction: Session) -> Found:
        user = await subjects.hold(transaction, context.options, user_id)
        changed = await subjects.apply(transaction, context, caller, user, values)
        changes = subjects.changes_of(user, values, "role")
        await context.note(transaction, "role.changed", user, category="admin", changes=changes)
        return changed

    return {"user": users.public(await context.write(work), context.options)}


async def ban(context: AuthContext, user_id: str, *, reason: str | None, seconds: float | None) -> dict[str, Any]:
    """Ban a user, for some seconds or for good, and end their sessions."""
    caller = require_admin(context, "BAN_USERS")
    expires = None if seconds is None else context.after(seconds)
    values = {"banned": True, "banReason": reason or NO_REASON, "banExpires": expires}

    async def work(transaction: Session) -> Found:
        user = await subjects.hold(transaction, context.options, user_id)
        if user_id == caller.user_id:
            raise AuthRefused(400, "YOU_CANNOT_BAN_YOURSELF")
        changed = await subjects.apply(transaction, context, caller, user, values)
        changes = subjects.changes_of(user, values, "banned")
        await context.note(transaction, "user.banned", user, category="admin", changes=changes)
        return changed

    return {"user": users.public(await context.write(work), context.options)}


async def unban(context: AuthContext, user_id: str) -> dict[str, Any]:
    """Lift the ban of a user."""
    caller = require_admin(context, "BAN_USERS")

    async def work(transaction: Session) -> Found:
        user = await subjects.hold(transaction, context.options, user_id)
        changed = await subjects.apply(transaction, context, caller, user, subjects.NO_BAN)
        changes = subjects.changes_of(user, subjects.NO_BAN, "banned")
        await context.note(transaction, "user.unbanned", user, category="admin", changes=changes)
        return changed

    return {"user": users.public(await context.write(work), context.options)}
