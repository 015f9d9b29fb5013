"""Backup codes, for those who have lost their authenticator app: each works once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import one_time_passwords, password_changes, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.two_factor import challenges, enrolments, limits, second_step
from tabularium.identity.two_factor.second_step import SecondStep


async def verify(
    context: AuthContext, *, code: str, trusts_device: bool = False, opens_session: bool = True
) -> dict[str, Any]:
    """Use a backup code up, and meet the challenge with it: `{token, user}`, or `{user}` without `opens_session`."""
    _require_codes(context)

    async def work(transaction: Session) -> dict[str, Any]:
        step = await second_step.begin(transaction, context)
        if step.enrolment is None:
            raise AuthRefused(400, "BACKUP_CODES_NOT_ENABLED")
        await limits.require_tries(transaction, context, step)
        if not await _use(transaction, context, step, step.enrolment, code):
            refusal = AuthRefused(401, "INVALID_BACKUP_CODE")
            raise await limits.failed(transaction, context, step, "backup_code", refusal)
        await context.note(transaction, "backup_code.used", step.user)
        if not opens_session:
            if step.caller is None:
                await challenges.end(transaction, context, step)
            return {"user": users.public(step.user, context.options)}
        if step.caller is None:
            return await challenges.complete(transaction, context, step, "backup_code", trusts_device=trusts_device)
        return challenges.signed_in(context, step)

    return await context.write(work)


async def _use(transaction: Session, context: AuthContext, step: SecondStep, enrolment: Found, code: str) -> bool:
    """Take a code away, and say whether it was there and nobody else has taken it meanwhile."""
    codes = enrolments.codes_of(context, enrolment)
    place = one_time_passwords.find_backup_code(codes, code)
    if place is None:
        return False
    left = enrolments.sealed_codes(context, codes[:place] + codes[place + 1 :], step.user["id"])
    former = {"backupCodes": enrolment["backupCodes"]}
    return await enrolments.save(transaction, context, enrolment, {"backupCodes": left}, only_if=former)


async def generate(context: AuthContext, *, password: str) -> dict[str, Any]:
    """Put new backup codes in the place of those that there were."""
    caller = context.require_session()
    _require_codes(context)
    if not caller.user["twoFactorEnabled"]:
        raise AuthRefused(400, "TWO_FACTOR_NOT_ENABLED")
    await password_changes.require_password(context, caller, password)
    codes = one_time_passwords.new_backup_codes()

    async def work(transaction: Session) -> None:
        user = await second_step.lock(transaction, caller.user_id)
        enrolment = await enrolments.find(transaction, user["id"])
        if enrolment is None or not user["twoFactorEnabled"]:
            raise AuthRefused(400, "TWO_FACTOR_NOT_ENABLED")
        values = {"backupCodes": enrolments.sealed_codes(context, codes, user["id"])}
        await enrolments.save(transaction, context, enrolment, values)
        await tell(transaction, context, user, codes)

    await context.write(work)
    return {"status": True, "backupCodes": list(codes)}


async def tell(transaction: Session, context: AuthContext, user: Found, codes: Sequence[str]) -> None:
    """Write into the activity log that there are new codes, and mail them where the application words such a mail."""
    await context.note(transaction, "backup_codes.generated", user)
    if context.auth.mailer.is_configured("twoFactorBackupCodes"):
        values = {"name": user["name"], "email": user["email"], "codes": "\n".join(codes)}
        context.mail(user["email"], "twoFactorBackupCodes", **values)


def _require_codes(context: AuthContext) -> None:
    if not enrolments.options_of(context).backup_codes:
        raise AuthRefused(400, "BACKUP_CODES_NOT_ENABLED")
