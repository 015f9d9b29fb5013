from __future__ import annotations

from typing import Any

import pytest

from tests.identity.conftest import Open
from tests.support.auth import PASSWORDS, Site

ADA = {"name": "Ada", "email": "Ada@Example.com", "password": "correct-horse-1"}


def with_passwords(**options: Any) -> dict[str, Any]:
    return {"strategies": [{"type": "emailAndPassword", **options}]}


def test_signing_up_makes_a_user_and_a_session(crm: Site) -> None:
    browser = crm.browser()
    answer = browser("POST", "/sign-up/email", {**ADA, "emailVerified": True, "banned": True, "anything": {"else": 1}})
    body = answer.json()
    assert answer.status == 200
    assert body["user"] == {
        "id": body["user"]["id"],
        "name": "Ada",
        "email": "ada@example.com",
        "emailVerified": False,
        "image": None,
        "createdAt": "2026-03-01T09:00:00.000Z",
        "updatedAt": "2026-03-01T09:00:00.000Z",
        "role": "member",
        "banned": False,
        "banReason": None,
        "banExpires": None,
    }
    assert len(body["user"]["id"]) == len(body["token"]) == 32
    assert body["token"] == browser.token
    assert answer.headers["set-auth-token"].startswith(f"{body['token']}.")
    assert answer.headers["cache-control"] == "no-store"
    assert browser.session["user"] == body["user"]
    ((stored,),) = crm.sql("SELECT password FROM account")
    assert len(stored) == 161
    assert crm.activities() == [
        ("auth", "user.created", {"method": "password"}),
        ("auth", "user.signed_in", {"method": "password"}),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email": "ada"}, "[body.email] Invalid email address"),
        ({"email": "ada@example.com\n"}, "[body.email] Invalid email address"),
        ({"email": "a..b@example.com"}, "[body.email] Invalid email address"),
        ({"email": 7}, "[body.email] Invalid input: expected string, received number"),
        ({"name": None}, "[body.name] Invalid input: expected string, received null"),
        ({"name": "x" * 256}, "[body.name] Too big: expected string to have <=255 characters"),
        ({"name": "a\0b"}, "[body.name] Invalid input: U+0000 is not allowed"),
        ({"password": ""}, "[body.password] Too small: expected string to have >=1 characters"),
        ({"rememberMe": "yes"}, "[body.rememberMe] Invalid input: expected boolean, received string"),
        ({"image": "x" * 200_001}, "[body.image] Too big: expected string to have <=200000 characters"),
    ],
)
def test_what_does_not_fit_is_said_in_better_auths_words(crm: Site, change: dict[str, Any], message: str) -> None:
    answer = crm.browser()("POST", "/sign-up/email", {**ADA, **change})
    assert (answer.status, answer.json()["code"], answer.json()["message"]) == (400, "VALIDATION_ERROR", message)
    assert crm.sql('SELECT count(*) FROM "user"') == [(0,)]


def test_all_findings_are_joined(crm: Site) -> None:
    answer = crm.browser().post("/sign-up/email", email="x")
    assert sorted(answer.json()["message"].split("; ")) == [
        "[body.email] Invalid email address",
        "[body.name] Invalid input: expected string, received undefined",
        "[body.password] Invalid input: expected string, received undefined",
    ]
    assert {error["field"] for error in answer.json()["errors"]} == {"body.email", "body.name", "body.password"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "1234567"}, "PASSWORD_TOO_SHORT"),
        ({"password": "x" * 129}, "PASSWORD_TOO_LONG"),
        ({"role": "admin"}, "FIELD_NOT_ALLOWED"),
        ({"banExpires": 1}, "FIELD_NOT_ALLOWED"),
    ],
)
def test_a_refusal_has_the_code_that_the_client_knows(crm: Site, change: dict[str, Any], code: str) -> None:
    answer = crm.browser()("POST", "/sign-up/email", {**ADA, **change})
    assert (answer.status, answer.json()["code"]) == (400, code)


def test_values_that_say_nothing_may_stand_beside(crm: Site) -> None:
    assert crm.browser()("POST", "/sign-up/email", {**ADA, "role": "", "banReason": None, "name": ""}).status == 200


def test_a_form_may_be_sent(crm: Site) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    raw = b"name=Ada&email=ada%40example.com&password=correct-horse-1&rememberMe=false"
    browser = crm.browser()
    answer = browser("POST", "/sign-up/email", headers=headers, raw=raw)
    assert answer.status == 200, answer.body
    assert browser.cookie("dont_remember") is not None


def test_an_address_that_is_taken_is_told_where_sign_up_signs_in(crm: Site) -> None:
    crm.browser().sign_up()
    answer = crm.browser()("POST", "/sign-up/email", ADA)
    assert (answer.status, answer.json()["code"]) == (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
    assert answer.json()["message"] == "User already exists. Use another email."


def test_of_several_who_sign_up_at_once_one_gets_the_address(crm: Site) -> None:
    answers = crm.client.together(*[("POST", "/api/auth/sign-up/email", ADA) for _ in range(5)])
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422, 422]
    assert crm.sql("SELECT count(*) FROM account") == [(1,)]


@pytest.mark.parametrize("options", [{"requireEmailVerification": True}, {"autoSignIn": False}])
def test_a_taken_address_is_not_told_where_nobody_is_signed_in(opened: Open, options: dict[str, Any]) -> None:
    crm = opened(with_passwords(**options))
    first = crm.browser()
    new = first("POST", "/sign-up/email", ADA)
    assert (new.json()["token"], first.set_cookies) == (None, [])
    before = crm.sql('SELECT * FROM "user"')
    second = crm.browser()
    taken = second("POST", "/sign-up/email", {**ADA, "name": "Eve"})
    assert (taken.status, second.set_cookies) == (200, [])
    assert taken.json()["user"].keys() == new.json()["user"].keys()
    assert taken.json()["user"]["id"] != new.json()["user"]["id"]
    assert {**taken.json()["user"], "id": 0} == {**new.json()["user"], "id": 0, "name": "Eve"}
    assert crm.sql('SELECT * FROM "user"') == before
    assert crm.last_mail().template == "existingAccount"


def test_sign_up_can_be_closed(opened: Open) -> None:
    crm = opened({**PASSWORDS, "allowSignUp": False})
    answer = crm.browser()("POST", "/sign-up/email", ADA)
    assert (answer.status, answer.json()["code"]) == (400, "EMAIL_PASSWORD_SIGN_UP_DISABLED")
    assert answer.json()["message"] == "Email and password sign up is not enabled"


def test_a_user_gets_the_default_role_of_the_application(opened: Open) -> None:
    crm = opened({**PASSWORDS, "roles": [{"name": "reader", "level": 10}], "defaultRole": "reader"})
    browser = crm.browser()
    assert browser.sign_up()["role"] == "reader"
    assert browser("GET", "/api/tables/notes/records").status == 200
    assert browser("POST", "/api/tables/notes/records", {"fields": {}}).status == 403


def test_welcome_is_mailed_only_where_the_file_words_it(opened: Open) -> None:
    crm = opened({**PASSWORDS, "emailTemplates": {"welcome": {"subject": "Hello $name", "text": "Welcome"}}})
    crm.browser().sign_up()
    assert crm.last_mail().template == "welcome"
