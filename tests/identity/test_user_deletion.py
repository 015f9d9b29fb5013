"""Deleting one's own account at once: what it needs, and the link of a mail."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.auth import ORIGIN, Browser, Site

PASSWORD = "correct-horse-1"
DELETED = {"success": True, "message": "User deleted"}
MAILED = {"success": True, "message": "Verification email sent"}
BY_MAIL: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "deleteUser": {"confirmByEmail": True},
}
OFF: dict[str, Any] = {"strategies": [{"type": "emailAndPassword"}], "deleteUser": {"enabled": False}}


def signed_up(site: Site, email: str = "ada@example.com") -> Browser:
    browser = site.browser()
    browser.sign_up(email)
    return browser


def users(site: Site) -> list[str]:
    return [email for (email,) in site.sql('SELECT email FROM "user" ORDER BY email')]


@pytest.fixture
def mailing(opened: Any) -> Site:
    """An application that wants a mail before an account goes."""
    site: Site = opened(BY_MAIL)
    return site


def token_of(site: Site) -> str:
    return parse_qs(urlsplit(site.link()).query)["token"][0]


def code(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


# At once --------------------------------------------------------------------------------------------------------------


def test_nobody_is_deleted_without_a_session(crm: Site) -> None:
    assert code(crm.browser().post("/delete-user")) == (401, "UNAUTHORIZED")


def test_a_fresh_session_is_enough(crm: Site) -> None:
    ada = signed_up(crm)
    answer = ada.post("/delete-user")
    assert (answer.status, answer.json()) == (200, DELETED)
    assert {line.partition("=")[0] for line in ada.set_cookies if "Max-Age=0" in line} == {
        "better-auth.session_token",
        "better-auth.session_data",
        "better-auth.dont_remember",
    }
    assert users(crm) == []
    assert crm.sql("SELECT count(*) FROM session") == [(0,)]
    assert ada.sign_in().status == 401


def test_an_older_session_needs_the_password(crm: Site) -> None:
    ada = signed_up(crm)
    crm.clock.pass_by(days=1)
    assert code(ada.post("/delete-user")) == (400, "SESSION_EXPIRED")
    assert ada.post("/delete-user").json()["message"] == "Session expired. Re-authenticate to perform this action."
    assert code(ada.post("/delete-user", password="")) == (400, "SESSION_EXPIRED")
    assert code(ada.post("/delete-user", password="wrong-horse-1")) == (400, "INVALID_PASSWORD")
    assert users(crm) == ["ada@example.com"]
    assert ada.post("/delete-user", password=PASSWORD).json() == DELETED
    assert users(crm) == []


def test_a_wrong_password_is_refused_in_a_fresh_session_too(crm: Site) -> None:
    assert code(signed_up(crm).post("/delete-user", password="wrong-horse-1")) == (400, "INVALID_PASSWORD")
    assert users(crm) == ["ada@example.com"]


def test_without_a_limit_every_session_is_fresh(opened: Any) -> None:
    site = opened({"strategies": [{"type": "emailAndPassword"}], "session": {"freshAge": 0}})
    ada = signed_up(site)
    site.clock.pass_by(days=3)
    assert ada.post("/delete-user").json() == DELETED


def test_a_user_without_a_password_cannot_use_one(crm: Site) -> None:
    ada = signed_up(crm)
    crm.sql("DELETE FROM account")
    assert code(ada.post("/delete-user", password=PASSWORD)) == (400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
    crm.clock.pass_by(days=1)
    assert code(ada.post("/delete-user")) == (400, "SESSION_EXPIRED")


def test_what_does_not_fit_is_refused_before_the_session_is_asked_for(crm: Site) -> None:
    browser = crm.browser()
    assert code(browser.post("/delete-user", password=7)) == (400, "VALIDATION_ERROR")
    assert code(browser.post("/delete-user", token=[])) == (400, "VALIDATION_ERROR")
    assert code(browser.post("/delete-user", callbackURL="https://evil.example")) == (403, "INVALID_CALLBACK_URL")
    assert code(browser.post("/delete-user", password="a" * 200)) == (401, "UNAUTHORIZED")
    assert code(signed_up(crm).post("/delete-user", password="a" * 200)) == (400, "PASSWORD_TOO_LONG")


def test_the_origin_is_checked(crm: Site) -> None:
    ada = signed_up(crm)
    assert ada("POST", "/delete-user", {}, headers={"origin": "https://evil.example"}).status == 403
    assert users(crm) == ["ada@example.com"]


def test_where_it_is_off_there_is_nothing(opened: Any) -> None:
    site = opened(OFF)
    ada = signed_up(site)
    answer = ada.post("/delete-user", password=PASSWORD)
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["content-type"] == "application/json"
    assert code(ada.get("/delete-user/callback", token="x")) == (404, "NOT_FOUND")
    assert users(site) == ["ada@example.com"]


def test_the_last_administrator_cannot_go(crm: Site) -> None:
    root = crm.admin()
    signed_up(crm)
    answer = root.post("/delete-user", password=PASSWORD)
    assert code(answer) == (409, "CONFLICT")
    assert answer.json()["message"] == "The last administrator cannot be removed."
    crm.promote("ada@example.com")
    assert root.post("/delete-user", password=PASSWORD).json() == DELETED
    assert users(crm) == ["ada@example.com"]


@pytest.mark.parametrize("state", ["banned", "awaiting erasure"])
def test_an_administrator_who_cannot_act_is_no_other_administrator(crm: Site, state: str) -> None:
    root, other = crm.admin(), signed_up(crm)
    crm.promote("ada@example.com")
    if state == "banned":
        banned = "1" if crm.auth.database.dialect.name == "sqlite" else "true"
        crm.sql(f"UPDATE \"user\" SET banned = {banned} WHERE email = 'ada@example.com'")
    else:
        assert other("POST", "/api/account/delete", {"confirm": True}).status == 202
    assert code(root.post("/delete-user")) == (409, "CONFLICT")


def test_of_two_administrators_who_go_at_once_one_stays(crm: Site) -> None:
    root, other = crm.admin(), signed_up(crm)
    crm.promote("ada@example.com")
    bearers = [{"authorization": f"Bearer {browser.token}"} for browser in (root, other)]
    answers = crm.client.together(*(("POST", "/api/auth/delete-user", {}, each) for each in bearers))
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert len(users(crm)) == 1


def test_of_two_requests_at_once_one_finds_nobody(crm: Site) -> None:
    bearer = {"authorization": f"Bearer {signed_up(crm).token}"}
    answers = crm.client.together(*[("POST", "/api/auth/delete-user", {}, bearer)] * 3)
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200, 401, 401]
    assert [action for _, action, _ in crm.activities()].count("user.removed") == 1


def test_signing_in_while_the_account_goes_opens_nothing(crm: Site) -> None:
    bearer = {"authorization": f"Bearer {signed_up(crm).token}"}
    body = {"email": "ada@example.com", "password": PASSWORD}
    answers = crm.client.together(
        ("POST", "/api/auth/delete-user", {}, bearer),
        *[("POST", "/api/auth/sign-in/email", body)] * 3,
    )
    assert answers[0].status == 200
    assert {answer.status for answer in answers[1:]} <= {200, 401}
    assert crm.sql("SELECT count(*) FROM session") == [(0,)]


# By a mail ------------------------------------------------------------------------------------------------------------


def test_a_mail_has_the_link(mailing: Site) -> None:
    ada = signed_up(mailing)
    assert ada.post("/delete-user").json() == MAILED
    mail = mailing.last_mail("ada@example.com")
    assert (mail.template, mail.values["lifetime"]) == ("accountDeletion", "24 hours")
    token = token_of(mailing)
    assert len(token) == 32
    assert set(token) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert mail.values["url"] == f"{ORIGIN}/api/auth/delete-user/callback?token={token}&callbackURL=%2F"
    assert users(mailing) == ["ada@example.com"]
    assert token not in str(mailing.sql("SELECT identifier, value FROM verification")), "a copy opens nothing"


def test_a_session_need_not_be_fresh_for_the_mail(mailing: Site) -> None:
    ada = signed_up(mailing)
    mailing.clock.pass_by(days=2)
    assert ada.post("/delete-user").json() == MAILED
    assert code(ada.post("/delete-user", password="wrong-horse-1")) == (400, "INVALID_PASSWORD")
    assert ada.post("/delete-user", password=PASSWORD).json() == MAILED


def test_beyond_the_limit_of_mails_there_is_no_token(mailing: Site) -> None:
    ada = signed_up(mailing)
    mailing.letters.allows = False
    assert ada.post("/delete-user").json() == MAILED
    assert mailing.letters.sent == []
    assert mailing.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'delete-%'") == [(0,)]


def test_the_link_deletes_and_leads_on_verbatim(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user", callbackURL="/bye?from=mail")
    assert mailing.link().endswith("&callbackURL=%2Fbye%3Ffrom%3Dmail")
    answer = ada("GET", mailing.link())
    assert (answer.status, answer.headers["location"], answer.body) == (302, "/bye?from=mail", b"")
    assert "better-auth.session_token" not in ada.cookies
    assert users(mailing) == []


def test_without_an_address_to_go_to_the_link_answers(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user")
    assert ada.get("/delete-user/callback", token=token_of(mailing)).json() == DELETED


def test_the_token_may_be_sent_by_the_client(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user")
    assert code(ada.post("/delete-user", token="unknown")) == (404, "INVALID_TOKEN")
    assert ada.post("/delete-user", token=token_of(mailing)).json() == DELETED
    assert users(mailing) == []


def test_the_link_needs_the_session_of_its_user(mailing: Site) -> None:
    ada, eve = signed_up(mailing), signed_up(mailing, "eve@example.com")
    ada.post("/delete-user")
    token = token_of(mailing)
    nobody = mailing.browser()
    assert code(nobody.get("/delete-user/callback", token=token)) == (404, "FAILED_TO_GET_USER_INFO")
    assert code(eve.get("/delete-user/callback", token=token)) == (404, "FAILED_TO_GET_USER_INFO")
    assert code(eve.post("/delete-user", token=token)) == (404, "INVALID_TOKEN")
    assert code(ada.get("/delete-user/callback", token="unknown")) == (404, "INVALID_TOKEN")
    assert users(mailing) == ["ada@example.com", "eve@example.com"]
    assert ada.get("/delete-user/callback", token=token).status == 200, "others have not used it up"


def test_the_link_is_checked_before_anything_is_consumed(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user")
    token = token_of(mailing)
    foreign = ada.get("/delete-user/callback", token=token, callbackURL="https://evil.example")
    assert code(foreign) == (403, "INVALID_CALLBACK_URL")
    assert code(ada.get("/delete-user/callback")) == (400, "VALIDATION_ERROR")
    assert ada.get("/delete-user/callback", token=token).status == 200


def test_the_link_works_for_a_day(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user")
    mailing.clock.pass_by(hours=24)
    assert code(ada.get("/delete-user/callback", token=token_of(mailing))) == (404, "INVALID_TOKEN")
    assert users(mailing) == ["ada@example.com"]


def test_of_five_who_open_the_link_at_once_one_deletes(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user")
    cookies, path = {"cookie": ada.cookie_header}, f"/api/auth/delete-user/callback?token={token_of(mailing)}"
    answers = mailing.client.together(*[("GET", path, None, cookies)] * 5)
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404, 404]


def test_the_last_administrator_gets_no_link_and_keeps_an_older_one(mailing: Site) -> None:
    ada = signed_up(mailing)
    ada.post("/delete-user")
    mailing.promote("ada@example.com")
    assert code(ada.get("/delete-user/callback", token=token_of(mailing))) == (409, "CONFLICT")
    assert code(ada.post("/delete-user")) == (409, "CONFLICT")
    assert len(mailing.letters.sent) == 1
    mailing.sql("UPDATE \"user\" SET role = 'member'")
    assert ada.get("/delete-user/callback", token=token_of(mailing)).status == 200
