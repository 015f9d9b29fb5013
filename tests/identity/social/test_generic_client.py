"""The generic client of Better Auth 1.6, which has paths and names of its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.auth import ORIGIN, Browser
from tests.support.identity_client import query_of
from tests.support.social import ERROR_PAGE, Stage, error_of, led_to, named, state_cookie

BACK = "/oauth2/callback/keycloak"


def begin(stage: Stage, browser: Browser, path: str = "/sign-in/oauth2", **more: Any) -> str:
    answer = browser.post(path, **{"providerId": "keycloak", "callbackURL": "/welcome", **more})
    assert answer.status == 200, answer.body
    assert "location" not in answer.headers
    return str(answer.json()["url"])


def sign_in(stage: Stage, browser: Browser, **more: Any) -> str:
    return led_to(browser("GET", stage.agree(begin(stage, browser, errorCallbackURL="/oops", **more))))


def test_it_signs_in(stage: Stage) -> None:
    browser = stage.browser()
    url = begin(stage, browser, newUserCallbackURL="/new", scopes=["groups"])
    assert query_of(url)["redirect_uri"] == f"{ORIGIN}/api/auth{BACK}"
    assert query_of(url)["scope"] == "openid email profile groups"
    path = stage.agree(url)
    assert path.startswith(f"/api/auth{BACK}?")
    assert led_to(browser("GET", path)) == "/new"
    assert browser.session["user"]["email"] == "ada@example.org"
    assert stage.details("user.signed_in") == [{"method": "social", "provider": "keycloak"}]


def test_it_may_go_by_itself(stage: Stage) -> None:
    browser = stage.browser()
    assert browser.post("/sign-in/oauth2", providerId="keycloak").json()["redirect"] is True
    answer = browser.post("/sign-in/oauth2", providerId="keycloak", disableRedirect=True)
    assert answer.json()["redirect"] is False


def test_it_links(stage: Stage) -> None:
    browser = stage.local()
    answer = browser.post("/oauth2/link", providerId="keycloak", callbackURL="/account")
    assert (answer.status, answer.json()["redirect"], "location" in answer.headers) == (200, True, False)
    token = browser.token
    assert led_to(browser("GET", stage.agree(answer.json()["url"]))) == "/account"
    assert (browser.token, len(stage.accounts())) == (token, 1)


def test_an_unknown_provider_has_two_answers(stage: Stage) -> None:
    browser = stage.local()
    answer = browser.post("/sign-in/oauth2", providerId="nobody")
    assert named(answer) == (400, "PROVIDER_CONFIG_NOT_FOUND", "No config found for provider nobody")
    answer = browser.post("/oauth2/link", providerId="nobody", callbackURL="/account")
    assert named(answer) == (404, "PROVIDER_NOT_FOUND", "Provider not found")
    answer = browser.get("/oauth2/callback/nobody", code="x", state="y")
    assert named(answer)[:2] == (400, "PROVIDER_CONFIG_NOT_FOUND")


def test_linking_needs_a_session_and_an_address(stage: Stage) -> None:
    answer = stage.browser().post("/oauth2/link", providerId="keycloak", callbackURL="/account")
    assert named(answer) == (401, "UNAUTHORIZED", "Unauthorized")
    assert named(stage.local().post("/oauth2/link", providerId="keycloak"))[:2] == (400, "VALIDATION_ERROR")
    answer = stage.local("b@example.org").post("/oauth2/link", providerId="x", callbackURL="https://evil.example")
    assert named(answer)[:2] == (403, "INVALID_CALLBACK_URL")


def test_an_error_or_a_missing_code_goes_to_the_page_of_errors_at_once(stage: Stage) -> None:
    browser = stage.browser()
    begin(stage, browser, errorCallbackURL="/oops")
    state = state_cookie(browser)
    url = led_to(browser.get("/oauth2/callback/nobody", state=state, error="access_denied", error_description="No."))
    assert url == f"{ERROR_PAGE}?error=access_denied&error_description=No."
    assert led_to(browser.get(BACK, state=state)) == f"{ERROR_PAGE}?error=oAuth_code_missing"
    assert len(stage.states()) == 1


def test_the_state_is_held_to_the_same_rules(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(begin(stage, browser, errorCallbackURL="/oops"))
    assert led_to(browser.get(BACK, code="x")) == f"{ERROR_PAGE}?error=state_not_found"
    assert led_to(browser.get(BACK, code="x", state="A" * 32)) == f"{ERROR_PAGE}?error=state_mismatch"
    assert led_to(stage.browser()("GET", path)) == "/oops?error=state_mismatch"
    assert led_to(browser("GET", path)) == "/welcome"


def test_failures_have_their_older_names(stage: Stage) -> None:
    browser = stage.browser()
    begin(stage, browser, errorCallbackURL="/oops")
    url = led_to(browser.get(BACK, code="invented", state=state_cookie(browser)))
    assert url == "/oops?error=oauth_code_verification_failed"
    begin(stage, browser)
    url = led_to(browser.get(BACK, code="x", state=state_cookie(browser), iss="https://evil.example"))
    assert error_of(url) == "issuer_mismatch"


@pytest.mark.parametrize(
    ("person", "claims", "name"),
    [
        ({}, {"aud": "somebody else"}, "user_info_is_missing"),
        ({"email": None}, {}, "email_is_missing"),
        ({"name": None}, {}, "name_is_missing"),
    ],
)
def test_what_is_missing_is_named(stage: Stage, person: dict[str, Any], claims: dict[str, Any], name: str) -> None:
    stage.is_somebody(**person)
    stage.mock.faults.claims.update(claims)
    assert sign_in(stage, stage.browser()) == f"/oops?error={name}"


def test_somebody_without_an_id_is_nobody(stage: Stage) -> None:
    stage.mock.faults.has_no_id_token = True
    stage.mock.faults.userinfo["sub"] = None
    assert sign_in(stage, stage.browser()) == "/oops?error=id_is_missing"


def test_other_failures_have_the_usual_names(stage: Stage) -> None:
    stage.local(verified=False)
    assert sign_in(stage, stage.browser()) == "/oops?error=account_not_linked"


def test_a_flow_goes_on_with_the_address_that_it_began_with(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(begin(stage, browser)).replace("/oauth2/callback/", "/callback/")
    assert led_to(browser("GET", path)) == "/welcome"
    assert stage.mock.last("/token").fields["redirect_uri"] == f"{ORIGIN}/api/auth{BACK}"
