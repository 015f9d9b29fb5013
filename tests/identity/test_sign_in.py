from __future__ import annotations

from typing import Any

import pytest

from tests.identity.conftest import Open
from tests.support.auth import Site

VERIFIED = {"strategies": [{"type": "emailAndPassword", "requireEmailVerification": True}]}


def test_the_right_password_opens_a_session_of_its_own_each_time(crm: Site) -> None:
    first, second = crm.browser(), crm.browser()
    user = first.sign_up()
    answer = second.sign_in("ADA@example.COM")
    assert answer.json() == {"redirect": False, "token": second.token, "user": user}
    assert first.token != second.token
    assert len(second.get("/list-sessions").json()) == 2


def test_a_callback_is_answered_with_200_and_where_to_go(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    answer = browser.sign_in(callbackURL="/welcome?x=1")
    assert (answer.status, answer.headers["location"]) == (200, "/welcome?x=1")
    assert (answer.json()["redirect"], answer.json()["url"]) == (True, "/welcome?x=1")


def test_what_is_wrong_is_not_told_and_is_noted(crm: Site) -> None:
    crm.browser().sign_up()
    crm.sql(
        'INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") '
        'SELECT \'x\', \'No password\', \'none@example.com\', "emailVerified", "createdAt", "updatedAt" FROM "user"'
    )
    answers = [
        crm.browser().sign_in(email, "correct-horse-2")
        for email in ("ada@example.com", "none@example.com", "nobody@example.com")
    ]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body.partition(b"requestId")[0] for answer in answers}) == 1
    assert answers[0].json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    failed = crm.sql(
        "SELECT user_id, record_id, details FROM _activity WHERE action = 'user.sign_in_failed' ORDER BY id"
    )
    assert [row[0] is None for row in failed] == [False, False, True]
    assert all("nobody" not in str(row) for row in failed)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "ada", "password": "x"}, 400, "INVALID_EMAIL"),
        ({"email": "", "password": "x"}, 400, "INVALID_EMAIL"),
        ({"email": "ada@example.com", "password": "x" * 129}, 400, "PASSWORD_TOO_LONG"),
        ({"email": "nobody@example.com", "password": "x" * 129}, 400, "PASSWORD_TOO_LONG"),
        ({"email": "ada@example.com", "password": ""}, 401, "INVALID_EMAIL_OR_PASSWORD"),
        ({"email": "ada@example.com"}, 400, "VALIDATION_ERROR"),
        ({"email": None, "password": 1}, 400, "VALIDATION_ERROR"),
        ({"email": "a\0@example.com", "password": "x"}, 400, "VALIDATION_ERROR"),
    ],
)
def test_what_cannot_be_a_sign_in_is_refused(crm: Site, body: dict[str, Any], status: int, code: str) -> None:
    crm.browser().sign_up()
    answer = crm.browser()("POST", "/sign-in/email", body)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_an_address_that_must_be_verified_is_told_after_the_right_password_only(opened: Open) -> None:
    crm = opened(VERIFIED)
    crm.browser().sign_up()
    assert len(crm.letters.sent) == 1
    assert crm.browser().sign_in(password="wrong-horse-1").json()["code"] == "INVALID_EMAIL_OR_PASSWORD"
    assert len(crm.letters.sent) == 1
    browser = crm.browser()
    answer = browser.sign_in(callbackURL="/in")
    assert (answer.status, answer.json()["code"]) == (403, "EMAIL_NOT_VERIFIED")
    assert browser.set_cookies == []
    assert len(crm.letters.sent) == 2
    assert crm.link().endswith("&callbackURL=%2Fin")
    reader = crm.browser()
    opening = reader("GET", crm.link())
    assert (opening.status, opening.headers["location"]) == (302, "/in")
    assert reader.session["user"]["emailVerified"] is True
    assert crm.browser().sign_in().status == 200


def test_somebody_who_is_banned_stays_out_until_the_ban_is_over(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    ban = 'UPDATE "user" SET banned = {}, "banReason" = \'spam\', "banExpires" = \'2026-03-02T09:00:00.000Z\''
    crm.sql(ban.format("1" if crm.auth.database.dialect.name == "sqlite" else "true"))
    assert browser.session is None
    answer = crm.browser().sign_in()
    assert (answer.status, answer.json()["code"]) == (403, "BANNED_USER")
    assert answer.json()["message"].startswith("You have been banned from this application. Please contact support")
    assert crm.browser().sign_in(password="wrong-horse-1").status == 401
    crm.clock.pass_by(days=1)
    user = crm.browser().sign_in().json()["user"]
    assert (user["banned"], user["banReason"], user["banExpires"]) == (False, None, None)


def test_passwords_may_be_switched_off(opened: Open) -> None:
    crm = opened({"strategies": [{"type": "magicLink"}]})
    codes = {
        "/sign-in/email": "EMAIL_PASSWORD_DISABLED",
        "/sign-up/email": "EMAIL_PASSWORD_SIGN_UP_DISABLED",
        "/request-password-reset": "RESET_PASSWORD_DISABLED",
    }
    for path, code in codes.items():
        answer = crm.browser().post(path, name="Ada", email="ada@example.com", password="correct-horse-1")
        assert (answer.status, answer.json()["code"]) == (400, code)


def test_the_session_remembers_where_it_was_opened(crm: Site) -> None:
    browser = crm.browser()
    body = {"name": "Ada", "email": "ada@example.com", "password": "correct-horse-1"}
    browser("POST", "/sign-up/email", body, headers={"user-agent": "Test/1.0 \x01"})
    session = browser.session["session"]
    assert (session["ipAddress"], session["userAgent"]) == ("127.0.0.1", "Test/1.0  ")


def test_a_malformed_hash_of_an_adopted_database_is_a_wrong_password(crm: Site) -> None:
    crm.browser().sign_up()
    crm.sql("UPDATE account SET password = 'x'")
    assert crm.browser().sign_in().status == 401
