"""Signing in and linking with an ID token that a client has got by itself, as programs on a device do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from tabularium.clock import instant_text
from tabularium.identity import users
from tabularium.identity.context import AuthContext
from tabularium.identity.oauth.failures import InvalidIdToken, ProfileUnavailable
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.social import linking, who
from tabularium.identity.social.failures import FlowFailed, report
from tabularium.identity.social.start import find_provider, link_of
from tabularium.identity.social.tokens import TokenSet
from tabularium.identity.social.who import Arrival

_MILLISECONDS_FROM: Final = 100_000_000_000
"""A smaller number counts seconds: it would be a day of 1973, or one of the year 5138."""

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "email_not_found": "USER_EMAIL_NOT_FOUND",
        "unable_to_link_account": "LINKING_NOT_ALLOWED",
        "email_doesn't_match": "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED",
    }
)
"""The failures that have a code of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtToken:
    """An ID token, and what the client has besides."""

    token: str = field(repr=False)
    nonce: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    """Of the access token, since 1970, in milliseconds or in seconds."""


async def sign_in(
    context: AuthContext, provider_id: str, brought: BroughtToken, callback_url: str | None
) -> dict[str, Any]:
    """Sign in with an ID token. Returns `{redirect, token, user}`."""
    try:
        arrival = await _arrival(context, provider_id, brought)
    except AuthRefused as refusal:
        if refusal.status == 401:
            failure = FlowFailed(refusal.code, reason=refusal.code.lower())
            await who.note_failure(context, provider_id, failure)
        raise
    try:
        signed_in = await who.sign_in(context, arrival, callback_url)
    except FlowFailed as failure:
        raise _refusal(failure) from None
    user = users.public(signed_in.user, context.options)
    return {"redirect": False, "token": signed_in.token, "user": user}


async def link(context: AuthContext, provider_id: str, brought: BroughtToken) -> dict[str, Any]:
    """Link the identity of an ID token to the caller."""
    caller = context.require_session()
    arrival = await _arrival(context, provider_id, brought)
    if arrival.profile.email is None:
        raise AuthRefused(401, "USER_EMAIL_NOT_FOUND")
    try:
        await linking.link(context, arrival, link_of(caller))
    except FlowFailed as failure:
        raise _refusal(failure) from None
    return {"url": "", "status": True, "redirect": False}


async def _arrival(context: AuthContext, provider_id: str, brought: BroughtToken) -> Arrival:
    provider = find_provider(context, provider_id)
    if not provider.takes_id_tokens:
        raise AuthRefused(404, "ID_TOKEN_NOT_SUPPORTED")
    access_token = brought.access_token or None
    try:
        profile = await provider.profile_of_id_token(
            brought.token, nonce=brought.nonce or None, access_token=access_token
        )
    except InvalidIdToken as failure:
        report(provider_id, failure)
        raise AuthRefused(401, "INVALID_TOKEN") from None
    except ProfileUnavailable as failure:
        report(provider_id, failure)
        raise AuthRefused(401, "FAILED_TO_GET_USER_INFO") from None
    tokens = TokenSet(
        access_token=access_token,
        refresh_token=brought.refresh_token or None,
        id_token=brought.token,
        access_token_expires_at=_instant(brought.expires_at),
    )
    return Arrival(provider_id, profile, tokens)


def _instant(number: float | None) -> str | None:
    if number is None:
        return None
    return instant_text(datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS_FROM else number, UTC))


def _refusal(failure: FlowFailed) -> AuthRefused:
    if failure.name == "BANNED_USER":
        return AuthRefused(403, "BANNED_USER")
    code = _CODES.get(failure.name)
    return AuthRefused(401, code) if code else AuthRefused(401, "OAUTH_LINK_ERROR", failure.name.replace("_", " "))
