"""The right password alone opens nothing where there is a second factor."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from tabularium.db.identity import rows
from tabularium.db.identity.tables import VERIFICATION
from tabularium.identity.cookies import signed
from tabularium.identity.secrets import Secrets
from tests.support.auth import SECRET, Site
from tests.support.two_factor import EMAIL, PASSWORD, challenged, enrol, failures, refusal, two

NEXT_YEAR = "2027-01-01T00:00:00.000Z"


def test_the_challenge_leaves_nothing_of_a_session(secured: Site) -> None:
    browser, _, _ = enrol(secured)
    before = secured.sql("SELECT count(*) FROM session")
    answer = browser.post("/sign-in/email", email=EMAIL, password=PASSWORD, callbackURL="/home")
    assert answer.json() == {"twoFactorRedirect": True, "twoFactorMethods": ["totp", "otp"]}
    assert "location" not in answer.headers
    assert "set-auth-token" not in answer.headers
    lines = dict(line.removeprefix("better-auth.").split("=", 1) for line in browser.set_cookies)
    assert {name for name, line in lines.items() if line.startswith("; Max-Age=0; ")} == {
        *("session_token", "session_data", "dont_remember")
    }
    challenge = lines.pop("two_factor")
    assert re.fullmatch(r"2fa-[A-Za-z0-9]{20}\.[^;]+%3D; Max-Age=600; Path=/; HttpOnly; SameSite=Lax", challenge)
    assert browser.session is None
    assert secured.sql("SELECT count(*) FROM session") == before
    assert "user.signed_in" not in [action for _, action, _ in secured.activities()][-1:]


def test_meeting_it_opens_a_session_once(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    sent = browser.cookie_header
    answer = two(browser, "verify-totp", code=app.code())
    assert answer.json()["token"] == browser.token
    assert answer.json()["user"]["twoFactorEnabled"] is True
    assert answer.headers["set-auth-token"].startswith(browser.token)
    assert browser.cookie("two_factor") is None
    assert browser.cookie("trust_device") is None
    assert any("session_token" in line and "Max-Age=604800" in line for line in browser.set_cookies)
    assert browser.session["user"]["email"] == EMAIL
    assert secured.activities()[-1] == ("auth", "user.signed_in", {"method": "password", "factor": "totp"})
    again = secured.browser()("POST", "/two-factor/verify-totp", {"code": app.code(1)}, headers={"cookie": sent})
    assert refusal(again) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_it_ends_after_ten_minutes(secured: Site) -> None:
    _, app, codes = enrol(secured)
    browser = challenged(secured)
    secured.clock.pass_by(minutes=10)
    for operation, code in (("verify-totp", app.code()), ("verify-otp", "1"), ("verify-backup-code", codes[0])):
        assert refusal(two(browser, operation, code=code)) == (401, "INVALID_TWO_FACTOR_COOKIE")
    assert refusal(two(browser, "send-otp")) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_a_session_that_is_not_to_be_remembered_stays_so_through_the_second_step(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured, rememberMe=False)
    assert [line.split("=")[0] for line in browser.set_cookies if "Max-Age" not in line] == [
        "better-auth.dont_remember"
    ]
    two(browser, "verify-totp", code=app.code())
    line = next(each for each in browser.set_cookies if "session_token" in each)
    assert "Max-Age" not in line
    assert browser.cookie("dont_remember")
    secured.clock.pass_by(hours=23)
    assert browser.session["session"]["expiresAt"] == "2026-03-02T09:00:00.000Z"
    assert browser.set_cookies == []


def test_a_cookie_of_another_kind_is_no_challenge(secured: Site) -> None:
    browser, app, _ = enrol(secured)
    row = {"id": "v", "identifier": "2fa-otp-x", "value": browser.session["user"]["id"], "expiresAt": NEXT_YEAR}
    secured.write(lambda session: rows.insert(session, VERIFICATION, row))
    stranger = secured.browser()
    challenged(secured, stranger)
    challenge = unquote(stranger.cookies["better-auth.two_factor"]).rpartition(".")[0]
    stranger.cookies = {"better-auth.two_factor": quote(signed("2fa-otp-x", Secrets([SECRET])), safe="")}
    assert refusal(two(stranger, "verify-totp", code=app.code())) == (401, "INVALID_TWO_FACTOR_COOKIE")
    stranger.cookies = {"better-auth.two_factor": quote(signed(challenge, Secrets(["x" * 32])), safe="")}
    assert refusal(two(stranger, "verify-totp", code=app.code())) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_a_wrong_password_and_a_ban_come_before_it(secured: Site) -> None:
    enrol(secured)
    browser = secured.browser()
    assert refusal(browser.sign_in(password="wrong-horse-1")) == (401, "INVALID_EMAIL_OR_PASSWORD")
    secured.sql('UPDATE "user" SET banned = (1 = 1)')
    assert refusal(browser.sign_in()) == (403, "BANNED_USER")
    assert browser.cookie("two_factor") is None


def test_who_is_banned_meanwhile_gets_no_session(secured: Site) -> None:
    _, app, _ = enrol(secured)
    browser = challenged(secured)
    secured.sql('UPDATE "user" SET banned = (1 = 1)')
    assert refusal(two(browser, "verify-totp", code=app.code())) == (403, "BANNED_USER")
    assert browser.cookie("session_token") is None
    assert failures(secured) == [{"method": "password", "reason": "banned", "factor": "totp"}]


def test_a_code_is_accepted_once_and_its_unused_neighbours_still_are(secured: Site) -> None:
    _, app, _ = enrol(secured)
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200
    browser = challenged(secured)
    assert refusal(two(browser, "verify-totp", code=app.code())) == (401, "INVALID_CODE")
    assert failures(secured) == [{"method": "password", "reason": "two_factor", "factor": "totp"}]
    assert two(browser, "verify-totp", code=app.code(-1)).status == 200
    assert two(challenged(secured), "verify-totp", code=app.code(1)).status == 200
    for code in (app.code(2), app.code(-2), "", app.code() + " ", "١٢٣٤٥٦"):
        assert refusal(two(challenged(secured), "verify-totp", code=code)) == (401, "INVALID_CODE")
    secured.clock.pass_by(minutes=2)
    assert two(challenged(secured), "verify-totp", code=app.code()).status == 200
    assert len(secured.sql("SELECT step FROM _totp_step")) == 1


# Backup codes --------------------------------------------------------------------------------------------------------


def test_each_backup_code_works_once_and_exactly_as_it_stands(secured: Site) -> None:
    _, _, codes = enrol(secured)
    browser = challenged(secured)
    for sent in (codes[0].replace("-", ""), codes[0].swapcase(), ""):
        assert refusal(two(browser, "verify-backup-code", code=sent)) == (401, "INVALID_BACKUP_CODE")
    answer = two(browser, "verify-backup-code", code=codes[0])
    assert answer.json()["token"] == browser.token
    assert ("auth", "backup_code.used", None) in secured.activities()
    other = challenged(secured)
    assert refusal(two(other, "verify-backup-code", code=codes[0])) == (401, "INVALID_BACKUP_CODE")
    assert two(other, "verify-backup-code", code=codes[9]).status == 200
    assert two(other, "verify-backup-code", code=codes[1]).json()["token"] == other.token


def test_a_backup_code_may_be_used_up_without_signing_in(secured: Site) -> None:
    _, app, codes = enrol(secured)
    browser = challenged(secured)
    sent = {"cookie": browser.cookie_header}
    answer = two(browser, "verify-backup-code", code=codes[0], disableSession=True, trustDevice=True)
    assert list(answer.json()) == ["user"]
    assert "set-auth-token" not in answer.headers
    assert browser.cookies == {}
    again = secured.browser()("POST", "/two-factor/verify-totp", {"code": app.code()}, headers=sent)
    assert refusal(again) == (401, "INVALID_TWO_FACTOR_COOKIE")
    other = challenged(secured)
    assert refusal(two(other, "verify-backup-code", code=codes[0])) == (401, "INVALID_BACKUP_CODE")


def test_new_backup_codes_replace_the_old(secured: Site) -> None:
    browser = secured.browser()
    browser.sign_up()
    assert refusal(two(browser, "generate-backup-codes", password="wrong")) == (400, "TWO_FACTOR_NOT_ENABLED")
    browser, _, old = enrol(secured, "bob@example.com")
    answer = two(browser, "generate-backup-codes", password=PASSWORD).json()
    assert answer["status"] is True
    assert len(set(answer["backupCodes"]) - set(old)) == 10
    assert secured.activities()[-1][1] == "backup_codes.generated"
    other = challenged(secured, email="bob@example.com")
    assert refusal(two(other, "verify-backup-code", code=old[0])) == (401, "INVALID_BACKUP_CODE")
    assert two(other, "verify-backup-code", code=answer["backupCodes"][0]).status == 200
