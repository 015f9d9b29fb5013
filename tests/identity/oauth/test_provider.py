"""Every kind of provider, from the address to the profile, against one that answers in its shape."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tabularium.clock import instant_text
from tabularium.identity.oauth.failures import (
    DiscoveryFailed,
    InvalidCode,
    InvalidIdToken,
    ProfileUnavailable,
    RefreshFailed,
)
from tabularium.identity.oauth.profiles import Profile
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.providers import ProviderKind
from tests.support.identity_client import HandClock, asking, sign_in
from tests.support.identity_provider import IdentityProvider
from tests.support.identity_shapes import IMAGE

SUBJECTS = {
    "google": "subject-4711",
    "github": "4711",
    "microsoft": "subject-4711",
    "gitlab": "4711",
    "slack": "U4711",
    "generic": "subject-4711",
}


@pytest.fixture(params=list(SUBJECTS))
def mock(request: pytest.FixtureRequest) -> Iterator[IdentityProvider]:
    with IdentityProvider(request.param, clock=HandClock()) as started:
        yield started


@pytest.fixture
def generic() -> Iterator[IdentityProvider]:
    with IdentityProvider(clock=HandClock()) as started:
        yield started


def profile_at(mock: IdentityProvider, **changes: Any) -> Profile:
    async def work(provider: Provider) -> Profile:
        return await provider.profile(await sign_in(mock, provider))

    return asking(mock, work, **changes)


def test_each_kind_says_who_signed_in(mock: IdentityProvider) -> None:
    profile = profile_at(mock)
    assert profile.subject == SUBJECTS[mock.kind]
    assert (profile.email, profile.email_verified) == ("ada@example.org", True)
    assert (profile.name, profile.image) == ("Ada Lovelace", IMAGE)
    assert profile.raw["name"] == "Ada Lovelace"


def test_each_kind_says_that_an_address_is_not_verified(mock: IdentityProvider) -> None:
    mock.person = replace(mock.person, email_verified=False)
    assert profile_at(mock).email_verified is False


def test_each_kind_may_know_no_address_and_no_name(mock: IdentityProvider) -> None:
    mock.person = replace(mock.person, email=None, name=None, image=None)
    profile = profile_at(mock)
    if mock.kind == "generic":
        assert mock.count("/userinfo") == 1
    assert (profile.email, profile.email_verified) == (None, False)
    assert profile.name == ("ada" if mock.kind in ("github", "gitlab") else "")
    assert profile.image == ("https://images.example/512.png" if mock.kind == "slack" else None)


def test_each_kind_renews_tokens_once(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        tokens = await sign_in(mock, provider)
        assert tokens.refresh_token is not None
        renewed = await provider.refresh(tokens.refresh_token)
        assert renewed.access_token != tokens.access_token
        assert (await provider.profile_of_stored(renewed.access_token, renewed.id_token)).subject == SUBJECTS[mock.kind]
        with pytest.raises(RefreshFailed, match="invalid_grant"):
            await provider.refresh(tokens.refresh_token)

    asking(mock, work)


def test_each_kind_takes_a_code_once_and_with_its_own_verifier_and_address(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        with pytest.raises(InvalidCode, match="invalid_grant"):
            await provider.exchange_code("unknown", verifier="v" * 128, redirect_uri="http://localhost/x")

    asking(mock, work)


def test_the_secret_of_the_client_is_checked(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        with pytest.raises(InvalidCode, match="invalid_client"):
            await sign_in(mock, provider)

    asking(mock, work, client_secret="wrong")


def test_only_slack_goes_without_pkce(mock: IdentityProvider) -> None:
    asking(mock, lambda provider: sign_in(mock, provider))
    assert ("code_challenge" in mock.last("/authorize").fields) is (mock.kind != "slack")
    assert ("code_verifier" in mock.last("/token").fields) is (mock.kind != "slack")


def test_stored_tokens_are_read_although_the_id_token_has_expired(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        tokens = await sign_in(mock, provider)
        mock.clock.advance(days=3)  # type: ignore[attr-defined]
        profile = await provider.profile_of_stored(tokens.access_token, tokens.id_token)
        assert profile.subject == SUBJECTS[mock.kind]

    asking(mock, work)


def test_an_id_token_that_a_client_brings_is_taken_by_three_kinds(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        token = mock.id_token(nonce="n-1")
        if mock.kind in ("google", "microsoft", "generic"):
            assert provider.takes_id_tokens
            profile = await provider.profile_of_id_token(token, nonce="n-1")
            assert (profile.subject, profile.email) == (SUBJECTS[mock.kind], "ada@example.org")
        else:
            assert not provider.takes_id_tokens
            with pytest.raises(InvalidIdToken):
                await provider.profile_of_id_token(token)

    asking(mock, work)


def test_a_token_that_several_renew_at_once_is_shown_to_the_provider_once(generic: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        token = (await sign_in(generic, provider)).refresh_token
        assert token is not None
        first, *others = await asyncio.gather(*(provider.refresh(token) for _ in range(5)))
        assert others == [first] * 4
        assert generic.count("/token") == 2
        with pytest.raises(RefreshFailed):
            await provider.refresh(token)  # nothing of it is kept

    asking(generic, work)


def test_times_of_expiry_are_instants_of_the_clock(generic: IdentityProvider) -> None:
    tokens = asking(generic, lambda provider: sign_in(generic, provider))
    assert tokens.access_token_expires_at == "2026-03-02T11:30:00.000Z"
    assert tokens.refresh_token_expires_at == "2026-03-03T16:30:00.000Z"
    assert tokens.scopes == ("openid", "email", "profile")
    assert instant_text(generic.clock.now()) == "2026-03-02T10:30:00.000Z"


def test_a_document_that_cannot_be_had_is_told_by_each_step_in_its_own_words(generic: IdentityProvider) -> None:
    generic.faults.status["/.well-known/openid-configuration"] = 503

    async def work(provider: Provider) -> None:
        with pytest.raises(DiscoveryFailed, match="503"):
            await provider.authorization_url(state="s", verifier="v", redirect_uri="http://localhost/x")
        with pytest.raises(DiscoveryFailed):
            await provider.issuer_problem(None)
        with pytest.raises(InvalidCode):
            await provider.exchange_code("c", verifier="v", redirect_uri="http://localhost/x")
        with pytest.raises(RefreshFailed):
            await provider.refresh("r")
        with pytest.raises(InvalidIdToken):
            await provider.profile_of_id_token(generic.id_token())
        with pytest.raises(ProfileUnavailable):
            await provider.profile_of_stored("a", None)

    asking(generic, work)


def test_a_promise_to_name_the_issuer_is_held(generic: IdentityProvider) -> None:
    generic.faults.document["authorization_response_iss_parameter_supported"] = True

    async def work(provider: Provider) -> None:
        assert await provider.issuer_problem(generic.issuer) is None
        assert await provider.issuer_problem(None) == "issuer_missing"
        assert await provider.issuer_problem("https://other.example") == "issuer_mismatch"

    asking(generic, work)


def test_secrets_stand_in_no_text_of_the_options_and_the_tokens(generic: IdentityProvider) -> None:
    tokens = asking(generic, lambda provider: sign_in(generic, provider))
    options = generic.options()
    assert options.client_secret not in repr(options)
    for secret in (tokens.access_token, tokens.refresh_token, tokens.id_token):
        assert secret is not None
        assert secret not in repr(tokens)


def test_an_endpoint_that_is_too_slow_fails_its_step(generic: IdentityProvider) -> None:
    async def exchange(provider: Provider) -> None:
        await provider.exchange_code("c", verifier="v", redirect_uri="http://localhost/x")

    async def bring(provider: Provider) -> None:
        await provider.profile_of_id_token(generic.id_token())

    async def ask(provider: Provider) -> None:
        await provider.profile_of_stored("a", None)

    async def start(provider: Provider) -> None:
        await provider.authorization_url(state="s", verifier="v", redirect_uri="http://localhost/x")

    steps = [
        ("/token", exchange, InvalidCode),
        ("/jwks", bring, InvalidIdToken),
        ("/userinfo", ask, ProfileUnavailable),
    ]
    for path, work, failure in [*steps, ("/.well-known/openid-configuration", start, DiscoveryFailed)]:
        generic.faults.slow = {path: 60}
        with pytest.raises(failure, match="within"):
            asking(generic, work, seconds=0.05)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("google", {"id", "authorizationUrl", "tokenUrl", "jwksUrl", "issuer"}),
        ("github", {"id", "authorizationUrl", "tokenUrl", "userInfoUrl", "emailsUrl"}),
        ("generic", {"id", "discoveryUrl"}),
    ],
)
def test_the_mock_writes_its_entry_of_the_application_file(kind: ProviderKind, keys: set[str]) -> None:
    with IdentityProvider(kind, provider_id="own-id") as mock:
        assert mock.configuration().keys() == keys
        assert mock.environment().keys() == {"OWN_ID_CLIENT_ID", "OWN_ID_CLIENT_SECRET"}
