"""Whose sign-in it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity import sessions
from tabularium.identity.context import AuthContext
from tabularium.identity.oauth.providers import ProviderKind
from tests.support.auth import START
from tests.support.identity_shapes import IMAGE
from tests.support.social import ERROR_PAGE, WELCOME, OpenStage, Stage, error_of, led_to

KINDS: list[ProviderKind] = ["google", "github", "microsoft", "gitlab", "slack", "generic"]


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_new_is_signed_up_and_known_from_then_on(stage: Stage, kind: ProviderKind) -> None:
    stage = stage.at(kind)
    first, second = stage.browser(), stage.browser()
    assert stage.sign_in(first, newUserCallbackURL="/new") == "/new"
    user = first.session["user"]
    assert (user["email"], user["name"], user["image"]) == ("ada@example.org", "Ada Lovelace", IMAGE)
    assert (user["emailVerified"], user["role"]) == (True, "member")
    assert stage.sign_in(second, newUserCallbackURL="/new") == WELCOME
    assert second.session["user"]["id"] == user["id"]
    assert second.token != first.token
    assert len(stage.accounts()) == 1
    provider = {"method": "social", "provider": stage.mock.provider_id}
    assert stage.details("user.created") == [provider]
    assert stage.details("user.signed_in") == [provider, provider]


def test_the_session_is_remembered(stage: Stage) -> None:
    browser = stage.browser()
    stage.sign_in(browser)
    line = next(line for line in browser.set_cookies if line.startswith("better-auth.session_token="))
    assert "Max-Age=604800" in line
    assert browser.cookie("dont_remember") is None
    assert not any("dont_remember" in line for line in browser.set_cookies)


def test_an_address_that_is_not_verified_there_is_not_verified_here(stage: Stage) -> None:
    stage.is_somebody(email_verified=False, name=None, image=None)
    browser = stage.browser()
    assert stage.sign_in(browser) == WELCOME
    user = browser.session["user"]
    assert (user["emailVerified"], user["name"], user["image"]) == (False, "", None)


def test_somebody_without_an_address_is_nobody(stage: Stage) -> None:
    stage.is_somebody(email=None)
    assert stage.sign_in(stage.browser()) == f"{ERROR_PAGE}?error=email_not_found"


def test_an_address_that_cannot_be_stored_makes_no_user(stage: Stage) -> None:
    stage.is_somebody(email="no address")
    assert error_of(stage.sign_in(stage.browser())) == "unable_to_create_user"
    assert stage.details("user.sign_in_failed")[0]["error"] == "invalid_email"


def test_a_known_identity_is_the_same_user_whatever_changes_there(stage: Stage) -> None:
    first, second = stage.browser(), stage.browser()
    stage.sign_in(first)
    stage.is_somebody(email="new@example.org", name="Countess", image=None)
    assert stage.sign_in(second) == WELCOME
    assert second.session["user"] == first.session["user"]


def test_an_address_that_the_provider_has_verified_since_is_verified(stage: Stage) -> None:
    stage.is_somebody(email_verified=False)
    browser = stage.browser()
    stage.sign_in(browser)
    stage.is_somebody(email="other@example.org", email_verified=True)
    stage.sign_in(browser)
    assert browser.session["user"]["emailVerified"] is False
    stage.is_somebody(email="ada@example.org")
    stage.sign_in(browser)
    assert browser.session["user"]["emailVerified"] is True


def test_an_address_that_both_have_proved_links(stage: Stage) -> None:
    local = stage.local()
    browser = stage.browser()
    assert stage.sign_in(browser, newUserCallbackURL="/new") == WELCOME
    assert browser.session["user"] == local.session["user"]
    assert stage.accounts() == [("keycloak", "subject-4711", "ada@example.org")]
    assert stage.details("account.linked") == [{"method": "social", "provider": "keycloak"}]


@pytest.mark.parametrize(
    ("options", "is_verified_here", "is_verified_there", "is_linked"),
    [
        ({}, False, True, False),
        ({}, True, False, False),
        ({"trustedProviders": ["keycloak"]}, True, False, True),
        ({"trustedProviders": ["keycloak"]}, False, True, False),
        ({"enabled": False}, True, True, False),
        ({"enabled": False, "trustedProviders": ["keycloak"]}, True, True, False),
    ],
)
def test_nothing_less_links(
    open_stage: OpenStage, options: dict[str, Any], is_verified_here: bool, is_verified_there: bool, is_linked: bool
) -> None:
    stage = open_stage(accountLinking=options)
    stage.local(verified=is_verified_here)
    stage.is_somebody(email_verified=is_verified_there)
    browser = stage.browser()
    url = stage.sign_in(browser, errorCallbackURL="/oops")
    assert url == (WELCOME if is_linked else "/oops?error=account_not_linked")
    assert (browser.session is not None) is is_linked
    assert len(stage.accounts()) == int(is_linked)


def test_where_sign_up_is_closed_only_known_people_come_in(open_stage: OpenStage) -> None:
    stage = open_stage(allowSignUp=False)
    browser = stage.browser()
    assert stage.sign_in(browser) == f"{ERROR_PAGE}?error=signup_disabled"
    assert (browser.session, stage.site.sql('SELECT count(*) FROM "user"')) == (None, [(0,)])
    assert stage.details("user.sign_in_failed") == [
        {"method": "social", "provider": "keycloak", "reason": "credentials", "error": "signup_disabled"}
    ]


@pytest.mark.parametrize("is_known", [True, False])
def test_somebody_who_is_banned_stays_out(stage: Stage, is_known: bool) -> None:
    stage.local()
    if is_known:
        stage.sign_in(stage.browser())
    stage.site.sql('UPDATE "user" SET banned = ?1', stage.truth)
    before = stage.site.sql('SELECT "accessToken" FROM account')
    browser = stage.browser()
    url = stage.sign_in(browser, errorCallbackURL="/oops")
    assert url.startswith("/oops?error=BANNED_USER&error_description=You%20have%20been%20banned")
    assert unquote(url).endswith("if you believe this is an error.")
    assert browser.cookie("session_token") is None
    assert stage.site.sql('SELECT "accessToken" FROM account') == before
    failed = stage.details("user.sign_in_failed")
    assert failed == [{"method": "social", "provider": "keycloak", "reason": "banned"}]


def test_a_ban_that_is_over_is_lifted(stage: Stage) -> None:
    browser = stage.browser()
    stage.sign_in(browser)
    over = "'2026-03-01 08:00:00.000Z'" if stage.truth is True else "'2026-03-01T08:00:00.000Z'"
    stage.site.sql(f'UPDATE "user" SET banned = ?1, "banExpires" = {over}', stage.truth)
    assert stage.sign_in(browser) == WELCOME
    assert browser.session["user"]["banned"] is False


def test_two_first_registrations_of_one_person_at_once_are_one_user(stage: Stage) -> None:
    browsers = [stage.browser() for _ in range(4)]
    paths = [stage.agree(stage.begin(browser, newUserCallbackURL="/new")) for browser in browsers]
    urls = [led_to(answer) for answer in stage.together(*zip(browsers, paths, strict=True))]
    assert sorted(urls) == sorted(["/new", WELCOME, WELCOME, WELCOME])
    assert stage.site.sql('SELECT count(*) FROM "user"') == [(1,)]
    assert stage.accounts() == [("keycloak", "subject-4711", "ada@example.org")]


def test_somebody_who_is_erased_meanwhile_is_told_by_a_redirect(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.sign_in(stage.browser())
    open_session = sessions.open_session

    async def open_for_nobody(transaction: Session, context: AuthContext, user: Found) -> Found:
        await transaction.execute('DELETE FROM "user"')
        return await open_session(transaction, context, user)

    monkeypatch.setattr(sessions, "open_session", open_for_nobody)
    browser = stage.browser()
    assert error_of(stage.sign_in(browser)) == "unable_to_create_session"
    assert browser.session is None
    assert [each["error"] for each in stage.details("user.sign_in_failed")] == ["unable_to_create_session"]


def test_tokens_are_sealed_and_replaced(stage: Stage) -> None:
    stage.sign_in(stage.browser())
    sql = 'SELECT "accessToken", "refreshToken", "idToken", scope FROM account'
    first = stage.site.sql(sql)[0]
    assert all(str(each).startswith("tb1:") for each in first[:3])
    assert first[3] == "openid,email,profile"
    stage.mock.faults.has_no_refresh_token = True
    stage.sign_in(stage.browser())
    second = stage.site.sql(sql)[0]
    assert second[0] != first[0]
    assert second[1] == first[1]  # the provider gave none: the former goes on


def test_an_unverified_newcomer_gets_the_link_where_the_application_mails_it(open_stage: OpenStage) -> None:
    stage = open_stage(emailVerification={"sendOnSignUp": True})
    stage.is_somebody(email_verified=False)
    stage.sign_in(stage.browser())
    assert stage.site.last_mail("ada@example.org").template == "verification"


def test_times_are_those_of_the_clock(stage: Stage) -> None:
    browser = stage.browser()
    stage.sign_in(browser)
    assert browser.session["user"]["createdAt"] == START.strftime("%Y-%m-%dT%H:%M:%S.000Z")
