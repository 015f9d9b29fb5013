"""Who somebody is, by the rules of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tabularium.identity.oauth.failures import ProfileUnavailable
from tabularium.identity.oauth.profiles import Profile
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.providers import ProviderKind
from tests.support.identity_client import HandClock, asking, sign_in
from tests.support.identity_provider import IdentityProvider


@contextmanager
def provider_of(kind: ProviderKind, **more: Any) -> Iterator[IdentityProvider]:
    with IdentityProvider(kind, clock=HandClock()) as mock:
        mock.person = replace(mock.person, more=more)
        yield mock


def profile_at(mock: IdentityProvider, **changes: Any) -> Profile:
    async def work(provider: Provider) -> Profile:
        return await provider.profile(await sign_in(mock, provider))

    return asking(mock, work, **changes)


def profile_of(kind: ProviderKind, **more: Any) -> Profile:
    with provider_of(kind, **more) as mock:
        return profile_at(mock)


def address(profile: Profile) -> tuple[str | None, bool]:
    return profile.email, profile.email_verified


def test_github_lists_the_address_that_a_profile_hides() -> None:
    with provider_of("github") as mock:
        mock.person = replace(mock.person, shows_email=False)
        assert address(profile_at(mock)) == ("ada@example.org", True)


def test_githubs_list_says_whether_the_address_of_the_profile_is_verified() -> None:
    assert address(profile_of("github", email="other@example.org")) == ("other@example.org", True)
    assert address(profile_of("github", email="ADA@example.ORG")) == ("ada@example.org", True)
    assert address(profile_of("github", email="unlisted@example.org")) == ("unlisted@example.org", False)


@pytest.mark.parametrize("body", [b'{"message":"Not Found"}', b"", b'[5, {}, {"email": 5, "primary": true}]'])
def test_without_githubs_list_no_address_is_verified(body: bytes) -> None:
    with provider_of("github") as mock:
        mock.faults.body["/emails"] = body
        assert address(profile_at(mock)) == ("ada@example.org", False)
        mock.person = replace(mock.person, shows_email=False)
        assert address(profile_at(mock)) == (None, False)
        mock.faults.redirecting.add("/emails")
        assert address(profile_at(mock)) == (None, False)


def test_an_address_that_github_lists_and_does_not_call_primary_is_not_taken() -> None:
    with provider_of("github") as mock:
        mock.person = replace(mock.person, shows_email=False)
        mock.faults.body["/emails"] = b'[{"email":"a@example.org","primary":false,"verified":true}]'
        assert address(profile_at(mock)) == (None, False)


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"state": "blocked"}, "not active"),
        ({"state": None}, "not active"),
        ({"locked": True}, "may not sign in"),
    ],
)
def test_gitlabs_accounts_that_are_not_active_or_locked_are_refused(more: dict[str, Any], match: str) -> None:
    with pytest.raises(ProfileUnavailable, match=match):
        profile_of("gitlab", **more)


def test_gitlab_verifies_no_address_of_which_it_says_nothing() -> None:
    assert profile_of("gitlab", email_verified=None).email_verified is False
    assert profile_of("gitlab", locked=None).subject == "4711"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"verified_primary_email": None}, False),
        ({"verified_primary_email": ["x@example.org", "ada@EXAMPLE.org"]}, True),
        ({"verified_primary_email": [], "verified_secondary_email": ["ada@example.org"]}, True),
        ({"verified_primary_email": ["x@example.org", 5]}, False),
        ({"verified_primary_email": "ada@example.org"}, False),
        ({"email_verified": False}, False),
        ({"email_verified": True, "verified_primary_email": None}, True),
    ],
)
def test_microsoft_states_or_lists_what_is_verified(more: dict[str, Any], expected: bool) -> None:
    assert profile_of("microsoft", **more).email_verified is expected


@pytest.mark.parametrize("kind", ["google", "github", "gitlab", "generic"])
def test_an_address_becomes_no_other_one_by_its_small_letters(kind: ProviderKind) -> None:
    address_with_kelvin_sign = "ada@example.wor\N{KELVIN SIGN}"
    assert profile_of(kind, email=address_with_kelvin_sign).email == address_with_kelvin_sign


@pytest.mark.parametrize(("stated", "expected"), [(True, True), ("true", True), (1, False), ("1", False), ([], False)])
def test_only_true_is_verified(stated: Any, expected: bool) -> None:
    assert profile_of("google", email_verified=stated).email_verified is expected


def test_slack_names_people_by_its_own_claims() -> None:
    profile = profile_of("slack", picture=None)
    assert (profile.subject, profile.image) == ("U4711", "https://images.example/512.png")


def test_slacks_refusal_with_status_200_is_a_refusal() -> None:
    with provider_of("slack") as mock:
        mock.faults.userinfo = {"ok": False, "error": "invalid_auth"}
        with pytest.raises(ProfileUnavailable, match="may not sign in"):
            profile_at(mock)


def test_a_generic_provider_is_asked_where_its_token_holds_no_address() -> None:
    with provider_of("generic") as mock:
        mock.faults.claims = {"email": None}
        assert address(profile_at(mock)) == ("ada@example.org", True)
        assert mock.count("/userinfo") == 1


@pytest.mark.parametrize("subject", ["somebody-else", None, 4711])
def test_userinfo_must_be_of_the_one_whom_the_token_names(subject: Any) -> None:
    with provider_of("generic") as mock:
        mock.faults.claims = {"email": None}
        mock.faults.userinfo = {"sub": subject}
        with pytest.raises(ProfileUnavailable, match=r"somebody else|who it is"):
            profile_at(mock)


def test_a_generic_provider_may_give_no_id_token() -> None:
    with provider_of("generic") as mock:
        mock.faults.has_no_id_token = True
        assert profile_at(mock).subject == "subject-4711"


def test_a_generic_provider_without_userinfo_says_what_its_token_holds() -> None:
    with provider_of("generic") as mock:
        mock.faults.claims = {"email": None}
        mock.faults.document = {"userinfo_endpoint": None}
        assert address(profile_at(mock)) == (None, False)


def test_an_id_token_that_cannot_be_verified_says_nothing() -> None:
    with provider_of("generic") as mock:
        mock.faults.document = {"jwks_uri": None}
        mock.faults.userinfo = {"sub": "asked", "email": "asked@example.org"}
        assert profile_at(mock).subject == "asked"


def test_a_bad_id_token_is_not_made_good_by_userinfo() -> None:
    with provider_of("generic") as mock:
        mock.faults.is_expired = True
        with pytest.raises(ProfileUnavailable, match="expired"):
            profile_at(mock)


@pytest.mark.parametrize("kind", ["google", "microsoft"])
def test_google_and_microsoft_owe_an_id_token(kind: ProviderKind) -> None:
    with provider_of(kind) as mock:
        mock.faults.has_no_id_token = True
        with pytest.raises(ProfileUnavailable, match="no ID token"):
            profile_at(mock)


@pytest.mark.parametrize("kind", ["github", "gitlab", "slack"])
@pytest.mark.parametrize("fault", ["huge", "redirecting"])
def test_a_userinfo_that_sends_too_much_or_elsewhere_is_not_used(kind: ProviderKind, fault: str) -> None:
    with provider_of(kind) as mock:
        getattr(mock.faults, fault).add("/userinfo")
        with pytest.raises(ProfileUnavailable):
            profile_at(mock)
        assert mock.count("/elsewhere") == 0


@pytest.mark.parametrize(("status", "body"), [(500, b'{"id":1}'), (200, b"[]"), (200, b"<html>"), (401, b"")])
def test_a_userinfo_that_fails_is_not_used(status: int, body: bytes) -> None:
    with provider_of("github") as mock:
        mock.faults.status["/userinfo"], mock.faults.body["/userinfo"] = status, body
        with pytest.raises(ProfileUnavailable):
            profile_at(mock)


@pytest.mark.parametrize("number", [None, True, 1.5, "", [], 10**30])
def test_a_subject_is_a_text_or_a_whole_number(number: Any) -> None:
    with pytest.raises(ProfileUnavailable, match="who it is"):
        profile_of("github", id=number)


def test_what_cannot_be_stored_is_cut_or_left_out() -> None:
    profile = profile_of("github", name="A\0" + "b" * 300, avatar_url="x" * 200_001, email="a\0@example.org")
    assert (profile.name, profile.image) == ("A" + "b" * 254, None)
    assert profile.email == "ada@example.org"
    assert profile_of("google", name=["x"], picture=5, email="a" * 300).email is None


def test_a_token_that_no_header_can_hold_is_refused_without_asking() -> None:
    with provider_of("github") as mock:
        for token in ("a b", "a\r\nb", "ü", ""):
            with pytest.raises(ProfileUnavailable, match="header"):
                asking(mock, lambda provider, token=token: provider.profile_of_stored(token, None))
        with pytest.raises(ProfileUnavailable, match="no access token"):
            asking(mock, lambda provider: provider.profile_of_stored(None, None))
        assert mock.count("/userinfo") == 0


def test_a_token_that_a_client_brings_without_an_address_may_come_with_one_to_ask_with() -> None:
    async def work(provider: Provider) -> None:
        tokens = await sign_in(mock, provider)
        token = mock.id_token(email=None)
        assert (await provider.profile_of_id_token(token)).email is None
        assert (await provider.profile_of_id_token(token, access_token=tokens.access_token)).email == "ada@example.org"

    with provider_of("generic") as mock:
        asking(mock, work)
