"""What becomes of comments when an account ends, and what an account is handed out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.comments.conftest import AUTH, TABLES, Crm
from tests.support.auth import site

PASSWORD = "correct-horse-1"


@pytest.fixture
def deleting(tmp_path: Path, database_url: str) -> Iterator[Crm]:
    """The application, set to delete what the people wrote who leave."""
    auth = {**AUTH, "deleteUser": {"authoredContent": "delete"}}
    with site(tmp_path, database_url, auth, tables=TABLES) as opened:
        yield Crm(opened)


def leave(crm: Crm, name: str) -> str:
    """Have somebody leave, and return the id that they had."""
    person = crm.people[name]
    assert person.browser.post("/delete-user", password=PASSWORD).status == 200
    return person.id


def test_comments_stay_without_their_author(crm: Crm) -> None:
    thread = crm.thread()
    comment = crm.ada.says(thread, "stays", mentions=[crm.grace.id, crm.ada.id])
    other = crm.grace.says(thread, "too", mentions=[crm.ada.id])
    crm.ada("POST", f"{thread}/read")
    place = f"{thread}/{comment['id']}"
    tag = crm.grace("GET", place).headers["etag"]
    gone = leave(crm, "ada")
    answer = crm.grace("GET", place, headers={"if-none-match": tag})
    assert answer.status == 200
    assert answer.json() == {
        **{key: value for key, value in comment.items() if key != "user"},
        "userId": None,
        "mentions": [crm.grace.id],
    }
    assert crm.grace("GET", f"{thread}/{other['id']}").json()["mentions"] == []
    for kept in ("_comment", "_comment_mark", "_comment_mention"):
        assert gone not in str(crm.site.sql(f"SELECT * FROM {kept}"))
    assert [action for action, _, _ in crm.entries()] == ["comment.created"] * 2
    assert gone not in str(crm.site.sql("SELECT * FROM _activity WHERE comment_id IS NOT NULL"))


def test_what_waits_for_approval_is_the_author_s_no_more(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    crm.ada.says(thread, "waiting")
    leave(crm, "ada")
    assert crm.guest.sees(thread) == crm.grace.sees(thread) == []
    assert crm.root.sees(thread) == ["waiting"]


def test_comments_go_as_if_they_were_deleted_one_by_one(deleting: Crm) -> None:
    crm = deleting
    thread, other = crm.thread(), crm.thread("flat")
    alone = crm.ada.says(thread, "alone")
    answered = crm.ada.says(thread, "answered")
    crm.grace.says(thread, "by grace", parentCommentId=answered["id"])
    crm.ada.says(thread, "by herself", parentCommentId=answered["id"])
    by_herself = crm.ada.says(thread, "only by herself")
    crm.ada.says(thread, "herself", parentCommentId=by_herself["id"])
    graves = crm.grace.says(thread, "by grace, deleted")
    crm.ada.says(thread, "the last reply", parentCommentId=graves["id"])
    crm.grace("DELETE", f"{thread}/{graves['id']}")
    crm.grace.says(other, "stays", mentions=[crm.ada.id])
    crm.ada.says(other, "goes")
    gone = leave(crm, "ada")
    assert crm.grace.sees(thread) == ["", "by grace"]
    assert crm.grace.sees(other) == ["stays"]
    left = crm.grace("GET", f"{thread}/{answered['id']}").json()
    assert (left["content"], left["userId"], "deletedAt" in left) == ("", None, True)
    assert crm.grace("GET", f"{thread}/{alone['id']}").status == 404
    assert gone not in str(crm.site.sql("SELECT * FROM _comment"))
    deleted = crm.site.sql(
        "SELECT table_name, user_name, user_id FROM _activity WHERE action = 'comment.deleted' ORDER BY id"
    )
    assert deleted[1:] == [("notes", "Deleted user", None)] * 6 + [("flat", "Deleted user", None)]


def test_an_administrator_who_removes_somebody_has_deleted_their_comments(deleting: Crm) -> None:
    crm = deleting
    thread = crm.thread()
    crm.ada.says(thread)
    assert crm.root.browser.post("/admin/remove-user", userId=crm.ada.id).status == 200
    assert crm.count() == 0
    ((user_id,),) = crm.site.sql("SELECT user_id FROM _activity WHERE action = 'comment.deleted'")
    assert user_id == crm.root.id


def test_an_account_is_handed_out_what_it_wrote_page_by_page(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.comments.authored.PAGE", 2)
    thread, waiting = crm.thread(), crm.thread("reviewed")
    written = [crm.ada.says(thread, str(number)) for number in range(4)]
    written.append(crm.ada.says(waiting, "waiting"))
    crm.grace.says(thread, "of somebody else")
    found = crm.ada("GET", "/api/account/export").json()["comments"]
    assert found == [{key: value for key, value in each.items() if key != "user"} for each in written]


def test_comments_in_flight_name_nobody_who_is_gone(crm: Crm) -> None:
    """Leaving and commenting at the same time: whoever is first, no comment has the id of somebody who is gone."""
    thread = crm.thread()
    for number in range(4):
        name = f"guest{number}"
        person = crm.person(name)
        headers = {"origin": "http://localhost:3000", "cookie": person.browser.cookie_header}
        writes = [("POST", thread, {"content": "x", "mentions": [person.id]}, headers)] * 3
        mentioning = {"origin": "http://localhost:3000", "cookie": crm.grace.browser.cookie_header}
        others = [("POST", thread, {"content": "y", "mentions": [person.id]}, mentioning)] * 2
        leaving = ("POST", "/api/auth/delete-user", {"password": PASSWORD}, headers)
        answers = crm.site.client.together(*writes, leaving, *others)
        assert {each.status for each in answers} <= {200, 201, 400, 401}
        for kept in ("_comment", "_comment_mention"):
            assert person.id not in str(crm.site.sql(f"SELECT * FROM {kept}"))
