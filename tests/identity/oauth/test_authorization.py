"""The address to which a browser goes, state and verifier."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from tabularium.identity.oauth.authorization import authorization_url, challenge_of, new_state, new_verifier
from tabularium.identity.oauth.discovery import resolve
from tabularium.identity.oauth.providers import ProviderKind, ProviderOptions
from tests.support.identity_client import query_of

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


def options_of(kind: ProviderKind, **changes: Any) -> ProviderOptions:
    return ProviderOptions(id=kind, kind=kind, client_id="client & 1", client_secret="hush", **changes)


def url_of(options: ProviderOptions, **changes: Any) -> str:
    asked: dict[str, Any] = {"state": "s", "verifier": VERIFIER, "redirect_uri": "http://localhost/cb?x=1", **changes}
    return authorization_url(options, resolve(options, {}), **asked)


def test_states_and_verifiers_have_their_length_and_signs_and_never_repeat() -> None:
    for make, length in ((new_state, 32), (new_verifier, 128)):
        made = {make() for _ in range(200)}
        assert len(made) == 200
        assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{{length}}}", each) for each in made)
        assert set("".join(made)) == set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def test_the_challenge_is_that_of_the_standard() -> None:
    assert challenge_of(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    ("kind", "address", "scope"),
    [
        ("google", "https://accounts.google.com/o/oauth2/v2/auth", "email profile openid"),
        ("github", "https://github.com/login/oauth/authorize", "read:user user:email"),
        (
            "microsoft",
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            "openid profile email User.Read offline_access",
        ),
        ("gitlab", "https://gitlab.com/oauth/authorize", "read_user"),
        ("slack", "https://slack.com/openid/connect/authorize", "openid profile email"),
    ],
)
def test_each_kind_has_its_address_and_its_scopes(kind: ProviderKind, address: str, scope: str) -> None:
    url = url_of(options_of(kind))
    assert url.partition("?")[0] == address
    asked = query_of(url)
    assert {name: asked[name] for name in ("response_type", "client_id", "state", "scope", "redirect_uri")} == {
        "response_type": "code",
        "client_id": "client & 1",
        "state": "s",
        "scope": scope,
        "redirect_uri": "http://localhost/cb?x=1",
    }
    pkce = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    assert {name: asked.get(name) for name in pkce} == (dict.fromkeys(pkce) if kind == "slack" else pkce)
    assert asked.get("include_granted_scopes") == ("true" if kind == "google" else None)
    assert "login_hint" not in asked
    assert "hush" not in url


def test_scopes_are_those_of_the_kind_the_configured_and_the_requested_ones_each_once() -> None:
    url = url_of(options_of("gitlab", scopes=("api", "read_user")), scopes=["openid", "api", ""])
    assert query_of(url)["scope"] == "read_user api openid"


def test_a_hint_is_sent_if_given() -> None:
    assert query_of(url_of(options_of("gitlab"), login_hint="ada@example.org"))["login_hint"] == "ada@example.org"


def test_google_alone_is_sent_prompt_access_type_and_domain() -> None:
    own = {"prompt": "consent", "access_type": "offline", "hd": "example.org"}
    asked = query_of(url_of(options_of("google", **own)))
    assert {name: asked[name] for name in own} == own
    assert not own.keys() & query_of(url_of(options_of("github", **own))).keys()


def test_microsoft_is_asked_at_the_configured_tenant() -> None:
    url = url_of(options_of("microsoft", tenant_id="contoso.example"))
    assert urlsplit(url).path == "/contoso.example/oauth2/v2.0/authorize"


def test_a_moved_address_keeps_its_own_parameters_but_not_those_of_the_flow() -> None:
    options = options_of("gitlab", authorization_url="https://git.example/auth?audience=a&state=evil#part")
    url = url_of(options)
    assert url.startswith("https://git.example/auth?audience=a&response_type=code&")
    assert query_of(url)["state"] == "s"
    assert "#" not in url


def test_a_secret_is_in_no_text_of_options() -> None:
    assert "hush" not in repr(replace(options_of("google"), hd="x"))
