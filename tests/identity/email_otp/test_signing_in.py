"""Signing in with a code."""

from __future__ import annotations

from tests.identity.conftest import Open
from tests.identity.email_otp.conftest import ADA, CODES, NOBODY, other, send, told
from tests.support.auth import Site

PATH = "/sign-in/email-otp"


def test_somebody_new_is_made_and_verified(site: Site) -> None:
    browser = site.browser()
    answer = browser.post(
        PATH, email=NOBODY.upper(), otp=send(site, email=NOBODY), name="No", image="https://x.example/a.png"
    )
    assert answer.status == 200
    assert list(answer.json()) == ["token", "user"]
    user = answer.json()["user"]
    assert (user["email"], user["name"], user["image"]) == (NOBODY, "No", "https://x.example/a.png")
    assert (user["emailVerified"], user["role"]) == (True, "member")
    assert answer.json()["token"] == browser.token
    assert any("session_token=" in line and "Max-Age=604800" in line for line in browser.set_cookies)
    assert answer.headers["set-auth-token"].startswith(browser.token)
    assert [entry for entry in site.activities() if entry[0] == "auth"] == [
        ("auth", "user.created", {"method": "emailOtp"}),
        ("auth", "user.signed_in", {"method": "emailOtp"}),
    ]


def test_somebody_new_has_no_name_unless_it_was_sent(site: Site) -> None:
    user = site.browser().post(PATH, email=NOBODY, otp=send(site, email=NOBODY)).json()["user"]
    assert (user["name"], user["image"]) == ("", None)


def test_who_was_there_keeps_name_and_picture(site: Site) -> None:
    site.browser().sign_up()
    user = site.browser().post(PATH, email=ADA, otp=send(site), name="Eve", image="x").json()["user"]
    assert (user["name"], user["image"], user["emailVerified"]) == ("Ada", None, True)


def test_who_was_unverified_loses_password_and_sessions(site: Site) -> None:
    thief, owner = site.browser(), site.browser()
    thief.sign_up()
    assert owner.post(PATH, email=ADA, otp=send(site)).status == 200
    assert owner.session["user"]["email"] == ADA
    assert thief.session is None
    assert thief.sign_in().status == 401


def test_who_is_verified_keeps_password_and_sessions(site: Site) -> None:
    ada = site.browser()
    ada.sign_up()
    ada.post("/email-otp/verify-email", email=ADA, otp=send(site, "email-verification"))
    assert site.browser().post(PATH, email=ADA, otp=send(site)).status == 200
    assert ada.session is not None
    assert ada.sign_in().status == 200


def test_who_is_banned_is_refused_and_the_code_is_used_up(site: Site) -> None:
    site.browser().sign_up()
    value = "TRUE" if site.auth.database.dialect.name == "postgresql" else "1"
    site.sql(f'UPDATE "user" SET banned = {value}')
    otp = send(site)
    browser = site.browser()
    assert told(browser.post(PATH, email=ADA, otp=otp)) == (403, "BANNED_USER")
    assert browser.cookies == {}
    assert told(site.browser().post(PATH, email=ADA, otp=otp)) == (400, "INVALID_OTP")


def test_a_failure_is_written_down_without_the_address(site: Site) -> None:
    site.browser().sign_up()
    site.browser().post(PATH, email=ADA, otp=other(send(site)))
    site.browser().post(PATH, email=NOBODY, otp="123456")
    found = site.sql("SELECT user_email, details FROM _activity WHERE action = 'user.sign_in_failed' ORDER BY id")
    assert found == [(ADA, found[0][1]), (None, found[0][1])]
    assert site.activities()[-1][2] == {"method": "emailOtp", "reason": "credentials", "error": "code"}


def test_two_codes_of_new_people_at_once_make_two_users(site: Site) -> None:
    codes = {email: send(site, email=email) for email in ("a@example.com", "b@example.com")}
    path = f"/api/auth{PATH}"
    answers = site.client.together(*(("POST", path, {"email": email, "otp": otp}) for email, otp in codes.items()))
    assert [answer.status for answer in answers] == [200, 200]
    assert site.sql('SELECT count(*) FROM "user"') == [(2,)]


def test_a_user_who_is_gone_is_not_made_again_where_nobody_may_sign_up(opened: Open) -> None:
    site = opened({**CODES, "allowSignUp": False})
    value = "TRUE" if site.auth.database.dialect.name == "postgresql" else "1"
    site.sql(
        'INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") VALUES '
        f"('1', 'Ada', '{ADA}', {value}, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"
    )
    otp = send(site)
    site.sql('DELETE FROM "user"')
    assert told(site.browser().post(PATH, email=ADA, otp=otp)) == (400, "INVALID_OTP")
    assert site.sql('SELECT count(*) FROM "user"') == [(0,)]


def test_a_bad_address_is_refused_by_its_code(site: Site) -> None:
    for email in ("", "ada", "ada@"):
        assert told(site.browser().post(PATH, email=email, otp="123456")) == (400, "INVALID_EMAIL")


def test_the_second_factor_is_not_asked_for(opened: Open) -> None:
    site = opened({**CODES, "twoFactor": True})
    value = "TRUE" if site.auth.database.dialect.name == "postgresql" else "1"
    site.browser().sign_up()
    site.sql(f'UPDATE "user" SET "twoFactorEnabled" = {value}')
    answer = site.browser().post(PATH, email=ADA, otp=send(site))
    assert answer.json()["user"]["twoFactorEnabled"] is True
