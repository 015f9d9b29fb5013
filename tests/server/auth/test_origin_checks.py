from __future__ import annotations

import pytest

from tests.support.auth import ORIGIN, Site

BODY = {"email": "ada@example.com", "password": "correct-horse-1"}


def code(site: Site, path: str, headers: dict[str, str], body: object = BODY) -> str:
    answer = site.client("POST", f"/api/auth{path}", body, headers=headers)
    return str(answer.json().get("code", answer.status))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "null"}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, "200"),
        ({"origin": "null", "sec-fetch-site": "same-site"}, "MISSING_OR_NULL_ORIGIN"),
        ({"origin": "https://evil.test"}, "INVALID_ORIGIN"),
        ({"origin": "http://localhost:3000.evil.test"}, "INVALID_ORIGIN"),
        ({"origin": "http://localhost:3001"}, "INVALID_ORIGIN"),
        ({"origin": ORIGIN}, "200"),
        ({"referer": f"{ORIGIN}/page?x=1"}, "200"),
        ({"referer": "https://evil.test/http://localhost:3000"}, "INVALID_ORIGIN"),
        ({"origin": "https://evil.test", "referer": ORIGIN}, "INVALID_ORIGIN"),
    ],
)
def test_any_cookie_makes_the_origin_count(crm: Site, headers: dict[str, str], expected: str) -> None:
    assert code(crm, "/sign-out", {"cookie": "anything=1", **headers}, {}) == expected


def test_without_cookies_programs_need_no_origin(crm: Site) -> None:
    assert code(crm, "/sign-out", {}, {}) == "200"
    assert code(crm, "/sign-out", {"origin": "https://evil.test"}, {}) == "200"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "INVALID_EMAIL_OR_PASSWORD"),
        ({"origin": ORIGIN}, "INVALID_EMAIL_OR_PASSWORD"),
        ({"origin": "https://evil.test"}, "INVALID_ORIGIN"),
        ({"referer": "https://evil.test/"}, "INVALID_ORIGIN"),
        ({"origin": "null"}, "MISSING_OR_NULL_ORIGIN"),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, "MISSING_OR_NULL_ORIGIN"),
        ({"sec-fetch-dest": "document"}, "MISSING_OR_NULL_ORIGIN"),
        ({"sec-fetch-mode": "cors", "origin": ORIGIN}, "INVALID_EMAIL_OR_PASSWORD"),
        ({"sec-fetch-mode": "cors", "origin": "https://evil.test"}, "INVALID_ORIGIN"),
    ],
)
def test_a_sign_in_form_is_not_sent_by_another_site(crm: Site, headers: dict[str, str], expected: str) -> None:
    assert code(crm, "/sign-in/email", headers) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("callbackURL", "INVALID_CALLBACK_URL"),
        ("redirectTo", "INVALID_REDIRECT_URL"),
        ("errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"),
        ("newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"),
    ],
)
def test_an_address_to_lead_to_must_be_trusted(crm: Site, name: str, expected: str) -> None:
    for target in ("https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)"):
        assert code(crm, "/sign-in/email", {}, {**BODY, name: target}) == expected
    for target in ("", "/fine?x=1", f"{ORIGIN}/fine"):
        assert code(crm, "/sign-in/email", {}, {**BODY, name: target}) == "INVALID_EMAIL_OR_PASSWORD"
    answer = crm.client("POST", "/api/auth/sign-in/email", {**BODY, name: 7})
    assert (answer.status, answer.json()["message"]) == (400, f"Invalid {name}: expected a string")


def test_a_target_in_the_query_string_must_be_trusted_too(crm: Site) -> None:
    for path in ("/sign-in/email", "/sign-out"):
        assert code(crm, f"{path}?callbackURL=https%3A%2F%2Fevil.test", {}) == "INVALID_CALLBACK_URL"
        assert code(crm, f"{path}?callbackURL=/a&callbackURL=/b", {}) == "BAD_REQUEST"
    assert code(crm, "/sign-out?callbackURL=/fine", {}) == "200"


def test_a_target_is_judged_before_the_body(crm: Site) -> None:
    assert code(crm, "/sign-in/email", {}, {"callbackURL": "https://evil.test"}) == "INVALID_CALLBACK_URL"


# Outside of /api/auth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.test"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "https://evil.test"}, 403),
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"origin": ORIGIN}, 201),
        ({"referer": f"{ORIGIN}/x"}, 201),
    ],
)
def test_a_cookie_writes_no_record_from_another_site(crm: Site, headers: dict[str, str], status: int) -> None:
    browser = crm.browser()
    browser.sign_up()
    sent = {"cookie": browser.cookie_header, **headers}
    path = "/api/tables/notes/records"
    answer = crm.client("POST", path, {"fields": {"title": "x"}}, headers=sent)
    assert answer.status == status
    assert status == 201 or answer.json()["code"] == "FORBIDDEN"
    assert crm.client("GET", path, headers={"cookie": browser.cookie_header}).status == 200
    bearer = {"authorization": f"Bearer {browser.token}", **headers}
    assert crm.client("POST", path, {"fields": {"title": "y"}}, headers=bearer).status == 201


def test_pages_of_trusted_origins_may_read_answers(crm: Site) -> None:
    for path in ("/api/auth/get-session", "/api/tables/notes/records", "/api/unknown"):
        answer = crm.client("GET", path, headers={"origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "set-auth-token" in answer.headers["access-control-expose-headers"]
        assert "Origin" in answer.headers["vary"]
        foreign = crm.client("GET", path, headers={"origin": "https://evil.test"})
        assert "access-control-allow-origin" not in foreign.headers
        assert "access-control-allow-origin" not in crm.client("GET", path).headers


def test_a_browser_is_told_what_it_may_send(crm: Site) -> None:
    headers = {"origin": ORIGIN, "access-control-request-method": "PATCH"}
    answer = crm.client("OPTIONS", "/api/tables/notes/records/1", headers=headers)
    assert answer.status == 204
    assert answer.headers["access-control-allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    assert "x-api-key" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "600"
    foreign = crm.client("OPTIONS", "/api/tables/notes/records/1", headers={**headers, "origin": "https://evil.test"})
    assert "access-control-allow-methods" not in foreign.headers
