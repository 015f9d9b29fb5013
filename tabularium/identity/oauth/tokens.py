"""Changes a code into tokens, and renews them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote_plus

from tabularium.clock import Clock, instant_text
from tabularium.identity.oauth.failures import InvalidCode, ProviderFailed, RefreshFailed
from tabularium.identity.oauth.outbound import Outbound, OutboundFailed
from tabularium.identity.oauth.providers import Endpoints, ProviderOptions

_ERROR_FORM: Final = re.compile(r"[a-z_]{1,64}", re.ASCII)
_TOKEN_FORM: Final = re.compile(r"[\x20-\x7e]+", re.ASCII)
_MOST_SECONDS: Final = 100 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave. The times are instants, `None` where it named none."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    """After a refresh `None` means that the former one goes on."""
    id_token: str | None = field(default=None, repr=False)
    access_token_expires_at: str | None = None
    refresh_token_expires_at: str | None = None
    scopes: tuple[str, ...] = ()
    """Those that were granted, empty where the provider did not say."""


async def exchange_code(
    options: ProviderOptions,
    endpoints: Endpoints,
    outbound: Outbound,
    clock: Clock,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
) -> Tokens:
    """Change a code into tokens. Raises `InvalidCode`."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if options.traits.uses_pkce:
        form["code_verifier"] = verifier
    return await _ask(options, endpoints, outbound, clock, form, InvalidCode)


async def refresh(
    options: ProviderOptions, endpoints: Endpoints, outbound: Outbound, clock: Clock, refresh_token: str
) -> Tokens:
    """Renew the tokens. Raises `RefreshFailed`."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return await _ask(options, endpoints, outbound, clock, form, RefreshFailed)


async def _ask(
    options: ProviderOptions,
    endpoints: Endpoints,
    outbound: Outbound,
    clock: Clock,
    form: Mapping[str, str],
    failure: type[ProviderFailed],
) -> Tokens:
    headers = {"accept": "application/json"}
    form = {**form, "client_id": options.client_id}
    if endpoints.client_authentication == "basic":
        headers["authorization"] = _basic(options)
    elif options.client_secret:
        form["client_secret"] = options.client_secret
    try:
        reply = await outbound.post_form(endpoints.token_url, form, headers)
    except OutboundFailed as error:
        raise failure(f"the token endpoint: {error}") from None
    answer = reply.json_object()
    if not reply.is_success or answer is None or answer.get("error"):  # GitHub says 200 also to a wrong code
        raise failure(f"the token endpoint refused, with status {reply.status}{_error_in(answer)}")
    access_token = _token(answer, "access_token")
    if access_token is None:
        raise failure("the token endpoint gave no access token")
    return Tokens(
        access_token=access_token,
        refresh_token=_token(answer, "refresh_token"),
        id_token=_token(answer, "id_token"),
        access_token_expires_at=_expiry(answer.get("expires_in"), clock),
        refresh_token_expires_at=_expiry(answer.get("refresh_token_expires_in"), clock),
        scopes=_scopes(answer.get("scope")),
    )


def _basic(options: ProviderOptions) -> str:
    # RFC 6749 2.3.1 encodes both as a form would, before they are joined.
    pair = f"{quote_plus(options.client_id)}:{quote_plus(options.client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _error_in(answer: Mapping[str, Any] | None) -> str:
    # Only a code of the known form: a description may repeat what was sent.
    code = answer.get("error") if answer else None
    return f" and {code}" if isinstance(code, str) and _ERROR_FORM.fullmatch(code) else ""


def _token(answer: Mapping[str, Any], name: str) -> str | None:
    value = answer.get(name)
    return value if isinstance(value, str) and _TOKEN_FORM.fullmatch(value) else None


def _expiry(seconds: Any, clock: Clock) -> str | None:
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit() and len(seconds) <= 12:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return instant_text(clock.now() + timedelta(seconds=min(seconds, _MOST_SECONDS)))


def _scopes(text: Any) -> tuple[str, ...]:
    if not isinstance(text, str):
        return ()
    return tuple(dict.fromkeys(re.findall(r"[\x21-\x2b\x2d-\x7e]+", text)))  # GitHub sets commas between them
