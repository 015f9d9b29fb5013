"""Those whom an administrator acts upon: finding them, and what goes with a change of their role or standing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tabularium.clock import instant_text
from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.errors import FieldError, ValidationFailed
from tabularium.identity import last_admin, sessions, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused
from tabularium.schema.auth_options import AuthOptions

NO_BAN: Mapping[str, Any] = {"banned": False, "banReason": None, "banExpires": None}


async def require(transaction: Session, user_id: str) -> Found:
    """Return the user with an id. Raises 404."""
    user = await users.find(transaction, user_id)
    if user is None:
        raise AuthRefused(404, "USER_NOT_FOUND")
    return user


async def hold(transaction: Session, options: AuthOptions, user_id: str) -> Found:
    """Return the user with an id, whom nobody else changes or erases until the transaction ends. Raises 404.

    What is noted about them is stored before they are erased, and loses the name with the rest.
    """
    if users.is_admin(await require(transaction, user_id), options):
        await last_admin.hold_admins(transaction)  # before this one: all have to take them in the same order
    user = await users.lock(transaction, user_id)
    if user is None:
        raise AuthRefused(404, "USER_NOT_FOUND")
    return user


def role_of(sent: Any, options: AuthOptions) -> str:
    """Return a role, or several, as they are stored. Raises where they are no texts, or not known."""
    if not isinstance(sent, str) and not (isinstance(sent, list) and all(isinstance(each, str) for each in sent)):
        raise AuthRefused(400, "INVALID_ROLE_TYPE")
    return users.role_text(sent, options)


def instant_of(sent: str | None, name: str) -> str | None:
    """Return a time as it is stored. Raises `ValidationFailed` where no calendar has it."""
    if sent is None:
        return None
    try:
        moment = datetime.fromisoformat(sent.upper())
        return instant_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        message = "Invalid input: expected date, received string"
        errors = [FieldError(f"body.{name}", message, "wrong_type")]
        raise ValidationFailed(f"[body.{name}] {message}", errors) from None


async def apply(
    transaction: Session, context: AuthContext, caller: Caller, user: Found, values: Mapping[str, Any]
) -> Found:
    """Set columns of a user, with all that follows from another role, or from a ban. Returns the row as it is then.

    Raises 409 where the last administrator would be lost, and `UniqueViolation`.
    """
    options = context.options
    is_demoted = users.is_admin(user, options) and not users.is_admin({**user, **values}, options)
    is_banned = bool(values.get("banned"))
    if is_demoted or is_banned:
        await last_admin.require_other_admin(transaction, options, user)
    changed = await users.change(transaction, context, user, values)
    if is_banned:
        await users.end_sessions(transaction, user["id"])
    if is_demoted or is_banned:
        await last_admin.end_impersonations(transaction, user["id"])
    if user["id"] == caller.user_id and not is_banned:
        sessions.resend_cookies(context, caller, changed)
    return changed


def changes_of(user: Found, values: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return what the activity log keeps of a column that is set; `None` where it stays as it was."""
    before, after = user[name], values[name]
    return None if before == after else {name: {"from": before, "to": after}}
