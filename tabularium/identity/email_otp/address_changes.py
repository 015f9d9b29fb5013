"""Verifying an address with a code, and changing it."""

from __future__ import annotations

from typing import Any, NoReturn

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, mailbox_sign_in, sessions, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.email_otp import codes
from tabularium.identity.email_otp.sending import identifier, issue
from tabularium.identity.refusals import AuthRefused


async def verify(context: AuthContext, *, email: str, code: str) -> dict[str, Any]:
    """Verify an address with its code. The token is null, unless verifying signs in."""
    address = addresses.require_coded(email)

    async def work(transaction: Session) -> dict[str, Any]:
        await codes.use(transaction, context, identifier("email-verification", address), code)
        user = await users.find_by_email(transaction, address)
        if user is None:
            raise AuthRefused(400, "INVALID_OTP", keeps=True)
        token = await _verify(transaction, context, user)
        return {"status": True, "token": token, "user": users.public(user, context.options)}

    return await context.write(work)


async def _verify(transaction: Session, context: AuthContext, user: Found) -> str | None:
    if not user["emailVerified"]:
        user.update(await users.change(transaction, context, user, {"emailVerified": True}))
        await context.note(transaction, "email.verified", user, method="emailOtp")
    if context.options.verification.signs_in:
        session = await mailbox_sign_in.open_session(transaction, context, user, "emailOtp")
        return str(session["token"])
    if context.signed_in is not None and context.signed_in.user_id == user["id"]:
        sessions.resend_cookies(context, context.signed_in, user)
    return None


async def request_change(context: AuthContext, *, new_email: str, code: str | None) -> dict[str, Any]:
    """Mail a code to the address that the caller wants. An address that is taken is answered alike.

    Where the old address must confirm, `code` is one of its codes of the kind `email-verification`.
    """
    caller, address = _require_change(context, new_email)
    old = caller.user["email"]
    if context.options.confirm_old_address:
        await _confirm_old(context, old, code)
    row_identifier = _change_identifier(old, address)
    await issue(context, row_identifier, address, lambda user: user is None, owner=caller.user_id)
    return {"success": True}


async def _confirm_old(context: AuthContext, old: str, code: str | None) -> None:
    if not code:
        raise AuthRefused(400, message="OTP is required to verify current email")
    await context.write(
        lambda transaction: codes.use(transaction, context, identifier("email-verification", old), code)
    )


async def change(context: AuthContext, *, new_email: str, code: str) -> dict[str, Any]:
    """Change the caller's address with the code that was mailed to the new one, which is then verified."""
    caller, address = _require_change(context, new_email)
    old = caller.user["email"]

    async def work(transaction: Session) -> None:
        await codes.use(transaction, context, _change_identifier(old, address), code, owner=caller.user_id)
        if await users.find_by_email(transaction, address) is not None:
            _refuse_taken()
        user = await users.change(transaction, context, caller.user, {"email": address, "emailVerified": True})
        await context.note(transaction, "email.changed", user, changes={"email": {"from": old, "to": address}})
        sessions.resend_cookies(context, caller, user)

    try:
        await context.write(work)
    except UniqueViolation:
        _refuse_taken()
    return {"success": True}


def _require_change(context: AuthContext, new_email: str) -> tuple[Caller, str]:
    """Return the caller and the address that they may ask for."""
    caller = context.require_session()
    if not context.options.change_email:
        raise AuthRefused(400, message="Change email with OTP is disabled")
    address = addresses.require_coded(new_email, stored=True)
    if address == caller.user["email"]:
        raise AuthRefused(400, message="Email is the same")
    return caller, address


def _change_identifier(old: str, new: str) -> str:
    # Two pairs of addresses may read alike, since both may hold dashes: each code is bound to who asked for it.
    return f"change-email-otp-{old}-{new}"


def _refuse_taken() -> NoReturn:
    raise AuthRefused(400, message="Email already in use", keeps=True) from None
