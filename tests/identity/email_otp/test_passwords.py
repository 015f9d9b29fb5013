"""Replacing a forgotten password with a code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.conftest import Open
from tests.identity.email_otp.conftest import ADA, NOBODY, code, is_verified, other, send, told
from tests.support.auth import Site

PATH = "/email-otp/reset-password"
NEW = "correct-horse-2"


def reset(site: Site, otp: str, password: str = NEW, email: str = ADA) -> Any:
    return site.browser().post(PATH, email=email, otp=otp, password=password)


@pytest.mark.parametrize("path", ["/email-otp/request-password-reset", "/forget-password/email-otp"])
def test_both_names_mail_a_code_to_a_user_and_answer_everybody_alike(site: Site, path: str) -> None:
    ada = site.browser()
    ada.sign_up()
    for email in (NOBODY, "no address", "a@b-.com"):
        answer = site.browser().post(path, email=email)
        assert (answer.status, answer.json()) == (200, {"success": True})
    assert site.letters.sent == []
    assert site.browser().post(path, email=ADA.upper()).json() == {"success": True}
    answer = reset(site, code(site))
    assert (answer.status, answer.json(), site.set_cookies(answer)) == (200, {"success": True}, [])
    assert site.browser().sign_in(password=NEW).status == 200
    assert site.browser().sign_in().status == 401
    assert is_verified(site)
    assert ada.session is not None
    assert told(reset(site, code(site))) == (400, "INVALID_OTP")
    assert [action for _, action, _ in site.activities()][-3:] == [
        "password.reset",
        "user.signed_in",
        "user.sign_in_failed",
    ]


def test_sessions_end_where_the_application_wants_it(opened: Open) -> None:
    site = opened(
        {"strategies": [{"type": "emailAndPassword", "revokeSessionsOnPasswordReset": True}, {"type": "emailOtp"}]}
    )
    ada = site.browser()
    ada.sign_up()
    assert reset(site, send(site, "forget-password")).status == 200
    assert ada.session is None


def test_who_has_no_password_gets_one(site: Site) -> None:
    site.browser().post("/sign-in/email-otp", email=ADA, otp=send(site))
    assert reset(site, send(site, "forget-password")).status == 200
    assert site.browser().sign_in(password=NEW).status == 200


def test_trusted_devices_are_forgotten(site: Site) -> None:
    user = site.browser().sign_up()
    site.sql(
        "INSERT INTO verification (id, identifier, value, \"expiresAt\") VALUES ('1', 'trust-device-x', ?1, '2030-01-01T00:00:00.000Z')",
        user["id"],
    )
    reset(site, send(site, "forget-password"))
    assert site.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'trust-device-%'") == [(0,)]


def test_a_bad_password_leaves_the_code(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site, "forget-password")
    assert told(reset(site, otp, "short")) == (400, "PASSWORD_TOO_SHORT")
    assert told(reset(site, otp, "x" * 129)) == (400, "PASSWORD_TOO_LONG")
    assert reset(site, otp).status == 200


def test_a_wrong_code_changes_nothing(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site, "forget-password")
    assert told(reset(site, other(otp))) == (400, "INVALID_OTP")
    assert told(reset(site, otp, email="no address")) == (400, "INVALID_OTP")
    assert site.browser().sign_in().status == 200
    site.clock.pass_by(minutes=5)
    assert told(reset(site, otp)) == (400, "OTP_EXPIRED")


def test_of_five_at_once_one_replaces_the_password(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site, "forget-password")
    bodies = [{"email": ADA, "otp": otp, "password": f"correct-horse-{number}"} for number in range(5)]
    answers = site.client.together(*(("POST", f"/api/auth{PATH}", body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]


def test_a_user_who_is_gone_is_told_so(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site, "forget-password")
    site.sql('DELETE FROM "user"')
    assert told(reset(site, otp)) == (400, "USER_NOT_FOUND")
