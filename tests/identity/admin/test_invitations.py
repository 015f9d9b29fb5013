from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.asgi import Answer
from tests.support.auth import ORIGIN, PASSWORDS, Browser, Site

PASSWORD = "correct-horse-1"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def invite(browser: Browser, **more: Any) -> Answer:
    return browser.post("/admin/invite-user", **{"email": "Ada@example.com", "name": "Ada", **more})


def token(site: Site) -> str:
    return parse_qs(urlsplit(site.link()).query)["token"][0]


def accept(browser: Browser, sent: str, password: str = PASSWORD, **more: Any) -> Answer:
    return browser.post("/admin/accept-invitation", token=sent, password=password, **more)


def test_somebody_is_invited_and_joins(crm: Site) -> None:
    admin, ada = crm.admin(), crm.browser()
    answer = invite(admin, role=["viewer"])
    assert answer.status == 200
    user = answer.json()["user"]
    assert answer.json() == {"user": {**user, "email": "ada@example.com", "name": "Ada"}, "invitationSent": True}
    mail = crm.last_mail("ada@example.com")
    assert (mail.template, mail.values["inviterName"], mail.values["lifetime"]) == ("invitation", "Ada", "3 days")
    sent = token(crm)
    assert mail.values["url"] == f"{ORIGIN}/accept-invitation?token={sent}"
    assert len(sent) == 43
    assert not crm.sql("SELECT 1 FROM verification WHERE identifier LIKE ?1 OR value LIKE ?1", f"%{sent}%")
    assert code(ada.sign_in()) == (401, "INVALID_EMAIL_OR_PASSWORD")
    for password, expected in (
        ("short", "PASSWORD_TOO_SHORT"),
        ("x" * 129, "PASSWORD_TOO_LONG"),
        ("", "PASSWORD_TOO_SHORT"),
    ):
        assert code(accept(ada, sent, password)) == (400, expected)
    accepted = accept(ada, sent, name="Ada King")
    assert accepted.status == 200
    assert accepted.json() == {"user": {**user, "name": "Ada King"}, "status": "accepted"}
    session = ada.session
    assert (session["user"]["emailVerified"], session["user"]["role"]) == (True, "viewer")
    assert ada.sign_in().status == 200
    assert code(accept(ada, sent)) == (400, "INVALID_TOKEN")
    assert code(invite(admin)) == (422, "EMAIL_ALREADY_REGISTERED")
    actions = [entry[:2] for entry in crm.activities()]
    assert ("admin", "invitation.sent") in actions
    assert ("auth", "invitation.accepted") in actions


def test_inviting_again_replaces_token_name_and_role(crm: Site) -> None:
    admin, ada = crm.admin(), crm.browser()
    first = invite(admin, role="viewer").json()["user"]
    old = token(crm)
    again = invite(admin, name="Ada King", role="member").json()["user"]
    assert again == {**first, "name": "Ada King"}
    assert code(accept(ada, old)) == (400, "INVALID_TOKEN")
    assert accept(ada, token(crm)).json()["user"]["name"] == "Ada King"
    assert ada.session["user"]["role"] == "member"
    noted = crm.sql("SELECT changes FROM _activity WHERE action = 'role.changed'")
    assert noted == [('{"role":{"from":"viewer","to":"member"}}',)]


def test_an_invitation_expires(opened: Any) -> None:
    site = opened({**PASSWORDS, "invitationTokenExpiry": "90m"})
    invite(site.admin())
    assert site.last_mail().values["lifetime"] == "90 minutes"
    site.clock.pass_by(minutes=90)
    browser = site.browser()
    for _ in range(2):
        expired = accept(browser, token(site))
        assert code(expired) == (410, "TOKEN_EXPIRED")
    assert code(accept(browser, "nobody's")) == (400, "INVALID_TOKEN")
    assert code(browser.post("/admin/accept-invitation")) == (400, "VALIDATION_ERROR")
    assert code(accept(browser, "x", more=1)) == (400, "VALIDATION_ERROR")


