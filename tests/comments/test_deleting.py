"""Deleting a comment, and what is left where it has replies."""

from __future__ import annotations

from typing import Any

from tests.comments.conftest import Crm


def test_a_comment_without_replies_leaves_every_answer(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread, 'gone', mentions=[crm.grace.id])['id']}"
    assert crm.ada("DELETE", place).status == 204
    assert crm.ada("DELETE", place).status == 404
    for person in (crm.ada, crm.root):
        assert person("GET", place).status == 404
        assert person.sees(thread) == []
    assert (crm.count(), crm.count("_comment_mention")) == (0, 0)
    assert [action for action, _, _ in crm.entries()] == ["comment.created", "comment.deleted"]


def test_one_with_replies_stays_without_anything_of_it(crm: Crm) -> None:
    thread = crm.thread()
    parent = crm.ada.says(thread, "gone", mentions=[crm.grace.id])
    place = f"{thread}/{parent['id']}"
    crm.ada("PATCH", place, {"content": "gone, too"})
    crm.root("PATCH", place, {"status": "pending"})
    reply = crm.root.says(thread, "stays", parentCommentId=parent["id"])
    crm.site.clock.pass_by(seconds=1)
    assert crm.ada("DELETE", place).status == 204
    left = crm.grace("GET", place).json()
    assert left == {
        "id": parent["id"],
        "tableId": "1",
        "recordId": "1",
        "userId": None,
        "content": "",
        "parentCommentId": None,
        "mentions": [],
        "status": "approved",
        "createdAt": parent["createdAt"],
        "updatedAt": "2026-03-01T09:00:01.000Z",
        "deletedAt": "2026-03-01T09:00:01.000Z",
    }
    assert "gone" not in str(crm.site.sql("SELECT * FROM _comment"))
    assert crm.grace.sees(thread) == ["", "stays"]
    assert crm.grace.sees(thread, parentCommentId="none") == [""]
    assert crm.grace.sees(thread, parentCommentId=parent["id"]) == ["stays"]
    assert crm.grace.unread(thread) == 1
    _cannot_be_touched(crm, thread, place, parent["id"])
    assert crm.root("DELETE", f"{thread}/{reply['id']}").status == 204
    assert crm.grace("GET", place).status == 404
    assert (crm.grace.sees(thread), crm.count()) == ([], 0)


def _cannot_be_touched(crm: Crm, thread: str, place: str, comment_id: str) -> None:
    for person in (crm.ada, crm.grace, crm.root):
        assert person("DELETE", place).status == 404
        assert person("PATCH", place, {"content": "back"}).status == 404
        assert person("PATCH", place, {"status": "rejected"}).status == 404
        answer = person("POST", thread, {"content": "x", "parentCommentId": comment_id})
        assert (answer.status, answer.codes) == (400, {"parentCommentId": "not_found"})


def test_a_guest_s_comment_keeps_neither_name_nor_address(crm: Crm) -> None:
    thread = crm.thread("posts")
    parent = crm.guest.says(thread, guestName="Eve", guestEmail="eve@example.org")
    crm.ada.says(thread, "hm", parentCommentId=parent["id"])
    assert crm.root("DELETE", f"{thread}/{parent['id']}").status == 204
    left = crm.root("GET", f"{thread}/{parent['id']}").json()
    assert not {"guestName", "guestEmail", "user"} & left.keys()
    assert "eve" not in str(crm.site.sql("SELECT * FROM _comment")).lower()


def test_what_is_left_goes_with_the_last_of_several_replies(crm: Crm) -> None:
    thread = crm.thread()
    parent = crm.ada.says(thread)["id"]
    replies = [crm.ada.says(thread, str(each), parentCommentId=parent)["id"] for each in range(3)]
    crm.ada("DELETE", f"{thread}/{parent}")
    for number, reply in enumerate(replies, 1):
        assert crm.ada("GET", f"{thread}/{parent}").status == 200
        assert crm.ada("DELETE", f"{thread}/{reply}").status == 204
        assert crm.count() == (4 - number if number < 3 else 0)


def test_comments_end_with_their_record_by_every_path(crm: Crm) -> None:
    for number, call in enumerate(_removals(crm)):
        thread = crm.thread()
        kept = crm.thread()
        record = thread.split("/")[5]
        child = crm.thread("children", note=record)
        for each in (thread, child, kept):
            crm.ada.says(each, "x", mentions=[crm.grace.id])
        crm.grace("POST", f"{thread}/read")
        assert call(record).status in (200, 204), number
        assert (crm.count(), crm.count("_comment_mention"), crm.count("_comment_thread")) == (1, 1, 1)
        assert crm.count("_comment_mark") == 0
        assert crm.ada.sees(kept) == ["x"]
        assert crm.root("DELETE", f"{kept.removesuffix('/comments')}?permanent=true").status == 204


def _removals(crm: Crm) -> list[Any]:
    notes = "/api/tables/notes/records"
    return [
        lambda key: crm.root("DELETE", f"{notes}/{key}?permanent=true"),
        lambda key: crm.root("DELETE", f"{notes}/{key}") and crm.root("DELETE", f"{notes}/{key}?permanent=true"),
        lambda key: crm.root("DELETE", f"{notes}/batch", {"ids": [key], "permanent": True}),
        lambda key: crm.root("DELETE", f"{notes}/batch?permanent=true", {"ids": [key]}),
    ]


def test_a_record_that_gets_the_key_of_a_removed_one_has_none_of_its_comments(crm: Crm) -> None:
    thread = crm.thread("slugs", id="a")
    crm.ada.says(thread)
    crm.root("DELETE", "/api/tables/slugs/records/a?permanent=true")
    again = crm.root("POST", "/api/tables/slugs/records", {"id": "a", "title": "b"})
    assert again.status == 201
    assert crm.ada.sees(thread) == []


def test_what_is_left_is_seen_with_its_replies_alone(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    parent = crm.root.says(thread, "gone")
    reply = crm.grace.says(thread, "waiting", parentCommentId=parent["id"])
    crm.root("DELETE", f"{thread}/{parent['id']}")
    for person in (crm.ada, crm.guest):
        assert person.sees(thread) == []
        assert person("GET", f"{thread}/{parent['id']}").status == 404
    for person in (crm.grace, crm.root):
        assert person.sees(thread) == ["", "waiting"]
    crm.root("PATCH", f"{thread}/{reply['id']}", {"status": "approved"})
    assert crm.guest.sees(thread) == ["", "waiting"]
