"""Verifying an address with a code, and changing it."""

from __future__ import annotations

from typing import Any

from tests.identity.conftest import Open
from tests.identity.email_otp.conftest import ADA, CODES, NOBODY, code, is_verified, other, send, told
from tests.support.auth import Browser, Site

NEW = "lovelace@example.com"
REQUEST, CHANGE = "/email-otp/request-email-change", "/email-otp/change-email"


def ada_of(site: Site) -> Browser:
    browser = site.browser()
    browser.sign_up()
    return browser


def messages(answer: Any) -> tuple[int, str, str]:
    return (*told(answer), answer.json()["message"])


def test_a_code_verifies_an_address(site: Site) -> None:
    ada = ada_of(site)
    stranger = site.browser()
    answer = stranger.post("/email-otp/verify-email", email=ADA.upper(), otp=send(site, "email-verification"))
    assert answer.status == 200
    assert answer.json() == {"status": True, "token": None, "user": answer.json()["user"]}
    assert answer.json()["user"]["emailVerified"] is True
    assert stranger.cookies == {}
    assert is_verified(site)
    assert ada.session["user"]["emailVerified"] is True
    assert ada.sign_in().status == 200
    assert ("auth", "email.verified", {"method": "emailOtp"}) in site.activities()


def test_verifying_signs_in_where_the_application_wants_it(opened: Open) -> None:
    site = opened({**CODES, "emailVerification": {"autoSignInAfterVerification": True}})
    ada_of(site)
    browser = site.browser()
    answer = browser.post("/email-otp/verify-email", email=ADA, otp=send(site, "email-verification"))
    assert answer.json()["token"] == browser.token
    assert answer.json()["user"]["emailVerified"] is True
    assert browser.session["user"]["email"] == ADA
    assert site.browser().sign_in().status == 200, "this proof takes no password away"
    value = "TRUE" if site.auth.database.dialect.name == "postgresql" else "1"
    site.sql(f'UPDATE "user" SET banned = {value}')
    answer = site.browser().post("/email-otp/verify-email", email=ADA, otp=send(site, "email-verification"))
    assert told(answer) == (403, "BANNED_USER")


def test_a_wrong_code_verifies_nothing(site: Site) -> None:
    ada_of(site)
    wrong = other(send(site, "email-verification"))
    assert told(site.browser().post("/email-otp/verify-email", email=ADA, otp=wrong)) == (400, "INVALID_OTP")
    assert told(site.browser().post("/email-otp/verify-email", email="ada", otp=wrong)) == (400, "INVALID_EMAIL")
    assert not is_verified(site)


def test_an_address_is_changed_by_a_code_of_the_new_one(site: Site) -> None:
    ada = ada_of(site)
    token = ada.token
    assert ada.post(REQUEST, newEmail=NEW.upper()).json() == {"success": True}
    assert (site.last_mail().to, site.last_mail().template) == (NEW, "emailOtp")
    assert ada.session["user"]["email"] == ADA
    assert site.sql("SELECT identifier FROM verification WHERE identifier <> 'admin-bootstrap'") == [
        (f"change-email-otp-{ADA}-{NEW}",)
    ]
    otp = code(site)
    assert ada.post(CHANGE, newEmail=NEW, otp=otp).json() == {"success": True}
    assert ada.token == token
    assert any("session_token=" in line for line in ada.set_cookies)
    assert (ada.session["user"]["email"], ada.session["user"]["emailVerified"]) == (NEW, True)
    assert site.activities()[-1][1] == "email.changed"
    assert messages(ada.post(CHANGE, newEmail=NEW, otp=otp)) == (400, "BAD_REQUEST", "Email is the same")


def test_a_code_changes_to_its_own_address_only(site: Site) -> None:
    ada = ada_of(site)
    ada.post(REQUEST, newEmail=NEW)
    assert told(ada.post(CHANGE, newEmail="else@example.com", otp=code(site))) == (400, "INVALID_OTP")
    eve = site.browser()
    eve.sign_up("eve@example.com")
    assert told(eve.post(CHANGE, newEmail=NEW, otp=code(site))) == (400, "INVALID_OTP")
    assert ada.post(CHANGE, newEmail=NEW, otp=code(site)).status == 200


