"""The discovery document: kept, shared, and held to its issuer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tabularium.identity.oauth.discovery import resolve
from tabularium.identity.oauth.failures import DiscoveryFailed
from tabularium.identity.oauth.provider import Provider
from tests.support.identity_client import REDIRECT_URI, HandClock, asking
from tests.support.identity_provider import IdentityProvider

DOCUMENT = "/.well-known/openid-configuration"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def mock(clock: HandClock) -> Iterator[IdentityProvider]:
    with IdentityProvider(clock=clock) as started:
        yield started


async def start(provider: Provider) -> str:
    return await provider.authorization_url(state="s", verifier="v", redirect_uri=REDIRECT_URI)


def started(mock: IdentityProvider, **changes: Any) -> str:
    return asking(mock, start, **changes)


def test_a_document_is_asked_for_once_an_hour(mock: IdentityProvider, clock: HandClock) -> None:
    async def work(provider: Provider) -> None:
        await start(provider)
        clock.advance(minutes=59, seconds=59)
        await start(provider)
        assert mock.count(DOCUMENT) == 1
        clock.advance(seconds=1)
        await start(provider)
        assert mock.count(DOCUMENT) == 2
        clock.advance(days=-1)
        await start(provider)
        assert mock.count(DOCUMENT) == 3

    asking(mock, work)


def test_all_who_ask_at_once_share_one_load(mock: IdentityProvider) -> None:
    mock.faults.slow[DOCUMENT] = 0.05

    async def work(provider: Provider) -> None:
        await asyncio.gather(*(start(provider) for _ in range(20)))

    asking(mock, work)
    assert mock.count(DOCUMENT) == 1


def test_a_failure_is_not_kept(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        mock.faults.status[DOCUMENT] = 500
        with pytest.raises(DiscoveryFailed, match="500"):
            await start(provider)
        del mock.faults.status[DOCUMENT]
        await start(provider)

    asking(mock, work)


def test_options_go_before_the_document(mock: IdentityProvider) -> None:
    url = started(mock, authorization_url="https://id.example/own")
    assert url.startswith("https://id.example/own?")


@pytest.mark.parametrize("fault", ["huge", "redirecting"])
def test_a_document_that_is_elsewhere_or_too_large_is_not_used(mock: IdentityProvider, fault: str) -> None:
    getattr(mock.faults, fault).add(DOCUMENT)
    with pytest.raises(DiscoveryFailed):
        started(mock)
    assert mock.count("/elsewhere") == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"issuer":"\xff"}'])
def test_a_document_that_is_no_json_object_is_not_used(mock: IdentityProvider, body: bytes) -> None:
    mock.faults.body[DOCUMENT] = body
    with pytest.raises(DiscoveryFailed, match="not a JSON object"):
        started(mock)


@pytest.mark.parametrize("issuer", ["https://other.example", "", None, 5, "http://127.0.0.1"])
def test_a_document_must_name_the_issuer_that_it_stands_at(mock: IdentityProvider, issuer: Any) -> None:
    mock.faults.document["issuer"] = issuer
    with pytest.raises(DiscoveryFailed, match="issuer"):
        started(mock)


def test_a_slash_at_the_end_of_the_issuer_makes_no_difference(mock: IdentityProvider) -> None:
    plain = started(mock)
    mock.faults.document["issuer"] = f"{mock.url}/"
    assert started(mock) == plain


def test_a_configured_issuer_is_the_one_that_counts(mock: IdentityProvider) -> None:
    mock.faults.document["issuer"] = "https://other.example"
    started(mock, issuer="https://other.example")
    with pytest.raises(DiscoveryFailed, match="option `issuer`"):
        started(mock, issuer=mock.url)


def test_a_document_of_microsoft_may_name_its_tenants_as_a_template(mock: IdentityProvider) -> None:
    mock.faults.document["issuer"] = f"{mock.url}/{{tenantid}}/v2.0"
    started(mock, kind="microsoft")
    mock.faults.document["issuer"] = "https://other.example/{tenantid}/v2.0"
    with pytest.raises(DiscoveryFailed, match="another server"):
        started(mock, kind="microsoft")


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://id.example/x", "javascript:alert(1)", "/relative"])
def test_addresses_of_a_document_are_https_or_loopback(mock: IdentityProvider, name: str, address: str) -> None:
    mock.faults.document[name] = address
    with pytest.raises(DiscoveryFailed, match="https://"):
        started(mock)


def test_a_document_must_name_where_to_sign_in_and_where_to_get_tokens(mock: IdentityProvider) -> None:
    for name in ("authorization_endpoint", "token_endpoint"):
        mock.faults.document = {name: None}
        with pytest.raises(DiscoveryFailed, match="no authorization endpoint or no token endpoint"):
            started(mock)


def test_what_a_document_need_not_have_may_be_missing(mock: IdentityProvider) -> None:
    options = mock.options()
    minimal = {"issuer": mock.url, "authorization_endpoint": f"{mock.url}/a", "token_endpoint": f"{mock.url}/t"}
    endpoints = resolve(options, minimal)
    assert (endpoints.user_info_url, endpoints.jwks_url, endpoints.verifies_id_tokens) == (None, None, False)
    assert (endpoints.client_authentication, endpoints.promises_issuer) == ("form", False)
