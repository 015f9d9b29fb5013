from __future__ import annotations

from typing import Any

import pytest

from tests.support.auth import Site

AUTH: dict[str, Any] = {
    "strategies": [{"type": "emailAndPassword"}],
    "roles": [{"name": "editor", "description": "Writes", "level": 50}],
    "twoFactor": True,
}


@pytest.fixture
def site(opened: Any) -> Site:
    made: Site = opened(AUTH)
    return made


def code(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


# get-user -------------------------------------------------------------------------------------------------------------


def test_a_user_is_shown_bare(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    assert admin.get("/admin/get-user", id=user["id"]).json() == user
    assert code(admin.get("/admin/get-user", id="nobody")) == (404, "USER_NOT_FOUND")
    assert code(admin.get("/admin/get-user")) == (400, "VALIDATION_ERROR")


# create-user ----------------------------------------------------------------------------------------------------------


def test_a_user_is_made_and_can_sign_in(site: Site) -> None:
    admin = site.admin()
    before = admin.session
    answer = admin.post(
        "/admin/create-user", email="Ada@Example.com", name="Ada", password="correct-horse-1", role=["editor", "viewer"]
    )
    user = answer.json()["user"]
    assert (answer.status, set(answer.json())) == (200, {"user"})
    assert (user["email"], user["role"], user["emailVerified"]) == ("ada@example.com", "editor,viewer", False)
    assert admin.session == before
    assert not admin.set_cookies
    assert site.browser().sign_in().status == 200
    assert ("admin", "user.created", None) in site.activities()


def test_a_user_without_a_password_has_no_credentials(site: Site) -> None:
    data = {
        "emailVerified": True,
        "image": "https://example.com/a.png",
        "role": "editor",
        "banned": True,
        "banReason": "Spam",
        "banExpires": "2026-04-01T02:00:00.000+02:00",
        "unknown": 1,
        "id": "mine",
    }
    user = site.admin().post("/admin/create-user", email="ada@example.com", name="", data=data).json()["user"]
    assert user["id"] != "mine"
    assert (user["emailVerified"], user["image"], user["role"]) == (True, "https://example.com/a.png", "editor")
    assert (user["banned"], user["banReason"], user["banExpires"]) == (True, "Spam", "2026-04-01T00:00:00.000Z")
    assert site.sql('SELECT count(*) FROM account WHERE "userId" = ?1', user["id"]) == [(0,)]


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"email": "no address"}, "INVALID_EMAIL"),
    ({"email": "root@example.com"}, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    ({"role": 7}, "INVALID_ROLE_TYPE"),
    ({"role": ["editor", 7]}, "INVALID_ROLE_TYPE"),
    ({"data": {"role": {"a": 1}}}, "INVALID_ROLE_TYPE"),
    ({"role": "god"}, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
    ({"role": []}, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
    ({"data": {"role": "user"}}, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
    ({"password": "short"}, "PASSWORD_TOO_SHORT"),
    ({"password": ""}, "PASSWORD_TOO_SHORT"),
    ({"password": "x" * 129}, "PASSWORD_TOO_LONG"),
    ({"data": {"banExpires": "2026-02-30T00:00:00Z"}}, "VALIDATION_ERROR"),
    ({"data": {"banExpires": "soon"}}, "VALIDATION_ERROR"),
]


def test_a_user_that_cannot_be_is_refused(site: Site) -> None:
    admin = site.admin()
    for body, expected in IMPOSSIBLE:
        answer = admin("POST", "/admin/create-user", {"email": "ada@example.com", "name": "Ada", **body})
        assert code(answer) == (400, expected), body
    assert site.sql('SELECT count(*) FROM "user"') == [(1,)]


# update-user ----------------------------------------------------------------------------------------------------------


def test_every_property_can_be_changed(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    data = {"name": "Ada King", "image": "x", "email": "KING@example.com", "emailVerified": True, "role": "editor"}
    changed = admin.post("/admin/update-user", userId=user["id"], data=data)
    assert changed.status == 200
    shown = changed.json()
    assert {name: shown[name] for name in data} == {**data, "email": "king@example.com"}
    assert admin.post("/admin/update-user", userId=user["id"], data={"image": None}).json()["image"] is None
    noted = [entry for entry in site.activities() if entry[0] == "admin"]
    assert ("admin", "role.changed", None) in noted
    assert ("admin", "user.updated", {"fields": ["email", "emailVerified", "image", "name"]}) in noted


UNCHANGEABLE: list[tuple[dict[str, Any], str]] = [
    ({}, "NO_DATA_TO_UPDATE"),
    ({"password": "correct-horse-2"}, "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER"),
    ({"id": "mine"}, "USER_ID_CANNOT_BE_UPDATED"),
    ({"role": 7}, "INVALID_ROLE_TYPE"),
    ({"role": None}, "INVALID_ROLE_TYPE"),
    ({"role": "god"}, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
    ({"twoFactorEnabled": True}, "FIELD_NOT_ALLOWED"),
    ({"email": "no address"}, "INVALID_EMAIL"),
    ({"email": "root@example.com"}, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    ({"createdAt": "2026-01-01T00:00:00.000Z"}, "VALIDATION_ERROR"),
    ({"banExpires": "soon"}, "VALIDATION_ERROR"),
]


def test_what_cannot_be_changed_is_refused(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    for data, expected in UNCHANGEABLE:
        assert code(admin.post("/admin/update-user", userId=user["id"], data=data)) == (400, expected), data
    assert admin.get("/admin/get-user", id=user["id"]).json() == user


def test_the_texts_of_the_refusals_are_those_of_better_auth(site: Site) -> None:
    admin = site.admin()
    for data, text in (
        (
            {"password": "x"},
            "Password cannot be updated through update-user. Use the set-user-password endpoint instead",
        ),
        ({"role": "x"}, "You are not allowed to set a non-existent role value"),
        ({"twoFactorEnabled": True}, "twoFactorEnabled is not allowed to be set"),
    ):
        assert admin.post("/admin/update-user", userId="x", data=data).json()["message"] == text
    assert code(admin.post("/admin/update-user", userId="nobody", data={"name": "x"})) == (404, "USER_NOT_FOUND")


def test_a_user_who_is_banned_by_a_change_is_signed_out(site: Site) -> None:
    admin, ada = site.admin(), site.browser()
    user = ada.sign_up()
    admin.post("/admin/ban-user", userId=user["id"], banExpiresIn=1)
    admin.post("/admin/update-user", userId=user["id"], data={"banned": False})
    ada.sign_in()
    site.clock.pass_by(days=1)
    banned = admin.post("/admin/update-user", userId=user["id"], data={"banned": True}).json()
    assert (banned["banned"], banned["banReason"], banned["banExpires"]) == (True, None, None)
    assert ada.session is None
    assert code(ada.sign_in()) == (403, "BANNED_USER")
    own = admin.session["user"]["id"]
    assert code(admin.post("/admin/update-user", userId=own, data={"banned": True})) == (400, "YOU_CANNOT_BAN_YOURSELF")


def test_a_second_factor_can_be_removed(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()
    columns = '(id, "userId", secret, "backupCodes", verified)'
    true = "true" if site.auth.database.dialect.name == "postgresql" else "1"
    site.sql(f'INSERT INTO "twoFactor" {columns} VALUES (?1, ?2, ?1, ?1, {true}) RETURNING id', "x", user["id"])
    site.sql(f'UPDATE "user" SET "twoFactorEnabled" = {true} WHERE id = ?1', user["id"])
    changed = admin.post("/admin/update-user", userId=user["id"], data={"twoFactorEnabled": False})
    assert changed.json()["twoFactorEnabled"] is False
    assert site.sql('SELECT count(*) FROM "twoFactor"') == [(0,)]


# remove-user ----------------------------------------------------------------------------------------------------------


def test_a_removed_user_is_gone_with_everything_of_theirs(site: Site) -> None:
    admin, ada = site.admin(), site.browser()
    user = ada.sign_up()
    ada.post("/request-password-reset", email="ada@example.com")
    assert admin.post("/admin/remove-user", userId=user["id"]).json() == {"success": True}
    assert ada.session is None
    for table in ("session", "account"):
        assert site.sql(f'SELECT count(*) FROM {table} WHERE "userId" = ?1', user["id"]) == [(0,)]
    assert site.sql("SELECT count(*) FROM verification WHERE identifier LIKE 'reset%'") == [(0,)]
    assert code(admin.post("/admin/remove-user", userId=user["id"])) == (404, "USER_NOT_FOUND")
    own = admin.session["user"]["id"]
    assert code(admin.post("/admin/remove-user", userId=own)) == (400, "YOU_CANNOT_REMOVE_YOURSELF")
    assert ("admin", "user.removed", None) in site.activities()
    named = "user_id = ?1 OR record_id = ?1 OR user_email = 'ada@example.com'"
    assert site.sql(f"SELECT count(*) FROM _activity WHERE {named}", user["id"]) == [(0,)]


# set-user-password ----------------------------------------------------------------------------------------------------


def test_a_password_is_set_and_sessions_go_on(site: Site) -> None:
    admin, ada = site.admin(), site.browser()
    user = ada.sign_up()
    answer = admin.post("/admin/set-user-password", userId=user["id"], newPassword="correct-horse-2")
    assert answer.json() == {"status": True}
    assert ada.session is not None
    assert ada.sign_in().status == 401
    assert ada.sign_in(password="correct-horse-2").status == 200
    made = admin.post("/admin/create-user", email="bea@example.com", name="Bea").json()["user"]
    admin.post("/admin/set-user-password", userId=made["id"], newPassword="correct-horse-3")
    assert site.browser().sign_in("bea@example.com", "correct-horse-3").status == 200


def test_a_password_that_cannot_be_is_refused(site: Site) -> None:
    admin = site.admin()
    for password, expected in (("short", "PASSWORD_TOO_SHORT"), ("x" * 129, "PASSWORD_TOO_LONG")):
        answer = admin.post("/admin/set-user-password", userId="nobody", newPassword=password)
        assert code(answer) == (400, expected)
    answer = admin.post("/admin/set-user-password", userId="nobody", newPassword="correct-horse-2")
    assert code(answer) == (404, "USER_NOT_FOUND")


def test_an_id_may_be_a_number(site: Site) -> None:
    admin = site.admin()
    site.browser().sign_up()
    site.sql(
        'DELETE FROM session WHERE "userId" <> (SELECT id FROM "user" WHERE email = \'root@example.com\') RETURNING id'
    )
    site.sql(
        'DELETE FROM account WHERE "userId" <> (SELECT id FROM "user" WHERE email = \'root@example.com\') RETURNING id'
    )
    site.sql("UPDATE \"user\" SET id = '17' WHERE email = 'ada@example.com'")
    assert admin.post("/admin/set-role", userId=17, role="editor").json()["user"]["id"] == "17"
    assert admin.post("/admin/unban-user", userId=17.0).status == 200


def test_nothing_is_done_to_a_user_who_is_removed_at_the_same_time(site: Site) -> None:
    admin, user = site.admin(), site.browser().sign_up()["id"]
    sent: list[tuple[str, dict[str, Any]]] = [
        ("remove-user", {}),
        ("set-role", {"role": "viewer"}),
        ("update-user", {"data": {"name": "Ada King"}}),
        ("ban-user", {}),
        ("unban-user", {}),
        ("revoke-user-sessions", {}),
        ("remove-user", {}),
    ]
    requests = [("POST", f"/api/auth/admin/{name}", {"userId": user, **more}) for name, more in sent]
    answers = admin.together(*requests)
    assert {answer.status for answer in answers} <= {200, 404}
    assert sorted((answers[0].status, answers[-1].status)) == [200, 404]
    assert site.sql("SELECT action FROM _activity WHERE record_id = ?1", user) == []
    assert site.sql("SELECT count(*) FROM _activity WHERE action = 'user.removed'") == [(1,)]
