"""Signing in while sessions are being ended: what the former password or an unbanned user opened ends with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.auth import ORIGIN, Browser, Site

_ROUNDS = 4
_PASSWORD = "correct-horse-1"


def sessions_after(crm: Site, browser: Browser, path: str, body: Mapping[str, Any], email: str) -> int:
    """Send a request that ends sessions while its subject signs in several times; count the sessions that are left."""
    sign_in = {"email": email, "password": _PASSWORD}
    own = {"origin": ORIGIN, "cookie": browser.cookie_header}
    requests = [("POST", "/api/auth/sign-in/email", sign_in, {"origin": ORIGIN})] * 4
    answers = crm.client.together(("POST", f"/api/auth{path}", body, own), *requests)
    assert answers[0].status == 200
    assert {answer.status for answer in answers} <= {200, 401, 403}
    sql = 'SELECT count(*) FROM session s JOIN "user" u ON u.id = s."userId" WHERE u.email = ?1'
    return int(crm.sql(sql, email)[0][0])


def test_a_changed_password_ends_the_sessions_that_the_former_one_opens_meanwhile(crm: Site) -> None:
    body = {"currentPassword": _PASSWORD, "newPassword": "battery-staple-1", "revokeOtherSessions": True}
    for number in range(_ROUNDS):
        browser, email = crm.browser(), f"ada{number}@example.com"
        browser.sign_up(email)
        assert sessions_after(crm, browser, "/change-password", body, email) == 1


def test_a_ban_ends_the_sessions_that_are_opened_meanwhile(crm: Site) -> None:
    admin = crm.admin()
    for number in range(_ROUNDS):
        email = f"ada{number}@example.com"
        user = crm.browser().sign_up(email)
        assert sessions_after(crm, admin, "/admin/ban-user", {"userId": user["id"]}, email) == 0
