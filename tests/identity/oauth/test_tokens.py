"""The token endpoint: what is sent, what is believed, and what no text repeats."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tabularium.identity.oauth.failures import InvalidCode, RefreshFailed
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.tokens import Tokens
from tests.support.identity_client import REDIRECT_URI, HandClock, asking, sign_in
from tests.support.identity_provider import CLIENT_SECRET, IdentityProvider


@pytest.fixture
def mock() -> Iterator[IdentityProvider]:
    with IdentityProvider(clock=HandClock()) as started:
        yield started


def exchanged(mock: IdentityProvider, **changes: Any) -> Tokens:
    async def work(provider: Provider) -> Tokens:
        return await provider.exchange_code("hush-code", verifier="hush-verifier", redirect_uri=REDIRECT_URI)

    return asking(mock, work, **changes)


def answered(mock: IdentityProvider, answer: Any) -> Tokens:
    mock.faults.body["/token"] = json.dumps(answer).encode()
    return exchanged(mock)


def test_a_code_is_sent_with_all_that_proves_it(mock: IdentityProvider) -> None:
    asking(mock, lambda provider: sign_in(mock, provider))
    received = mock.last("/token")
    assert received.fields.keys() == {
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "client_id",
        "client_secret",
    }
    assert received.fields["grant_type"] == "authorization_code"
    assert received.headers["accept"] == "application/json"
    assert "authorization" not in received.headers


def test_the_secret_goes_as_basic_where_nothing_else_is_offered() -> None:
    with IdentityProvider(clock=HandClock(), token_authentication="basic") as mock:
        asking(mock, lambda provider: sign_in(mock, provider))
        received = mock.last("/token")
    sent = base64.b64decode(received.headers["authorization"].removeprefix("Basic ")).decode()
    assert sent == f"client-of-keycloak:{CLIENT_SECRET}"
    assert "client_secret" not in received.fields


@pytest.mark.parametrize(
    ("offered", "is_basic"),
    [
        (["client_secret_basic"], True),
        (["client_secret_basic", "private_key_jwt"], True),
        (["client_secret_basic", "client_secret_post"], False),
        (["none"], False),
        (None, False),
        ("client_secret_basic", False),
    ],
)
def test_basic_is_only_for_those_who_do_not_offer_the_form(
    mock: IdentityProvider, offered: Any, is_basic: bool
) -> None:
    mock.faults.document["token_endpoint_auth_methods_supported"] = offered
    answered(mock, {"access_token": "a"})
    assert ("authorization" in mock.last("/token").headers) is is_basic


def test_basic_credentials_are_encoded_as_the_standard_says(mock: IdentityProvider) -> None:
    mock.faults.document["token_endpoint_auth_methods_supported"] = ["client_secret_basic"]
    mock.faults.body["/token"] = b'{"access_token":"a"}'
    exchanged(mock, client_id="a:b", client_secret="ü +%")
    sent = base64.b64decode(mock.last("/token").headers["authorization"].removeprefix("Basic ")).decode()
    assert sent == "a%3Ab:%C3%BC+%2B%25"


def test_a_client_without_a_secret_sends_none(mock: IdentityProvider) -> None:
    mock.faults.body["/token"] = b'{"access_token":"a"}'
    exchanged(mock, client_secret="")
    assert "client_secret" not in mock.last("/token").fields


@pytest.mark.parametrize(
    ("expires_in", "expected"),
    [
        (60, "2026-03-02T10:31:00.000Z"),
        ("60", "2026-03-02T10:31:00.000Z"),
        (1.5, "2026-03-02T10:30:01.500Z"),
        (10**15, "2126-02-06T10:30:00.000Z"),
        (0, None),
        (-5, None),
        (True, None),
        ("soon", None),
        ("٣", None),
        (None, None),
        ([], None),
    ],
)
def test_seconds_become_an_instant(mock: IdentityProvider, expires_in: Any, expected: str | None) -> None:
    assert answered(mock, {"access_token": "a", "expires_in": expires_in}).access_token_expires_at == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("a b", ("a", "b")),
        ("read:user,user:email", ("read:user", "user:email")),
        ("a  a,b", ("a", "b")),
        ("", ()),
        (None, ()),
        (["a"], ()),
    ],
)
def test_scopes_are_read_with_blanks_or_commas(mock: IdentityProvider, scope: Any, expected: tuple[str, ...]) -> None:
    assert answered(mock, {"access_token": "a", "scope": scope}).scopes == expected


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        "text",
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 5},
        {"access_token": "a\nb"},
        {"access_token": "a", "error": "bad"},
        {"error": "invalid_grant"},
        {"ok": False, "error": "invalid_code"},
    ],
)
def test_an_answer_without_a_usable_access_token_is_an_invalid_code(mock: IdentityProvider, answer: Any) -> None:
    with pytest.raises(InvalidCode):
        answered(mock, answer)


def test_other_members_of_a_wrong_type_count_as_absent(mock: IdentityProvider) -> None:
    tokens = answered(mock, {"access_token": "a", "refresh_token": 1, "id_token": {}, "expires_in": {}})
    assert tokens == Tokens("a")


@pytest.mark.parametrize("fault", ["huge", "redirecting"])
def test_an_endpoint_that_sends_too_much_or_elsewhere_gives_an_invalid_code(mock: IdentityProvider, fault: str) -> None:
    getattr(mock.faults, fault).add("/token")
    with pytest.raises(InvalidCode):
        exchanged(mock)
    assert mock.count("/elsewhere") == 0


@pytest.mark.parametrize(("status", "body"), [(500, b'{"access_token":"a"}'), (200, b"<html>"), (200, b"")])
def test_an_endpoint_that_fails_gives_an_invalid_code(mock: IdentityProvider, status: int, body: bytes) -> None:
    mock.faults.status["/token"], mock.faults.body["/token"] = status, body
    with pytest.raises(InvalidCode, match=f"status {status}"):
        exchanged(mock)


def test_no_text_repeats_what_was_sent_or_what_a_provider_says_freely(mock: IdentityProvider) -> None:
    for error in ("invalid_grant", "hush-code is not known", "<b>", 5, {"a": 1}):
        mock.faults.status["/token"] = 400
        mock.faults.body["/token"] = json.dumps({"error": error, "error_description": "hush-code"}).encode()
        with pytest.raises(InvalidCode) as failure:
            exchanged(mock)
        text = str(failure.value)
        assert ("invalid_grant" in text) is (error == "invalid_grant")
        assert "hush" not in text
        assert "<" not in text
        assert CLIENT_SECRET not in text


def test_githubs_refusal_with_status_200_is_a_refusal() -> None:
    with IdentityProvider("github", clock=HandClock()) as mock:
        with pytest.raises(InvalidCode, match="status 200 and invalid_grant"):
            exchanged(mock)
        with pytest.raises(RefreshFailed, match="status 200 and invalid_grant"):
            asking(mock, lambda provider: provider.refresh("unknown"))


def test_a_refresh_sends_the_token_and_may_give_no_new_one(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> Tokens:
        tokens = await sign_in(mock, provider)
        mock.faults.has_no_refresh_token = True
        assert tokens.refresh_token is not None
        return await provider.refresh(tokens.refresh_token)

    assert asking(mock, work).refresh_token is None
    assert mock.last("/token").fields.keys() == {"grant_type", "refresh_token", "client_id", "client_secret"}


def test_a_wrong_verifier_or_another_address_gives_nothing(mock: IdentityProvider) -> None:
    async def work(provider: Provider) -> None:
        for wrong in ({"verifier": "w" * 128}, {"redirect_uri": f"{REDIRECT_URI}/x"}):
            url = await provider.authorization_url(state="s", verifier="v" * 128, redirect_uri=REDIRECT_URI)
            code = mock.sign_in(url).partition("code=")[2]
            with pytest.raises(InvalidCode):
                await provider.exchange_code(code, **{"verifier": "v" * 128, "redirect_uri": REDIRECT_URI, **wrong})

    asking(mock, work)