def test_of_several_who_accept_at_once_one_does(crm: Site) -> None:
    invite(crm.admin())
    body = {"token": token(crm), "password": PASSWORD}
    answers = crm.client.together(*[("POST", "/api/auth/admin/accept-invitation", body)] * 5)
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]
    assert crm.sql("SELECT count(*) FROM account WHERE \"accountId\" <> '' ")[0][0] == 2


def test_nobody_is_signed_in_who_is_banned(crm: Site) -> None:
    admin, ada = crm.admin(), crm.browser()
    user = invite(admin).json()["user"]
    admin.post("/admin/ban-user", userId=user["id"])
    answer = accept(ada, token(crm))
    assert answer.json() == {"user": user, "status": "accepted", "sessionEstablished": False}
    assert ada.cookies == {}
    assert crm.activities()[-2:] == [
        ("auth", "invitation.accepted", None),
        ("auth", "user.sign_in_failed", {"method": "invitation", "reason": "banned"}),
    ]


def test_an_address_that_gets_too_many_mails_keeps_its_token(crm: Site) -> None:
    admin = crm.admin()
    invite(admin)
    crm.letters.allows = False
    assert invite(admin, name="Ada King").json()["invitationSent"] is False
    assert accept(crm.browser(), token(crm)).status == 200


def test_an_invitation_cannot_take_the_last_administrator(crm: Site) -> None:
    admin = crm.admin()
    own = admin.session["user"]["id"]
    crm.sql('DELETE FROM account WHERE "userId" = ?1 RETURNING id', own)
    assert code(invite(admin, email="root@example.com", role="member")) == (409, "CONFLICT")
    assert code(invite(admin, role="god")) == (400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE")


def test_the_page_has_a_form_without_script(crm: Site) -> None:
    invite(crm.admin())
    ada = crm.browser()
    page = ada("GET", crm.link())
    text = page.body.decode()
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    assert page.headers["content-security-policy"] == policy
    assert page.headers["cache-control"] == "no-store"
    assert '<form method="post" action="/api/auth/admin/accept-invitation">' in text
    assert "<script" not in text
    foreign = ada("GET", "/accept-invitation", query={"token": '"><script>x</script>'}).body.decode()
    assert "<script" not in foreign
    assert ada("GET", "/accept-invitation").status == 200
    form = urlencode({"token": token(crm), "name": "", "password": PASSWORD}).encode()
    fetch = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    crossed = {**FORM, **fetch, "sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    refused = ada("POST", "/admin/accept-invitation", raw=form, headers=crossed)
    assert code(refused) == (403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")
    posted = ada("POST", "/admin/accept-invitation", raw=form, headers={**FORM, **fetch})
    assert (posted.status, posted.json()["user"]["name"]) == (200, "Ada")
    assert ada.session is not None


def test_another_address_for_invitations_takes_the_place_of_the_page(opened: Any) -> None:
    site = opened({**PASSWORDS, "invitationURL": "https://app.example/join?from=mail"})
    invite(site.admin())
    assert site.last_mail().values["url"].startswith("https://app.example/join?from=mail&token=")
    assert site.browser()("GET", "/accept-invitation").status == 404


def test_a_link_in_the_mailbox_of_a_former_address_opens_nothing(crm: Site) -> None:
    admin, stranger = crm.admin(), crm.browser()
    user = invite(admin, email="adda@example.com").json()["user"]
    sent = token(crm)
    admin.post("/admin/update-user", userId=user["id"], data={"email": "ada@example.com"})
    assert code(accept(stranger, sent)) == (400, "INVALID_TOKEN")
    assert stranger.cookies == {}
    invite(admin)
    assert accept(crm.browser(), token(crm)).status == 200


def test_an_invitation_is_void_once_the_user_can_sign_in(crm: Site) -> None:
    admin, ada = crm.admin(), crm.browser()
    user = invite(admin).json()["user"]
    sent = token(crm)
    admin.post("/admin/set-user-password", userId=user["id"], newPassword="a-better-one-1")
    assert code(accept(ada, sent)) == (400, "INVALID_TOKEN")
    assert ada.cookies == {}
    assert ada.sign_in(password="a-better-one-1").status == 200
