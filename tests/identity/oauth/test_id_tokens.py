"""ID tokens: what is believed, and every way in which one is not."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, OctKey

from tabularium.identity.oauth.failures import InvalidIdToken, ProfileUnavailable
from tabularium.identity.oauth.id_tokens import read_id_token
from tabularium.identity.oauth.profiles import Profile
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.tokens import Tokens
from tests.support.identity_client import HandClock, asking
from tests.support.identity_provider import CLIENT_SECRET, TENANT, IdentityProvider, rsa_key

OTHER_TENANT = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def mock(clock: HandClock) -> Iterator[IdentityProvider]:
    with IdentityProvider(clock=clock) as started:
        yield started


@pytest.fixture
def google(clock: HandClock) -> Iterator[IdentityProvider]:
    with IdentityProvider("google", clock=clock) as started:
        yield started


@pytest.fixture
def microsoft(clock: HandClock) -> Iterator[IdentityProvider]:
    with IdentityProvider("microsoft", clock=clock) as started:
        yield started


def brought(mock: IdentityProvider, token: str, nonce: str | None = None, **changes: Any) -> Profile:
    """Judge a token as one that a client brings."""
    return asking(mock, lambda provider: provider.profile_of_id_token(token, nonce=nonce), **changes)


def given_with_code(mock: IdentityProvider, token: str, **changes: Any) -> Profile:
    """Judge a token as one that the token endpoint gave."""

    async def work(provider: Provider) -> Profile:
        return await provider.profile(Tokens("unused", id_token=token))

    return asking(mock, work, **changes)


def both_refuse(mock: IdentityProvider, token: str, match: str, **changes: Any) -> None:
    with pytest.raises(InvalidIdToken, match=match):
        brought(mock, token, **changes)
    with pytest.raises(ProfileUnavailable, match=match):
        given_with_code(mock, token, **changes)


def test_a_good_token_is_believed(mock: IdentityProvider) -> None:
    token = mock.id_token()
    assert brought(mock, token) == given_with_code(mock, token)
    assert mock.count("/userinfo") == 0


@pytest.mark.parametrize(
    ("claims", "match"),
    [
        ({"iss": "https://other.example"}, "somebody else"),
        ({"iss": None}, "somebody else"),
        ({"iss": 5}, "somebody else"),
        ({"aud": "other"}, "for somebody else"),
        ({"aud": ["other"]}, "for somebody else"),
        ({"aud": []}, "for somebody else"),
        ({"aud": None}, "for somebody else"),
        ({"aud": {"client-of-keycloak": 1}}, "for somebody else"),
        ({"aud": ["client-of-keycloak", "other"], "azp": "other"}, "another party"),
        ({"exp": None}, "expired"),
        ({"exp": "9999999999"}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": 1772447400}, "expired"),
        ({"iat": 1772447400 + 61}, "not valid yet"),
        ({"iat": "soon"}, "not valid yet"),
        ({"nbf": 1772447400 + 61}, "not valid yet"),
        ({"sub": None}, "who it is"),
        ({"sub": ""}, "who it is"),
        ({"sub": ["a"]}, "who it is"),
        ({"sub": "a\0"}, "who it is"),
        ({"sub": "a" * 256}, "who it is"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(mock: IdentityProvider, claims: dict[str, Any], match: str) -> None:
    token = mock.id_token(**claims)
    mock.faults.status["/userinfo"] = 500
    with pytest.raises((InvalidIdToken, ProfileUnavailable), match=match):
        brought(mock, token)
    if "sub" not in claims:
        with pytest.raises(ProfileUnavailable, match=match):
            given_with_code(mock, token)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["client-of-keycloak"]},
        {"aud": ["other", "client-of-keycloak"]},
        {"aud": ["other", "client-of-keycloak"], "azp": "client-of-keycloak"},
        {"azp": "an-app-of-the-same-project"},
        {"exp": 1772447401},
        {"exp": 1772447400.5},
        {"iat": 1772447460},
        {"nbf": 1772447460},
    ],
)
def test_a_token_with_a_right_claim_is_believed(mock: IdentityProvider, claims: dict[str, Any]) -> None:
    token = mock.id_token(**claims)
    assert brought(mock, token).subject == given_with_code(mock, token).subject == "subject-4711"


def test_a_token_expires_by_the_clock(mock: IdentityProvider, clock: HandClock) -> None:
    token = mock.id_token()
    clock.advance(seconds=3599)
    brought(mock, token)
    clock.advance(seconds=1)
    both_refuse(mock, token, "expired")


def test_a_token_that_a_client_brings_is_at_most_an_hour_old(mock: IdentityProvider, clock: HandClock) -> None:
    mock.lifetime = 86_400
    token = mock.id_token()
    clock.advance(seconds=3600)
    brought(mock, token)
    clock.advance(seconds=1)
    with pytest.raises(InvalidIdToken, match="older than an hour"):
        brought(mock, token)
    assert given_with_code(mock, token).subject == "subject-4711"


def test_a_token_that_a_client_brings_says_when_it_was_made(mock: IdentityProvider) -> None:
    token = mock.id_token(iat=None)
    with pytest.raises(InvalidIdToken, match="not valid yet"):
        brought(mock, token)
    assert given_with_code(mock, token).subject == "subject-4711"


def test_a_nonce_is_compared_if_it_is_given(mock: IdentityProvider) -> None:
    token = mock.id_token(nonce="n-1")
    assert brought(mock, token, "n-1") == brought(mock, token)
    for wrong in ("n-2", "", "ü"):
        with pytest.raises(InvalidIdToken, match="nonce"):
            brought(mock, token, wrong)
    for held in (None, 5, ""):
        with pytest.raises(InvalidIdToken, match="nonce"):
            brought(mock, mock.id_token(nonce=held), "n-1")


def segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_that_nobody_signed_is_refused(mock: IdentityProvider) -> None:
    header, claims, signature = mock.id_token().split(".")
    both_refuse(mock, f"{segment({'alg': 'none'})}.{claims}.", "not accepted")
    both_refuse(mock, f"{segment({'alg': 'None'})}.{claims}.", "not accepted")
    both_refuse(mock, f"{segment({'alg': 'none', 'kid': 'first'})}.{claims}.{signature}", "not accepted")
    both_refuse(mock, f"{header}.{claims}.", "signature")


def test_a_token_that_was_changed_is_refused(mock: IdentityProvider) -> None:
    header, _, signature = mock.id_token().split(".")
    other = mock.id_token(sub="somebody-else").split(".")[1]
    both_refuse(mock, f"{header}.{other}.{signature}", "signature")


def test_a_token_of_another_key_with_the_same_name_is_refused(mock: IdentityProvider) -> None:
    forged = mock.id_token(key=rsa_key("first-forged"), header={"kid": "first"})
    both_refuse(mock, forged, "signature")


def test_a_key_that_a_token_brings_along_is_not_used(mock: IdentityProvider) -> None:
    own = ECKey.generate_key("P-256", {"kid": "own"})
    for more in ({"jwk": own.as_dict(private=False)}, {"jku": f"{mock.url}/elsewhere"}):
        both_refuse(mock, mock.id_token(key=own, header=more), "no key")
    assert mock.count("/elsewhere") == 0


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_never_a_secret(mock: IdentityProvider, algorithm: str) -> None:
    # The public key as it may be written: whoever has it can make such a MAC.
    for known in (rsa_key("first").as_pem(private=False), json.dumps(mock.keys[0].as_dict(private=False)).encode()):
        key = OctKey(known, known, {"kid": "first"})
        forged = mock.id_token(key=key, header={"alg": algorithm, "kid": "first"})
        with pytest.raises(InvalidIdToken, match="not accepted"):
            brought(mock, forged)
        with pytest.raises(ProfileUnavailable, match="signature"):
            given_with_code(mock, forged)


def test_a_mac_with_the_clients_secret_is_only_for_generic_providers_and_only_with_a_code(
    mock: IdentityProvider, google: IdentityProvider
) -> None:
    key = OctKey.import_key(CLIENT_SECRET)
    token = mock.id_token(key=key, header={"alg": "HS256", "kid": None})
    assert given_with_code(mock, token).subject == "subject-4711"
    with pytest.raises(InvalidIdToken, match="not accepted"):
        brought(mock, token)
    both_refuse(google, google.id_token(key=key, header={"alg": "HS256", "kid": None}), "not accepted")


@pytest.mark.parametrize("secret", ["", "short-secret", "x" * 31])
def test_a_short_secret_makes_no_mac(mock: IdentityProvider, secret: str) -> None:
    key = OctKey.import_key("another secret of enough length!!")
    token = mock.id_token(key=key, header={"alg": "HS256"})
    with pytest.raises(ProfileUnavailable, match="not accepted"):
        given_with_code(mock, token, client_secret=secret)


def test_a_header_that_is_not_understood_is_ignored_unless_it_is_critical(mock: IdentityProvider) -> None:
    assert brought(mock, mock.id_token(header={"x-own": 1})).subject == "subject-4711"
    header = {"alg": "RS256", "kid": "first", "crit": ["x-own"], "x-own": 1}
    _, claims, signature = mock.id_token().split(".")
    both_refuse(mock, f"{segment(header)}.{claims}.{signature}", "cannot be read")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        "ü.ü.ü",
        f"{segment([])}.{segment({})}.",
        f"{segment({'alg': 5})}.{segment({})}.",
        f"{segment({'alg': ['RS256']})}.{segment({})}.",
        f"{segment({'alg': 'RS256', 'kid': 5})}.{segment({})}.",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.",
        "a" * 500_000,
    ],
)
def test_what_is_no_token_is_refused(mock: IdentityProvider, token: str) -> None:
    both_refuse(mock, token, "cannot be read")
    with pytest.raises(InvalidIdToken):
        read_id_token(token)


@given(st.text() | st.lists(st.binary(max_size=40), min_size=3, max_size=3))
def test_no_text_makes_anything_but_a_refusal(parts: str | list[bytes]) -> None:
    text = parts if isinstance(parts, str) else b".".join(map(base64.urlsafe_b64encode, parts)).decode()
    with pytest.raises(InvalidIdToken):
        read_id_token(text)


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"5", b'{"a":"\\ud800"}', b"[" * 3000])
def test_a_signed_text_that_holds_no_claims_is_refused(mock: IdentityProvider, payload: bytes) -> None:
    token = jws.serialize_compact({"alg": "RS256", "kid": "first"}, payload, mock.keys[0])
    both_refuse(mock, token, "no claims")


def test_a_token_that_is_encrypted_is_refused(mock: IdentityProvider) -> None:
    token = jwt.encode({"alg": "dir", "enc": "A256GCM"}, {}, OctKey.import_key("k" * 32), registry=JWERegistry())
    both_refuse(mock, token, "cannot be read")


def test_google_may_write_its_issuer_without_the_scheme(google: IdentityProvider) -> None:
    for issuer in ("https://accounts.google.com", "accounts.google.com"):
        token = google.id_token(iss=issuer)
        assert brought(google, token, issuer=None).subject == "subject-4711"
    both_refuse(google, google.id_token(), "somebody else", issuer=None)


@pytest.mark.parametrize(
    ("configured", "domain", "is_believed"),
    [
        (None, None, True),
        ("example.org", "example.org", True),
        ("Example.org", "example.ORG", True),
        ("example.org", "other.example", False),
        ("example.org", None, False),
        ("example.org", ["example.org"], False),
        ("*", "other.example", True),
        ("*", None, False),
    ],
)
def test_a_domain_that_is_configured_must_be_in_googles_token(
    google: IdentityProvider, configured: str | None, domain: Any, is_believed: bool
) -> None:
    token = google.id_token(hd=domain)
    if is_believed:
        assert brought(google, token, hd=configured) == given_with_code(google, token, hd=configured)
    else:
        both_refuse(google, token, "domain", hd=configured)


def test_microsofts_token_names_the_tenant_of_its_issuer(microsoft: IdentityProvider) -> None:
    assert brought(microsoft, microsoft.id_token()).subject == "subject-4711"
    for tenant in (None, OTHER_TENANT, "", 5):
        both_refuse(microsoft, microsoft.id_token(tid=tenant), "somebody else")


def test_a_configured_tenant_is_the_only_one(microsoft: IdentityProvider) -> None:
    assert brought(microsoft, microsoft.id_token(), tenant_id=TENANT).subject == "subject-4711"
    both_refuse(microsoft, microsoft.id_token(), "somebody else", tenant_id=OTHER_TENANT)


def test_a_token_stands_in_no_text_of_a_failure(mock: IdentityProvider) -> None:
    token = mock.id_token(aud="other")
    with pytest.raises(InvalidIdToken) as failure:
        brought(mock, token)
    assert token not in str(failure.value)
    assert "ada" not in str(failure.value).lower()
