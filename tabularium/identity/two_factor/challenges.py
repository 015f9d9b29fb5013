"""The challenge at sign-in: the password was right, and nothing is opened before the second step is taken."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import one_time, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.secrets import random_text
from tabularium.identity.two_factor import enrolments, limits, trusted_devices
from tabularium.identity.two_factor.limits import CHALLENGE_SECONDS, Factor
from tabularium.identity.two_factor.second_step import SecondStep, no_challenge

_LENGTH: Final = 20


async def challenge(
    transaction: Session, context: AuthContext, user: Found, *, remember: bool
) -> dict[str, Any] | None:
    """Challenge a user whose password was right, and return the answer; `None` where the password is enough.

    The answer opens no session, and clears the cookies of one that the browser may have had.
    """
    options = context.options.two_factor
    if options is None or not user["twoFactorEnabled"]:
        return None
    if await trusted_devices.is_trusted(transaction, context, user):
        return None
    identifier = f"2fa-{random_text(_LENGTH)}"
    await one_time.store(transaction, context, identifier, user["id"], CHALLENGE_SECONDS)
    sessions.clear_cookies(context)
    if not remember:
        context.cookies.set("dont_remember", "true", None)
    context.cookies.set("two_factor", identifier, CHALLENGE_SECONDS)
    enrolment = await enrolments.find(transaction, user["id"])
    is_offered = {"totp": enrolments.is_confirmed(enrolment, user), "otp": options.mailed_codes}
    return {"twoFactorRedirect": True, "twoFactorMethods": [name for name, offered in is_offered.items() if offered]}


async def complete(
    transaction: Session, context: AuthContext, step: SecondStep, factor: Factor, *, trusts_device: bool
) -> dict[str, Any]:
    """Open the session that a challenge stood before. Returns `{token, user}`; raises `BANNED_USER`."""
    user = step.user
    try:
        await sessions.require_not_banned(transaction, context, user)
    except AuthRefused as refusal:
        await limits.note_failure(transaction, context, step, "banned", factor)
        raise refusal.keeping() from None
    await end(transaction, context, step)
    session = await sessions.open_session(transaction, context, user, remember=sessions.is_remembered(context))
    await context.note(transaction, "user.signed_in", user, method="password", factor=factor)
    if trusts_device:
        await trusted_devices.trust(transaction, context, user)
        context.cookies.clear("dont_remember")
    return {"token": session["token"], "user": users.public(user, context.options)}


async def end(transaction: Session, context: AuthContext, step: SecondStep) -> None:
    """Use a challenge up, since its second step was right: failures before it count no longer."""
    if not await limits.forget_challenge(transaction, context, step):
        raise no_challenge()
    await limits.reset(transaction, context, step)


def signed_in(context: AuthContext, step: SecondStep) -> dict[str, Any]:
    """Return the answer for somebody who had a session before, and keeps it."""
    token = None if step.caller is None else step.caller.session["token"]
    return {"token": token, "user": users.public(step.user, context.options)}
