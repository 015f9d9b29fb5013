from __future__ import annotations

from typing import Any

import pytest

from tests.support.auth import Site


def test_a_name_and_a_picture_can_be_changed_and_the_picture_taken_away(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    crm.clock.pass_by(seconds=5)
    answer = browser.post("/update-user", name="Countess", image="https://example.com/a.png", emailVerified=True, x=1)
    assert answer.json() == {"status": True}
    assert len(browser.set_cookies) == 1
    user = browser.session["user"]
    assert (user["name"], user["image"]) == ("Countess", "https://example.com/a.png")
    assert (user["emailVerified"], user["updatedAt"]) == (False, "2026-03-01T09:00:05.000Z")
    browser.post("/update-user", image=None)
    assert browser.session["user"]["image"] is None
    assert ("auth", "user.updated", None) in crm.activities()


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"email": "x@example.com"}, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated"),
        ({"name": "x", "role": "admin"}, "FIELD_NOT_ALLOWED", "role is not allowed to be set"),
        ({"name": "x", "banned": True}, "FIELD_NOT_ALLOWED", "banned is not allowed to be set"),
        ({"twoFactorEnabled": True}, "FIELD_NOT_ALLOWED", "twoFactorEnabled is not allowed to be set"),
        ({}, "BAD_REQUEST", "No fields to update"),
        ({"emailVerified": True}, "BAD_REQUEST", "No fields to update"),
        ({"name": None}, "VALIDATION_ERROR", "[body.name] Invalid input: expected string, received null"),
    ],
)
def test_nothing_else_can_be_changed(crm: Site, body: dict[str, Any], code: str, message: str) -> None:
    browser = crm.browser()
    user = browser.sign_up()
    answer = browser("POST", "/update-user", body)
    assert (answer.status, answer.json()["code"], answer.json()["message"]) == (400, code, message)
    assert browser.session["user"] == user


def test_a_visitor_changes_nothing(crm: Site) -> None:
    assert crm.browser().post("/update-user", name="x").status == 401
