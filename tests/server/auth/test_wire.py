"""Paths, bodies and errors of `/api/auth`, as Better Auth's clients know them."""

from __future__ import annotations

import json

import pytest

from tests.support.auth import Site

SIGN_IN = "/api/auth/sign-in/email"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth"),
        ("GET", "/api/auth/"),
        ("GET", "/api/auth/unknown"),
        ("GET", "/api/auth//ok"),
        ("GET", "/api/auth/ok/"),
        ("GET", "/api/auth/sign-in/email"),
        ("PUT", "/api/auth/sign-in/email"),
        ("DELETE", "/api/auth/get-session"),
        ("PATCH", "/api/auth/update-user"),
        ("POST", "/api/auth/ok"),
        ("POST", "/api/auth/organization/create"),
        ("GET", "/api/auth/token"),
        ("GET", "/api/auth/jwks"),
    ],
)
def test_what_is_not_served_is_404_whatever_the_method(crm: Site, method: str, path: str) -> None:
    answer = crm.client(method, path)
    assert (answer.status, answer.json()["code"], answer.json()["success"]) == (404, "NOT_FOUND", False)
    assert answer.headers["cache-control"] == "no-store"


def test_ok_says_that_authentication_is_there(crm: Site) -> None:
    assert crm.client("GET", "/api/auth/ok").json() == {"ok": True}
    assert crm.client("HEAD", "/api/auth/ok").status == 200


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/x+json"])
def test_a_body_is_json(crm: Site, content_type: str) -> None:
    raw = b'{"email":"ada@example.com","password":"x"}'
    answer = crm.client("POST", SIGN_IN, raw=raw, headers={"content-type": content_type})
    assert answer.json()["code"] == "INVALID_EMAIL_OR_PASSWORD"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", ""])
def test_another_type_is_not_allowed(crm: Site, content_type: str) -> None:
    answer = crm.client("POST", "/api/auth/update-user", raw=b"{}", headers={"content-type": content_type})
    assert (answer.status, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    message = f'Content-Type "{content_type}" is not allowed. Allowed types: application/json'
    assert answer.json()["message"] == message


def test_a_compressed_body_is_not_taken(crm: Site) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = crm.client("POST", SIGN_IN, raw=b"{}", headers=headers)
    assert (answer.status, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("name", ["name", "email", "password", "image", "callbackURL"])
def test_no_text_holds_u_0000(crm: Site, name: str) -> None:
    body = {"name": "Ada", "email": "ada@example.com", "password": "correct-horse-1", name: "correct-horse\0"}
    answer = crm.client("POST", "/api/auth/sign-up/email", body)
    assert answer.status == (403 if name == "callbackURL" else 400)
    assert crm.sql('SELECT count(*) FROM "user"') == [(0,)]


@pytest.mark.parametrize("raw", [b"{", b"\xff", b'{"a":}', b"[" * 100 + b"]" * 100, b'{"a": NaN}'])
def test_what_is_no_json_is_400(crm: Site, raw: bytes) -> None:
    answer = crm.client("POST", SIGN_IN, raw=raw, headers={"content-type": "application/json"})
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert answer.json()["message"] == "Invalid JSON in request body"


@pytest.mark.parametrize(
    ("raw", "received"), [(b"[]", "array"), (b"null", "null"), (b'"x"', "string"), (b"7", "number")]
)
def test_what_is_no_object_is_said(crm: Site, raw: bytes, received: str) -> None:
    answer = crm.client("POST", SIGN_IN, raw=raw, headers={"content-type": "application/json"})
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["message"] == f"[body] Invalid input: expected object, received {received}"


def test_a_body_of_256_kib_is_the_most(crm: Site) -> None:
    filler = "x" * (256 * 1024 - 60)
    fits = json.dumps({"email": "ada@example.com", "password": "y", "z": filler}).encode()
    assert len(fits) <= 256 * 1024
    headers = {"content-type": "application/json"}
    assert crm.client("POST", SIGN_IN, raw=fits, headers=headers).status == 401
    too_long = fits + b" " * 200
    answer = crm.client("POST", SIGN_IN, raw=too_long, headers=headers)
    assert (answer.status, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_no_body_counts_as_an_empty_one(crm: Site) -> None:
    assert crm.client("POST", "/api/auth/sign-out").json() == {"success": True}
    assert crm.client("POST", "/api/auth/sign-out", raw=b"", headers={"content-type": "application/json"}).status == 200
    assert crm.client("POST", SIGN_IN).json()["code"] == "VALIDATION_ERROR"


def test_unknown_parameters_are_ignored_and_a_repeated_one_is_a_list(crm: Site) -> None:
    assert crm.client("GET", "/api/auth/get-session?x=1&x=2").body == b"null"
    answer = crm.client("GET", "/api/auth/verify-email?token=a&token=b")
    assert answer.json()["message"] == "[query.token] Invalid input: expected string, received array"
    answer = crm.client("GET", "/api/auth/verify-email")
    assert answer.json()["message"] == "[query.token] Invalid input: expected string, received undefined"


def test_the_error_page_escapes_what_it_shows_and_runs_nothing(crm: Site) -> None:
    query = {"error": "<b>", "error_description": "<script>alert(1)</script>" * 20}
    answer = crm.client("GET", "/api/auth/error", query=query)
    text = answer.body.decode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<code>UNKNOWN</code>" in text
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 8  # cut to 200 characters
    assert (
        "<code>email_doesn&#x27;t_match</code>"
        in crm.client("GET", "/api/auth/error?error=email_doesn't_match").body.decode()
    )


def test_answers_are_never_compressed(crm: Site) -> None:
    headers = {"accept-encoding": "gzip"}
    answer = crm.client("GET", "/api/auth/verify-email?token=" + "x" * 1900, headers=headers)
    assert "content-encoding" not in answer.headers


def test_a_number_may_have_as_many_digits_as_a_double_holds(crm: Site) -> None:
    admin = crm.admin()
    assert admin.get("/admin/list-users", offset=9007199254740991).json()["users"] == []
    answer = admin.get("/admin/list-users", offset=9007199254740992)
    assert answer.json()["message"] == "[query.offset] Too big: expected number to be <=9007199254740991"
