"""Signing in with identity providers, and linking them."""

from __future__ import annotations

from typing import Any

from handlers.reply import Reply
from tabularium.identity.context import AuthContext
from tabularium.identity.social import callback, id_tokens, start
from tabularium.identity.social.callback import Returned
from tabularium.identity.social.id_tokens import BroughtToken
from tabularium.identity.social.start import Wish


async def sign_in_social(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-in/social`."""
    wish = _wish(body, body["provider"])
    if (brought := body.get("idToken")) is not None:
        return await id_tokens.sign_in(context, wish.provider_id, _brought(brought), wish.callback_url)
    return await start.sign_in(context, wish, redirects=not body.get("disableRedirect"))


async def link_social(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/link-social`."""
    wish = _wish(body, body["provider"])
    if (brought := body.get("idToken")) is not None:
        return await id_tokens.link(context, wish.provider_id, _brought(brought))
    return await start.link(context, wish, redirects=not body.get("disableRedirect"))


async def sign_in_oauth2(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/sign-in/oauth2`."""
    wish = _wish(body, body["providerId"])
    return await start.sign_in_generic(context, wish, redirects=not body.get("disableRedirect"))


async def link_oauth2(context: AuthContext, body: dict[str, Any]) -> dict[str, Any]:
    """Answer `POST /api/auth/oauth2/link`."""
    return await start.link_generic(context, _wish(body, body["providerId"]))


async def open_callback(
    context: AuthContext,
    provider: str,
    code: str | None,
    state: str | None,
    error: str | None,
    error_description: str | None,
    iss: str | None,
    user: str | None,
) -> Reply:
    """Answer `GET /api/auth/callback/{provider}`."""
    sent = Returned(state=state, code=code, error=error, description=error_description, issuer=iss)
    return _redirect(await callback.open_callback(context, provider, sent))


async def open_oauth2_callback(
    context: AuthContext,
    provider: str,
    code: str | None,
    state: str | None,
    error: str | None,
    error_description: str | None,
    iss: str | None,
) -> Reply:
    """Answer `GET /api/auth/oauth2/callback/{provider}`."""
    sent = Returned(state=state, code=code, error=error, description=error_description, issuer=iss)
    return _redirect(await callback.open_generic_callback(context, provider, sent))


async def post_callback(context: AuthContext, provider: str, body: dict[str, Any]) -> Reply:
    """Answer `POST /api/auth/callback/{provider}`."""
    return _redirect(callback.forwarded(context, provider, body))


def _redirect(url: str) -> Reply:
    return Reply(status=302, headers={"Location": url})


def _wish(body: dict[str, Any], provider_id: str) -> Wish:
    return Wish(
        provider_id=provider_id,
        callback_url=body.get("callbackURL"),
        error_url=body.get("errorCallbackURL"),
        new_user_url=body.get("newUserCallbackURL"),
        scopes=body.get("scopes") or (),
        login_hint=body.get("loginHint"),
        additional_data=body.get("additionalData") or {},
    )


def _brought(value: dict[str, Any]) -> BroughtToken:
    return BroughtToken(
        token=value["token"],
        nonce=value.get("nonce"),
        access_token=value.get("accessToken"),
        refresh_token=value.get("refreshToken"),
        expires_at=value.get("expiresAt"),
    )
