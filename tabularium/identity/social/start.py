"""Sending somebody to a provider: to sign in, or to link one more way of signing in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from tabularium.errors import FieldError, Unavailable, ValidationFailed, shown
from tabularium.identity.context import AuthContext, Caller
from tabularium.identity.oauth.authorization import new_state, new_verifier
from tabularium.identity.oauth.failures import DiscoveryFailed
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.refusals import AuthRefused
from tabularium.identity.social import state
from tabularium.identity.social.failures import report
from tabularium.identity.social.state import Flow, Link

CallbackPath = Literal["callback", "oauth2/callback"]
"""Where the provider sends the browser back to, which it compares with what it was told."""

_MOST_DATA: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client wants of a flow. Addresses that are empty count as absent."""

    provider_id: str
    callback_url: str | None = None
    error_url: str | None = None
    new_user_url: str | None = None
    scopes: Sequence[str] = ()
    login_hint: str | None = None
    additional_data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(orjson.dumps(self.additional_data)) > _MOST_DATA:
            message = f"Too big: expected at most {_MOST_DATA} bytes"
            error = FieldError("body.additionalData", message, "too_long")
            raise ValidationFailed(f"[body.additionalData] {message}", [error])


def find_provider(context: AuthContext, provider_id: str) -> Provider:
    """Return a configured provider. Raises `PROVIDER_NOT_FOUND`."""
    provider = context.auth.providers.get(provider_id)
    if provider is None:
        raise AuthRefused(404, "PROVIDER_NOT_FOUND")
    return provider


async def sign_in(context: AuthContext, wish: Wish, *, redirects: bool = True) -> dict[str, Any]:
    """Begin to sign in. Returns `{url, redirect}`, and names the address in a header too where it `redirects`."""
    url = await _begin(context, find_provider(context, wish.provider_id), wish, "callback")
    return _answer(context, url, redirects=redirects)


async def link(context: AuthContext, wish: Wish, *, redirects: bool = True) -> dict[str, Any]:
    """Begin to link a provider to the caller. Returns as `sign_in` does."""
    caller = context.require_session()
    provider = find_provider(context, wish.provider_id)
    url = await _begin(context, provider, wish, "callback", link_of(caller))
    return _answer(context, url, redirects=redirects)


async def sign_in_generic(context: AuthContext, wish: Wish, *, redirects: bool = True) -> dict[str, Any]:
    """Begin to sign in as the generic client of 1.6 does, which comes back to a path of its own."""
    provider = context.auth.providers.get(wish.provider_id)
    if provider is None:
        raise no_config(wish.provider_id)
    return {"url": await _begin(context, provider, wish, "oauth2/callback"), "redirect": redirects}


async def link_generic(context: AuthContext, wish: Wish) -> dict[str, Any]:
    """Begin to link a provider to the caller as the generic client of 1.6 does."""
    caller = context.require_session()
    provider = find_provider(context, wish.provider_id)
    return {"url": await _begin(context, provider, wish, "oauth2/callback", link_of(caller)), "redirect": True}


def no_config(provider_id: str) -> AuthRefused:
    """Build the refusal of a provider that the generic client does not find."""
    return AuthRefused(400, "PROVIDER_CONFIG_NOT_FOUND", f"No config found for provider {shown(provider_id)}")


def link_of(caller: Caller) -> Link:
    """Return what a flow keeps of who links."""
    return Link(caller.user_id, caller.user["email"], caller.session["id"])


async def _begin(
    context: AuthContext, provider: Provider, wish: Wish, path: CallbackPath, link: Link | None = None
) -> str:
    sent, verifier = new_state(), new_verifier()
    redirect_uri = f"{context.auth.base}/{path}/{provider.options.id}"
    try:
        url = await provider.authorization_url(
            state=sent,
            verifier=verifier,
            redirect_uri=redirect_uri,
            scopes=wish.scopes,
            login_hint=wish.login_hint,
        )
    except DiscoveryFailed as failure:
        report(provider.options.id, failure)
        raise Unavailable("The identity provider cannot be reached at the moment.", retry_after=10) from None
    flow = Flow(
        provider_id=provider.options.id,
        verifier=verifier,
        redirect_uri=redirect_uri,
        callback_url=wish.callback_url or context.auth.base_url,
        error_url=wish.error_url or None,
        new_user_url=wish.new_user_url or None,
        link=link,
        additional_data=wish.additional_data,
    )
    await state.store(context, sent, flow)
    return url


def _answer(context: AuthContext, url: str, *, redirects: bool) -> dict[str, Any]:
    if redirects:
        context.location = url
    return {"url": url, "redirect": redirects}
