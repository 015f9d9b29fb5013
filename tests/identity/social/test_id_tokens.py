"""Signing in and linking with an ID token that a client has got by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.identity.oauth.providers import ProviderKind
from tests.support.asgi import Answer
from tests.support.auth import Browser
from tests.support.social import OpenStage, Stage, named


def bring(stage: Stage, browser: Browser, path: str = "/sign-in/social", **more: Any) -> Answer:
    sent = {"token": stage.mock.id_token(nonce="n-1"), "nonce": "n-1", **more}
    return browser.post(path, provider=stage.mock.provider_id, idToken=sent)


@pytest.mark.parametrize("kind", ["google", "microsoft", "generic"])
def test_a_good_token_signs_in(stage: Stage, kind: ProviderKind) -> None:
    stage = stage.at(kind)
    browser = stage.browser()
    answer = bring(stage, browser)
    session = browser.session
    assert answer.status == 200
    assert answer.json() == {"redirect": False, "token": session["session"]["token"], "user": session["user"]}
    assert "location" not in answer.headers
    assert session["user"]["email"] == "ada@example.org"
    assert stage.states() == []
    assert stage.details("user.signed_in") == [{"method": "social", "provider": stage.mock.provider_id}]


@pytest.mark.parametrize("kind", ["github", "gitlab", "slack"])
@pytest.mark.parametrize("path", ["/sign-in/social", "/link-social"])
def test_others_take_none(stage: Stage, kind: ProviderKind, path: str) -> None:
    stage = stage.at(kind)
    browser = stage.local()
    answer = browser.post(path, provider=kind, idToken={"token": "x"})
    assert named(answer) == (404, "ID_TOKEN_NOT_SUPPORTED", "id_token not supported")


@pytest.mark.parametrize("path", ["/sign-in/social", "/link-social"])
@pytest.mark.parametrize(
    "more",
    [
        {"token": "x"},
        {"token": ""},
        {"nonce": "another"},
    ],
)
def test_a_token_that_cannot_be_believed_is_refused(stage: Stage, path: str, more: dict[str, Any]) -> None:
    answer = bring(stage, stage.local(), path, **more)
    assert named(answer) == (401, "INVALID_TOKEN", "Invalid token")


def test_a_token_older_than_an_hour_is_refused(stage: Stage) -> None:
    stage.mock.lifetime = 10 * 3600
    token = stage.mock.id_token()
    stage.site.clock.pass_by(hours=1, seconds=1)
    browser = stage.browser()
    answer = browser.post("/sign-in/social", provider="keycloak", idToken={"token": token})
    assert named(answer)[:2] == (401, "INVALID_TOKEN")
    assert stage.details("user.sign_in_failed") == [
        {"method": "social", "provider": "keycloak", "reason": "credentials", "error": "invalid_token"}
    ]


def test_a_token_without_an_id_says_nothing_of_anybody(stage: Stage) -> None:
    stage = stage.at("google")
    answer = bring(stage, stage.browser(), token=stage.mock.id_token(sub=None, nonce="n-1"))
    assert named(answer) == (401, "FAILED_TO_GET_USER_INFO", "Failed to get user info")


@pytest.mark.parametrize("path", ["/sign-in/social", "/link-social"])
def test_an_address_is_needed(stage: Stage, path: str) -> None:
    stage.is_somebody(email=None)
    answer = bring(stage, stage.local(), path)
    assert named(answer) == (401, "USER_EMAIL_NOT_FOUND", "User email not found")


def test_a_user_whose_address_is_not_proved_is_not_linked(stage: Stage) -> None:
    stage.local(verified=False)
    answer = bring(stage, stage.browser())
    assert named(answer) == (401, "OAUTH_LINK_ERROR", "account not linked")


def test_where_sign_up_is_closed_nobody_new_comes_in(open_stage: OpenStage) -> None:
    stage = open_stage(allowSignUp=False)
    assert named(bring(stage, stage.browser())) == (401, "OAUTH_LINK_ERROR", "signup disabled")


def test_somebody_who_is_banned_stays_out(stage: Stage) -> None:
    bring(stage, stage.browser())
    stage.site.sql('UPDATE "user" SET banned = ?1', stage.truth)
    browser = stage.browser()
    assert named(bring(stage, browser))[:2] == (403, "BANNED_USER")
    assert browser.cookie("session_token") is None


def test_the_clients_tokens_are_kept_sealed(stage: Stage) -> None:
    browser = stage.browser()
    expires = int(stage.site.clock.now().timestamp()) + 600
    bring(stage, browser, accessToken="access-1", refreshToken="refresh-1", expiresAt=expires * 1000)
    assert all(str(each).startswith("tb1:") for each in stage.site.sql(COLUMNS)[0])
    found = browser.post("/get-access-token", providerId="keycloak").json()
    assert (found["accessToken"], found["accessTokenExpiresAt"]) == ("access-1", "2026-03-01T09:10:00.000Z")
    bring(stage, browser, accessToken="access-2", expiresAt=expires)
    found = browser.post("/get-access-token", providerId="keycloak").json()
    assert (found["accessToken"], found["accessTokenExpiresAt"]) == ("access-2", "2026-03-01T09:10:00.000Z")


COLUMNS = 'SELECT "accessToken", "refreshToken", "idToken" FROM account'


def test_linking_is_done_at_once(stage: Stage) -> None:
    browser = stage.local()
    token = browser.token
    for _ in range(2):
        answer = bring(stage, browser, "/link-social")
        assert (answer.status, answer.json()) == (200, {"url": "", "status": True, "redirect": False})
    assert (browser.token, len(stage.accounts())) == (token, 1)
    assert stage.details("account.linked") == [{"method": "social", "provider": "keycloak"}]


def test_linking_has_its_own_refusals(stage: Stage) -> None:
    browser = stage.local("other@example.org")
    different = "Account not linked - different emails not allowed"
    assert named(bring(stage, browser, "/link-social")) == (401, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED", different)
    stage.is_somebody(email_verified=False)
    answer = bring(stage, browser, "/link-social")
    assert named(answer) == (401, "LINKING_NOT_ALLOWED", "Account not linked - linking not allowed")
    assert named(bring(stage, stage.browser(), "/link-social"))[:2] == (401, "UNAUTHORIZED")


def test_the_identity_of_somebody_else_is_not_linked(open_stage: OpenStage) -> None:
    stage = open_stage(accountLinking={"allowDifferentEmails": True})
    bring(stage, stage.browser())
    answer = bring(stage, stage.local("other@example.org"), "/link-social")
    assert named(answer) == (401, "OAUTH_LINK_ERROR", "account already linked to different user")
