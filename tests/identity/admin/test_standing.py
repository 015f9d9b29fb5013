from __future__ import annotations

from typing import Any

from tests.support.asgi import Answer
from tests.support.auth import Browser, Site


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def request(browser: Browser, path: str, **body: Any) -> tuple[Any, ...]:
    headers = {"authorization": f"Bearer {browser.token}"}
    return "POST", f"/api/auth/admin/{path}", body, headers


def test_roles_are_set_and_joined(crm: Site) -> None:
    admin, user = crm.admin(), crm.browser().sign_up()
    answer = admin.post("/admin/set-role", userId=user["id"], role=["member", "viewer", "member"])
    assert (answer.status, answer.json()["user"]["role"]) == (200, "member,viewer")
    assert admin.post("/admin/set-role", userId=user["id"], role="viewer").json()["user"]["role"] == "viewer"
    unknown = admin.post("/admin/set-role", userId="nobody", role="god")
    assert code(unknown) == (400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE")
    assert code(admin.post("/admin/set-role", userId="nobody", role="viewer")) == (404, "USER_NOT_FOUND")
    changes = crm.sql("SELECT changes FROM _activity WHERE action = 'role.changed' ORDER BY id")
    assert changes[1] == ('{"role":{"from":"member,viewer","to":"viewer"}}',)


def test_an_entry_tells_no_change_where_a_role_or_a_ban_stays_as_it_was(crm: Site) -> None:
    admin, user = crm.admin(), crm.browser().sign_up()
    asked = [
        ("set-role", {"role": "member"}),
        ("unban-user", {}),
        ("update-user", {"data": {"role": "member", "banned": False}}),
        ("ban-user", {}),
        ("ban-user", {"banReason": "again"}),
        ("unban-user", {}),
    ]
    for path, body in asked:
        assert admin.post(f"/admin/{path}", userId=user["id"], **body).status == 200
    found = crm.sql(
        "SELECT action, changes FROM _activity WHERE category = 'admin' AND record_id = ?1 ORDER BY id", user["id"]
    )
    assert found == [
        ("role.changed", None),
        ("user.unbanned", None),
        ("role.changed", None),
        ("user.unbanned", None),
        ("user.banned", '{"banned":{"from":false,"to":true}}'),
        ("user.banned", None),
        ("user.unbanned", '{"banned":{"from":true,"to":false}}'),
    ]


def test_who_is_banned_is_signed_out_and_stays_out(crm: Site) -> None:
    admin, ada = crm.admin(), crm.browser()
    user = ada.sign_up()
    banned = admin.post("/admin/ban-user", userId=user["id"]).json()["user"]
    assert (banned["banned"], banned["banReason"], banned["banExpires"]) == (True, "No reason", None)
    assert ada.session is None
    assert code(ada.sign_in()) == (403, "BANNED_USER")
    assert ada.sign_in(password="correct-horse-9").status == 401
    lifted = admin.post("/admin/unban-user", userId=user["id"]).json()["user"]
    assert (lifted["banned"], lifted["banReason"], lifted["banExpires"]) == (False, None, None)
    assert ada.sign_in().status == 200
    again = admin.post("/admin/ban-user", userId=user["id"], banReason="Spam", banExpiresIn=60).json()["user"]
    assert (again["banReason"], again["banExpires"]) == ("Spam", "2026-03-01T09:01:00.000Z")
    crm.clock.pass_by(seconds=61)
    assert ada.sign_in().status == 200
    assert ada.session["user"]["banned"] is False
    own = admin.session["user"]["id"]
    assert code(admin.post("/admin/ban-user", userId=own)) == (400, "YOU_CANNOT_BAN_YOURSELF")
    for path in ("ban-user", "unban-user"):
        assert code(admin.post(f"/admin/{path}", userId="nobody")) == (404, "USER_NOT_FOUND")
    actions = [action for category, action, _ in crm.activities() if category == "admin"]
    assert actions == ["user.banned", "user.unbanned", "user.banned"]


def test_the_last_administrator_cannot_be_lost(crm: Site) -> None:
    admin, other = crm.admin(), crm.browser()
    own, second = admin.session["user"]["id"], other.sign_up()["id"]
    crm.promote("ada@example.com")
    is_true = "true" if crm.auth.database.dialect.name == "postgresql" else "1"
    crm.sql(f'UPDATE "user" SET banned = {is_true} WHERE id = ?1', second)
    for path, body in (
        ("set-role", {"role": "member"}),
        ("update-user", {"data": {"role": "viewer"}}),
    ):
        lost = admin.post(f"/admin/{path}", userId=own, **body)
        assert code(lost) == (409, "CONFLICT")
        assert lost.json()["message"] == "The last administrator cannot be removed."
    # One who is banned is none to be lost, nor one to go on with.
    assert admin.post("/admin/set-role", userId=second, role="member").status == 200
    crm.promote("ada@example.com")
    admin.post("/admin/unban-user", userId=second)
    other.sign_in()
    times = ("2026-03-01T09:00:00.000Z", "2026-03-08T09:00:00.000Z")
    crm.sql('INSERT INTO _erasure VALUES (?1, ?2, ?3) RETURNING "userId"', own, *times)
    # The one who is about to be erased can still act, and must leave one who stays.
    for path, body in (("set-role", {"role": "member"}), ("remove-user", {}), ("ban-user", {})):
        assert code(admin.post(f"/admin/{path}", userId=second, **body)) == (409, "CONFLICT"), path
    assert admin.post("/admin/set-role", userId=own, role="member").status == 200
    assert other.get("/admin/list-users").status == 200


def test_of_two_administrators_who_undo_each_other_at_once_one_stays(crm: Site) -> None:
    first, second = crm.admin(), crm.browser()
    other = second.sign_up()["id"]
    own = first.session["user"]["id"]
    for path, body in (
        ("set-role", {"role": "member"}),
        ("update-user", {"data": {"role": "member"}}),
        ("ban-user", {}),
        ("remove-user", {}),
    ):
        crm.promote("ada@example.com")
        crm.promote("root@example.com")
        answers = crm.client.together(
            request(first, path, userId=other, **body), request(second, path, userId=own, **body)
        )
        assert sum(answer.status == 200 for answer in answers) == 1, [answer.body for answer in answers]
        is_banned = "banned" if crm.auth.database.dialect.name == "postgresql" else "banned = 1"
        left = crm.sql(f"SELECT count(*) FROM \"user\" WHERE role = 'admin' AND NOT ({is_banned})")
        assert left == [(1,)]
        for browser, email in ((first, "root@example.com"), (second, "ada@example.com")):
            crm.sql(f'UPDATE "user" SET banned = NOT ({is_banned}) WHERE ({is_banned}) RETURNING id')
            if browser.session is None:
                browser.sign_in(email)
