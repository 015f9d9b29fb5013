"""Wrong codes are counted for the challenge and for the account, and the counts stay although the answer is an error."""

from __future__ import annotations

from tests.support.auth import Site
from tests.support.two_factor import App, challenged, enrol, failures, mailed_code, refusal, two


def fail(site: Site, app: App, times: int) -> None:
    """Send so many wrong codes in a row, with a new challenge for every five."""
    browser = challenged(site)
    for number in range(times):
        if number and number % 5 == 0:
            browser = challenged(site)
        assert refusal(two(browser, "verify-totp", code=app.wrong())) == (401, "INVALID_CODE")


def test_five_wrong_codes_of_either_kind_end_the_challenge(secured: Site) -> None:
    _, app, codes = enrol(secured)
    browser = challenged(secured)
    sent = {"cookie": browser.cookie_header}
    for _ in range(3):
        assert refusal(two(browser, "verify-totp", code=app.wrong())) == (401, "INVALID_CODE")
    for _ in range(2):
        assert refusal(two(browser, "verify-backup-code", code="wrong-wrong")) == (401, "INVALID_BACKUP_CODE")
    assert refusal(two(browser, "verify-totp", code=app.code())) == (400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
    for operation, code in (("verify-totp", app.code()), ("verify-backup-code", codes[0]), ("send-otp", "")):
        again = secured.browser()("POST", f"/two-factor/{operation}", {"code": code}, headers=sent)
        assert refusal(again) == (401, "INVALID_TWO_FACTOR_COOKIE")
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200
    assert [each["reason"] for each in failures(secured)] == ["two_factor"] * 6


def test_ten_failures_in_a_row_lock_the_second_step_for_fifteen_minutes(secured: Site) -> None:
    _, app, codes = enrol(secured)
    fail(secured, app, 9)
    browser = challenged(secured)
    two(browser, "send-otp")
    assert refusal(two(browser, "verify-otp", code="wrong")) == (401, "INVALID_CODE")
    assert [action for _, action, _ in secured.activities()][-1] == "user.locked"
    sent = [("verify-totp", app.code()), ("verify-otp", mailed_code(secured)), ("verify-backup-code", codes[0])]
    for operation, code in sent:
        answer = two(browser, operation, code=code)
        assert refusal(answer) == (429, "ACCOUNT_TEMPORARILY_LOCKED")
        assert answer.headers["retry-after"] == "900"
        assert answer.json()["message"].startswith("Too many failed verification attempts. Your account is temp")
    assert failures(secured)[-1] == {"method": "password", "reason": "locked"}
    secured.clock.pass_by(minutes=14, seconds=59)
    assert refusal(two(challenged(secured), "verify-totp", code=app.code()))[0] == 429
    secured.clock.pass_by(seconds=1)
    fail(secured, app, 1)
    assert secured.sql('SELECT "failedVerificationCount", "lockedUntil" FROM "twoFactor"') == [(1, None)]
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200
    assert secured.sql('SELECT "failedVerificationCount", "lockedUntil" FROM "twoFactor"') == [(0, None)]


def test_a_success_begins_the_count_anew(secured: Site) -> None:
    _, app, codes = enrol(secured)
    fail(secured, app, 9)
    assert two(challenged(secured), "verify-backup-code", code=codes[0]).status == 200
    fail(secured, app, 1)
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200


def test_with_a_session_nothing_counts(secured: Site) -> None:
    browser, app, _ = enrol(secured)
    for _ in range(11):
        assert refusal(two(browser, "verify-totp", code=app.wrong())) == (401, "INVALID_CODE")
        assert refusal(two(browser, "verify-backup-code", code="x")) == (401, "INVALID_BACKUP_CODE")
    assert failures(secured) == []
    fail(secured, app, 10)
    assert two(browser, "verify-totp", code=app.code()).status == 200


def test_failures_count_even_where_an_adopted_user_has_no_enrolment(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    secured.sql('UPDATE "user" SET "twoFactorEnabled" = (1 = 1)')
    browser = challenged(secured)
    two(browser, "send-otp")
    assert refusal(two(browser, "verify-otp", code="wrong")) == (401, "INVALID_CODE")
    assert secured.sql('SELECT "failedVerificationCount" FROM "twoFactor"') == [(1,)]
    assert two(browser, "verify-otp", code=mailed_code(secured)).status == 200
