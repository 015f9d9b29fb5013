"""Mailing codes, and looking at one."""

from __future__ import annotations

from typing import Any

from tests.identity.conftest import Open
from tests.identity.email_otp.conftest import ADA, CODES, NOBODY, code, other, send, told
from tests.support.auth import Site

SEND = "/email-otp/send-verification-otp"
PATHS = [
    *(SEND, "/email-otp/check-verification-otp", "/sign-in/email-otp", "/email-otp/verify-email"),
    *("/email-otp/request-password-reset", "/forget-password/email-otp", "/email-otp/reset-password"),
    *("/email-otp/request-email-change", "/email-otp/change-email"),
]


def test_the_operations_are_not_there_unless_they_are_switched_on(crm: Site) -> None:
    assert {crm.browser().post(path).status for path in PATHS} == {404}


def test_a_body_without_properties_is_refused(site: Site) -> None:
    for path in PATHS:
        answer = site.browser().post(path)
        assert told(answer) == (400, "VALIDATION_ERROR"), path
        assert "received undefined" in answer.json()["message"]


def test_values_of_the_wrong_type_are_refused(site: Site) -> None:
    for path in PATHS:
        answer = site.browser().post(path, email=5, newEmail=5, otp=123456, type=5, password=5)
        assert told(answer) == (400, "VALIDATION_ERROR"), path
        assert answer.json()["errors"]


def test_a_user_is_mailed_a_code_of_every_type(site: Site) -> None:
    site.browser().sign_up()
    for kind in ("sign-in", "email-verification", "forget-password"):
        otp = send(site, kind, ADA.upper())
        mail = site.last_mail()
        assert (mail.to, mail.template, mail.values["otp"], mail.values["name"]) == (ADA, "emailOtp", otp, "Ada")
        assert mail.values["lifetime"] == "5 minutes"


def test_an_unknown_address_is_mailed_only_to_sign_in(site: Site) -> None:
    for kind in ("email-verification", "forget-password", "sign-in"):
        assert site.browser().post(SEND, email=NOBODY, type=kind).json() == {"success": True}
    assert len(site.letters.sent) == 1
    assert site.browser().post("/sign-in/email-otp", email=NOBODY, otp=code(site)).status == 200


def test_where_nobody_may_sign_up_an_unknown_address_is_not_mailed(opened: Open) -> None:
    site = opened({**CODES, "allowSignUp": False})
    assert site.browser().post(SEND, email=NOBODY, type="sign-in").json() == {"success": True}
    assert site.letters.sent == []


def test_where_there_are_no_passwords_no_code_replaces_one(opened: Open) -> None:
    site = opened({"strategies": [{"type": "emailOtp"}]})
    site.browser().post("/sign-in/email-otp", email=ADA, otp=send(site))
    site.letters.sent.clear()
    for path in ("/email-otp/request-password-reset", "/forget-password/email-otp"):
        assert site.browser().post(path, email=ADA).json() == {"success": True}
    site.browser().post(SEND, email=ADA, type="forget-password")
    assert site.letters.sent == []


def test_a_bad_address_is_refused_by_its_code(site: Site) -> None:
    for email in ("", "ada", "ada@", "a@b-.com", "x" * 250 + "@example.com"):
        answer = site.browser().post(SEND, email=email, type="sign-in")
        assert (*told(answer), answer.json()["message"]) == (400, "INVALID_EMAIL", "Invalid email")


def test_a_change_of_address_has_an_operation_of_its_own(site: Site) -> None:
    for path, more in ((SEND, {}), ("/email-otp/check-verification-otp", {"otp": "123456"})):
        answer = site.browser().post(path, email=ADA, type="change-email", **more)
        assert (*told(answer), answer.json()["message"]) == (400, "BAD_REQUEST", "Invalid OTP type")


def test_other_types_are_refused(site: Site) -> None:
    answer = site.browser().post(SEND, email=ADA, type="two-factor")
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["message"].startswith("[body.type] Invalid option: expected one of")


def test_a_foreign_origin_is_refused_where_one_is_sent(site: Site) -> None:
    body = {"email": ADA, "type": "sign-in"}
    assert told(site.browser()("POST", SEND, body, headers={"origin": "https://evil.example"})) == (
        403,
        "INVALID_ORIGIN",
    )
    assert site.browser()("POST", SEND, body, headers={"origin": None}).status == 200


def look(site: Site, otp: str, email: str = ADA, kind: str = "email-verification") -> Any:
    return site.browser().post("/email-otp/check-verification-otp", email=email, type=kind, otp=otp)


def test_looking_at_a_code_leaves_it(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site, "email-verification")
    assert look(site, otp).json() == look(site, otp).json() == {"success": True}
    assert site.browser().post("/email-otp/verify-email", email=ADA, otp=otp).status == 200


def test_looking_at_a_wrong_code_counts(site: Site) -> None:
    site.browser().sign_up()
    otp = send(site, "email-verification")
    for _ in range(3):
        assert told(look(site, other(otp))) == (400, "INVALID_OTP")
    assert told(look(site, otp)) == (403, "TOO_MANY_ATTEMPTS")
    assert told(look(site, otp)) == (400, "INVALID_OTP")


def test_for_an_address_that_nobody_has_every_code_is_wrong(site: Site) -> None:
    otp = send(site, "sign-in", NOBODY)
    assert told(look(site, otp, NOBODY, "sign-in")) == (400, "INVALID_OTP")
    assert told(look(site, "123456", "x@example.com")) == (400, "INVALID_OTP")
    assert told(look(site, "123456", "x")) == (400, "INVALID_EMAIL")
