"""The table of providers."""

from __future__ import annotations

import pytest

from tabularium.identity.oauth.discovery import resolve
from tabularium.identity.oauth.failures import DiscoveryFailed
from tabularium.identity.oauth.providers import TRAITS, ProviderOptions, kind_of

ADDRESSES = {
    "google": (
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        None,
        None,
        "https://www.googleapis.com/oauth2/v3/certs",
    ),
    "github": (
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
        "https://api.github.com/user/emails",
        None,
    ),
    "microsoft": (
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        None,
        None,
        "https://login.microsoftonline.com/common/discovery/v2.0/keys",
    ),
    "gitlab": (
        "https://gitlab.com/oauth/authorize",
        "https://gitlab.com/oauth/token",
        "https://gitlab.com/api/v4/user",
        None,
        None,
    ),
    "slack": (
        "https://slack.com/openid/connect/authorize",
        "https://slack.com/api/openid.connect.token",
        "https://slack.com/api/openid.connect.userInfo",
        None,
        None,
    ),
}
NAMES = ("authorization_url", "token_url", "user_info_url", "emails_url", "jwks_url")


def test_an_id_that_is_the_name_of_a_known_provider_has_its_kind() -> None:
    assert {kind_of(kind) for kind in ADDRESSES} == set(TRAITS) - {"generic"}
    assert [kind_of(name) for name in ("keycloak", "generic", "Google", "google-2")] == ["generic"] * 4


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_known_provider_is_asked_where_the_table_says(kind: str) -> None:
    options = ProviderOptions(id=kind, kind=kind_of(kind), client_id="c")
    endpoints = resolve(options, {})
    assert tuple(getattr(endpoints, name) for name in NAMES) == ADDRESSES[kind]
    assert endpoints.client_authentication == "form"


@pytest.mark.parametrize("kind", TRAITS)
def test_every_address_can_be_moved(kind: str) -> None:
    moved = {name: f"https://id.example/{name}" for name in NAMES}
    options = ProviderOptions(id=kind, kind=kind_of(kind), client_id="c", issuer="https://id.example", **moved)
    endpoints = resolve(options, {"token_endpoint": "https://other.example"})
    assert {name: getattr(endpoints, name) for name in NAMES} == moved
    assert endpoints.issuer == "https://id.example"
    assert endpoints.verifies_id_tokens


def test_a_generic_provider_needs_its_addresses() -> None:
    options = ProviderOptions(id="x", kind="generic", client_id="c", authorization_url="https://id.example/a")
    with pytest.raises(DiscoveryFailed, match="token endpoint"):
        resolve(options, {})


@pytest.mark.parametrize("address", ["http://id.example/", "javascript:alert(1)", "id.example"])
def test_an_address_that_may_not_be_called_is_refused(address: str) -> None:
    for name in NAMES:
        options = ProviderOptions(id="github", kind="github", client_id="c", **{name: address})
        with pytest.raises(DiscoveryFailed, match=name):
            resolve(options, {})
