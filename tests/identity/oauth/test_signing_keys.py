"""The keys of a provider: rotation, and loads that are kept few."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tabularium.identity.oauth.failures import InvalidIdToken
from tabularium.identity.oauth.provider import Provider
from tests.support.identity_client import HandClock, asking
from tests.support.identity_provider import IdentityProvider, rsa_key


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def mock(clock: HandClock) -> Iterator[IdentityProvider]:
    with IdentityProvider(clock=clock) as started:
        yield started


async def judge(provider: Provider, token: str) -> str:
    return (await provider.profile_of_id_token(token)).subject


def test_keys_are_asked_for_once_an_hour(mock: IdentityProvider, clock: HandClock) -> None:
    async def work(provider: Provider) -> None:
        for minutes, loads in ((0, 1), (59, 1), (1, 2)):
            clock.advance(minutes=minutes)
            await judge(provider, mock.id_token())
            assert mock.count("/jwks") == loads

    asking(mock, work)


def test_a_key_that_is_new_is_found_at_once_and_the_old_one_goes(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        old = mock.id_token()
        await judge(provider, old)
        mock.rotate()
        await judge(provider, mock.id_token())
        assert mock.count("/jwks") == 2
        with pytest.raises(InvalidIdToken, match="no key"):
            await judge(provider, old)

    asking(mock, work)


def test_an_unknown_name_loads_the_keys_at_most_once_a_minute(mock: IdentityProvider, clock: HandClock) -> None:
    async def work(provider: Provider) -> None:
        await judge(provider, mock.id_token())
        for seconds, loads in ((0, 2), (0, 2), (59, 2), (1, 3)):
            clock.advance(seconds=seconds)
            with pytest.raises(InvalidIdToken, match="no key"):
                await judge(provider, mock.id_token(header={"kid": "invented"}))
            assert mock.count("/jwks") == loads

    asking(mock, work)


def test_all_who_bring_a_token_of_the_new_key_share_one_load(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        await judge(provider, mock.id_token())
        mock.rotate()
        mock.faults.slow["/jwks"] = 0.05
        token = mock.id_token()
        assert set(await asyncio.gather(*(judge(provider, token) for _ in range(10)))) == {"subject-4711"}

    asking(mock, work)
    assert mock.count("/jwks") == 2


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-384", {"kid": "k"}),
        ECKey.generate_key("P-521", {"kid": "k"}),
        OKPKey.generate_key("Ed25519", {"kid": "k"}),
    ],
    ids=["ES384", "ES512", "Ed25519"],
)
def test_every_public_key_algorithm_is_accepted(
    mock: IdentityProvider, key: Any, request: pytest.FixtureRequest
) -> None:
    mock.rotate(key)
    algorithm = request.node.callspec.id
    token = mock.id_token(header={"alg": algorithm})
    assert asking(mock, lambda provider: judge(provider, token)) == "subject-4711"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # by the library, where the test signs
def test_the_older_name_of_edwards_curves_is_accepted(mock: IdentityProvider) -> None:
    mock.rotate(OKPKey.generate_key("Ed25519", {"kid": "k"}))
    token = mock.id_token(header={"alg": "EdDSA"})
    assert asking(mock, lambda provider: judge(provider, token)) == "subject-4711"


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384", "PS512"])
def test_every_rsa_algorithm_is_accepted_where_the_key_is_for_it(mock: IdentityProvider, algorithm: str) -> None:
    key = RSAKey.import_key({**rsa_key("first").as_dict(private=True), "alg": algorithm})
    mock.rotate(key)
    token = mock.id_token(header={"alg": algorithm})
    assert asking(mock, lambda provider: judge(provider, token)) == "subject-4711"


def test_a_key_for_another_algorithm_or_another_use_is_not_taken(mock: IdentityProvider) -> None:
    private = rsa_key("first").as_dict(private=True)
    for changes in ({"alg": "RS512"}, {"use": "enc"}, {"alg": "RS512", "use": "enc"}):
        published = RSAKey.import_key({**private, **changes})
        token = mock.id_token(key=rsa_key("first"))
        mock.keys = [published]
        with pytest.raises(InvalidIdToken, match="no key"):
            asking(mock, lambda provider, token=token: judge(provider, token))


def test_a_token_without_a_name_takes_the_only_key_that_fits(mock: IdentityProvider) -> None:
    mock.rotate(keeps_old=True)
    token = mock.id_token(header={"kid": None})
    assert asking(mock, lambda provider: judge(provider, token)) == "subject-4711"
    mock.rotate(keeps_old=True)
    token = mock.id_token(header={"kid": None})
    with pytest.raises(InvalidIdToken, match="no key"):
        asking(mock, lambda provider: judge(provider, token))


def test_keys_that_cannot_be_used_are_passed_over(mock: IdentityProvider) -> None:
    good = mock.keys[0].as_dict(private=False)
    odd: list[Any] = [
        5,
        {},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "first"},
        {"kty": "AKP", "kid": "x"},
        {"kty": ["RSA"]},
        {"kty": "RSA", "kid": "x"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "small"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ", "kid": "x"},
        {"kty": "EC", "crv": "unknown", "x": "AQ", "y": "AQ", "kid": "x"},
        {**good, "use": 5},
        {**good, "use": "sig", "key_ops": ["encrypt"]},
    ]
    mock.faults.body["/jwks"] = json.dumps({"keys": [*odd, good]}).encode()
    assert asking(mock, lambda provider: judge(provider, mock.id_token())) == "subject-4711"


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"keys":{}}', b'{"keys":[]}', b"", b"<html>"])
def test_a_set_without_keys_verifies_nothing(mock: IdentityProvider, body: bytes) -> None:
    mock.faults.body["/jwks"] = body
    with pytest.raises(InvalidIdToken):
        asking(mock, lambda provider: judge(provider, mock.id_token()))


@pytest.mark.parametrize("fault", ["huge", "redirecting"])
def test_a_set_that_is_too_large_or_elsewhere_verifies_nothing(mock: IdentityProvider, fault: str) -> None:
    getattr(mock.faults, fault).add("/jwks")
    with pytest.raises(InvalidIdToken):
        asking(mock, lambda provider: judge(provider, mock.id_token()))
