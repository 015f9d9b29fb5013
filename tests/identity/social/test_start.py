"""Sending somebody to a provider."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tabularium.identity.oauth.authorization import challenge_of
from tests.support.auth import ORIGIN
from tests.support.identity_client import query_of
from tests.support.social import Stage, named, state_cookie


def test_signing_in_answers_with_the_address_of_the_provider(stage: Stage) -> None:
    browser = stage.browser()
    answer = browser.post("/sign-in/social", provider="keycloak", scopes=["groups", "email"], loginHint="ada@x.example")
    url = answer.json()["url"]
    assert (answer.status, answer.json()["redirect"], answer.headers["location"]) == (200, True, url)
    assert url.startswith(f"{stage.mock.url}/authorize?")
    asked = query_of(url)
    kept = stage.states()[0]
    assert asked == {
        "response_type": "code",
        "client_id": stage.mock.client_id,
        "state": state_cookie(browser),
        "scope": "openid email profile groups",
        "redirect_uri": f"{ORIGIN}/api/auth/callback/keycloak",
        "login_hint": "ada@x.example",
        "code_challenge_method": "S256",
        "code_challenge": challenge_of(kept["codeVerifier"]),
    }
    assert (len(asked["state"]), len(kept["codeVerifier"])) == (32, 128)


def test_the_state_is_kept_for_ten_minutes_with_what_the_flow_needs(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser, errorCallbackURL="/oops", newUserCallbackURL="/new", additionalData={"plan": "small"})
    kept = stage.states()[0]
    assert (kept["callbackURL"], kept["errorURL"], kept["newUserURL"]) == (
        f"{ORIGIN}/welcome?to=all#top",
        "/oops",
        "/new",
    )
    assert (kept["link"], kept["additionalData"]) == (None, {"plan": "small"})
    identifier, expires, made = stage.site.sql(
        'SELECT identifier, "expiresAt", "createdAt" FROM verification WHERE length(identifier) = 32'
    )[0]
    assert identifier == state_cookie(browser)
    assert (str(made)[:16].replace(" ", "T"), str(expires)[:16].replace(" ", "T")) == (
        "2026-03-01T09:00",
        "2026-03-01T09:10",
    )


def test_the_cookie_lasts_five_minutes(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser)
    line = next(line for line in browser.set_cookies if line.startswith("better-auth.state="))
    assert line.split("; ")[1:] == ["Max-Age=300", "Path=/", "HttpOnly", "SameSite=Lax"]


def test_without_an_address_a_flow_comes_back_to_the_application(stage: Stage) -> None:
    assert stage.sign_in(stage.browser(), callbackURL="") == ORIGIN


def test_a_client_that_goes_by_itself_gets_no_location(stage: Stage) -> None:
    answer = stage.browser().post("/sign-in/social", provider="keycloak", disableRedirect=True)
    assert (answer.status, answer.json()["redirect"]) == (200, False)
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/sign-in/social", "/link-social"])
def test_an_unknown_provider_is_not_found(stage: Stage, path: str) -> None:
    browser = stage.local()
    assert named(browser.post(path, provider="nobody")) == (404, "PROVIDER_NOT_FOUND", "Provider not found")


def test_a_provider_that_cannot_be_reached_is_a_503(stage: Stage) -> None:
    stage.mock.faults.status["/.well-known/openid-configuration"] = 500
    answer = stage.browser().post("/sign-in/social", provider="keycloak")
    assert (answer.status, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert stage.states() == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("callbackURL", "INVALID_CALLBACK_URL"),
        ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"),
        ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
    ],
)
def test_a_target_that_is_not_trusted_is_refused(stage: Stage, name: str, code: str) -> None:
    answer = stage.browser().post("/sign-in/social", **{"provider": "keycloak", name: "https://evil.example/"})
    assert (answer.status, answer.json()["code"]) == (403, code)
    assert stage.states() == []


@pytest.mark.parametrize("path", ["/sign-in/social", "/link-social"])
def test_data_may_have_four_kibibytes(stage: Stage, path: str) -> None:
    browser = stage.local()
    fits = {"provider": "keycloak", "additionalData": {"a": "x" * (4096 - 8)}}
    assert browser.post(path, **fits).status == 200
    answer = browser.post(path, provider="keycloak", additionalData={"a": "x" * (4096 - 7)})
    assert named(answer)[:2] == (400, "VALIDATION_ERROR")
    assert answer.json()["message"].startswith("[body.additionalData] ")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"provider": 7},
        {"provider": "keycloak", "scopes": "email"},
        {"provider": "keycloak", "idToken": {}},
        {"provider": "keycloak", "additionalData": {"a": "x" * 5000}},
    ],
)
def test_a_body_that_does_not_fit_is_told_before_the_session_is_missed(stage: Stage, body: dict[str, object]) -> None:
    for path in ("/sign-in/social", "/link-social"):
        assert named(stage.browser().post(path, **body))[:2] == (400, "VALIDATION_ERROR")


def test_linking_needs_a_session(stage: Stage) -> None:
    assert named(stage.browser().post("/link-social", provider="keycloak")) == (401, "UNAUTHORIZED", "Unauthorized")


def test_google_is_asked_in_its_own_words(stage: Stage) -> None:
    asked = query_of(stage.at("google").begin(stage.browser()))
    assert (asked["include_granted_scopes"], asked["scope"]) == ("true", "email profile openid")


def test_slack_gets_no_challenge(stage: Stage) -> None:
    assert "code_challenge" not in urlsplit(stage.at("slack").begin(stage.browser())).query
