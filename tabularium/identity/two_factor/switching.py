"""Switching the second factor on and off."""

from __future__ import annotations

from typing import Any, Literal

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import one_time_passwords, password_changes, sessions, users
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.two_factor import backup_codes, enrolments, second_step

Method = Literal["totp", "otp"]


async def enable(
    context: AuthContext, *, password: str, issuer: str | None = None, method: Method = "totp"
) -> dict[str, Any]:
    """Begin an enrolment with an authenticator app, or switch mailed codes on."""
    caller = context.require_session()
    if method == "otp" and not enrolments.options_of(context).mailed_codes:
        raise AuthRefused(400, "OTP_NOT_CONFIGURED")
    await password_changes.require_password(context, caller, password)

    async def work(transaction: Session) -> dict[str, Any]:
        user = await second_step.lock(transaction, caller.user_id)
        former = await enrolments.find(transaction, caller.user_id)
        if method == "otp":
            return await _enable_mailed_codes(transaction, context, caller, user, former)
        return await _begin(transaction, context, user, former, issuer)

    return await context.write(work)


async def _begin(
    transaction: Session, context: AuthContext, user: Found, former: Found | None, issuer: str | None
) -> dict[str, Any]:
    options = enrolments.options_of(context)
    secret = one_time_passwords.new_totp_secret()
    codes = one_time_passwords.new_backup_codes() if options.backup_codes else ()
    verified = enrolments.is_confirmed(former, user)
    await enrolments.put(transaction, context, user["id"], former, secret=secret, codes=codes, verified=verified)
    if verified:  # the new secret counts from now on
        await context.note(transaction, "two_factor.enabled", user, method="totp")
    if codes:
        await backup_codes.tell(transaction, context, user, codes)
    uri = one_time_passwords.totp_uri(secret, user["email"], issuer or options.issuer, options.digits, options.period)
    return {"totpURI": uri, "backupCodes": list(codes), "method": "totp"}


async def _enable_mailed_codes(
    transaction: Session, context: AuthContext, caller: Caller, user: Found, former: Found | None
) -> dict[str, Any]:
    if not enrolments.is_confirmed(former, user):  # an authenticator app stays: mailed codes are offered beside it
        secret = one_time_passwords.new_totp_secret()
        await enrolments.put(transaction, context, user["id"], former, secret=secret)
    if not user["twoFactorEnabled"]:
        await switch_on(transaction, context, caller, user, "otp")
    return {"method": "otp"}


async def switch_on(
    transaction: Session, context: AuthContext, caller: Caller, user: Found, method: Method
) -> dict[str, Any]:
    """Ask for the second factor from now on, and put a new session in the place of the caller's: `{token, user}`."""
    changed = await users.change(transaction, context, user, {"twoFactorEnabled": True})
    session = await sessions.rotate(transaction, context, caller, changed)
    changes = {"twoFactorEnabled": {"from": False, "to": True}}
    await context.note(transaction, "two_factor.enabled", changed, changes=changes, method=method)
    return {"token": session["token"], "user": users.public(changed, context.options)}


async def disable(context: AuthContext, *, password: str) -> dict[str, Any]:
    """Switch the second factor off, and put a new session in the place of the caller's."""
    caller = context.require_session()
    await password_changes.require_password(context, caller, password)

    async def work(transaction: Session) -> None:
        user = await second_step.lock(transaction, caller.user_id)
        was_enabled = bool(user["twoFactorEnabled"])
        changed = await remove_enrolment(transaction, context, user["id"]) or user
        await sessions.rotate(transaction, context, caller, changed)
        context.cookies.clear("trust_device")
        changes = {"twoFactorEnabled": {"from": True, "to": False}} if was_enabled else None
        await context.note(transaction, "two_factor.disabled", changed, changes=changes)

    await context.write(work)
    return {"status": True}


async def remove_enrolment(transaction: Session, context: AuthContext, user_id: str) -> Found | None:
    """Forget secret, backup codes, accepted codes and trusted devices of a user, for whom the password is then enough.

    Returns the user as they are then, or `None` where there is no such user. Nothing is written into the activity log.
    """
    user = await users.lock(transaction, user_id)
    if user is None:
        return None
    await enrolments.remove(transaction, user_id)
    await password_changes.forget_devices(transaction, user_id)
    return await users.change(transaction, context, user, {"twoFactorEnabled": False})
