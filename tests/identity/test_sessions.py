from __future__ import annotations

import base64
import hmac
import json

import pytest

from tests.identity.conftest import Open
from tests.support.auth import PASSWORDS, SECRET, Site

DAY = 86_400


def test_signed_out_there_is_no_session(crm: Site) -> None:
    answer = crm.browser().get("/get-session")
    assert (answer.status, answer.body) == (200, b"null")
    assert answer.headers["content-type"] == "application/json"


def test_signing_out_ends_the_session_and_is_never_an_error(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    stolen = dict(browser.cookies)
    assert browser.post("/sign-out", anything=1).json() == {"success": True}
    assert browser.cookies == {}
    browser.cookies = stolen
    assert browser.session is None
    assert crm.browser().post("/sign-out").json() == {"success": True}


def test_an_expired_session_is_gone_with_its_row_and_cookies(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    crm.clock.pass_by(seconds=7 * DAY)
    assert browser("GET", "/api/tables").status == 401
    assert crm.sql("SELECT count(*) FROM session") == [(1,)]
    assert browser.session is None
    assert browser.cookies == {}
    assert crm.sql("SELECT count(*) FROM session") == [(0,)]


def test_a_session_that_is_used_lives_on(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    crm.clock.pass_by(seconds=DAY - 1)
    browser("GET", "/api/tables")
    assert browser.set_cookies == []
    crm.clock.pass_by(seconds=1)
    assert browser.get("/get-session", disableRefresh="true").json()["session"]["expiresAt"].startswith("2026-03-08T09")
    token = browser.token
    answer = browser("GET", "/api/tables")
    assert len(browser.set_cookies) == 1
    assert "Max-Age=604800" in browser.set_cookies[0]
    assert answer.headers["set-auth-token"].startswith(token)
    session = browser.session["session"]
    assert (session["token"], session["expiresAt"]) == (token, "2026-03-09T09:00:00.000Z")
    assert session["createdAt"] == "2026-03-01T09:00:00.000Z"


def test_the_copy_for_front_ends_is_sent_again_with_a_session_that_lives_on(opened: Open) -> None:
    crm = opened({**PASSWORDS, "session": {"cookieCache": {"enabled": True}}})
    browser = crm.browser()
    browser.sign_up()
    former = browser.cookie("session_data")
    crm.clock.pass_by(days=2)
    browser("GET", "/api/tables")
    assert [line.partition("=")[0] for line in browser.set_cookies] == [
        "better-auth.session_token",
        "better-auth.session_data",
    ]
    assert browser.cookie("session_data") != former


def test_of_many_requests_at_once_one_extends(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    crm.clock.pass_by(days=2)
    answers = browser.together(*[("GET", "/api/tables", None)] * 5)
    assert [answer.status for answer in answers] == [200] * 5
    assert sum(len(answer.all_headers("set-cookie")) for answer in answers) == 1


def test_a_session_that_is_not_remembered_lasts_a_day_whoever_asks(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    browser.post("/sign-out")
    browser.sign_in(rememberMe=False)
    assert [line for line in browser.set_cookies if "Max-Age" in line] == []
    assert browser.cookie("dont_remember") is not None
    token = browser.token
    crm.clock.pass_by(hours=23)
    browser("GET", "/api/tables")
    assert browser.set_cookies == []
    bearer = crm.browser()
    bearer("GET", "/api/tables", headers={"authorization": f"Bearer {token}", "origin": None})
    assert bearer.set_cookies == []
    assert browser.session["session"]["expiresAt"] == "2026-03-02T09:00:00.000Z"
    crm.clock.pass_by(hours=1)
    assert browser.session is None


def test_only_a_fresh_session_may_list(crm: Site) -> None:
    browser = crm.browser()
    assert browser.get("/list-sessions").status == 401
    browser.sign_up()
    crm.browser().sign_in()
    assert [each["userId"] for each in browser.get("/list-sessions").json()] == [browser.session["user"]["id"]] * 2
    crm.clock.pass_by(days=1)
    browser("GET", "/api/tables")
    answer = browser.get("/list-sessions")
    assert (answer.status, answer.json()["code"]) == (403, "SESSION_NOT_FRESH")
    assert answer.json()["message"] == "Session is not fresh"


def test_freshness_can_be_switched_off(opened: Open) -> None:
    crm = opened({**PASSWORDS, "session": {"freshAge": 0}})
    browser = crm.browser()
    browser.sign_up()
    crm.clock.pass_by(days=3)
    assert browser.get("/list-sessions").status == 200


def test_a_session_can_be_ended_from_another(crm: Site) -> None:
    first, second, foreign = crm.browser(), crm.browser(), crm.browser()
    first.sign_up()
    second.sign_in()
    foreign.sign_up("eve@example.com")
    for token in (foreign.token, "unknown", "x" * 5000):
        assert first.post("/revoke-session", token=token).json() == {"status": True}
    assert foreign.session is not None
    first.post("/revoke-session", token=second.token)
    assert second.session is None
    second.sign_in()
    first.post("/revoke-other-sessions")
    assert (second.session, first.session is None) == (None, False)
    second.sign_in()
    first.post("/revoke-sessions")
    assert (second.session, first.session, first.cookies) == (None, None, {})


@pytest.mark.parametrize("path", ["/revoke-session", "/revoke-sessions", "/revoke-other-sessions", "/update-session"])
def test_somebody_who_is_not_signed_in_ends_nothing(crm: Site, path: str) -> None:
    answer = crm.browser().post(path, token="x")
    assert (answer.status, answer.json()["code"], answer.json()["message"]) == (401, "UNAUTHORIZED", "Unauthorized")


def test_a_bad_body_is_told_before_that_nobody_is_signed_in(crm: Site) -> None:
    assert crm.browser().post("/revoke-session").json()["message"].startswith("[body.token]")


def test_no_field_of_a_session_can_be_changed(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    answer = browser.post("/update-session", theme="dark")
    assert (answer.status, answer.json()["message"]) == (400, "No fields to update")


def test_the_session_is_not_asked_for_by_post(crm: Site) -> None:
    answer = crm.browser().post("/get-session")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["code"] == "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED"


def test_front_ends_may_read_a_copy_that_the_server_never_trusts(opened: Open) -> None:
    crm = opened({**PASSWORDS, "session": {"cookieCache": {"enabled": True, "maxAge": 60}}})
    browser = crm.browser()
    user = browser.sign_up()
    raw = browser.cookies["better-auth.session_data"]
    data = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    assert data["session"]["user"] == user
    assert data["session"]["version"] == "1"
    signed = {**data["session"], "expiresAt": data["expiresAt"]}
    text = json.dumps(signed, separators=(",", ":"), ensure_ascii=False).encode()
    mac = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), text, "sha256")).rstrip(b"=").decode()
    assert data["signature"] == mac
    assert data["expiresAt"] - data["session"]["updatedAt"] == 60_000
    other = crm.browser()
    other.sign_in()
    other.post("/revoke-sessions")
    assert browser.session is None


# Bearer ---------------------------------------------------------------------------------------------------------------


def test_a_bearer_is_known_by_the_token_plain_or_signed(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    signed = browser.cookies["better-auth.session_token"]
    decoded = signed.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    for token in (browser.token, signed, decoded):
        for scheme in ("Bearer", "bearer", "BEARER"):
            headers = {"authorization": f"{scheme} {token}"}
            assert crm.client("GET", "/api/tables", headers=headers).json()["tables"] != []
            assert crm.client("GET", "/api/auth/get-session", headers=headers).json()["user"]["name"] == "Ada"


def test_a_token_that_is_nobodys_is_no_guest(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    for token in ("x", f"{browser.token}.{'A' * 43}=", "x\0"):
        headers = {"authorization": f"Bearer {token}"}
        answer = browser("GET", "/api/tables", headers=headers)
        assert (answer.status, answer.json()["code"]) == (401, "UNAUTHORIZED")
        assert (
            browser("GET", "/get-session", headers=headers).json()["user"]["name"] == "Ada"
        )  # the cookie still counts


def test_a_bearer_goes_before_the_cookie(crm: Site) -> None:
    ada, eve = crm.browser(), crm.browser()
    ada.sign_up()
    eve.sign_up("eve@example.com")
    answer = ada("GET", "/get-session", headers={"authorization": f"Bearer {eve.token}"})
    assert answer.json()["user"]["email"] == "eve@example.com"


def test_another_secret_knows_no_session_and_a_rotated_one_does(opened: Open) -> None:
    crm = opened()
    browser = crm.browser()
    browser.sign_up()
    rotated = opened(secrets=("f" * 32, SECRET))
    second = rotated.browser()
    second.cookies = dict(browser.cookies)
    assert second.session is not None
