"""Marking comments as read, and how many are unread."""

from __future__ import annotations

import asyncio

from tabularium.db import comments
from tabularium.db.database import Session
from tests.comments.conftest import Crm


def test_what_others_wrote_since_the_last_mark_is_unread(crm: Crm) -> None:
    thread = crm.thread()
    crm.ada.says(thread)
    crm.root.says(thread)
    assert (crm.ada.unread(thread), crm.grace.unread(thread)) == (1, 2)
    assert crm.grace("POST", f"{thread}/read").json() == {"success": True}
    assert (crm.ada.unread(thread), crm.grace.unread(thread)) == (1, 0)
    crm.ada.says(thread)
    crm.grace.says(thread)
    assert (crm.ada.unread(thread), crm.grace.unread(thread)) == (2, 1)
    assert crm.grace("POST", f"{thread}/read", {}).status == 200
    assert crm.grace.unread(thread) == 0
    assert crm.grace.unread(crm.thread()) == 0
    assert crm.count("_comment_mark") == 1


def test_marking_takes_no_body_or_an_empty_object(crm: Crm) -> None:
    path = f"{crm.thread()}/read"
    answer = crm.ada("POST", path, {"until": "now", "x": 1})
    assert (answer.status, answer.codes) == (400, {"until": "unknown_property", "x": "unknown_property"})
    assert crm.ada("POST", path, raw=b"{}", headers={"content-type": "text/plain"}).status == 415
    assert crm.ada("POST", path, raw=b"{", headers={"content-type": "application/json"}).status == 400
    assert crm.ada("POST", path, []).codes == {"body": "wrong_type"}
    assert crm.count("_comment_mark") == 0
    assert crm.ada("POST", path).status == crm.ada("POST", path, {}).status == 200


def test_unread_are_visible_comments_of_others_alone(crm: Crm) -> None:
    thread = crm.thread("posts")
    crm.guest.says(thread)
    hidden = crm.ada.says(thread)
    crm.root("PATCH", f"{thread}/{hidden['id']}", {"status": "rejected"})
    assert (crm.ada.unread(thread), crm.grace.unread(thread), crm.root.unread(thread)) == (1, 1, 2)
    assert "unreadCount" not in crm.guest("GET", thread).json()


def test_the_filters_of_a_list_do_not_change_what_is_unread(crm: Crm) -> None:
    thread = crm.thread()
    parent = crm.ada.says(thread)
    crm.ada.says(thread, parentCommentId=parent["id"])
    for query in ({"count": "none"}, {"limit": "1"}, {"status": "pending"}, {"parentCommentId": "none"}, {"page": "9"}):
        assert crm.grace("GET", thread, query=query).json()["unreadCount"] == 2


def test_a_comment_that_is_approved_after_the_mark_is_unread(crm: Crm) -> None:
    thread = crm.thread()
    comment = crm.ada.says(thread)
    crm.root("PATCH", f"{thread}/{comment['id']}", {"status": "pending"})
    assert crm.grace.unread(thread) == 0
    crm.grace("POST", f"{thread}/read")
    crm.root("PATCH", f"{thread}/{comment['id']}", {"status": "approved"})
    assert crm.grace.unread(thread) == 1


def test_a_table_that_tracks_nothing_has_no_marks(crm: Crm) -> None:
    thread = crm.thread("flat")
    assert crm.ada("POST", f"{thread}/read").status == 404
    assert "unreadCount" not in crm.ada("GET", thread).json()
    assert crm.guest("POST", f"{thread}/read").status == 401


def test_a_mark_says_nothing_and_leaves_no_entry(crm: Crm) -> None:
    thread = crm.thread()
    answer = crm.ada("POST", f"{thread}/read", {"until": "now"})
    assert (answer.status, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    crm.ada("POST", f"{thread}/read")
    assert crm.entries() == []


def test_a_comment_that_is_stored_while_marking_is_unread_or_was_there_before(crm: Crm) -> None:
    """Whatever the order in which they are committed, nothing is marked as read that nobody could have seen."""
    thread = crm.thread()
    headers = {"origin": "http://localhost:3000"}
    for _ in range(10):
        before = len(crm.grace.sees(thread))
        crm.grace("POST", f"{thread}/read")
        asks = [
            ("POST", thread, {"content": "x"}, {**headers, "cookie": crm.ada.browser.cookie_header})
            if each % 2
            else ("POST", f"{thread}/read", None, {**headers, "cookie": crm.grace.browser.cookie_header})
            for each in range(6)
        ]
        assert {each.status for each in crm.site.client.together(*asks)} == {200, 201}
        numbers = {number for (number,) in crm.site.sql("SELECT number FROM _comment")}
        ((mark,),) = crm.site.sql("SELECT number FROM _comment_mark WHERE user_id = ?1", crm.grace.id)
        assert mark not in numbers
        assert crm.grace.unread(thread) == len([each for each in numbers if each > mark])
        assert len(crm.grace.sees(thread, limit="100")) == before + 3


def test_a_mark_waits_for_comments_that_are_on_their_way(crm: Crm) -> None:
    """On PostgreSQL others write meanwhile: a comment whose number is lower must not become visible after the mark."""
    database = crm.site.opened["database"]
    if database.dialect.name == "sqlite":
        return  # it has one writer
    thread = crm.thread()
    crm.ada.says(thread)

    async def race() -> tuple[int, int]:
        holds, may_end = asyncio.Event(), asyncio.Event()

        async def slow(session: Session) -> int:
            number = await comments.next_number(session, "1", "1")
            holds.set()
            await may_end.wait()
            return number

        async def mark(session: Session) -> int:
            return await comments.next_number(session, "1", "1")

        writing = asyncio.create_task(database.write(slow))
        await holds.wait()
        marking = asyncio.create_task(database.write(mark))
        done, _ = await asyncio.wait([marking], timeout=0.2)
        assert not done
        may_end.set()
        return await writing, await marking

    written, marked = crm.site.client.run(race())
    assert written < marked
