"""Codes of six digits that are mailed: each once, for three minutes, and for five wrong tries at most."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import VERIFICATION
from tabularium.identity import one_time, one_time_passwords
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import DIGITS, base64url, random_text, unbase64url
from tabularium.identity.two_factor import challenges, enrolments, limits, second_step, switching
from tabularium.identity.two_factor.second_step import SecondStep

CODE_SECONDS: Final = 180
_LENGTH: Final = 6


async def send(context: AuthContext) -> dict[str, Any]:
    """Mail a code, which takes the place of an earlier one. Nothing tells where an address has had too many mails."""
    if not enrolments.options_of(context).mailed_codes:
        raise AuthRefused(400, "OTP_NOT_CONFIGURED")
    user = await context.read(lambda session: second_step.find_user(session, context))
    if not context.may_mail(user["email"]):
        return {"status": True}
    code = random_text(_LENGTH, DIGITS)

    async def work(transaction: Session) -> None:
        step = await second_step.begin(transaction, context)
        identifier = step.otp_identifier
        value = f"{base64url(context.auth.secrets.mac(_message(identifier, code)))}:0"
        await one_time.store(transaction, context, identifier, value, CODE_SECONDS, alone=True)
        values = {"name": step.user["name"], "email": user["email"], "otp": code, "lifetime": "3 minutes"}
        context.mail(user["email"], "emailOtp", is_counted=True, **values)

    await context.write(work)
    return {"status": True}


async def verify(context: AuthContext, *, code: str, trusts_device: bool = False) -> dict[str, Any]:
    """Accept a mailed code: with a session it switches the second factor on, without one it meets the challenge."""

    async def work(transaction: Session) -> dict[str, Any]:
        step = await second_step.begin(transaction, context)
        is_enabled = bool(step.user["twoFactorEnabled"])
        if step.caller is None and not is_enabled:
            raise AuthRefused(400, "TWO_FACTOR_NOT_ENABLED")
        await limits.require_unlocked(transaction, context, step)
        await _use(transaction, context, step, code)
        if step.caller is None:
            return await challenges.complete(transaction, context, step, "otp", trusts_device=trusts_device)
        if is_enabled:
            return challenges.signed_in(context, step)
        if step.enrolment is None:
            secret = one_time_passwords.new_totp_secret()
            await enrolments.put(transaction, context, step.user["id"], None, secret=secret)
        return await switching.switch_on(transaction, context, step.caller, step.user, "otp")

    return await context.write(work)


async def _use(transaction: Session, context: AuthContext, step: SecondStep, code: str) -> None:
    """Use up the code that was mailed. Raises where this is not it."""
    identifier = step.otp_identifier
    row = await one_time.look(transaction, identifier)
    if row is None or one_time.is_over(row, context.now):
        raise AuthRefused(400, "OTP_HAS_EXPIRED")
    mac, _, tries = row["value"].rpartition(":")
    if int(tries) >= limits.MOST_TRIES:
        await one_time.forget(transaction, {"identifier": identifier})
        await limits.note_failure(transaction, context, step, "two_factor", "otp")
        raise limits.too_many()
    if not context.auth.secrets.is_mac(_message(identifier, code), unbase64url(mac)):
        values = {"value": f"{mac}:{int(tries) + 1}", "updatedAt": context.now}
        await rows.update(transaction, VERIFICATION, values, {"id": row["id"]})
        raise await limits.failed(transaction, context, step, "otp", AuthRefused(401, "INVALID_CODE"))
    await one_time.forget(transaction, {"identifier": identifier})


def _message(identifier: str, code: str) -> str:
    return f"{identifier}:{code}"
