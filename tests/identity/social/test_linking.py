"""Linking a provider to somebody who is signed in."""

from __future__ import annotations

import pytest

from tabularium.db.database import Session
from tabularium.db.identity.rows import Found
from tabularium.identity.context import AuthContext
from tabularium.identity.social import who
from tabularium.identity.social.who import Arrival
from tests.support.auth import ORIGIN
from tests.support.social import ERROR_PAGE, OpenStage, Stage, error_of, led_to


def test_the_identity_becomes_the_users_and_the_session_goes_on(stage: Stage) -> None:
    browser = stage.local()
    token = browser.token
    assert stage.link(browser) == "/account"
    assert browser.token == token
    assert not any("session_token" in line for line in browser.set_cookies)
    assert stage.site.sql("SELECT count(*) FROM session") == [(1,)]
    assert stage.accounts() == [("keycloak", "subject-4711", "ada@example.org")]
    assert stage.details("account.linked") == [{"method": "social", "provider": "keycloak"}]
    other = stage.browser()
    stage.sign_in(other)
    assert other.session["user"]["id"] == browser.session["user"]["id"]


def test_the_row_keeps_who_links(stage: Stage) -> None:
    browser = stage.local()
    stage.begin_link(browser)
    session = browser.session
    kept = stage.states()[0]["link"]
    assert kept == {
        "userId": session["user"]["id"],
        "email": "ada@example.org",
        "sessionId": session["session"]["id"],
    }


def test_an_unverified_user_may_link(stage: Stage) -> None:
    assert stage.link(stage.local(verified=False)) == "/account"


def test_linking_again_replaces_the_tokens(stage: Stage) -> None:
    browser = stage.local()
    stage.link(browser)
    before = stage.site.sql('SELECT "accessToken" FROM account WHERE "providerId" = \'keycloak\'')
    assert stage.link(browser) == "/account"
    after = stage.site.sql('SELECT "accessToken" FROM account WHERE "providerId" = \'keycloak\'')
    assert len(after) == 1
    assert after != before
    assert len(stage.details("account.linked")) == 1


def test_an_address_that_the_provider_has_not_verified_does_not_link(stage: Stage) -> None:
    stage.is_somebody(email_verified=False)
    assert stage.link(stage.local()) == f"{ERROR_PAGE}?error=unable_to_link_account"
    assert stage.accounts() == []


def test_a_trusted_provider_links_it(open_stage: OpenStage) -> None:
    stage = open_stage(accountLinking={"trustedProviders": ["keycloak"]})
    stage.is_somebody(email_verified=False)
    assert stage.link(stage.local()) == "/account"


def test_where_linking_is_off_nothing_links(open_stage: OpenStage) -> None:
    stage = open_stage(accountLinking={"enabled": False, "trustedProviders": ["keycloak"]})
    assert error_of(stage.link(stage.local(), errorCallbackURL=f"{ORIGIN}/oops")) == "unable_to_link_account"


def test_another_address_does_not_link(stage: Stage) -> None:
    url = stage.link(stage.local("other@example.org"), errorCallbackURL="/oops")
    assert url == "/oops?error=email_doesn't_match"
    assert stage.accounts() == []


def test_another_address_links_where_the_application_allows_it(open_stage: OpenStage) -> None:
    stage = open_stage(accountLinking={"allowDifferentEmails": True})
    assert stage.link(stage.local("other@example.org")) == "/account"
    assert stage.accounts() == [("keycloak", "subject-4711", "other@example.org")]


def test_the_identity_of_somebody_else_does_not_link(open_stage: OpenStage) -> None:
    stage = open_stage(accountLinking={"allowDifferentEmails": True})
    stage.sign_in(stage.browser())
    assert error_of(stage.link(stage.local("other@example.org"))) == "account_already_linked_to_different_user"
    assert stage.accounts() == [("keycloak", "subject-4711", "ada@example.org")]


def test_of_two_who_link_one_identity_at_once_one_gets_it(open_stage: OpenStage) -> None:
    stage = open_stage(accountLinking={"allowDifferentEmails": True})
    browsers = [stage.local(f"{name}@example.org") for name in ("one", "two")]
    paths = [stage.agree(stage.begin_link(browser)) for browser in browsers]
    urls = [led_to(answer) for answer in stage.together(*zip(browsers, paths, strict=True))]
    assert sorted(urls) == ["/account", f"{ERROR_PAGE}?error=account_already_linked_to_different_user"]
    assert len(stage.accounts()) == 1


@pytest.mark.parametrize("path", ["/sign-out", "/revoke-sessions"])
def test_a_session_that_has_ended_links_nothing(stage: Stage, path: str) -> None:
    browser = stage.local()
    back = stage.agree(stage.begin_link(browser))
    browser.post(path)
    assert error_of(led_to(browser("GET", back))) == "unable_to_link_account"
    assert stage.accounts() == []


def test_somebody_who_is_erased_meanwhile_links_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = stage.local()
    add_account = who.add_account

    async def add_to_nobody(transaction: Session, context: AuthContext, user: Found, arrival: Arrival) -> None:
        await transaction.execute('DELETE FROM "user"')
        await add_account(transaction, context, user, arrival)

    monkeypatch.setattr(who, "add_account", add_to_nobody)
    assert error_of(stage.link(browser)) == "unable_to_link_account"


def test_somebody_who_has_been_banned_meanwhile_links_nothing(stage: Stage) -> None:
    browser = stage.local()
    back = stage.agree(stage.begin_link(browser))
    stage.site.sql('UPDATE "user" SET banned = ?1', stage.truth)
    assert error_of(led_to(browser("GET", back))) == "unable_to_link_account"


def test_what_fails_at_the_provider_is_no_failed_sign_in(stage: Stage) -> None:
    browser = stage.local()
    stage.mock.faults.authorize_error = "access_denied"
    assert error_of(stage.link(browser)) == "access_denied"
    assert stage.details("user.sign_in_failed") == []
