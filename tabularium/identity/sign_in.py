"""Signing in with a password."""

from __future__ import annotations

from typing import Any

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import addresses, email_verification, passwords, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.two_factor import challenges


async def by_email(
    context: AuthContext, *, email: str, password: str, remember: bool = True, callback_url: str | None = None
) -> dict[str, Any]:
    """Open a session for an address and its password, or ask for the second factor.

    Unknown addresses take as long as known ones, and whatever is wrong, the answer is the same.
    """
    options = context.options
    if options.password is None:
        raise AuthRefused(400, "EMAIL_PASSWORD_DISABLED")
    address = addresses.require_coded(email)
    passwords.check_compared(password, options.password)
    user, stored = await context.read(lambda session: _find(session, address))
    if not await context.auth.hasher.is_right(password, stored) or user is None:
        await context.write(lambda transaction: _note_failure(transaction, context, user, "credentials"))
        raise AuthRefused(401, "INVALID_EMAIL_OR_PASSWORD")
    if options.password.require_verification and not user["emailVerified"]:
        await context.write(lambda transaction: _note_failure(transaction, context, user, "unverified"))
        if options.verification.send_on_sign_in:
            email_verification.mail_link(context, user, callback_url)
        raise AuthRefused(403, "EMAIL_NOT_VERIFIED")
    found = user

    async def work(transaction: Session) -> dict[str, Any]:
        return await _complete(transaction, context, found, stored, remember, callback_url)

    return await context.write(work)


async def _find(session: Session, address: str) -> tuple[Found | None, str | None]:
    user = await users.find_by_email(session, address)
    account = None if user is None else await users.find_credential(session, user["id"])
    return user, None if account is None else account["password"]


async def _complete(
    transaction: Session,
    context: AuthContext,
    user: Found,
    stored: str | None,
    remember: bool,
    callback_url: str | None,
) -> dict[str, Any]:
    # What was compared may have changed meanwhile: a password that has just been replaced opens nothing.
    # Held from here on, so that a change which is under way is waited for.
    await users.lock(transaction, user["id"])
    current, now_stored = await _find(transaction, user["email"])
    if current is None or current["id"] != user["id"] or now_stored != stored:
        await _note_failure(transaction, context, current, "credentials")
        raise AuthRefused(401, "INVALID_EMAIL_OR_PASSWORD", keeps=True)
    try:
        await sessions.require_not_banned(transaction, context, current)
    except AuthRefused as refusal:
        await _note_failure(transaction, context, current, "banned")
        raise refusal.keeping() from None
    challenge = await challenges.challenge(transaction, context, current, remember=remember)
    if challenge is not None:
        return challenge
    session = await sessions.open_session(transaction, context, current, remember=remember)
    await context.note(transaction, "user.signed_in", current, method="password")
    answer = {"redirect": bool(callback_url), "token": session["token"]}
    if callback_url:
        context.location = callback_url
        answer["url"] = callback_url
    return {**answer, "user": users.public(current, context.options)}


async def _note_failure(transaction: Session, context: AuthContext, user: Found | None, reason: str) -> None:
    await context.note_failed_sign_in(transaction, user, reason, method="password")
