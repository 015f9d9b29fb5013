from __future__ import annotations

from typing import Any

import pytest

from tests.identity.conftest import Open
from tests.support.auth import ORIGIN, PASSWORDS, Site


def asked(crm: Site, redirect_to: str = "/reset") -> str:
    """Ask for a reset, and return the token of the mail."""
    crm.browser().post("/request-password-reset", email="ada@example.com", redirectTo=redirect_to)
    return crm.link().removeprefix("/api/auth/reset-password/").partition("?")[0]


def test_a_forgotten_password_is_replaced_through_the_link_of_a_mail(crm: Site) -> None:
    signed_in = crm.browser()
    signed_in.sign_up()
    token = asked(crm, "/reset?x=1")
    assert len(token) == 24
    assert crm.last_mail().template == "resetPassword"
    assert crm.link() == f"/api/auth/reset-password/{token}?callbackURL=%2Freset%3Fx%3D1"
    landing = crm.browser()("GET", crm.link())
    assert (landing.status, landing.headers["location"]) == (302, f"{ORIGIN}/reset?x=1&token={token}")
    answer = crm.browser().post("/reset-password", newPassword="battery-staple-1", token=token)
    assert (answer.json(), answer.all_headers("set-cookie")) == ({"status": True}, [])
    assert signed_in.session is not None
    assert crm.browser().sign_in().status == 401
    assert crm.browser().sign_in(password="battery-staple-1").status == 200
    assert (
        crm.browser().post("/reset-password", newPassword="again-horse-1", token=token).json()["code"]
        == "INVALID_TOKEN"
    )


def test_the_token_is_not_in_the_database(crm: Site) -> None:
    crm.browser().sign_up()
    token = asked(crm)
    assert token not in str(crm.sql("SELECT * FROM verification"))


def test_nobody_learns_whether_an_address_is_known(crm: Site) -> None:
    crm.browser().sign_up()
    answers = []
    for address in ("ada@example.com", "nobody@example.com"):
        visitor = crm.browser()
        answer = visitor.post("/request-password-reset", email=address)
        answers.append((answer.status, answer.body, visitor.set_cookies))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
    assert len(crm.letters.sent) == 1
    assert crm.link().endswith("?callbackURL=")
    assert crm.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'reset-%'") == [(1,)]


def test_the_token_may_stand_in_the_query(crm: Site) -> None:
    crm.browser().sign_up()
    path = f"/reset-password?token={asked(crm)}"
    assert crm.browser().post(path, newPassword="battery-staple-1").json() == {"status": True}


def test_a_password_that_does_not_fit_keeps_the_token(crm: Site) -> None:
    crm.browser().sign_up()
    token = asked(crm)
    for password, code in (("short", "PASSWORD_TOO_SHORT"), ("x" * 129, "PASSWORD_TOO_LONG")):
        assert crm.browser().post("/reset-password", newPassword=password, token=token).json()["code"] == code
    assert crm.browser().post("/reset-password", newPassword="battery-staple-1", token=token).status == 200


def test_a_token_holds_for_an_hour(crm: Site) -> None:
    crm.browser().sign_up()
    token = asked(crm)
    crm.clock.pass_by(hours=1)
    landing = crm.browser()("GET", f"/reset-password/{token}?callbackURL=/reset")
    assert landing.headers["location"] == f"{ORIGIN}/reset?error=INVALID_TOKEN"
    answer = crm.browser().post("/reset-password", newPassword="battery-staple-1", token=token)
    assert (answer.status, answer.json()["code"]) == (400, "INVALID_TOKEN")


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "../..", None])
def test_a_token_that_there_is_not_opens_nothing(crm: Site, token: str | None) -> None:
    body = {"newPassword": "battery-staple-1", **({} if token is None else {"token": token})}
    answer = crm.browser()("POST", "/reset-password", body)
    assert (answer.status, answer.json()["code"]) == (400, "INVALID_TOKEN")


def test_of_five_who_use_a_token_at_once_one_wins(crm: Site) -> None:
    crm.browser().sign_up()
    body = {"newPassword": "battery-staple-1", "token": asked(crm)}
    answers = crm.client.together(*[("POST", "/api/auth/reset-password", body)] * 5)
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]


def test_the_link_of_a_mail_leads_to_trusted_places_only(crm: Site) -> None:
    crm.browser().sign_up()
    refused = crm.browser().post("/request-password-reset", email="ada@example.com", redirectTo="https://evil.test")
    assert (refused.status, refused.json()["code"]) == (403, "INVALID_REDIRECT_URL")
    token = asked(crm)
    answer = crm.browser()("GET", f"/reset-password/{token}?callbackURL=https://evil.test")
    assert (answer.status, answer.json()["code"]) == (403, "INVALID_CALLBACK_URL")
    nowhere = crm.browser()("GET", f"/reset-password/{token}?callbackURL=")
    assert nowhere.headers["location"] == f"{ORIGIN}/api/auth/error?error=INVALID_TOKEN"
    assert crm.browser()("GET", f"/reset-password/{token}").json()["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("app:///reset", "app:///reset?error=INVALID_TOKEN"),
        ("app://", "app://?error=INVALID_TOKEN"),
        ("app://[", "app://[?error=INVALID_TOKEN"),
        ("app://open?x=1#top", "app://open?x=1&error=INVALID_TOKEN#top"),
        ("/reset?x=1", f"{ORIGIN}/reset?x=1&error=INVALID_TOKEN"),
        ("/reset?", f"{ORIGIN}/reset?error=INVALID_TOKEN"),
        (f"{ORIGIN}/#/reset", f"{ORIGIN}/?error=INVALID_TOKEN#/reset"),
    ],
)
def test_an_address_that_is_led_to_keeps_its_form(opened: Open, target: str, leads_to: str) -> None:
    crm = opened({"strategies": [*PASSWORDS["strategies"], {"type": "magicLink"}], "trustedOrigins": ["app://"]})
    for path, query in (("/reset-password/unknown", {}), ("/magic-link/verify", {"token": "unknown"})):
        answer = crm.browser().get(path, callbackURL=target, **query)
        assert (answer.status, answer.headers["location"]) == (302, leads_to)


