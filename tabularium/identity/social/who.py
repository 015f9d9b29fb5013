"""Whose sign-in it is: a known identity, a user with the same address, or somebody new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tabularium.db.database import Session, UniqueViolation
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT
from tabularium.identity import addresses, email_verification, sessions, users
from tabularium.identity.context import AuthContext
from tabularium.identity.oauth.profiles import Profile
from tabularium.identity.refusals import AuthRefused, UserGone
from tabularium.identity.social import tokens as stored_tokens
from tabularium.identity.social.failures import FlowFailed
from tabularium.identity.social.tokens import TokenSet

METHOD: Final = "social"
"""What the activity log calls this way of signing in."""

TRIES: Final = 3
"""Somebody else may register the same person at the same time: then everything is looked at anew."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a provider said of somebody who is back."""

    provider_id: str
    profile: Profile
    tokens: TokenSet


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and whether for the first time."""

    user: Found
    token: str
    is_new: bool


async def sign_in(context: AuthContext, arrival: Arrival, callback_url: str | None = None) -> SignedIn:
    """Find the user, or make one, and open a session. Raises `FlowFailed`, after it was noted."""
    try:
        return await _sign_in(context, arrival, callback_url)
    except FlowFailed as failure:
        await note_failure(context, arrival.provider_id, failure)
        raise


async def note_failure(context: AuthContext, provider_id: str, failure: FlowFailed) -> None:
    """Write a sign-in that failed into the activity log."""

    async def work(transaction: Session) -> None:
        await context.note_failed_sign_in(
            transaction, failure.user, failure.reason, method=METHOD, provider=provider_id
        )

    await context.write(work)


def is_proven(context: AuthContext, arrival: Arrival) -> bool:
    """Say whether the address is believed to be the person's: the provider has verified it, or is trusted anyway."""
    return arrival.profile.email_verified or arrival.provider_id in context.options.trusted_providers


async def find_identity(session: Session, arrival: Arrival) -> Found | None:
    """Return the account of an identity. In an adopted database there may be several: then the newest."""
    where = {"providerId": arrival.provider_id, "accountId": arrival.profile.subject}
    return await rows.find(session, ACCOUNT, where, newest="updatedAt")


async def keep_tokens(session: Session, context: AuthContext, account: Found, tokens: TokenSet) -> None:
    """Put new tokens in the place of an account's."""
    values = {**stored_tokens.columns(context, account["userId"], tokens), "updatedAt": context.now}
    await rows.update(session, ACCOUNT, values, {"id": account["id"]})


async def add_account(session: Session, context: AuthContext, user: Found, arrival: Arrival) -> None:
    """Make an identity one of a user's. Raises `UniqueViolation` where it is somebody's already."""
    values = stored_tokens.columns(context, user["id"], arrival.tokens)
    await users.create_account(session, context, user["id"], arrival.provider_id, arrival.profile.subject, **values)


async def _sign_in(context: AuthContext, arrival: Arrival, callback_url: str | None) -> SignedIn:
    email = arrival.profile.email
    if email is None:
        raise FlowFailed("email_not_found")
    for _ in range(TRIES):
        try:
            return await context.write(lambda session: _attempt(session, context, arrival, email, callback_url))
        except UniqueViolation:
            continue
        except UserGone:
            raise FlowFailed("unable_to_create_session") from None
    raise FlowFailed("unable_to_create_user")


async def _attempt(
    session: Session, context: AuthContext, arrival: Arrival, email: str, callback_url: str | None
) -> SignedIn:
    account = await find_identity(session, arrival)
    if account is not None:
        user = await _known(session, context, arrival, account)
    else:
        known = await users.find_by_email(session, email)
        if known is None:
            user = await _new(session, context, arrival, email, callback_url)
            return await _open(session, context, arrival, user, is_new=True)
        user = await _linked(session, context, arrival, known)
    return await _open(session, context, arrival, user, is_new=False)


async def _known(session: Session, context: AuthContext, arrival: Arrival, account: Found) -> Found:
    """Return the user of a known identity, whatever has become of the address there."""
    user = await users.find(session, account["userId"])
    if user is None:
        raise FlowFailed("unable_to_create_session")
    await _require_not_banned(session, context, user)
    await keep_tokens(session, context, account, arrival.tokens)
    profile = arrival.profile
    if profile.email_verified and profile.email == user["email"] and not user["emailVerified"]:
        user = await users.change(session, context, user, {"emailVerified": True})
        await context.note(session, "email.verified", user, provider=arrival.provider_id)
    return user


async def _linked(session: Session, context: AuthContext, arrival: Arrival, user: Found) -> Found:
    """Make an unknown identity one of the user's who has its address.

    Both sides must have proved the address: else somebody who wrote it down first, here or there, would get the other's
    account.
    """
    if not (context.options.linking and is_proven(context, arrival) and user["emailVerified"]):
        raise FlowFailed("account_not_linked", user=user)
    await _require_not_banned(session, context, user)
    await add_account(session, context, user, arrival)
    await context.note(session, "account.linked", user, method=METHOD, provider=arrival.provider_id)
    return user


async def _new(session: Session, context: AuthContext, arrival: Arrival, email: str, callback_url: str | None) -> Found:
    if not context.options.allow_sign_up:
        raise FlowFailed("signup_disabled")
    if not addresses.is_storable(email):
        raise FlowFailed("unable_to_create_user", reason="invalid_email")
    profile = arrival.profile
    user = await users.create(
        session, context, email=email, name=profile.name, emailVerified=profile.email_verified, image=profile.image
    )
    await add_account(session, context, user, arrival)
    await context.note(session, "user.created", user, method=METHOD, provider=arrival.provider_id)
    if context.options.verification.send_on_sign_up and not profile.email_verified:
        email_verification.mail_link(context, user, callback_url)
    context.mail(email, "welcome", name=user["name"], email=email)
    return user


async def _open(session: Session, context: AuthContext, arrival: Arrival, user: Found, *, is_new: bool) -> SignedIn:
    opened = await sessions.open_session(session, context, user)
    await context.note(session, "user.signed_in", user, method=METHOD, provider=arrival.provider_id)
    return SignedIn(user, opened["token"], is_new)


async def _require_not_banned(session: Session, context: AuthContext, user: Found) -> None:
    try:
        await sessions.require_not_banned(session, context, user)
    except AuthRefused as refusal:
        raise FlowFailed(refusal.code, refusal.message, reason="banned", user=user) from None
