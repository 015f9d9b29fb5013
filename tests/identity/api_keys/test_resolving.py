"""Who an API key stands for, where, and how often."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.auth import Browser, Site

DAY = 86_400


@pytest.fixture
def ada(crm: Site) -> Browser:
    browser = crm.browser()
    browser.sign_up()
    return browser


def use(site: Site, key: str, path: str = "/get-session", method: str = "GET", body: Any = None) -> Any:
    return site.browser()(method, path, body, headers={"x-api-key": key})


def told(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def true(site: Site) -> str:
    return "TRUE" if site.auth.database.dialect.name == "postgresql" else "1"


def test_a_key_stands_for_its_owner(crm: Site, ada: Browser) -> None:
    made = ada.post("/api-key/create", name="in").json()
    answer = use(crm, made["key"])
    assert answer.json() == {"session": answer.json()["session"], "user": ada.session["user"]}
    session = answer.json()["session"]
    assert (session["id"], session["token"]) == (made["id"], made["key"])
    assert session["expiresAt"] == "2026-03-08T09:00:00.000Z"
    assert (session["userId"], session["impersonatedBy"]) == (made["referenceId"], None)
    assert crm.set_cookies(answer) == []
    limited = ada.post("/api-key/create", expiresIn=DAY).json()
    assert use(crm, limited["key"]).json()["session"]["expiresAt"] == limited["expiresAt"]


def test_a_key_wins_over_a_cookie_and_a_bearer(crm: Site, ada: Browser) -> None:
    key = ada.post("/api-key/create").json()["key"]
    eve = crm.browser()
    eve.sign_up("eve@example.com")
    sent = {"x-api-key": key, "authorization": f"Bearer {eve.token}"}
    assert eve("GET", "/get-session", headers=sent).json()["user"]["email"] == "ada@example.com"
    assert told(eve("GET", "/get-session", headers={"x-api-key": "x"})) == (401, "INVALID_API_KEY")
    assert told(eve("GET", "/get-session", headers={"x-api-key": ""})) == (401, "INVALID_API_KEY")


def test_a_key_is_no_session_where_credentials_are_changed(crm: Site, ada: Browser) -> None:
    key = ada.post("/api-key/create").json()["key"]
    for method, path, body in (
        ("GET", "/list-sessions", None),
        ("POST", "/revoke-sessions", {}),
        ("POST", "/update-user", {"name": "Eve"}),
        ("POST", "/change-email", {"newEmail": "eve@example.com"}),
        ("POST", "/verify-password", {"password": "correct-horse-1"}),
        ("POST", "/change-password", {"currentPassword": "correct-horse-1", "newPassword": "correct-horse-2"}),
    ):
        assert told(use(crm, key, path, method, body)) == (401, "UNAUTHORIZED"), path


def test_a_key_is_good_outside_of_authentication(crm: Site, ada: Browser) -> None:
    key = ada.post("/api-key/create").json()["key"]
    assert use(crm, key, "/api/tables").status == 200
    assert told(use(crm, "bad", "/api/tables")) == (401, "INVALID_API_KEY")


def test_a_bad_key_says_what_is_bad(crm: Site, ada: Browser) -> None:
    made = ada.post("/api-key/create", expiresIn=DAY).json()
    key, owner = made["key"], made["referenceId"]
    crm.sql(f'UPDATE "user" SET banned = {true(crm)}')
    answer = use(crm, key)
    assert (*told(answer), answer.json()["message"]) == (401, "USER_BANNED", "User is banned")
    crm.sql('UPDATE "user" SET "banExpires" = \'2026-03-01T09:00:00.000Z\'')
    assert use(crm, key).status == 200
    crm.sql(
        'INSERT INTO _erasure ("userId", "requestedAt", "scheduledAt") VALUES (?1, \'2026-03-01T09:00:00.000Z\', \'2026-03-08T09:00:00.000Z\')',
        owner,
    )
    assert told(use(crm, key)) == (401, "INVALID_REFERENCE_ID_FROM_API_KEY")
    crm.sql("DELETE FROM _erasure")
    crm.sql("UPDATE apikey SET \"referenceId\" = 'gone'")
    assert told(use(crm, key)) == (401, "INVALID_REFERENCE_ID_FROM_API_KEY")
    crm.clock.pass_by(days=1)
    assert told(use(crm, key)) == (401, "KEY_EXPIRED")


def test_the_last_use_is_stored_once_a_minute(crm: Site, ada: Browser) -> None:
    made = ada.post("/api-key/create").json()

    def last() -> Any:
        return ada.get("/api-key/get", id=made["id"]).json()["lastRequest"]

    assert last() is None
    use(crm, made["key"])
    crm.clock.pass_by(seconds=59)
    use(crm, made["key"])
    assert last() == "2026-03-01T09:00:00.000Z"
    crm.clock.pass_by(seconds=1)
    use(crm, made["key"])
    assert last() == "2026-03-01T09:01:00.000Z"


def test_an_adopted_limit_holds_for_many_at_once(crm: Site, ada: Browser) -> None:
    key = ada.post("/api-key/create").json()["key"]
    crm.sql(f'UPDATE apikey SET "rateLimitEnabled" = {true(crm)}, "rateLimitTimeWindow" = 10000, "rateLimitMax" = 3')
    assert Counter(_together(crm, key)) == {200: 3, 429: 5}
    answer = use(crm, key)
    assert (*told(answer), answer.json()["message"]) == (429, "RATE_LIMITED", "Rate limit exceeded.")
    crm.clock.pass_by(seconds=10, milliseconds=1)
    assert Counter(_together(crm, key)) == {200: 3, 429: 5}


def test_a_limit_holds_outside_of_authentication(crm: Site, ada: Browser) -> None:
    key = ada.post("/api-key/create").json()["key"]
    crm.sql(f'UPDATE apikey SET "rateLimitEnabled" = {true(crm)}, "rateLimitTimeWindow" = 10000, "rateLimitMax" = 1')
    assert use(crm, key, "/api/tables").status == 200
    crm.clock.pass_by(milliseconds=2500)
    answer = use(crm, key, "/api/tables")
    assert (*told(answer), answer.headers["retry-after"]) == (429, "RATE_LIMITED", "8")
    crm.clock.pass_by(seconds=8)
    assert use(crm, key, "/api/tables").status == 200
    crm.sql('UPDATE apikey SET "rateLimitMax" = 5, remaining = 0, "refillAmount" = 1, "refillInterval" = 3600000')
    answer = use(crm, key, "/api/tables")
    assert (*told(answer), answer.headers["retry-after"]) == (429, "USAGE_EXCEEDED", "3590")
    crm.sql('UPDATE apikey SET "refillInterval" = NULL')
    assert told(use(crm, key, "/api/tables")) == (429, "USAGE_EXCEEDED")


def test_adopted_uses_are_spent_and_filled_up_again(crm: Site, ada: Browser) -> None:
    key = ada.post("/api-key/create").json()["key"]
    crm.sql('UPDATE apikey SET remaining = 3, "refillAmount" = 2, "refillInterval" = 60000')
    assert Counter(_together(crm, key)) == {200: 3, 429: 5}
    answer = use(crm, key)
    assert (*told(answer), answer.json()["message"]) == (429, "USAGE_EXCEEDED", "API Key has reached its usage limit")
    crm.clock.pass_by(minutes=1, milliseconds=1)
    assert Counter(_together(crm, key)) == {200: 2, 429: 6}


def _together(site: Site, key: str) -> list[int]:
    """Use a key eight times at once, and return the statuses."""
    requests = [("GET", "/api/auth/get-session")] * 8
    return [answer.status for answer in site.client.together(*requests, headers={"x-api-key": key})]
