"""Changing one's own name and picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tabularium.db.database import Session
from tabularium.identity import sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused

EDITABLE: Final = ("name", "image")
_MOST_NOTED: Final = 255
_OTHERS: Final = ("role", "banned", "banReason", "banExpires", "twoFactorEnabled")


def refuse_fields(sent: Mapping[str, Any], names: Iterable[str]) -> None:
    """Raise where one of the names has a value that says something."""
    for name in names:
        if sent.get(name):
            raise AuthRefused(400, "FIELD_NOT_ALLOWED", f"{name} is not allowed to be set")


def _noted(value: str | None) -> str | None:
    """Return what the log keeps of a value: a picture may be a data URL of many thousand characters."""
    return value if value is None or len(value) <= _MOST_NOTED else f"{value[:_MOST_NOTED]}…"


async def update(context: AuthContext, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Change the caller's name or picture; null takes the picture away."""
    caller = context.require_session()
    if sent.get("email"):
        raise AuthRefused(400, "EMAIL_CAN_NOT_BE_UPDATED")
    refuse_fields(sent, _OTHERS)
    values = {name: sent[name] for name in EDITABLE if name in sent}
    if not values:
        raise AuthRefused(400, message="No fields to update")
    changes = {name: {"from": _noted(caller.user[name]), "to": _noted(value)} for name, value in values.items()}

    async def work(transaction: Session) -> None:
        user = await users.change(transaction, context, caller.user, values)
        await context.note(transaction, "user.updated", user, changes=changes)
        sessions.resend_cookies(context, caller, user)

    await context.write(work)
    return {"status": True}
