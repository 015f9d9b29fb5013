"""Who may read, write, change and delete comments: anonymous and foreign callers first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.comments.conftest import Crm

UNKNOWN = "01955a3b-20fd-7c00-9d11-2b6d1e4a7c55"
OPERATIONS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("POST", "", {"content": "x"}),
    ("POST", "/read", None),
    ("GET", f"/{UNKNOWN}", None),
    ("PATCH", f"/{UNKNOWN}", {"content": "x"}),
    ("DELETE", f"/{UNKNOWN}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
@pytest.mark.parametrize("name", ["notes", "members only", "hidden", "nothing"])
def test_who_is_not_signed_in_is_turned_away_where_the_table_has_no_guests(
    crm: Crm, name: str, method: str, path: str, body: Any
) -> None:
    name = name.replace(" ", "%20")
    for record in ("1", "999", "no-id"):
        assert crm.guest(method, f"/api/tables/{name}/records/{record}/comments{path}", body).status == 401


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_table_that_the_caller_cannot_see_is_not_found(crm: Crm, method: str, path: str, body: Any) -> None:
    crm.thread("hidden")
    answers = [
        crm.ada(method, f"/api/tables/{name}/records/1/comments{path}", body) for name in ("hidden", "10", "nothing")
    ]
    assert {(each.status, each.json()["message"]) for each in answers} == {(404, "There is no such table.")}


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_record_that_a_rule_hides_has_no_comments_for_anybody_else(
    crm: Crm, method: str, path: str, body: Any
) -> None:
    thread = crm.thread("diaries", owner=crm.ada.id)
    comment = crm.ada.says(thread)
    for target in (thread, "/api/tables/diaries/records/999/comments", "/api/tables/diaries/records/x/comments"):
        answer = crm.grace(method, f"{target}{path.replace(UNKNOWN, comment['id'])}", body)
        assert (answer.status, answer.json()["message"]) == (404, "There is no such record.")


@pytest.mark.parametrize(("method", "path", "body"), OPERATIONS)
def test_a_record_in_the_trash_has_no_comments_until_it_returns(crm: Crm, method: str, path: str, body: Any) -> None:
    thread = crm.thread()
    comment = crm.ada.says(thread)
    record = thread.removesuffix("/comments")
    assert crm.root("DELETE", record).status == 204
    for person in (crm.ada, crm.root):
        assert person(method, f"{thread}{path.replace(UNKNOWN, comment['id'])}", body).status == 404
    assert crm.root("POST", f"{record}/restore").status == 200
    assert crm.ada.sees(thread) == ["hello"]


def test_a_comment_of_another_record_or_table_is_not_found_by_anybody(crm: Crm) -> None:
    thread, other, elsewhere = crm.thread(), crm.thread(), crm.thread("flat")
    comment = crm.ada.says(thread)
    crm.ada.says(other)
    crm.ada.says(elsewhere)
    for wrong in (other, elsewhere):
        for person in (crm.ada, crm.root):
            for method, body in (("GET", None), ("PATCH", {"content": "x"}), ("DELETE", None)):
                assert person(method, f"{wrong}/{comment['id']}", body).status == 404
        answer = crm.ada("POST", wrong, {"content": "x", "parentCommentId": comment["id"]})
        if "flat" not in wrong:
            assert (answer.status, answer.codes) == (400, {"parentCommentId": "not_found"})
    assert crm.ada("GET", f"{thread}/{comment['id']}").status == 200


@pytest.mark.parametrize("comment_id", ["x", "1", UNKNOWN, "%00", "..", "a" * 300, UNKNOWN[:-1], "%F0%9F%98%80"])
def test_an_id_that_no_comment_has_is_not_found(crm: Crm, comment_id: str) -> None:
    thread = crm.thread()
    for method, body in (("GET", None), ("PATCH", {"content": "x"}), ("DELETE", None)):
        assert crm.root(method, f"{thread}/{comment_id}", body).status == 404


def test_a_viewer_reads_comments_and_writes_none(crm: Crm) -> None:
    thread = crm.thread()
    comment = crm.ada.says(thread)
    viewer = crm.person("vera", "viewer")
    assert viewer.sees(thread) == ["hello"]
    assert viewer("POST", thread, {"content": "x"}).status == 403
    assert viewer("PATCH", f"{thread}/{comment['id']}", {"content": "x"}).status == 403
    assert viewer("DELETE", f"{thread}/{comment['id']}").status == 403
    assert viewer("POST", f"{thread}/read").status == 200


def test_guests_read_and_write_where_the_table_has_them_and_nothing_else(crm: Crm) -> None:
    thread = crm.thread("posts")
    comment = crm.guest.says(thread, "from outside", guestName="Eve")
    assert crm.guest.sees(thread) == ["from outside"]
    found = crm.guest("GET", f"{thread}/{comment['id']}").json()
    assert (found["userId"], found["guestName"], "user" in found) == (None, "Eve", False)
    assert crm.guest("PATCH", f"{thread}/{comment['id']}", {"content": "x"}).status == 401
    assert crm.guest("DELETE", f"{thread}/{comment['id']}").status == 401
    assert crm.guest("POST", f"{thread}/read").status == 401


def test_a_rule_for_everybody_admits_nobody_who_is_not_signed_in(crm: Crm) -> None:
    thread = crm.thread("members only").replace(" ", "%20")
    assert crm.guest("GET", thread.removesuffix("/comments")).status == 200
    assert crm.guest("GET", thread).status == 401
    assert crm.guest("POST", thread, {"content": "x"}).status == 401
    assert crm.person("vera", "viewer").says(thread)["content"] == "hello"
    told = crm.guest("GET", "/api/tables/4/permissions").json()["table"]
    assert (told["read"], told["comment"]) == (True, False)


def test_where_authors_must_sign_in_guests_read_alone(crm: Crm) -> None:
    thread = crm.thread("quiet")
    crm.ada.says(thread)
    assert crm.guest.sees(thread) == ["hello"]
    assert crm.guest("POST", thread, {"content": "x"}).status == 401


def test_the_author_alone_changes_the_text(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    for person in (crm.grace, crm.root):
        assert person("PATCH", place, {"content": "mine now"}).status == 403
        assert person("PATCH", place, {"mentions": []}).status == 403
    assert crm.ada("PATCH", place, {"content": "better"}).json()["content"] == "better"


def test_administrators_alone_set_the_status(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    for person in (crm.ada, crm.grace):
        assert person("PATCH", place, {"status": "rejected"}).status == 403
    assert crm.root("PATCH", place, {"status": "rejected"}).json()["status"] == "rejected"


def test_the_author_and_administrators_delete(crm: Crm) -> None:
    thread = crm.thread()
    one, two = (f"{thread}/{crm.ada.says(thread)['id']}" for _ in range(2))
    assert crm.grace("DELETE", one).status == 403
    assert crm.ada("DELETE", one).status == 204
    assert crm.root("DELETE", two).status == 204
    assert crm.ada.sees(thread) == []


def test_the_answer_names_the_table_by_its_id_whatever_the_path_says(crm: Crm) -> None:
    thread = crm.thread()
    by_id = thread.replace("/notes/", "/1/")
    comment = crm.ada.says(by_id)
    assert (comment["tableId"], comment["recordId"]) == ("1", thread.split("/")[5])
    assert crm.ada.sees(thread) == ["hello"]
    assert (
        crm.ada("GET", f"{by_id}/{comment['id'].upper()}").json() == crm.ada("GET", f"{thread}/{comment['id']}").json()
    )


def test_another_site_cannot_use_the_cookie_of_a_caller(crm: Crm) -> None:
    thread = crm.thread()
    answer = crm.ada("POST", thread, {"content": "x"}, headers={"origin": "https://evil.example"})
    assert (answer.status, crm.count()) == (403, 0)