def test_sessions_end_where_the_application_wants_it(opened: Open) -> None:
    crm = opened({"strategies": [{"type": "emailAndPassword", "revokeSessionsOnPasswordReset": True}]})
    browser = crm.browser()
    browser.sign_up()
    crm.browser().post("/reset-password", newPassword="battery-staple-1", token=asked(crm))
    assert browser.session is None
    assert crm.activities()[-2:] == [
        ("auth", "sessions.revoked", None),
        ("auth", "password.reset", {"method": "link"}),
    ]


def test_beyond_thirty_mails_an_hour_neither_mail_nor_token_is_made(crm: Site) -> None:
    crm.browser().sign_up()
    crm.letters.allows = False
    answer = crm.browser().post("/request-password-reset", email="ada@example.com")
    assert (answer.status, crm.letters.sent) == (200, [])
    assert crm.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'reset-%'") == [(0,)]


# Changing and comparing -----------------------------------------------------------------------------------------------


def test_a_password_is_changed_by_who_knows_it(crm: Site) -> None:
    browser, other = crm.browser(), crm.browser()
    user = browser.sign_up()
    other.sign_in()
    answer = browser.post("/change-password", currentPassword="correct-horse-1", newPassword="battery-staple-1")
    assert answer.json() == {"token": None, "user": user}
    assert other.session is not None
    answer = browser.post(
        "/change-password",
        currentPassword="battery-staple-1",
        newPassword="correct-horse-1",
        revokeOtherSessions=True,
    )
    assert answer.json()["token"] == browser.token
    assert (other.session, browser.session["session"]["token"]) == (None, browser.token)
    assert crm.sql("SELECT count(*) FROM session") == [(1,)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currentPassword": "wrong-horse-1"}, "INVALID_PASSWORD"),
        ({"newPassword": "short"}, "PASSWORD_TOO_SHORT"),
        ({"newPassword": "x" * 129}, "PASSWORD_TOO_LONG"),
        ({"currentPassword": "x" * 129}, "PASSWORD_TOO_LONG"),
        ({"newPassword": None}, "VALIDATION_ERROR"),
    ],
)
def test_a_change_is_refused_with_its_code(crm: Site, change: dict[str, Any], code: str) -> None:
    browser = crm.browser()
    browser.sign_up()
    body = {"currentPassword": "correct-horse-1", "newPassword": "battery-staple-1", **change}
    answer = browser("POST", "/change-password", body)
    assert (answer.status, answer.json()["code"]) == (400, code)
    assert crm.browser().sign_in().status == 200


def test_somebody_without_a_password_has_none_to_change(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    crm.sql("DELETE FROM account")
    answer = browser.post("/change-password", currentPassword="x", newPassword="battery-staple-1")
    assert (answer.status, answer.json()["code"]) == (400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
    assert browser.post("/verify-password", password="x").json()["code"] == "INVALID_PASSWORD"


def test_a_password_can_be_compared(crm: Site) -> None:
    browser = crm.browser()
    assert browser.post("/verify-password", password="x").status == 401
    browser.sign_up()
    assert browser.post("/verify-password", password="correct-horse-1").json() == {"status": True}
    wrong = browser.post("/verify-password", password="wrong-horse-1")
    assert (wrong.status, wrong.json()["code"], wrong.json()["message"]) == (
        400,
        "INVALID_PASSWORD",
        "Invalid password",
    )


def test_of_two_who_change_a_password_at_once_one_wins(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    bodies = [{"currentPassword": "correct-horse-1", "newPassword": f"battery-staple-{n}"} for n in range(4)]
    answers = browser.together(*[("POST", "/api/auth/change-password", body) for body in bodies])
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400]
    won = next(body for body, answer in zip(bodies, answers, strict=True) if answer.status == 200)
    assert crm.browser().sign_in(password=won["newPassword"]).status == 200


def test_a_link_in_the_mailbox_of_a_former_address_resets_nothing(crm: Site) -> None:
    ada, admin = crm.browser(), crm.admin()
    user = ada.sign_up()
    token = asked(crm)
    ada.post("/change-email", newEmail="countess@example.com")
    assert ada("GET", crm.link("countess@example.com")).status == 302
    answer = crm.browser().post("/reset-password", newPassword="battery-staple-1", token=token)
    assert (answer.status, answer.json()["code"]) == (400, "INVALID_TOKEN")
    crm.browser().post("/request-password-reset", email="countess@example.com")
    admin.post("/admin/update-user", userId=user["id"], data={"name": "Ada King"})
    assert crm.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'reset-%'") == [(1,)]
