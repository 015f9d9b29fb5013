"""Coming back from a provider: every way in which that fails, in its order, and none that burns somebody's flow."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.auth import ORIGIN, Browser
from tests.support.identity_client import query_of
from tests.support.social import ERROR_PAGE, WELCOME, Stage, error_of, led_to, state_cookie

PATH = "/callback/keycloak"


def back(browser: Browser, path: str = PATH, **query: Any) -> str:
    return led_to(browser.get(path, **query))


def test_without_a_state_nothing_is_known(stage: Stage) -> None:
    assert back(stage.browser(), code="x") == f"{ERROR_PAGE}?error=state_not_found"
    assert back(stage.browser(), state="", error="access_denied") == f"{ERROR_PAGE}?error=state_not_found"


def test_an_unknown_state_leads_to_the_page_of_errors(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser, errorCallbackURL="/oops")
    assert back(browser, code="x", state="A" * 32) == f"{ERROR_PAGE}?error=state_mismatch"


def test_a_state_is_used_once(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(stage.begin(browser))
    cookies = dict(browser.cookies)
    assert led_to(browser("GET", path)) == WELCOME
    assert browser.cookie("state") is None
    browser.cookies = cookies
    assert led_to(browser("GET", path)) == f"{ERROR_PAGE}?error=state_mismatch"


def test_a_state_is_too_old_after_ten_minutes(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(stage.begin(browser, errorCallbackURL="/oops"))
    stage.site.clock.pass_by(minutes=10)
    assert led_to(browser("GET", path)) == f"{ERROR_PAGE}?error=state_mismatch"


def test_just_before_ten_minutes_a_state_is_good(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(stage.begin(browser))
    stage.site.clock.pass_by(minutes=9, seconds=59)
    assert led_to(browser("GET", path)) == WELCOME


def test_another_browser_cannot_finish_a_flow_and_does_not_end_it(stage: Stage) -> None:
    ours, others = stage.browser(), stage.browser()
    path = stage.agree(stage.begin(ours, errorCallbackURL="/oops?a=b"))
    stage.begin(others)
    assert led_to(stage.browser()("GET", path)) == "/oops?a=b&error=state_mismatch"
    assert led_to(others("GET", path)) == "/oops?a=b&error=state_mismatch"
    assert others.cookie("state") is not None
    assert led_to(ours("GET", path)) == WELCOME


def test_a_cookie_that_nobody_signed_binds_nothing(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(stage.begin(browser))
    browser.cookies["better-auth.state"] = quote(f"{state_cookie(browser)}.{'A' * 43}=", safe="")
    assert error_of(led_to(browser("GET", path))) == "state_mismatch"


@pytest.mark.parametrize("identifier", ["2fa-aaaaaaaaaaaaaaaaaaaa", "reset-password:x", "a" * 43])
def test_rows_of_other_kinds_are_no_states(stage: Stage, identifier: str) -> None:
    browser = stage.browser()
    stage.begin(browser)
    stage.site.sql("UPDATE verification SET identifier = ?1 WHERE value LIKE '{%'", identifier)
    assert error_of(back(browser, code="x", state=identifier)) == "state_mismatch"
    assert len(stage.states()) == 1


def test_a_state_of_another_product_is_unknown(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(stage.begin(browser))
    stage.site.sql(
        "UPDATE verification SET value = ?1 WHERE value LIKE '{%'", '{"callbackURL":"/x","codeVerifier":"y"}'
    )
    assert led_to(browser("GET", path)) == f"{ERROR_PAGE}?error=state_mismatch"


def test_an_error_of_the_provider_goes_on_to_the_application(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser, errorCallbackURL=f"{ORIGIN}/oops?a=b")
    url = back(browser, state=state_cookie(browser), error="access denied", error_description="No, thanks & bye")
    assert url == f"{ORIGIN}/oops?a=b&error=access%20denied&error_description=No%2C%20thanks%20%26%20bye"
    assert stage.states() == []
    assert browser.cookie("state") is None
    assert stage.details("user.sign_in_failed") == [
        {"method": "social", "provider": "keycloak", "reason": "credentials", "error": "provider_error"}
    ]


def test_an_error_stands_before_the_part_that_is_the_browsers_alone(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser, errorCallbackURL=f"{ORIGIN}/é#/oops?x")
    url = back(browser, state=state_cookie(browser), error="access_denied")
    assert url == f"{ORIGIN}/%C3%A9?error=access_denied#/oops?x"


def test_without_an_address_of_its_own_a_flow_fails_at_the_page_of_errors(stage: Stage) -> None:
    browser = stage.browser()
    stage.mock.faults.authorize_error = "access_denied"
    assert led_to(browser("GET", stage.agree(stage.begin(browser)))) == f"{ERROR_PAGE}?error=access_denied"


def test_a_code_is_needed(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser)
    assert error_of(back(browser, state=state_cookie(browser))) == "no_code"


@pytest.mark.parametrize("provider", ["nobody", "google", "../x"])
def test_the_provider_is_that_of_the_flow(stage: Stage, provider: str) -> None:
    browser = stage.browser()
    stage.begin(browser)
    path = f"/callback/{quote(provider, safe='')}"
    assert error_of(back(browser, path, state=state_cookie(browser), code="x")) == "oauth_provider_not_found"
    assert stage.mock.count("/token") == 0


def test_a_code_of_another_issuer_is_not_shown_to_the_provider(stage: Stage) -> None:
    browser = stage.browser()
    query = query_of(stage.agree(stage.begin(browser)))
    assert error_of(back(browser, **query, iss="https://evil.example")) == "issuer_mismatch"
    assert stage.mock.count("/token") == 0


def test_an_issuer_that_is_promised_must_come(stage: Stage) -> None:
    stage.mock.faults.document["authorization_response_iss_parameter_supported"] = True
    browser = stage.browser()
    query = query_of(stage.agree(stage.begin(browser)))
    assert query.pop("iss") == stage.mock.issuer
    assert error_of(back(browser, **query)) == "issuer_missing"
    assert stage.sign_in(browser) == WELCOME


def test_a_wrong_code_is_refused(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser)
    assert error_of(back(browser, state=state_cookie(browser), code="invented")) == "invalid_code"


def test_what_the_provider_did_not_do_is_in_the_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    browser = stage.browser()
    stage.begin(browser)
    back(browser, state=state_cookie(browser), code="invented-code")
    (line,) = [each.getMessage() for each in caplog.records if each.name == "tabularium.identity"]
    wanted = "The identity provider keycloak failed: the token endpoint refused, with status 400 and invalid_grant."
    assert line == wanted
    browser.post("/sign-in/social", provider="keycloak", idToken={"token": "invented-token"})
    assert "failed: the token cannot be read." in caplog.text
    assert "invented" not in caplog.text


def test_a_code_that_was_begun_with_another_verifier_is_refused(stage: Stage) -> None:
    attacker, victim = stage.browser(), stage.browser()
    stolen = query_of(stage.agree(stage.begin(attacker)))["code"]
    stage.begin(victim)
    assert error_of(back(victim, state=state_cookie(victim), code=stolen)) == "invalid_code"


@pytest.mark.parametrize("claims", [{"aud": "somebody else"}, {"iss": "https://evil.example"}, {"sub": None}])
def test_a_token_that_cannot_be_believed_says_nothing(stage: Stage, claims: dict[str, Any]) -> None:
    stage.mock.faults.claims.update(claims)
    stage.mock.faults.status["/userinfo"] = 500
    browser = stage.browser()
    assert error_of(stage.sign_in(browser)) == "unable_to_get_user_info"
    assert browser.session is None


def test_userinfo_without_an_id_says_nothing(stage: Stage) -> None:
    stage = stage.at("github")
    stage.mock.faults.userinfo["id"] = None
    assert error_of(stage.sign_in(stage.browser())) == "unable_to_get_user_info"


def test_the_first_failure_of_the_list_is_told(stage: Stage) -> None:
    browser = stage.browser()
    stage.begin(browser)
    state = state_cookie(browser)
    assert error_of(back(stage.browser(), "/callback/nobody", state=state, error="x", iss="y")) == "state_mismatch"
    assert error_of(back(browser, "/callback/nobody", state=state, error="x", iss="y")) == "x"
    stage.begin(browser)
    assert error_of(back(browser, "/callback/nobody", state=state_cookie(browser), iss="y")) == "no_code"
    stage.begin(browser)
    state = state_cookie(browser)
    assert error_of(back(browser, "/callback/nobody", state=state, code="z", iss="y")) == "oauth_provider_not_found"
    stage.begin(browser)
    assert error_of(back(browser, state=state_cookie(browser), code="z", iss="y")) == "issuer_mismatch"


def test_of_one_callback_opened_at_once_one_signs_in(stage: Stage) -> None:
    browser = stage.browser()
    path = stage.agree(stage.begin(browser))
    urls = [led_to(answer) for answer in stage.together(*[(browser, path)] * 5)]
    assert sorted(urls) == sorted([WELCOME, *[f"{ERROR_PAGE}?error=state_mismatch"] * 4])
    assert stage.site.sql("SELECT count(*) FROM session") == [(1,)]


def test_signs_that_no_header_holds_are_encoded(stage: Stage) -> None:
    assert stage.sign_in(stage.browser(), callbackURL=f"{ORIGIN}/привет") == f"{ORIGIN}/{quote('привет')}"


def test_a_form_of_the_provider_leads_to_the_same_by_get(stage: Stage) -> None:
    browser = stage.browser()
    query = query_of(stage.agree(stage.begin(browser)))
    form = f"code={quote(query['code'])}&state={query['state']}&user=%7B%22a%22%3A1%7D&other=1"
    headers = {"origin": "https://appleid.example", "content-type": "application/x-www-form-urlencoded"}
    answer = browser("POST", PATH, raw=form.encode(), headers=headers)
    url = led_to(answer)
    assert url.startswith(f"{ORIGIN}/api/auth/callback/keycloak?")
    assert query_of(url) == {**query, "user": '{"a":1}'}
    assert led_to(browser("GET", url.removeprefix(ORIGIN))) == WELCOME


def test_the_same_may_be_posted_as_json_and_for_any_provider(stage: Stage) -> None:
    answer = stage.browser()("POST", "/callback/no%2Fbody", {"error": "x y"})
    assert led_to(answer) == f"{ORIGIN}/api/auth/callback/no%2Fbody?error=x%20y"
    assert led_to(stage.browser()("POST", PATH)) == f"{ORIGIN}/api/auth/callback/keycloak"


def test_a_parameter_that_comes_twice_is_refused(stage: Stage) -> None:
    answer = stage.browser().get(PATH, state=["a", "b"])
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_a_callback_is_stored_nowhere(stage: Stage) -> None:
    assert stage.browser().get(PATH).headers["cache-control"] == "no-store"