def test_a_taken_address_is_answered_as_a_free_one(site: Site) -> None:
    site.browser().sign_up(NEW)
    ada = ada_of(site)
    tales = []
    for email in (NEW, NOBODY):
        answers = [ada.post(REQUEST, newEmail=email)]
        answers += [ada.post(CHANGE, newEmail=email, otp="no code") for _ in range(5)]
        tales.append([(answer.status, answer.json().get("code"), answer.json().get("message")) for answer in answers])
    assert tales[0] == tales[1]
    assert [told_of[1] for told_of in tales[0][1:]] == [*["INVALID_OTP"] * 3, "TOO_MANY_ATTEMPTS", "INVALID_OTP"]
    assert {mail.to for mail in site.letters.sent} == {NOBODY}


def test_an_address_that_is_taken_meanwhile_is_refused_and_the_code_used_up(site: Site) -> None:
    ada = ada_of(site)
    ada.post(REQUEST, newEmail=NEW)
    site.browser().sign_up(NEW)
    assert messages(ada.post(CHANGE, newEmail=NEW, otp=code(site))) == (400, "BAD_REQUEST", "Email already in use")
    assert told(ada.post(CHANGE, newEmail=NEW, otp=code(site))) == (400, "INVALID_OTP")
    assert ada.session["user"]["email"] == ADA


def test_of_five_at_once_one_changes_the_address(site: Site) -> None:
    ada = ada_of(site)
    ada.post(REQUEST, newEmail=NEW)
    answers = ada.together(*[("POST", f"/api/auth{CHANGE}", {"newEmail": NEW, "otp": code(site)})] * 5)
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]
    assert ada.session["user"]["email"] == NEW


def test_only_somebody_with_a_session_may_change_an_address(site: Site) -> None:
    key = ada_of(site).post("/api-key/create").json()["key"]
    for path, body in ((REQUEST, {"newEmail": NEW}), (CHANGE, {"newEmail": NEW, "otp": "123456"})):
        assert told(site.browser().post(path, **body)) == (401, "UNAUTHORIZED")
        assert told(site.browser()("POST", path, body, headers={"x-api-key": key})) == (401, "UNAUTHORIZED")


def test_what_cannot_be_an_address_of_the_caller_is_refused(site: Site) -> None:
    ada = ada_of(site)
    for path in (REQUEST, CHANGE):
        for email in ("", "ada", "a@b-.com"):
            assert told(ada.post(path, newEmail=email, otp="123456")) == (400, "INVALID_EMAIL")
        assert messages(ada.post(path, newEmail=ADA.upper(), otp="123456")) == (400, "BAD_REQUEST", "Email is the same")
    assert site.letters.sent == []


def test_no_address_is_changed_where_that_is_switched_off(opened: Open) -> None:
    site = opened({**CODES, "changeEmail": {"enabled": False}})
    ada = ada_of(site)
    for path in (REQUEST, CHANGE):
        answer = ada.post(path, newEmail=NEW, otp="123456")
        assert messages(answer) == (400, "BAD_REQUEST", "Change email with OTP is disabled")


def test_the_old_address_must_confirm_where_the_application_wants_it(opened: Open) -> None:
    site = opened({**CODES, "changeEmail": {"confirmOldAddress": True}})
    ada = ada_of(site)
    for missing in ({}, {"otp": ""}):
        answer = ada.post(REQUEST, newEmail=NEW, **missing)
        assert messages(answer) == (400, "BAD_REQUEST", "OTP is required to verify current email")
    otp = send(site, "email-verification")
    assert told(ada.post(REQUEST, newEmail=NEW, otp=other(otp))) == (400, "INVALID_OTP")
    assert site.last_mail().to == ADA
    assert ada.post(REQUEST, newEmail=NEW, otp=otp).json() == {"success": True}
    assert told(ada.post(REQUEST, newEmail=NEW, otp=otp)) == (400, "INVALID_OTP")
    assert ada.post(CHANGE, newEmail=NEW, otp=code(site)).status == 200
    assert ada.session["user"]["email"] == NEW


def test_a_code_is_good_only_for_who_asked_for_it(site: Site) -> None:
    first, second = site.browser(), site.browser()
    first.sign_up("eve@mail.co")
    second.sign_up("eve@mail.co-op.com")
    # Both pairs of addresses read alike when they are joined by a dash.
    assert first.post(REQUEST, newEmail="op.com-ada@example.com").status == 200
    answer = second.post(CHANGE, newEmail=ADA, otp=code(site))
    assert told(answer) == (400, "INVALID_OTP")
    assert second.session["user"]["email"] == "eve@mail.co-op.com"
    assert first.post(CHANGE, newEmail="op.com-ada@example.com", otp=code(site)).json() == {"success": True}
