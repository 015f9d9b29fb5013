"""Coming back from a provider: the state is checked and used up, the code becomes tokens, and they say who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from tabularium.identity.context import AuthContext
from tabularium.identity.cookies import percent_encoded
from tabularium.identity.oauth.failures import DiscoveryFailed, InvalidCode, ProfileUnavailable, SubjectMissing
from tabularium.identity.oauth.profiles import Profile
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.tokens import Tokens
from tabularium.identity.redirects import with_parameters
from tabularium.identity.social import linking, state, who
from tabularium.identity.social.failures import FlowFailed, report
from tabularium.identity.social.start import no_config
from tabularium.identity.social.state import Flow
from tabularium.identity.social.tokens import TokenSet
from tabularium.identity.social.who import Arrival

_MOST_SHOWN: Final = 1000
"""Characters that a redirect repeats of what the provider said."""

_NAMES: Final[Mapping[str, str]] = MappingProxyType({"id_is_missing": "unable_to_get_user_info"})
_GENERIC_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "invalid_code": "oauth_code_verification_failed",
        "unable_to_get_user_info": "user_info_is_missing",
        "email_not_found": "email_is_missing",
    }
)
"""What clients call failures that have another name here: the generic one of 1.6, and all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the browser brought back."""

    state: str | None = None
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    description: str | None = None
    issuer: str | None = None


async def open_callback(context: AuthContext, provider_id: str, sent: Returned) -> str:
    """Finish a flow. Returns where the browser goes on to: the application, or an error."""
    return await _complete(context, provider_id, sent, is_generic=False)


async def open_generic_callback(context: AuthContext, provider_id: str, sent: Returned) -> str:
    """Finish a flow of the generic client of 1.6. Raises `PROVIDER_CONFIG_NOT_FOUND`."""
    if sent.error:
        return _failed(_error_page(context), FlowFailed(sent.error, sent.description))
    if not sent.code:
        return _failed(_error_page(context), FlowFailed("oAuth_code_missing"))
    if provider_id not in context.auth.providers:
        raise no_config(provider_id)
    return await _complete(context, provider_id, sent, is_generic=True)


def forwarded(context: AuthContext, provider_id: str, sent: Mapping[str, str]) -> str:
    """Return where a form of a provider leads: to the same by GET, with which the browser sends its cookies."""
    query = "&".join(f"{percent_encoded(name)}={percent_encoded(value)}" for name, value in sent.items())
    return f"{context.auth.base}/callback/{quote(provider_id, safe='')}" + (f"?{query}" if query else "")


async def _complete(context: AuthContext, provider_id: str, sent: Returned, *, is_generic: bool) -> str:
    if not sent.state:
        return _failed(_error_page(context), FlowFailed("state_not_found"))
    flow = await state.look(context, sent.state)
    if flow is None:
        return _failed(_error_page(context), FlowFailed("state_mismatch"))
    target = flow.error_url or _error_page(context)
    # Before the state is used up: whoever has only seen it must not be able to end somebody's flow.
    if not state.is_bound(context, sent.state):
        return _failed(target, FlowFailed("state_mismatch"))
    if not await state.consume(context, sent.state):
        return _failed(_error_page(context), FlowFailed("state_mismatch"))
    try:
        return _ascii(await _finish(context, provider_id, sent, flow, is_generic=is_generic))
    except FlowFailed as failure:
        names = _GENERIC_NAMES if is_generic else _NAMES
        return _failed(target, FlowFailed(names.get(failure.name, failure.name), failure.description))


async def _finish(context: AuthContext, provider_id: str, sent: Returned, flow: Flow, *, is_generic: bool) -> str:
    """Do what the flow is for. Raises `FlowFailed`; a sign-in that fails is noted."""
    try:
        arrival = await _arrival(context, provider_id, sent, flow)
        if is_generic:
            _require_whole(arrival.profile)
    except FlowFailed as failure:
        if flow.link is None:
            await who.note_failure(context, flow.provider_id, failure)
        raise
    if flow.link is not None:
        await linking.link(context, arrival, flow.link)
        return flow.callback_url
    signed_in = await who.sign_in(context, arrival, flow.callback_url)
    return (signed_in.is_new and flow.new_user_url) or flow.callback_url


async def _arrival(context: AuthContext, provider_id: str, sent: Returned, flow: Flow) -> Arrival:
    if sent.error:
        raise FlowFailed(sent.error, sent.description, reason="provider_error")
    if not sent.code:
        raise FlowFailed("no_code")
    provider = context.auth.providers.get(provider_id)
    # A code of one provider must not be shown to another.
    if provider is None or provider_id != flow.provider_id:
        raise FlowFailed("oauth_provider_not_found")
    tokens = await _tokens(provider, sent.code, sent.issuer, flow)
    try:
        profile = await provider.profile(tokens)
    except ProfileUnavailable as failure:
        report(provider_id, failure)
        is_nobody = isinstance(failure, SubjectMissing)
        raise FlowFailed("id_is_missing" if is_nobody else "unable_to_get_user_info") from None
    return Arrival(provider_id, profile, TokenSet.given(tokens))


async def _tokens(provider: Provider, code: str, issuer: str | None, flow: Flow) -> Tokens:
    try:
        problem = await provider.issuer_problem(issuer)
        if problem is not None:
            raise FlowFailed(problem)
        return await provider.exchange_code(code, verifier=flow.verifier, redirect_uri=flow.redirect_uri)
    except (DiscoveryFailed, InvalidCode) as failure:
        report(flow.provider_id, failure)
        raise FlowFailed("invalid_code") from None


def _require_whole(profile: Profile) -> None:
    """Raise where the generic client of 1.6 would miss something."""
    if profile.email is None:
        raise FlowFailed("email_not_found")
    if not profile.name:
        raise FlowFailed("name_is_missing")


# Addresses ------------------------------------------------------------------------------------------------------------


def _error_page(context: AuthContext) -> str:
    return f"{context.auth.base}/error"


def _failed(target: str, failure: FlowFailed) -> str:
    more = {"error": failure.name[:_MOST_SHOWN]}
    if failure.description:
        more["error_description"] = failure.description[:_MOST_SHOWN]
    return _ascii(with_parameters(target, **more))


def _ascii(url: str) -> str:
    """Return an address as it can stand in a header: as it is, but for signs that no header can hold."""
    return url if url.isascii() else "".join(sign if sign.isascii() else quote(sign) for sign in url)
