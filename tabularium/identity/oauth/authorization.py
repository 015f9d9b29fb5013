"""Where a browser is sent to sign in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from tabularium.identity.oauth.providers import Endpoints, ProviderOptions
from tabularium.identity.secrets import ALPHANUMERIC, base64url, random_text

_SIGNS: Final = f"{ALPHANUMERIC}-_"


def new_state() -> str:
    """Make a state, which leads from the callback back to the flow that it belongs to."""
    return random_text(32, _SIGNS)


def new_verifier() -> str:
    """Make a PKCE verifier, as long as RFC 7636 allows."""
    return random_text(128, _SIGNS)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


def authorization_url(
    options: ProviderOptions,
    endpoints: Endpoints,
    *,
    state: str,
    verifier: str,
    redirect_uri: str,
    scopes: Sequence[str] = (),
    login_hint: str | None = None,
) -> str:
    """Write the address. `scopes` come after those of the kind and the configured ones, none twice.

    A parameter that the configured address has already is replaced.
    """
    traits = options.traits
    parameters = {
        "response_type": "code",
        "client_id": options.client_id,
        "state": state,
        "scope": " ".join(_once([*traits.scopes, *options.scopes, *scopes])),
        "redirect_uri": redirect_uri,
    }
    if login_hint:
        parameters["login_hint"] = login_hint
    if traits.uses_pkce:
        parameters |= {"code_challenge_method": "S256", "code_challenge": challenge_of(verifier)}
    parameters |= traits.authorize_parameters
    parameters |= {name: value for name in traits.authorize_options if (value := getattr(options, name))}
    parts = urlsplit(endpoints.authorization_url)
    configured = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in parameters]
    return parts._replace(query=urlencode([*configured, *parameters.items()]), fragment="").geturl()


def _once(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]
