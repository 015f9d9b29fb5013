"""Signing in by a link that is mailed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tabularium.identity.secrets import hashed
from tests.identity.conftest import Open
from tests.support.auth import ORIGIN, Browser, Site

LINKS = {"strategies": [{"type": "emailAndPassword"}, {"type": "magicLink"}]}
CLOSED = {**LINKS, "allowSignUp": False}
ADA = "ada@example.com"


@pytest.fixture
def site(opened: Open) -> Site:
    return opened(LINKS)


def ask(browser: Browser, email: str = ADA, **more: Any) -> Any:
    return browser.post("/sign-in/magic-link", email=email, **more)


def token(site: Site) -> str:
    return parse_qs(urlsplit(site.link()).query)["token"][0]


def member(site: Site, email: str = ADA) -> Browser:
    """Sign somebody up, prove their address, and return their browser."""
    browser = site.browser()
    browser.sign_up(email)
    site.sql(
        'UPDATE "user" SET "emailVerified" = ' + TRUE[site.auth.database.dialect.name] + " WHERE email = ?1", email
    )
    return browser


TRUE = {"sqlite": "1", "postgresql": "TRUE"}


def test_it_is_not_there_unless_it_is_switched_on(crm: Site) -> None:
    assert ask(crm.browser()).status == 404
    assert crm.browser().get("/magic-link/verify", token="x").status == 404


def test_the_link_names_its_targets_and_its_life(site: Site) -> None:
    answer = ask(
        site.browser(), callbackURL="/in", newUserCallbackURL="/new?a=b", errorCallbackURL="/oops", metadata={}
    )
    assert (answer.status, answer.json()) == (200, {"status": True})
    sent = token(site)
    assert len(sent) == 32
    assert sent.isalpha()
    where = f"/api/auth/magic-link/verify?token={sent}&callbackURL=%2Fin"
    assert site.link() == f"{where}&newUserCallbackURL=%2Fnew%3Fa%3Db&errorCallbackURL=%2Foops"
    assert site.last_mail().template == "magicLink"
    assert site.last_mail().values["lifetime"] == "15 minutes"


def test_without_targets_the_link_leads_to_the_start(site: Site) -> None:
    ask(site.browser())
    assert site.link() == f"/api/auth/magic-link/verify?token={token(site)}&callbackURL=%2F"
    answer = site.browser()("GET", site.link())
    assert (answer.status, answer.headers["location"], answer.body) == (302, f"{ORIGIN}/", b"")


def test_only_the_hash_of_the_token_is_stored(site: Site) -> None:
    ask(site.browser())
    assert [
        row[0] for row in site.sql("SELECT identifier FROM verification WHERE identifier <> 'admin-bootstrap'")
    ] == [hashed(token(site))]


def test_a_new_address_becomes_a_verified_user(site: Site) -> None:
    browser = site.browser()
    ask(browser, "NEW@example.com", name="Newt")
    answer = browser.get("/magic-link/verify", token=token(site))
    assert answer.status == 200
    assert "Max-Age=604800" in next(line for line in browser.set_cookies if "session_token" in line)
    body = answer.json()
    assert list(body) == ["token", "user", "session"]
    assert body["token"] == body["session"]["token"] == browser.token
    assert body["user"] == {
        **body["user"],
        "email": "new@example.com",
        "name": "Newt",
        "emailVerified": True,
        "role": "member",
        "image": None,
    }
    assert browser.session["user"]["id"] == body["user"]["id"]
    assert [entry[:2] for entry in site.activities()][-2:] == [("auth", "user.created"), ("auth", "user.signed_in")]


def test_somebody_new_has_no_name_unless_it_was_sent(site: Site) -> None:
    ask(site.browser())
    assert site.browser().get("/magic-link/verify", token=token(site)).json()["user"]["name"] == ""


def test_a_link_of_an_adopted_database_need_not_hold_a_name(site: Site) -> None:
    ask(site.browser())
    site.sql("UPDATE verification SET value = ?1", '{"email":"ada@example.com","attempt":0}')
    assert site.browser().get("/magic-link/verify", token=token(site)).json()["user"]["name"] == ""


def test_somebody_new_is_led_to_their_own_page_and_others_to_the_usual_one(site: Site) -> None:
    targets = {"callbackURL": "/in?a=1", "newUserCallbackURL": f"{ORIGIN}/new"}
    ask(site.browser())
    first = site.browser().get("/magic-link/verify", token=token(site), **targets)
    ask(site.browser())
    second = site.browser().get("/magic-link/verify", token=token(site), **targets)
    assert first.headers["location"] == f"{ORIGIN}/new"
    assert second.headers["location"] == f"{ORIGIN}/in?a=1"


def test_a_link_works_once_even_when_it_is_opened_five_times_at_once(site: Site) -> None:
    ask(site.browser())
    path = f"/api/auth/magic-link/verify?token={token(site)}"
    answers = site.client.together(*[("GET", path)] * 5)
    assert sorted(answer.status for answer in answers) == [200, 302, 302, 302, 302]
    assert site.sql('SELECT count(*) FROM "user"') == [(1,)]


def test_two_links_of_a_new_address_at_once_make_one_user(site: Site) -> None:
    ask(site.browser())
    first = token(site)
    ask(site.browser())
    paths = [f"/api/auth/magic-link/verify?token={each}" for each in (first, token(site))]
    answers = site.client.together(*(("GET", path) for path in paths))
    assert [answer.status for answer in answers] == [200, 200]
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1


def test_a_failure_leads_to_a_page_with_its_code(site: Site) -> None:
    ask(site.browser())
    sent = token(site)
    site.clock.pass_by(minutes=15)
    pages: list[tuple[dict[str, str], str]] = [
        ({}, f"{ORIGIN}/?error=INVALID_TOKEN"),
        ({"callbackURL": "/in?a=1"}, f"{ORIGIN}/in?a=1&error=INVALID_TOKEN"),
        ({"callbackURL": "/in", "errorCallbackURL": f"{ORIGIN}/oops"}, f"{ORIGIN}/oops?error=INVALID_TOKEN"),
    ]
    for targets, page in pages:
        for each in ("unknown", sent):
            answer = site.browser().get("/magic-link/verify", token=each, **targets)
            assert (answer.status, answer.headers["location"]) == (302, page)
    assert site.activities()[-1] == (
        "auth",
        "user.sign_in_failed",
        {"method": "magicLink", "reason": "credentials", "error": "token"},
    )


def test_the_life_is_that_of_the_file(opened: Open) -> None:
    site = opened({"strategies": [{"type": "magicLink", "expirationMinutes": 60}]})
    ask(site.browser())
    assert site.last_mail().values["lifetime"] == "1 hour"
    site.clock.pass_by(minutes=59)
    assert site.browser().get("/magic-link/verify", token=token(site)).status == 200


def test_foreign_targets_are_refused_before_the_link_is_used_up(site: Site) -> None:
    ask(site.browser())
    codes = {
        "callbackURL": "INVALID_CALLBACK_URL",
        "newUserCallbackURL": "INVALID_NEW_USER_CALLBACK_URL",
        "errorCallbackURL": "INVALID_ERROR_CALLBACK_URL",
    }
    for name, code in codes.items():
        refused = ask(site.browser(), **{name: "https://evil.example/"})
        assert (refused.status, refused.json()["code"]) == (403, code)
        refused = site.browser().get("/magic-link/verify", token=token(site), **{name: "//evil.example"})
        assert (refused.status, refused.json()["code"]) == (403, "INVALID_CALLBACK_URL")
    assert site.browser().get("/magic-link/verify", token=token(site)).status == 200


def test_what_does_not_fit_is_refused(site: Site) -> None:
    bodies: list[dict[str, Any]] = [
        {},
        {"email": "ada"},
        {"email": 5},
        {"email": ADA, "name": 5},
        {"email": "a@b-.com"},
    ]
    for body in bodies:
        answer = site.browser().post("/sign-in/magic-link", **body)
        assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR"), body
    assert site.letters.sent == []


def test_the_token_must_be_there(site: Site) -> None:
    answer = site.browser().get("/magic-link/verify")
    assert answer.status == 400
    assert answer.json()["message"] == "[query.token] Invalid input: expected string, received undefined"


def test_a_foreign_origin_is_refused_where_one_is_sent(site: Site) -> None:
    path, body = "/sign-in/magic-link", {"email": ADA}
    assert site.browser()("POST", path, body, headers={"origin": "https://evil.example"}).status == 403
    assert site.browser()("POST", path, body, headers={"origin": None}).status == 200


def test_who_was_unverified_loses_what_was_made_before_the_mailbox_was_proved(site: Site) -> None:
    thief, owner = site.browser(), site.browser()
    thief.sign_up()
    made = thief.post("/api-key/create", name="in")
    assert made.status == 200, made.body
    key = made.json()["key"]
    ask(owner)
    user = owner.get("/magic-link/verify", token=token(site)).json()["user"]
    assert user["emailVerified"] is True
    assert owner.session["user"]["id"] == user["id"]
    assert thief.session is None
    assert thief.sign_in().status == 401
    assert site.browser()("GET", "/get-session", headers={"x-api-key": key}).json()["code"] == "INVALID_API_KEY"
    assert site.sql("SELECT count(*) FROM account") == [(0,)]
    actions = [action for _, action, _ in site.activities()]
    assert actions[-6:-2] == ["account.unlinked", "sessions.revoked", "api_key.deleted", "email.verified"]


def test_a_link_that_somebody_else_had_sent_does_not_change_the_address_afterwards(site: Site) -> None:
    stranger, ada = site.browser(), site.browser()
    stranger.sign_up()
    stranger.post("/change-email", newEmail="stranger@example.com")
    link = site.link("stranger@example.com").removesuffix("&callbackURL=%2F")
    site.clock.pass_by(seconds=2)
    ask(ada)
    assert ada.get("/magic-link/verify", token=token(site)).json()["user"]["emailVerified"] is True
    opened_late = stranger("GET", link)
    assert (opened_late.status, opened_late.json()["code"]) == (401, "INVALID_TOKEN")
    assert ada.session["user"]["email"] == ADA
    ada.post("/change-email", newEmail="lovelace@example.com")
    assert ada("GET", site.link()).status == 302
    assert ada.session["user"]["email"] == "lovelace@example.com"


def test_who_is_verified_keeps_password_and_sessions(site: Site) -> None:
    ada = member(site)
    ask(site.browser())
    assert site.browser().get("/magic-link/verify", token=token(site)).status == 200
    assert ada.session is not None
    assert ada.sign_in().status == 200


def test_who_is_banned_is_refused_and_keeps_the_account(site: Site) -> None:
    site.browser().sign_up()
    site.sql('UPDATE "user" SET banned = ' + TRUE[site.auth.database.dialect.name])
    ask(site.browser())
    browser = site.browser()
    answer = browser.get("/magic-link/verify", token=token(site), callbackURL="/in")
    assert (answer.status, answer.json()["code"]) == (403, "BANNED_USER")
    assert browser.cookies == {}
    assert site.sql("SELECT count(*) FROM account") == [(1,)]
    assert browser.get("/magic-link/verify", token=token(site)).status == 302
    assert ("auth", "user.sign_in_failed", {"method": "magicLink", "reason": "banned"}) in site.activities()


def test_where_nobody_may_sign_up_an_unknown_address_is_answered_alike_and_gets_nothing(opened: Open) -> None:
    site = opened(CLOSED)
    answer = ask(site.browser())
    assert (answer.status, answer.json()) == (200, {"status": True})
    assert site.letters.sent == []
    assert site.sql("SELECT count(*) FROM verification WHERE identifier <> 'admin-bootstrap'") == [(0,)]
    assert site.sql('SELECT count(*) FROM "user"') == [(0,)]


def test_a_user_who_is_gone_is_not_made_again_where_nobody_may_sign_up(opened: Open) -> None:
    site = opened(CLOSED)
    site.sql(
        'INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") VALUES '
        f"('1', 'Ada', '{ADA}', {TRUE[site.auth.database.dialect.name]}, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"
    )
    ask(site.browser())
    site.sql('DELETE FROM "user"')
    answer = site.browser().get("/magic-link/verify", token=token(site), errorCallbackURL="/oops")
    assert answer.headers["location"] == f"{ORIGIN}/oops?error=new_user_signup_disabled"
    assert site.sql('SELECT count(*) FROM "user"') == [(0,)]


def test_an_address_that_has_had_too_many_mails_gets_neither_mail_nor_link(site: Site) -> None:
    site.letters.allows = False
    assert ask(site.browser()).json() == {"status": True}
    assert site.letters.sent == []
    assert site.sql("SELECT count(*) FROM verification WHERE identifier <> 'admin-bootstrap'") == [(0,)]


def test_asking_for_the_head_of_a_link_does_not_use_it_up(site: Site) -> None:
    ask(site.browser())
    answer = site.browser()("HEAD", site.link())
    assert (answer.status, site.set_cookies(answer)) == (404, [])
    assert site.browser().get("/magic-link/verify", token=token(site)).status == 200
