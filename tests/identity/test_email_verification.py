from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.identity.conftest import Open
from tests.support.auth import ORIGIN, PASSWORDS, SECRET, Browser, Site


def token_of(site: Site, secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    issued = int(site.clock.moment.timestamp())
    content = {"email": "ada@example.com", "iat": issued, "exp": issued + 3600, **claims}
    return jwt.encode({"alg": algorithm}, content, OctKey.import_key(secret.encode()), algorithms=[algorithm])


def test_the_link_of_a_mail_verifies_the_address_and_may_be_opened_again(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    assert browser.post("/send-verification-email", email="ADA@example.com").json() == {"status": True}
    link = crm.link()
    assert link.startswith("/api/auth/verify-email?token=")
    assert link.endswith("&callbackURL=%2F")
    assert crm.last_mail().template == "verification"
    assert link.removeprefix("/api/auth/verify-email?token=").startswith("eyJhbGciOiJIUzI1NiJ9."), "no other header"
    opened = browser("GET", link.removesuffix("&callbackURL=%2F"))
    assert opened.json() == {"status": True, "user": None}
    assert browser.session["user"]["emailVerified"] is True
    again = crm.browser()("GET", link)
    assert (again.status, again.headers["location"], again.body) == (302, "/", b"")
    assert [action for _, action, _ in crm.activities()].count("email.verified") == 1


def test_a_visitor_learns_nothing_of_an_address(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    browser.sign_up("eve@example.com")
    crm.sql(
        'UPDATE "user" SET "emailVerified" = ' + ("1" if is_sqlite(crm) else "true") + " WHERE email = ?1",
        "eve@example.com",
    )
    answers = []
    for address in ("ada@example.com", "eve@example.com", "nobody@example.com"):
        visitor = crm.browser()
        answers.append((visitor.post("/send-verification-email", email=address).body, visitor.set_cookies))
    assert answers == [(b'{"status":true}', [])] * 3
    assert [mail.to for mail in crm.letters.sent] == ["ada@example.com"]


def is_sqlite(crm: Site) -> bool:
    return crm.auth.database.dialect.name == "sqlite"


def test_somebody_signed_in_asks_for_their_own_address_only(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    answer = browser.post("/send-verification-email", email="eve@example.com")
    assert (answer.status, answer.json()["code"]) == (400, "EMAIL_MISMATCH")
    browser("GET", f"/verify-email?token={token_of(crm)}")
    answer = browser.post("/send-verification-email", email="ada@example.com")
    assert (answer.json()["code"], answer.json()["message"]) == ("EMAIL_ALREADY_VERIFIED", "Email is already verified")


def test_a_token_holds_for_an_hour(crm: Site) -> None:
    crm.browser().sign_up()
    token = token_of(crm)
    crm.clock.pass_by(seconds=3600)
    answer = crm.browser()("GET", f"/verify-email?token={token}")
    assert (answer.status, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
    answer = crm.browser()("GET", f"/verify-email?token={token}&callbackURL=/a?b=1")
    assert (answer.status, answer.headers["location"]) == (302, "/a?b=1&error=TOKEN_EXPIRED")


def test_a_token_that_is_not_ours_opens_nothing(crm: Site) -> None:
    crm.browser().sign_up()
    good = token_of(crm)
    head, payload, signature = good.split(".")
    bad = [
        "",
        "x",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:-2]}AA",
        f"eyJhbGciOiJub25lIn0.{payload}.",
        f"eyJhbGciOiJub25lIn0.{payload}.{signature}",
        token_of(crm, secret="x" * 32),
        token_of(crm, secret=SECRET, algorithm="HS512"),
        token_of(crm, email=7),
        token_of(crm, exp="later"),
        token_of(crm, userId="somebody-else"),
    ]
    for token in bad:
        answer = crm.browser()("GET", "/verify-email", query={"token": token})
        assert (answer.status, answer.json()["code"]) == (401, "INVALID_TOKEN"), token
    answer = crm.browser()("GET", "/verify-email", query={"token": "x", "callbackURL": "/a"})
    assert answer.headers["location"] == "/a?error=INVALID_TOKEN"
    answer = crm.browser()("GET", "/verify-email", query={"token": "x", "callbackURL": f"{ORIGIN}/é#/b?c"})
    assert answer.headers["location"] == f"{ORIGIN}/%C3%A9?error=INVALID_TOKEN#/b?c"
    unknown = crm.browser()("GET", f"/verify-email?token={token_of(crm, email='nobody@example.com')}")
    assert (unknown.status, unknown.json()["code"]) == (401, "USER_NOT_FOUND")


def test_a_link_of_somebody_else_does_nothing_in_my_session(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    browser.sign_up("eve@example.com")
    answer = browser("GET", f"/verify-email?token={token_of(crm)}")
    assert (answer.status, answer.json()["code"]) == (401, "INVALID_USER")


def test_a_redirect_to_a_stranger_is_refused_before_anything_is_done(crm: Site) -> None:
    crm.browser().sign_up()
    for target in ("https://evil.test", "//evil.test", "javascript:x"):
        answer = crm.browser()("GET", "/verify-email", query={"token": token_of(crm), "callbackURL": target})
        assert (answer.status, answer.json()["code"]) == (403, "INVALID_CALLBACK_URL")
    assert crm.browser().sign_in().json()["user"]["emailVerified"] is False


def test_opening_signs_in_only_where_the_application_wants_it_and_only_once(opened: Open) -> None:
    crm = opened({**PASSWORDS, "emailVerification": {"sendOnSignUp": True, "autoSignInAfterVerification": True}})
    crm.browser().sign_up(callbackURL="/hello")
    reader, later = crm.browser(), crm.browser()
    reader("GET", crm.link())
    assert reader.session is not None
    later("GET", crm.link())
    assert later.session is None


def test_a_ban_keeps_the_session_closed_and_is_written_down_while_the_address_is_proved(opened: Open) -> None:
    crm = opened({**PASSWORDS, "emailVerification": {"sendOnSignUp": True, "autoSignInAfterVerification": True}})
    crm.browser().sign_up()
    crm.sql('UPDATE "user" SET banned = ' + ("1" if is_sqlite(crm) else "true"))
    reader = crm.browser()
    answer = reader("GET", crm.link().removesuffix("&callbackURL=%2F"))
    assert (answer.status, answer.json()["code"], reader.cookies) == (403, "BANNED_USER", {})
    assert crm.activities()[-2:] == [
        ("auth", "email.verified", {"method": "verification"}),
        ("auth", "user.sign_in_failed", {"method": "verification", "reason": "banned"}),
    ]


def key_of(browser: Browser) -> dict[str, str]:
    """Return the header of a new API key of somebody."""
    return {"x-api-key": browser.post("/api-key/create").json()["key"]}


def test_an_api_key_is_nobody_who_is_signed_in_when_a_link_is_opened(opened: Open) -> None:
    crm = opened({**PASSWORDS, "emailVerification": {"sendOnSignUp": True, "autoSignInAfterVerification": True}})
    eve, ada = crm.browser(), crm.browser()
    eve.sign_up("eve@example.com")
    ada.sign_up()
    for owner in (eve, ada):
        crm.sql('UPDATE "user" SET "emailVerified" = ' + ("0" if is_sqlite(crm) else "false"))
        reader = crm.browser()
        answer = reader("GET", crm.link("ada@example.com"), headers=key_of(owner))
        assert (answer.status, answer.headers["location"]) == (302, "/")
        assert reader.session["user"]["email"] == "ada@example.com"
    ada.post("/change-email", newEmail="lovelace@example.com")
    link = crm.link().removesuffix("&callbackURL=%2F")
    answer = crm.browser()("GET", link, headers=key_of(eve))
    assert answer.json()["user"]["email"] == "lovelace@example.com"


def test_of_five_who_open_a_link_at_once_one_is_signed_in(opened: Open) -> None:
    crm = opened({**PASSWORDS, "emailVerification": {"sendOnSignUp": True, "autoSignInAfterVerification": True}})
    crm.browser().sign_up()
    answers = crm.client.together(*[("GET", crm.link())] * 5)
    assert [answer.status for answer in answers] == [302] * 5
    assert crm.sql("SELECT count(*) FROM session") == [(2,)], "that of the sign-up, and one more"
    assert [action for _, action, _ in crm.activities()].count("email.verified") == 1


# Changing an address --------------------------------------------------------------------------------------------------


def test_a_new_address_takes_the_place_of_the_old_one_when_its_link_is_opened(crm: Site) -> None:
    browser = crm.browser()
    user = browser.sign_up()
    assert browser.post("/change-email", newEmail="Countess@example.com", callbackURL="/x").json() == {"status": True}
    assert browser.session["user"]["email"] == "ada@example.com"
    assert crm.last_mail().to == "countess@example.com"
    link = crm.link().removesuffix("&callbackURL=%2Fx")
    changed = browser("GET", link).json()
    assert changed["status"] is True
    assert (changed["user"]["id"], changed["user"]["email"]) == (user["id"], "countess@example.com")
    assert changed["user"]["emailVerified"] is True
    assert crm.browser()("GET", link).json()["user"]["email"] == "countess@example.com"
    assert browser.set_cookies != []
    assert crm.browser().sign_in("countess@example.com").status == 200


def test_the_old_address_is_asked_first_where_the_application_wants_it(opened: Open) -> None:
    crm = opened({**PASSWORDS, "changeEmail": {"confirmOldAddress": True}})
    browser = crm.browser()
    browser.sign_up()
    browser("GET", f"/verify-email?token={token_of(crm)}")
    browser.post("/change-email", newEmail="new@example.com")
    assert (crm.last_mail().to, crm.last_mail().template) == ("ada@example.com", "changeEmail")
    first = crm.link().removesuffix("&callbackURL=%2F")
    assert browser("GET", first).json() == {"status": True}
    assert browser.session["user"]["email"] == "ada@example.com"
    assert crm.last_mail().to == "new@example.com"
    browser("GET", crm.link())
    assert browser.session["user"]["email"] == "new@example.com"


def test_a_taken_address_is_not_told_of_and_gets_no_mail(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up("eve@example.com")
    browser.sign_up()
    assert browser.post("/change-email", newEmail="eve@example.com").json() == {"status": True}
    assert crm.letters.sent == []
    browser.post("/change-email", newEmail="free@example.com")
    crm.browser().sign_up("free@example.com")
    answer = browser("GET", crm.link().removesuffix("&callbackURL=%2F"))
    assert (answer.status, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_an_address_is_refused_with_a_reason(opened: Open) -> None:
    crm = opened()
    browser = crm.browser()
    assert browser.post("/change-email", newEmail="x@example.com").status == 401
    browser.sign_up()
    same = browser.post("/change-email", newEmail="ADA@example.com")
    assert (same.status, same.json()["message"]) == (400, "Email is the same")
    wrong = browser.post("/change-email", newEmail="ada")
    assert wrong.json()["message"] == "[body.newEmail] Invalid email address"
    off = opened({**PASSWORDS, "changeEmail": {"enabled": False}})
    other = off.browser()
    other.sign_up("off@example.com")
    assert other.post("/change-email", newEmail="x@example.com").json()["code"] == "CHANGE_EMAIL_DISABLED"


def test_links_come_from_the_base_url_only(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    browser("POST", "/send-verification-email", {"email": "ada@example.com"}, headers={"host": "evil.test"})
    assert crm.last_mail().values["url"].startswith(f"{ORIGIN}/api/auth/verify-email?token=")


@pytest.mark.parametrize("body", [{}, {"email": 1}, {"email": "x"}])
def test_what_is_no_address_is_refused(crm: Site, body: dict[str, Any]) -> None:
    answer = crm.browser()("POST", "/send-verification-email", body)
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")
