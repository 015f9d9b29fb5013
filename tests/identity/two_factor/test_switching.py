"""The second factor is switched on by proving it, and off by the password."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tabularium.clock import instant_text
from tabularium.db.identity import rows
from tabularium.db.identity.tables import API_KEY
from tabularium.identity.secrets import hashed
from tests.support.auth import PASSWORDS, START, Site
from tests.support.two_factor import AUTH, EMAIL, PASSWORD, App, challenged, enable, enrol, mailed_code, refusal, two

NOW = instant_text(START)
Open = Callable[..., Site]
OPERATIONS = (
    *("enable", "verify-totp", "send-otp", "verify-otp", "verify-backup-code", "generate-backup-codes"),
    *("get-totp-uri", "disable"),
)


# Who may ask ---------------------------------------------------------------------------------------------------------


def test_nothing_is_there_where_the_application_has_no_second_factor(crm: Site) -> None:
    browser = crm.browser()
    assert "twoFactorEnabled" not in browser.sign_up()
    for operation in OPERATIONS:
        assert refusal(two(browser, operation, password=PASSWORD, code="1")) == (404, "NOT_FOUND")


def test_who_is_not_signed_in_is_refused_after_the_body(secured: Site) -> None:
    browser = secured.browser()
    for operation in ("enable", "generate-backup-codes", "get-totp-uri", "disable"):
        answer = two(browser, operation)
        assert refusal(answer) == (400, "VALIDATION_ERROR")
        assert answer.json()["message"] == "[body.password] Invalid input: expected string, received undefined"
        assert refusal(two(browser, operation, password=PASSWORD)) == (401, "UNAUTHORIZED")
    for operation in ("verify-totp", "verify-otp", "verify-backup-code"):
        assert refusal(two(browser, operation, code=5)) == (400, "VALIDATION_ERROR")
        assert refusal(two(browser, operation, code="123456", trustDevice="yes")) == (400, "VALIDATION_ERROR")
        assert refusal(two(browser, operation, code="123456")) == (401, "INVALID_TWO_FACTOR_COOKIE")
    assert refusal(two(browser, "send-otp")) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_what_clients_send_beside_is_ignored_but_a_method_must_be_known(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    assert two(browser, "enable", password=PASSWORD, more=1).status == 200
    assert refusal(two(browser, "enable", password=PASSWORD, method="sms")) == (400, "VALIDATION_ERROR")
    assert refusal(two(browser, "enable", password=PASSWORD, issuer="a\0b")) == (400, "VALIDATION_ERROR")


def test_every_operation_with_a_password_refuses_a_wrong_one(secured: Site) -> None:
    browser, _, _ = enrol(secured)
    for operation in ("enable", "generate-backup-codes", "get-totp-uri", "disable"):
        assert refusal(two(browser, operation, password="wrong-horse-1")) == (400, "INVALID_PASSWORD")
        assert refusal(two(browser, operation, password="x" * 129)) == (400, "PASSWORD_TOO_LONG")


def test_another_origin_may_not_ask(secured: Site) -> None:
    browser, _, _ = enrol(secured)
    answer = browser("POST", "/two-factor/disable", {"password": PASSWORD}, headers={"origin": "https://evil.example"})
    assert refusal(answer) == (403, "INVALID_ORIGIN")


def test_an_api_key_is_no_session_here(secured: Site) -> None:
    browser, app, _ = enrol(secured)
    key = "k" * 64
    owner = browser.session["user"]["id"]
    made = {"id": "k1", "key": hashed(key), "referenceId": owner, "enabled": True, "createdAt": NOW, "updatedAt": NOW}
    secured.write(lambda session: rows.insert(session, API_KEY, made))
    stranger = secured.browser()
    sent = {"x-api-key": key}
    assert stranger("GET", "/get-session", headers=sent).json()["user"]["email"] == EMAIL
    answer = stranger("POST", "/two-factor/disable", {"password": PASSWORD}, headers=sent)
    assert refusal(answer) == (401, "UNAUTHORIZED")
    answer = stranger("POST", "/two-factor/verify-totp", {"code": app.code(1)}, headers=sent)
    assert refusal(answer) == (401, "INVALID_TWO_FACTOR_COOKIE")


# Switching on --------------------------------------------------------------------------------------------------------


def test_enabling_gives_a_uri_and_codes_and_switches_nothing_on(secured: Site) -> None:
    browser = secured.browser()
    assert browser.sign_up()["twoFactorEnabled"] is False
    token = browser.token
    answer = two(browser, "enable", password=PASSWORD)
    assert set(answer.json()) == {"totpURI", "backupCodes", "method"}
    assert answer.json()["method"] == "totp"
    uri = answer.json()["totpURI"]
    form = r"otpauth://totp/crm:ada%40example\.com\?secret=[A-Z2-7]+&issuer=crm&digits=6&period=30"
    assert re.fullmatch(form, uri)
    app = App(uri, secured.clock)
    assert re.fullmatch(rb"[A-Za-z0-9_-]{32}", app.key)
    codes = answer.json()["backupCodes"]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[A-Za-z0-9]{5}-[A-Za-z0-9]{5}", code) for code in codes)
    assert browser.token == token
    assert browser.session["user"]["twoFactorEnabled"] is False
    assert secured.browser().sign_in().json()["redirect"] is False


def test_the_issuer_of_the_request_comes_before_that_of_the_file(opened: Open) -> None:
    site = opened({**AUTH, "twoFactor": {"issuer": "My App", "digits": 8, "period": 60}})
    browser = site.browser()
    browser.sign_up()
    assert (
        two(browser, "enable", password=PASSWORD, issuer="A & B~")
        .json()["totpURI"]
        .startswith("otpauth://totp/A%20%26%20B~:ada%40example.com?")
    )
    app, _ = enable(browser)
    assert (app.label, app.issuer, app.digits, app.period) == ("My App:ada@example.com", "My App", 8, 60)
    assert two(browser, "verify-totp", code=app.code()).status == 200
    uri = two(browser, "get-totp-uri", password=PASSWORD).json()
    assert list(uri) == ["totpURI"]
    assert App(uri["totpURI"], site.clock).key == app.key


def test_the_first_code_switches_on_and_rotates_the_session(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    old, old_id = browser.token, browser.session["session"]["id"]
    app, _ = enable(browser)
    secured.clock.pass_by(minutes=5)
    assert refusal(two(browser, "verify-totp", code=app.wrong())) == (401, "INVALID_CODE")
    answer = two(browser, "verify-totp", code=app.code())
    assert answer.json()["user"]["twoFactorEnabled"] is True
    assert answer.json()["token"] == browser.token != old
    assert answer.headers["set-auth-token"].startswith(browser.token)
    session = browser.session["session"]
    assert session["id"] != old_id
    assert session["createdAt"] == "2026-03-01T09:05:00.000Z"
    assert len(secured.sql("SELECT id FROM session")) == 1
    assert secured.browser()("GET", "/get-session", headers={"authorization": f"Bearer {old}"}).json() is None
    assert ("auth", "two_factor.enabled", {"method": "totp"}) in secured.activities()


def test_the_code_that_confirms_also_signs_in_right_after(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    assert two(browser, "verify-totp", code=app.code()).status == 200


def test_a_later_code_with_a_session_changes_nothing_and_returns_the_session(secured: Site) -> None:
    browser, app, _ = enrol(secured)
    token = browser.token
    answer = two(browser, "verify-totp", code=app.code(1), trustDevice=True)
    assert answer.json()["token"] == token
    assert browser.set_cookies == []
    assert refusal(two(browser, "verify-totp", code=app.code(1))) == (401, "INVALID_CODE")


def test_rotation_keeps_a_session_that_is_not_remembered_short(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up(rememberMe=False)
    app, _ = enable(browser)
    two(browser, "verify-totp", code=app.code())
    assert browser.cookie("dont_remember")
    line = next(each for each in browser.set_cookies if "session_token" in each)
    assert "Max-Age" not in line
    assert browser.session["session"]["expiresAt"] == "2026-03-02T09:00:00.000Z"


def test_rotation_does_not_stretch_a_short_session_of_a_bearer(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up(rememberMe=False)
    app, _ = enable(browser)
    bearer = secured.browser()
    sent = {"authorization": f"Bearer {browser.token}"}
    assert bearer("POST", "/two-factor/verify-totp", {"code": app.code()}, headers=sent).status == 200
    assert bearer.session["session"]["expiresAt"] == "2026-03-02T09:00:00.000Z"


def test_without_an_enrolment_there_is_no_code_and_no_uri(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    assert refusal(two(browser, "verify-totp", code="123456")) == (400, "TOTP_NOT_ENABLED")
    assert refusal(two(browser, "get-totp-uri", password="wrong")) == (400, "TOTP_NOT_ENABLED")
    assert refusal(two(browser, "verify-backup-code", code="x")) == (400, "BACKUP_CODES_NOT_ENABLED")


def test_a_confirmed_enrolment_stays_confirmed_with_the_new_secret(secured: Site) -> None:
    browser, old, old_codes = enrol(secured)
    two(browser, "verify-totp", code=old.code())
    new, _ = enable(browser)
    assert secured.sql("SELECT count(*) FROM _totp_step") == [(0,)]
    other = challenged(secured)
    assert refusal(two(other, "verify-totp", code=old.code())) == (401, "INVALID_CODE")
    assert refusal(two(other, "verify-backup-code", code=old_codes[0])) == (401, "INVALID_BACKUP_CODE")
    assert two(other, "verify-totp", code=new.code()).status == 200


def test_nothing_secret_is_stored_or_logged_in_clear(secured: Site) -> None:
    browser, app, codes = enrol(secured)
    challenged(secured, secured.browser())
    two(browser, "send-otp")
    rows = str(
        [secured.sql(f'SELECT * FROM "{table}"') for table in ("twoFactor", "verification", "_activity", "user")]
    )
    for secret in (app.key.decode(), codes[0], mailed_code(secured)):
        assert secret not in rows


# Switching off -------------------------------------------------------------------------------------------------------


def test_disabling_forgets_everything_and_rotates_the_session(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    two(browser, "verify-totp", code=app.code(), trustDevice=True)
    old = browser.token
    assert browser.cookie("trust_device")
    assert two(browser, "disable", password=PASSWORD).json() == {"status": True}
    assert browser.token != old
    assert browser.cookie("trust_device") is None
    assert browser.session["user"]["twoFactorEnabled"] is False
    for rows_left in ('"twoFactor"', "_totp_step", "verification WHERE identifier LIKE 'trust-%'"):
        assert secured.sql(f"SELECT count(*) FROM {rows_left}") == [(0,)]
    assert secured.browser().sign_in().json()["redirect"] is False
    assert "two_factor.disabled" in [action for _, action, _ in secured.activities()]


def test_a_challenge_that_waits_cannot_be_met_any_more_when_it_is_switched_off(secured: Site) -> None:
    browser, app, codes = enrol(secured)
    waiting = challenged(secured)
    two(waiting, "send-otp")
    code = mailed_code(secured)
    two(browser, "disable", password=PASSWORD)
    assert refusal(two(waiting, "verify-totp", code=app.code())) == (400, "TOTP_NOT_ENABLED")
    assert refusal(two(waiting, "verify-otp", code=code)) == (400, "TWO_FACTOR_NOT_ENABLED")
    assert refusal(two(waiting, "verify-backup-code", code=codes[0])) == (400, "BACKUP_CODES_NOT_ENABLED")


def test_another_user_keeps_the_second_factor(secured: Site) -> None:
    enrol(secured, "bob@example.com")
    browser, _, _ = enrol(secured)
    two(browser, "disable", password=PASSWORD)
    challenged(secured, email="bob@example.com")


def test_an_application_that_switches_the_second_factor_off_does_not_ask_for_it(opened: Open) -> None:
    enrol(opened(AUTH))
    assert opened(PASSWORDS).browser().sign_in().json()["redirect"] is False


@pytest.mark.parametrize("is_configured", [False, True])
def test_new_backup_codes_are_mailed_where_the_file_words_it(opened: Open, is_configured: bool) -> None:
    template = {"twoFactorBackupCodes": {"subject": "Codes", "text": "$codes"}}
    site = opened({**AUTH, **({"emailTemplates": template} if is_configured else {})})
    browser = site.browser()
    browser.sign_up()
    _, codes = enable(browser)
    sent = [mail.values["codes"].split("\n") for mail in site.letters.sent if mail.template == "twoFactorBackupCodes"]
    assert sent == ([codes] if is_configured else [])


@pytest.mark.parametrize("path", ["/two-factor/enable", "/change-password"])
def test_an_administrator_who_acts_as_somebody_gets_no_session_of_theirs(secured: Site, path: str) -> None:
    user = secured.browser().sign_up()
    admin = secured.admin()
    assert admin.post("/admin/impersonate-user", userId=user["id"]).status == 200
    former = admin.session["session"]
    bodies = {
        "/two-factor/enable": {"password": PASSWORD, "method": "otp"},
        "/change-password": {"currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": True},
    }
    assert admin("POST", path, bodies[path]).status == 200
    session = admin.session["session"]
    assert session["token"] != former["token"]
    assert (session["impersonatedBy"], session["expiresAt"]) == (former["impersonatedBy"], former["expiresAt"])
    assert admin.post("/admin/stop-impersonating").json()["user"]["email"] == "root@example.com"
