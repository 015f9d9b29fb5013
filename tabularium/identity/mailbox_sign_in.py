"""Signing in by a proof of one's mailbox, without a password: what a link and a code of a mail have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT, API_KEY, SESSION
from tabularium.identity import email_verification, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.refusals import AuthRefused

T = TypeVar("T")

Method = Literal["magicLink", "emailOtp"]
"""How the mailbox was proved, as the activity log has it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who was signed in, by which session, and whether they have just been made."""

    user: Found
    session: Found
    is_new: bool


async def sign_in(
    transaction: Session, context: AuthContext, address: str, *, method: Method, name: str, image: str | None = None
) -> SignedIn | None:
    """Open a session for whoever has an address, with a new user where there is none.

    Returns `None` where nobody has it and nobody may sign up. Raises `BANNED_USER`, which keeps what was written, and
    `UniqueViolation` where somebody signs up with the address at the same time.
    """
    user = await users.find_by_email(transaction, address)
    is_new = user is None
    if user is None:
        if not context.options.allow_sign_up:
            return None
        user = await users.create(transaction, context, email=address, name=name, image=image, emailVerified=True)
        await context.note(transaction, "user.created", user, method=method)
    session = await open_session(transaction, context, user, method)
    return SignedIn(user, session, is_new)


async def open_session(transaction: Session, context: AuthContext, user: Found, method: Method) -> Found:
    """Open a session of a user who has proved the mailbox; who is unverified gets their account back first.

    The user's row is brought up to date. Raises `BANNED_USER`, which keeps what was written.
    """
    try:
        await sessions.require_not_banned(transaction, context, user)
    except AuthRefused as refusal:
        await note_failure(transaction, context, user, method, "banned")
        raise refusal.keeping() from None
    if not user["emailVerified"]:
        await _reclaim(transaction, context, user, method)
    session = await sessions.open_session(transaction, context, user)
    await context.note(transaction, "user.signed_in", user, method=method)
    return session


async def _reclaim(transaction: Session, context: AuthContext, user: Found, method: Method) -> None:
    """Take away what somebody has made who had not proved the mailbox, and verify the address.

    API keys and links that change the address go with the password and the sessions: each would leave that person a
    way in.
    """
    if await rows.delete(transaction, ACCOUNT, {"userId": user["id"], "providerId": users.CREDENTIAL}):
        await context.note(transaction, "account.unlinked", user, provider=users.CREDENTIAL)
    if await rows.delete(transaction, SESSION, {"userId": user["id"]}):
        await context.note(transaction, "sessions.revoked", user)
    if await rows.delete(transaction, API_KEY, {"referenceId": user["id"]}):
        await context.note(transaction, "api_key.deleted", user)
    await email_verification.void_changes(transaction, context, user)
    user.update(await users.change(transaction, context, user, {"emailVerified": True}))
    await context.note(transaction, "email.verified", user, method=method)


async def note_failure(
    transaction: Session, context: AuthContext, user: Found | None, method: Method, reason: str
) -> None:
    """Write down that somebody did not get in."""
    await context.note_failed_sign_in(transaction, user, reason, method=method)


async def once_more(context: AuthContext, work: Callable[[Session], Awaitable[T]]) -> T:
    """Run work that may make a user, again where somebody with the same address came first: then the user is there."""
    try:
        return await context.write(work)
    except UniqueViolation:
        return await context.write(work)
