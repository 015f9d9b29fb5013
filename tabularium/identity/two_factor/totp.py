"""Codes of an authenticator app: proving one, each once, and showing the secret to another app."""

from __future__ import annotations

from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import TOTP_STEP
from tabularium.identity import one_time_passwords, password_changes
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.two_factor import challenges, enrolments, limits, second_step, switching
from tabularium.identity.two_factor.second_step import SecondStep


async def verify(context: AuthContext, *, code: str, trusts_device: bool = False) -> dict[str, Any]:
    """Accept a code: with a session it confirms the enrolment, without one it meets the challenge. `{token, user}`."""

    async def work(transaction: Session) -> dict[str, Any]:
        step = await second_step.begin(transaction, context)
        is_confirmed = enrolments.is_confirmed(step.enrolment, step.user)
        if step.enrolment is None or (step.caller is None and not is_confirmed):
            raise AuthRefused(400, "TOTP_NOT_ENABLED")
        await limits.require_tries(transaction, context, step)
        if not await _is_right(transaction, context, step, code, remembers=is_confirmed):
            raise await limits.failed(transaction, context, step, "totp", AuthRefused(401, "INVALID_CODE"))
        if step.caller is None:
            return await challenges.complete(transaction, context, step, "totp", trusts_device=trusts_device)
        if not is_confirmed:
            return await _confirm(transaction, context, step)
        return challenges.signed_in(context, step)

    return await context.write(work)


async def _is_right(
    transaction: Session, context: AuthContext, step: SecondStep, code: str, *, remembers: bool
) -> bool:
    """Say whether a code is that of now and has not been accepted before. The one that confirms is not remembered."""
    options = enrolments.options_of(context)
    secret = None if step.enrolment is None else enrolments.secret_of(context, step.enrolment)
    if secret is None:
        return False
    number = one_time_passwords.matching_step(secret, code, context.moment, options.digits, options.period)
    if number is None:
        return False
    return not remembers or await _remember(transaction, context, step.user["id"], number)


async def _remember(transaction: Session, context: AuthContext, user_id: str, number: int) -> bool:
    """Remember the step of an accepted code, and say whether it is new. Those outside of the window are forgotten."""
    oldest = one_time_passwords.oldest_step(context.moment, enrolments.options_of(context).period)
    await rows.delete(transaction, TOTP_STEP, {"userId": user_id, ("step", "<"): oldest})
    row = {"userId": user_id, "step": number}
    if await rows.find(transaction, TOTP_STEP, row) is not None:
        return False
    await rows.insert(transaction, TOTP_STEP, row)
    return True


async def _confirm(transaction: Session, context: AuthContext, step: SecondStep) -> dict[str, Any]:
    if step.enrolment is None or step.caller is None:
        raise AuthRefused(400, "TOTP_NOT_ENABLED")
    await enrolments.save(transaction, context, step.enrolment, {"verified": True})
    if not step.user["twoFactorEnabled"]:
        return await switching.switch_on(transaction, context, step.caller, step.user, "totp")
    await context.note(transaction, "two_factor.enabled", step.user, method="totp")
    return challenges.signed_in(context, step)


async def uri(context: AuthContext, *, password: str) -> dict[str, Any]:
    """Return what an authenticator app reads, for somebody who has shown the password once more."""
    caller = context.require_session()
    enrolment = await context.read(lambda session: enrolments.find(session, caller.user_id))
    secret = None if enrolment is None else enrolments.secret_of(context, enrolment)
    if secret is None:
        raise AuthRefused(400, "TOTP_NOT_ENABLED")
    await password_changes.require_password(context, caller, password)
    options = enrolments.options_of(context)
    email = caller.user["email"]
    return {"totpURI": one_time_passwords.totp_uri(secret, email, options.issuer, options.digits, options.period)}
