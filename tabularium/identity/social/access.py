"""Handing out the tokens of a provider, renewed where they are about to expire, and asking who they belong to."""

from __future__ import annotations

from typing import Any, Final

from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.rows import Found
from tabularium.db.identity.tables import ACCOUNT
from tabularium.errors import shown
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.oauth.failures import ProfileUnavailable, RefreshFailed
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.tokens import Tokens
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.social import accounts
from tabularium.identity.social import tokens as stored_tokens
from tabularium.identity.social.accounts import Choice, Selection
from tabularium.identity.social.failures import report
from tabularium.identity.social.tokens import TokenSet

RENEWED_BEFORE: Final = 5
"""Seconds. A token with less time left would expire on its way."""


async def get_access_token(context: AuthContext, selection: Selection) -> dict[str, Any]:
    """Return the access token of an account, renewed if it has to be."""
    selection.require()
    caller = _caller(context)
    account, provider = await _find(context, caller, selection)
    tokens = await _valid(context, provider, account)
    if tokens.access_token is None:
        raise AuthRefused(400, "FAILED_TO_GET_ACCESS_TOKEN")
    answer: dict[str, Any] = {"accessToken": tokens.access_token, "scopes": list(tokens.scopes)}
    if tokens.access_token_expires_at is not None:
        answer["accessTokenExpiresAt"] = tokens.access_token_expires_at
    if tokens.id_token is not None:
        answer["idToken"] = tokens.id_token
    return answer


async def refresh_token(context: AuthContext, selection: Selection) -> dict[str, Any]:
    """Renew the tokens of an account."""
    selection.require()
    caller = _caller(context)
    if selection.provider_id:
        await _require_refreshing(_provider(context, selection.provider_id), selection.provider_id)
    choice = await _choose(context, caller, selection)
    account, name = choice.account, choice.account["providerId"]
    provider = _provider(context, name)
    await _require_refreshing(provider, name)
    tokens = stored_tokens.opened(context, account)
    if tokens.refresh_token is None:
        raise AuthRefused(400, "REFRESH_TOKEN_NOT_FOUND")
    try:
        renewed = await _renew(context, provider, account, tokens, tokens.refresh_token)
    except RefreshFailed:
        raise AuthRefused(400, "FAILED_TO_REFRESH_ACCESS_TOKEN") from None
    return {
        "accessToken": renewed.access_token,
        "refreshToken": renewed.refresh_token,
        "accessTokenExpiresAt": renewed.access_token_expires_at,
        "refreshTokenExpiresAt": renewed.refresh_token_expires_at,
        "scope": ",".join(renewed.scopes) or None,
        "idToken": renewed.id_token,
        "providerId": name,
        "accountId": choice.asked_id,
    }


async def account_info(context: AuthContext, selection: Selection) -> dict[str, Any]:
    """Return what the provider says of an account now."""
    caller = _caller(context)
    account = (await _choose(context, caller, selection)).account
    provider = context.auth.providers.get(account["providerId"])
    if provider is None:
        raise AuthRefused(400, "PROVIDER_NOT_CONFIGURED")
    if stored_tokens.opened(context, account).access_token is None:
        raise AuthRefused(400, "ACCESS_TOKEN_NOT_FOUND")
    tokens = await _valid(context, provider, account)
    try:
        profile = await provider.profile_of_stored(tokens.access_token, tokens.id_token)
    except ProfileUnavailable as failure:
        report(account["providerId"], failure)
        raise AuthRefused(400, "FAILED_TO_GET_USER_INFO") from None
    user = {
        "id": profile.subject,
        "name": profile.name,
        "email": profile.email,
        "image": profile.image,
        "emailVerified": profile.email_verified,
    }
    return {
        "user": user,
        "data": dict(profile.raw),
        "account": {name: account[name] for name in ("id", "providerId", "accountId")},
    }


# Which account --------------------------------------------------------------------------------------------------------


def _caller(context: AuthContext) -> Caller:
    """Return the caller. Raises a 401 without a body, as these operations have it."""
    if context.caller is None or context.caller.is_key:
        raise AuthRefused(401, is_empty=True)
    return context.caller


async def _find(context: AuthContext, caller: Caller, selection: Selection) -> tuple[Found, Provider]:
    if selection.provider_id:
        _provider(context, selection.provider_id)  # one that is not known is told before the account is looked for
    account = (await _choose(context, caller, selection)).account
    return account, _provider(context, account["providerId"])


async def _choose(context: AuthContext, caller: Caller, selection: Selection) -> Choice:
    return selection.choose(await context.read(lambda session: accounts.own(session, caller)))


def _provider(context: AuthContext, provider_id: str) -> Provider:
    provider = context.auth.providers.get(provider_id)
    if provider is None:
        raise AuthRefused(400, "PROVIDER_NOT_SUPPORTED", f"Provider {shown(provider_id)} is not supported.")
    return provider


async def _require_refreshing(provider: Provider, provider_id: str) -> None:
    if not await provider.renews_tokens():
        message = f"Provider {shown(provider_id)} does not support token refreshing."
        raise AuthRefused(400, "TOKEN_REFRESH_NOT_SUPPORTED", message)


# Renewing -------------------------------------------------------------------------------------------------------------


async def _valid(context: AuthContext, provider: Provider, account: Found) -> TokenSet:
    """Return tokens that hold for a while. Raises `FAILED_TO_GET_ACCESS_TOKEN`."""
    tokens = stored_tokens.opened(context, account)
    if not _is_over(tokens, context.after(RENEWED_BEFORE)):
        return tokens
    if tokens.refresh_token is not None:
        try:
            return await _renew(context, provider, account, tokens, tokens.refresh_token)
        except RefreshFailed:
            pass  # the one that is there may still do
    if tokens.access_token is None or _is_over(tokens, context.now):
        raise AuthRefused(400, "FAILED_TO_GET_ACCESS_TOKEN")
    return tokens


def _is_over(tokens: TokenSet, moment: str) -> bool:
    expires = tokens.access_token_expires_at
    return expires is not None and expires < moment


async def _renew(context: AuthContext, provider: Provider, account: Found, tokens: TokenSet, refresh: str) -> TokenSet:
    """Ask for new tokens and keep them. Raises `RefreshFailed`."""

    async def keep(new: Tokens) -> None:
        values = {**stored_tokens.columns(context, account["userId"], tokens.renewed(new)), "updatedAt": context.now}

        async def work(session: Session) -> None:
            # Those of a newer sign-in stay.
            where = {"id": account["id"], "refreshToken": account["refreshToken"]}
            await rows.update(session, ACCOUNT, values, where)

        await context.write(work)

    try:
        return tokens.renewed(await provider.refresh(refresh, keep))
    except RefreshFailed as failure:
        # The token may be good for one use: another request may have had it, and has stored what it got.
        current = await context.read(lambda session: rows.find(session, ACCOUNT, {"id": account["id"]}))
        if current is not None and current["refreshToken"] != account["refreshToken"]:
            return stored_tokens.opened(context, current)
        report(account["providerId"], failure)
        raise
