from __future__ import annotations

from typing import Any

import pytest

from tests.support.asgi import Answer
from tests.support.auth import PASSWORDS, Browser, Site
from tests.support.two_factor import enable

PASSWORD = "correct-horse-1"


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


@pytest.fixture
def site(opened: Any) -> Site:
    made: Site = opened({**PASSWORDS, "session": {"cookieCache": {"enabled": True}}})
    return made


def attributes(browser: Browser) -> dict[str, list[str]]:
    """Return the attributes of the cookies of the last answer, by name."""
    split = (line.partition("=")[::2] for line in browser.set_cookies)
    return {name.removeprefix("better-auth."): rest.split("; ")[1:] for name, rest in split}


def test_an_administrator_acts_as_another_and_comes_back(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    own = admin.session
    answer = admin.post("/admin/impersonate-user", userId=user["id"])
    assert answer.status == 200
    content = answer.json()
    assert (content["user"], set(content)) == (user, {"user", "session"})
    assert content["session"]["impersonatedBy"] == own["user"]["id"]
    assert content["session"]["expiresAt"] == "2026-03-01T10:00:00.000Z"
    usual = ["Path=/", "HttpOnly", "SameSite=Lax"]
    assert attributes(admin) == {
        "session_token": usual,
        "dont_remember": usual,
        "session_data": ["Max-Age=0", *usual],
        "admin_session": ["Max-Age=604800", *usual],
    }
    assert admin.session["user"]["id"] == user["id"]
    assert admin.get("/admin/list-users").status == 403
    admin.post("/update-user", name="Not Ada")
    back = admin.post("/admin/stop-impersonating")
    assert (back.status, back.json()["user"]["id"]) == (200, own["user"]["id"])
    assert back.json()["session"]["id"] == own["session"]["id"]
    sent = attributes(admin)
    assert sent["session_token"] == ["Max-Age=604800", *usual]
    assert (sent["admin_session"], sent["dont_remember"]) == (["Max-Age=0", *usual], ["Max-Age=0", *usual])
    assert sent["session_data"][0] == "Max-Age=300"
    assert site.sql('SELECT count(*) FROM session WHERE "impersonatedBy" IS NOT NULL') == [(0,)]
    assert admin.get("/admin/list-users").status == 200
    left = site.sql("SELECT impersonated_by FROM _activity WHERE action = 'user.updated'")
    assert left == [(own["user"]["id"],)]
    actions = [action for category, action, _ in site.activities() if category == "admin"]
    assert actions == ["impersonation.started", "impersonation.stopped"]


def test_a_session_that_was_not_to_be_remembered_is_not_afterwards(site: Site) -> None:
    site.admin()
    admin, user = site.browser(), site.browser().sign_up()
    admin.sign_in("root@example.com", rememberMe=False)
    admin.post("/admin/impersonate-user", userId=user["id"])
    admin.post("/admin/stop-impersonating")
    assert "Max-Age" not in str(attributes(admin)["session_token"])
    assert "Max-Age" not in str(attributes(admin)["dont_remember"])
    assert admin.get("/admin/list-users").status == 200


def test_an_impersonation_ends_after_an_hour_and_is_never_extended(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    admin.post("/admin/impersonate-user", userId=user["id"])
    site.clock.pass_by(minutes=59)
    assert admin.session["session"]["expiresAt"] == "2026-03-01T10:00:00.000Z"
    site.clock.pass_by(minutes=2)
    assert admin.session is None


def test_some_cannot_be_impersonated(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    assert code(admin.post("/admin/impersonate-user", userId="nobody")) == (404, "USER_NOT_FOUND")
    own = admin.session["user"]["id"]
    assert code(admin.post("/admin/impersonate-user", userId=own)) == (403, "YOU_CANNOT_IMPERSONATE_ADMINS")
    admin.post("/admin/ban-user", userId=user["id"], banExpiresIn=60)
    assert code(admin.post("/admin/impersonate-user", userId=user["id"])) == (403, "BANNED_USER")
    site.clock.pass_by(seconds=61)
    assert admin.post("/admin/impersonate-user", userId=user["id"]).json()["user"]["banned"] is False


def test_who_acts_as_nobody_cannot_come_back(site: Site) -> None:
    admin = site.admin()
    answer = admin.post("/admin/stop-impersonating")
    assert code(answer) == (400, "BAD_REQUEST")
    assert answer.json()["message"] == "You are not impersonating anyone"
    nobody = site.browser().post("/admin/stop-impersonating")
    assert (nobody.status, nobody.body) == (401, b"")


def test_where_the_own_session_is_gone_nobody_is_signed_in(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    admin.post("/admin/impersonate-user", userId=user["id"])
    site.sql('DELETE FROM session WHERE "impersonatedBy" IS NULL RETURNING id')
    answer = admin.post("/admin/stop-impersonating")
    assert (answer.status, answer.body) == (401, b"")
    assert admin.cookies == {}
    assert site.sql("SELECT count(*) FROM session") == [(0,)]
    # The cookie of another administrator leads nowhere, either.
    for browser, email in ((site.browser(), "bea@example.com"), (admin, "root@example.com")):
        if email != "root@example.com":
            browser.sign_up(email)
            site.promote(email)
            browser.post("/admin/impersonate-user", userId=user["id"])
            foreign = browser.cookies["better-auth.admin_session"]
        else:
            browser.sign_in(email)
            browser.post("/admin/impersonate-user", userId=user["id"])
            browser.cookies["better-auth.admin_session"] = foreign
            assert browser.post("/admin/stop-impersonating").status == 401


def test_who_loses_the_role_or_the_account_loses_the_impersonations(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    other = site.browser()
    bea = other.sign_up("bea@example.com")
    for path, body in (
        ("set-role", {"role": "member"}),
        ("update-user", {"data": {"role": "member"}}),
        ("ban-user", {}),
        ("remove-user", {}),
    ):
        admin.post("/admin/unban-user", userId=bea["id"])
        other.sign_in("bea@example.com")
        site.promote("bea@example.com")
        assert other.post("/admin/impersonate-user", userId=user["id"]).status == 200
        assert admin.post(f"/admin/{path}", userId=bea["id"], **body).status == 200
        assert other.session is None, path


def test_the_sessions_of_a_user_are_seen_and_ended(site: Site) -> None:
    admin, ada = site.admin(), site.browser()
    user = ada.sign_up()
    site.clock.pass_by(seconds=1)
    site.browser().sign_in(rememberMe=False)
    site.clock.pass_by(days=2)
    admin.post("/admin/impersonate-user", userId=user["id"])
    admin.post("/admin/impersonate-user", userId=user["id"])
    ids = [admin.session["session"]["id"]]
    root = site.browser()
    root.sign_in("root@example.com")
    found = root.post("/admin/list-user-sessions", userId=user["id"])
    assert (found.status, set(found.json())) == (200, {"sessions"})
    sessions = found.json()["sessions"]
    assert len(sessions) == 3
    assert [each["id"] for each in sessions if each["impersonatedBy"]] == ids
    assert root.post("/admin/list-user-sessions", userId="nobody").json() == {"sessions": []}
    assert root.post("/admin/revoke-user-session", sessionToken=ada.token).json() == {"success": True}
    assert ada.session is None
    assert root.post("/admin/revoke-user-session", sessionToken="nobody's").json() == {"success": True}
    assert root.post("/admin/revoke-user-sessions", userId=user["id"]).json() == {"success": True}
    assert root.post("/admin/list-user-sessions", userId=user["id"]).json() == {"sessions": []}
    assert root.post("/admin/revoke-user-sessions", userId="nobody").json() == {"success": True}
    revoked = [entry for entry in site.activities() if entry[:2] == ("admin", "sessions.revoked")]
    assert len(revoked) == 2


def test_a_session_in_the_place_of_an_impersonated_one_is_impersonated(opened: Any) -> None:
    site = opened({**PASSWORDS, "twoFactor": True})
    admin, user = site.admin(), site.browser().sign_up()
    own = admin.session["user"]["id"]
    admin.post("/admin/impersonate-user", userId=user["id"])
    admin.cookies = {
        name: value for name, value in admin.cookies.items() if name.endswith(("session_token", "admin_session"))
    }
    site.clock.pass_by(minutes=50)

    def replaced(former: str) -> str:
        assert "Max-Age" not in str(attributes(admin)["session_token"])
        session = admin.session["session"]
        assert session["id"] != former
        assert (session["impersonatedBy"], session["expiresAt"]) == (own, "2026-03-01T10:00:00.000Z")
        return str(session["id"])

    now = str(admin.session["session"]["id"])
    admin.post("/change-password", currentPassword=PASSWORD, newPassword=PASSWORD, revokeOtherSessions=True)
    now = replaced(now)
    app, _ = enable(admin)
    admin.post("/two-factor/verify-totp", code=app.code())
    replaced(now)
    assert admin.post("/admin/stop-impersonating").json()["user"]["id"] == own
    entries = site.sql(
        "SELECT impersonated_by FROM _activity WHERE action LIKE 'two_factor.%' OR action LIKE 'password.%'"
    )
    assert entries
    assert set(entries) == {(own,)}
