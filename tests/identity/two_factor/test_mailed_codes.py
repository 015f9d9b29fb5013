"""Codes of six digits come by mail, work once, and may be the only second factor."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.auth import Site
from tests.support.two_factor import AUTH, EMAIL, PASSWORD, challenged, enable, enrol, mailed_code, refusal, two

Open = Callable[..., Site]


def test_a_mailed_code_meets_the_challenge_once(secured: Site) -> None:
    enrol(secured)
    browser, other = challenged(secured), challenged(secured)
    assert refusal(two(browser, "verify-otp", code="123456")) == (400, "OTP_HAS_EXPIRED")
    assert two(browser, "send-otp").json() == {"status": True}
    assert secured.last_mail().to == EMAIL
    code = mailed_code(secured)
    assert re.fullmatch("[0-9]{6}", code)
    assert refusal(two(other, "verify-otp", code=code)) == (400, "OTP_HAS_EXPIRED")
    answer = two(browser, "verify-otp", code=code)
    assert answer.json()["token"] == browser.token
    assert secured.activities()[-1][2] == {"method": "password", "factor": "otp"}
    assert secured.sql("SELECT count(*) FROM verification WHERE identifier LIKE '2fa-otp-%'") == [(0,)]


def test_a_mailed_code_holds_for_three_minutes_and_a_newer_one_replaces_it(secured: Site) -> None:
    enrol(secured)
    browser = challenged(secured)
    two(browser, "send-otp")
    old = mailed_code(secured)
    two(browser, "send-otp")
    new = mailed_code(secured)
    if old != new:
        assert refusal(two(browser, "verify-otp", code=old)) == (401, "INVALID_CODE")
    secured.clock.pass_by(minutes=3)
    assert refusal(two(browser, "verify-otp", code=new)) == (400, "OTP_HAS_EXPIRED")


def test_five_wrong_tries_end_a_mailed_code_but_not_the_challenge(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    two(browser, "send-otp")
    code = mailed_code(secured)
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(5):
        assert refusal(two(browser, "verify-otp", code=wrong)) == (401, "INVALID_CODE")
    assert refusal(two(browser, "verify-otp", code=code)) == (400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
    assert refusal(two(browser, "verify-otp", code=code)) == (400, "OTP_HAS_EXPIRED")
    assert two(browser, "verify-totp", code=app.code()).status == 200


def test_a_mailed_code_with_a_session_switches_on(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    old = browser.token
    two(browser, "send-otp")
    answer = two(browser, "verify-otp", code=mailed_code(secured))
    assert answer.json()["token"] == browser.token != old
    assert answer.json()["user"]["twoFactorEnabled"] is True
    assert ("auth", "two_factor.enabled", {"method": "otp"}) in secured.activities()
    assert secured.browser().sign_in().json()["twoFactorMethods"] == ["otp"]
    token = browser.token
    two(browser, "send-otp")
    assert two(browser, "verify-otp", code=mailed_code(secured)).json()["token"] == token


def test_an_address_with_too_many_mails_gets_neither_mail_nor_code(secured: Site) -> None:
    enrol(secured)
    browser = challenged(secured)
    secured.letters.allows = False
    assert two(browser, "send-otp").json() == {"status": True}
    assert [mail.template for mail in secured.letters.sent] == []
    assert refusal(two(browser, "verify-otp", code="123456")) == (400, "OTP_HAS_EXPIRED")


# Mailed codes alone --------------------------------------------------------------------------------------------------


def test_the_method_otp_switches_on_at_once(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    old = browser.token
    assert two(browser, "enable", password=PASSWORD, method="otp").json() == {"method": "otp"}
    assert browser.token != old
    assert browser.session["user"]["twoFactorEnabled"] is True
    assert secured.sql('SELECT verified FROM "twoFactor"')[0][0] in (False, 0)
    assert ("auth", "two_factor.enabled", {"method": "otp"}) in secured.activities()
    other = secured.browser()
    assert other.sign_in().json() == {"twoFactorRedirect": True, "twoFactorMethods": ["otp"]}
    assert refusal(two(other, "verify-totp", code="123456")) == (400, "TOTP_NOT_ENABLED")
    assert refusal(two(other, "verify-backup-code", code="123456")) == (401, "INVALID_BACKUP_CODE")


def test_an_app_can_be_added_to_mailed_codes_without_a_new_session(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    two(browser, "enable", password=PASSWORD, method="otp")
    token = browser.token
    app, _ = enable(browser)
    assert two(browser, "verify-totp", code=app.code()).json()["token"] == token
    other = secured.browser()
    assert other.sign_in().json()["twoFactorMethods"] == ["totp", "otp"]
    assert two(other, "verify-totp", code=app.code()).status == 200


def test_the_method_otp_leaves_a_confirmed_app_as_it_is(secured: Site) -> None:
    browser, app, _ = enrol(secured)
    token = browser.token
    assert two(browser, "enable", password=PASSWORD, method="otp").json() == {"method": "otp"}
    assert browser.token == token
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200


def test_mailed_codes_can_be_switched_off_in_the_file(opened: Open) -> None:
    site = opened({**AUTH, "twoFactor": {"mailedCodes": False}})
    browser, _, _ = enrol(site)
    assert refusal(two(browser, "enable", password=PASSWORD, method="otp")) == (400, "OTP_NOT_CONFIGURED")
    assert refusal(two(browser, "send-otp")) == (400, "OTP_NOT_CONFIGURED")
    assert site.browser().sign_in().json()["twoFactorMethods"] == ["totp"]
