from __future__ import annotations

from typing import Any

from tabularium.identity.secrets import hashed
from tests.support.auth import Browser, Site

ID = {"userId": "nobody"}
OPERATIONS: list[tuple[str, dict[str, Any], str]] = [
    ("create-user", {"email": "x@example.com", "name": "X"}, "CREATE_USERS"),
    ("update-user", {**ID, "data": {}}, "UPDATE_USERS"),
    ("set-role", {**ID, "role": "god"}, "CHANGE_USERS_ROLE"),
    ("ban-user", ID, "BAN_USERS"),
    ("unban-user", ID, "BAN_USERS"),
    ("impersonate-user", ID, "IMPERSONATE_USERS"),
    ("list-user-sessions", ID, "LIST_USERS_SESSIONS"),
    ("revoke-user-session", {"sessionToken": "x"}, "REVOKE_USERS_SESSIONS"),
    ("revoke-user-sessions", ID, "REVOKE_USERS_SESSIONS"),
    ("remove-user", ID, "DELETE_USERS"),
    ("set-user-password", {**ID, "newPassword": "x"}, "SET_USERS_PASSWORD"),
    ("invite-user", {"email": "x@example.com", "name": "X"}, "CREATE_USERS"),
]
READS = [("list-users", {}, "LIST_USERS"), ("get-user", {"id": "x"}, "GET_USER")]


def sentence(code: str) -> str:
    return f"You are not allowed to {code.lower().replace('_', ' ')}"


def test_nobody_and_ordinary_users_administer(crm: Site) -> None:
    stranger, member = crm.browser(), crm.browser()
    member.sign_up()
    for path, body, code in OPERATIONS:
        nobody = stranger("POST", f"/admin/{path}", body)
        assert (nobody.status, nobody.body, nobody.headers["content-type"]) == (401, b"", "application/json"), path
        refused = member("POST", f"/admin/{path}", body)
        assert refused.status == 403
        assert (refused.json()["code"], refused.json()["message"]) == (f"YOU_ARE_NOT_ALLOWED_TO_{code}", sentence(code))
    for path, query, code in READS:
        nobody = stranger.get(f"/admin/{path}", **query)
        assert (nobody.status, nobody.body) == (401, b"")
        assert member.get(f"/admin/{path}", **query).json()["code"] == f"YOU_ARE_NOT_ALLOWED_TO_{code}"


BAD: list[tuple[str, dict[str, Any]]] = [
    ("set-role", {"userId": "x"}),
    ("set-role", {"userId": "x", "role": 7}),
    ("set-role", {"userId": "x", "role": [7]}),
    ("set-role", {"userId": None, "role": "member"}),
    ("ban-user", {"userId": "x", "banExpiresIn": "1"}),
    ("ban-user", {"userId": "x", "banExpiresIn": 0}),
    ("ban-user", {"userId": ["x"]}),
    ("update-user", {"userId": "x"}),
    ("update-user", {"userId": "x", "data": {"nonsense": 1}}),
    ("update-user", {"userId": "x", "data": {"banned": "yes"}}),
    ("set-user-password", {"userId": "x", "newPassword": ""}),
    ("set-user-password", {"userId": "", "newPassword": "correct-horse-1"}),
    ("create-user", {"name": "X"}),
    ("create-user", {"email": "x@example.com", "name": "X", "data": {"emailVerified": 1}}),
    ("create-user", {"email": "x@example.com", "name": "a\0"}),
    ("revoke-user-session", {}),
    ("has-permission", {}),
    ("has-permission", {"permissions": {"user": "list"}}),
    ("invite-user", {"email": "no address", "name": "X"}),
    ("invite-user", {"email": "x@example.com", "name": "X", "more": 1}),
]


def test_a_bad_body_is_told_before_anything_of_the_caller(crm: Site) -> None:
    for path, body in BAD:
        answer = crm.browser()("POST", f"/admin/{path}", body)
        assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR"), (path, body)


def test_rights_are_read_at_each_call(crm: Site) -> None:
    browser = crm.browser()
    browser.sign_up()
    assert browser.get("/admin/list-users").status == 403
    crm.promote("ada@example.com")
    assert browser.get("/admin/list-users").status == 200
    crm.sql("UPDATE \"user\" SET role = 'member' WHERE email = 'ada@example.com'")
    assert browser.get("/admin/list-users").status == 403
    crm.sql("UPDATE \"user\" SET role = 'member,admin' WHERE email = 'ada@example.com'")
    assert browser.get("/admin/list-users").status == 200


def asks(browser: Browser, permissions: Any, **more: Any) -> Any:
    return browser.post("/admin/has-permission", permissions=permissions, **more).json()


def test_permissions_are_those_of_the_caller(crm: Site) -> None:
    admin, member = crm.admin(), crm.browser()
    member.sign_up()
    everything = {
        "user": [
            *("create", "list", "set-role", "ban", "impersonate"),
            *("delete", "set-password", "set-email", "get", "update"),
        ],
        "session": ["list", "revoke", "delete"],
    }
    assert asks(admin, everything) == {"error": None, "success": True}
    for asked in ({"user": ["impersonate-admins"]}, {"user": []}, {"user": ["list"], "session": []}, {}, {"x": ["y"]}):
        assert asks(admin, asked) == {"error": None, "success": False}, asked
    assert asks(member, {"user": ["list"]}, role="admin", userId="x") == {"error": None, "success": False}
    nobody = crm.browser().post("/admin/has-permission", permissions={"user": ["list"]})
    assert (nobody.status, nobody.body) == (401, b"")
    assert crm.browser().post("/admin/has-permission").status == 400


def test_a_key_administers_and_impersonates_nobody(crm: Site) -> None:
    admin = crm.admin()
    user = crm.browser().sign_up()
    key = "k" * 64
    own = admin.session["user"]["id"]
    columns = '(id, "referenceId", key, "createdAt", "updatedAt", enabled)'
    is_on = "true" if crm.auth.database.dialect.name == "postgresql" else "1"
    values = (own, hashed(key), "2026-03-01T09:00:00.000Z")
    crm.sql(f"INSERT INTO apikey {columns} VALUES ('k', ?1, ?2, ?3, ?3, {is_on}) RETURNING id", *values)
    headers = {"x-api-key": key}
    stranger = crm.browser()
    assert stranger("GET", "/admin/list-users", headers=headers).json()["total"] == 2
    banned = stranger("POST", "/admin/ban-user", {"userId": user["id"]}, headers=headers)
    assert banned.json()["user"]["banned"] is True
    for path in ("impersonate-user", "stop-impersonating"):
        answer = stranger("POST", f"/admin/{path}", {"userId": user["id"]}, headers=headers)
        assert (answer.status, answer.body) == (401, b"")
    assert admin.post("/admin/unban-user", userId=user["id"]).status == 200
