"""Replacing a forgotten password with a code."""

from __future__ import annotations

from typing import Any

from tabularium.db.database import Session
from tabularium.identity import addresses, password_changes, passwords, users
from tabularium.identity.context import AuthContext
from tabularium.identity.email_otp import codes
from tabularium.identity.email_otp.sending import identifier
from tabularium.identity.refusals import AuthRefused


async def reset(context: AuthContext, *, email: str, code: str, password: str) -> dict[str, Any]:
    """Set a new password with a code, which is then used up. The address is verified; nobody is signed in."""
    passwords.check_new(password, context.options.password)
    address = addresses.lowered(email)
    stored = await context.auth.hasher.hash(password)

    async def work(transaction: Session) -> None:
        await codes.use(transaction, context, identifier("forget-password", address), code)
        user = await users.find_by_email(transaction, address)
        if user is None:
            raise AuthRefused(400, "USER_NOT_FOUND", keeps=True)
        if not user["emailVerified"]:
            user = await users.change(transaction, context, user, {"emailVerified": True})
            await context.note(transaction, "email.verified", user, method="emailOtp")
        await password_changes.replace_forgotten(transaction, context, user, stored, method="emailOtp")

    await context.write(work)
    return {"success": True}
