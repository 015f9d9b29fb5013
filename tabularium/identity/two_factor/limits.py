"""How often a second step may fail: five times a challenge, ten times in a row an account. A session has no limit."""

from __future__ import annotations

import math
from typing import Any, Final, Literal

from tabularium.clock import parse_instant
from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import VERIFICATION
from tabularium.identity import one_time, one_time_passwords
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.two_factor import enrolments
from tabularium.identity.two_factor.second_step import SecondStep

Factor = Literal["totp", "otp", "backup_code"]

CHALLENGE_SECONDS: Final = 600
MOST_TRIES: Final = 5
MOST_FAILURES: Final = 10
LOCK_SECONDS: Final = 900


async def require_unlocked(transaction: Session, context: AuthContext, step: SecondStep) -> None:
    """Raise 429 where too many failures have locked the second step of the account."""
    if step.caller is not None or step.enrolment is None:
        return
    until = step.enrolment["lockedUntil"]
    if until is not None and until > context.now:
        await note_failure(transaction, context, step, "locked")
        left = parse_instant(until) - context.moment
        raise AuthRefused(429, "ACCOUNT_TEMPORARILY_LOCKED", keeps=True, retry_after=math.ceil(left.total_seconds()))


async def require_tries(transaction: Session, context: AuthContext, step: SecondStep) -> None:
    """Raise where the account is locked, or where the challenge has seen too many wrong codes: it is then gone."""
    await require_unlocked(transaction, context, step)
    if step.caller is not None or await _tries(transaction, step) < MOST_TRIES:
        return
    await forget_challenge(transaction, context, step)
    await note_failure(transaction, context, step, "two_factor")
    raise too_many()


def too_many() -> AuthRefused:
    """Build the refusal of what has been tried too often."""
    return AuthRefused(400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", keeps=True)


async def failed(
    transaction: Session, context: AuthContext, step: SecondStep, factor: Factor, refusal: AuthRefused
) -> AuthRefused:
    """Count a wrong code, and return the refusal that leaves the count."""
    if step.caller is None:
        if factor != "otp":  # a mailed code counts for itself
            await _count_try(transaction, context, step)
        await note_failure(transaction, context, step, "two_factor", factor)
        await _count_failure(transaction, context, step)
    return refusal.keeping()


async def reset(transaction: Session, context: AuthContext, step: SecondStep) -> None:
    """Begin to count anew: the failures were not in a row."""
    if step.enrolment is not None:
        values = {"failedVerificationCount": 0, "lockedUntil": None}
        await enrolments.save(transaction, context, step.enrolment, values)


async def forget_challenge(transaction: Session, context: AuthContext, step: SecondStep) -> bool:
    """Take a challenge away, with what belongs to it, and say whether it was still there."""
    taken = await one_time.consume(transaction, step.challenge)
    await one_time.forget(transaction, {"identifier": step.attempts_identifier})
    await one_time.forget(transaction, {"identifier": step.otp_identifier})
    context.cookies.clear("two_factor")
    return taken is not None


async def note_failure(
    transaction: Session, context: AuthContext, step: SecondStep, reason: str, factor: Factor | None = None
) -> None:
    """Write into the activity log that a sign-in has failed."""
    details: dict[str, Any] = {} if factor is None else {"factor": factor}
    if step.caller is None:
        await context.note_failed_sign_in(transaction, step.user, reason, method="password", **details)


async def _tries(transaction: Session, step: SecondStep) -> int:
    row = await one_time.look(transaction, step.attempts_identifier)
    return 0 if row is None else int(row["value"])


async def _count_try(transaction: Session, context: AuthContext, step: SecondStep) -> None:
    identifier, tries = step.attempts_identifier, await _tries(transaction, step) + 1
    values = {"value": str(tries), "updatedAt": context.now}
    if not await rows.update(transaction, VERIFICATION, values, {"identifier": identifier}):
        await one_time.store(transaction, context, identifier, str(tries), CHALLENGE_SECONDS)


async def _count_failure(transaction: Session, context: AuthContext, step: SecondStep) -> None:
    enrolment = step.enrolment
    if enrolment is None:  # an adopted user may have none: somewhere it must be counted
        secret = one_time_passwords.new_totp_secret()
        enrolment = await enrolments.put(transaction, context, step.user["id"], None, secret=secret)
    # Where a lock is over the count begins anew.
    former = 0 if enrolment["lockedUntil"] is not None else enrolment["failedVerificationCount"] or 0
    is_locked = former + 1 >= MOST_FAILURES
    values = {
        "failedVerificationCount": former + 1,
        "lockedUntil": context.after(LOCK_SECONDS) if is_locked else None,
    }
    await enrolments.save(transaction, context, enrolment, values)
    if is_locked:
        await context.note(transaction, "user.locked", step.user)
