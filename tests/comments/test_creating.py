"""Writing a comment: what is taken, what is refused, and how it is stored once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.comments.conftest import Crm

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_comment_is_answered_whole_with_the_place_and_the_tag_that_reading_it_gives(crm: Crm) -> None:
    thread = crm.thread()
    answer = crm.ada("POST", thread, {"content": "hello"})
    comment = answer.json()["comment"]
    assert UUID7.fullmatch(comment["id"])
    assert comment == {
        "id": comment["id"],
        "tableId": "1",
        "recordId": "1",
        "userId": crm.ada.id,
        "content": "hello",
        "parentCommentId": None,
        "mentions": [],
        "status": "approved",
        "createdAt": "2026-03-01T09:00:00.000Z",
        "updatedAt": "2026-03-01T09:00:00.000Z",
        "user": {"id": crm.ada.id, "name": "Ada"},
    }
    assert answer.headers["location"] == f"{thread}/{comment['id']}"
    read = crm.ada("GET", answer.headers["location"])
    assert (read.json(), read.headers["etag"]) == (comment, answer.headers["etag"])
    assert crm.ada("GET", thread).json()["comments"] == [comment]


def test_the_author_has_the_name_and_image_of_today(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    before = crm.grace("GET", place).headers["etag"]
    crm.site.sql('UPDATE "user" SET name = ?1, image = ?2 WHERE id = ?3', "Countess", "https://x/a.png", crm.ada.id)
    after = crm.grace("GET", place, headers={"if-none-match": before})
    assert after.json()["user"] == {"id": crm.ada.id, "name": "Countess", "image": "https://x/a.png"}
    assert "example.com" not in crm.grace("GET", thread).body.decode()


@pytest.mark.parametrize(
    "text",
    ["x", " x ", "a\r\n\tb", "<b>&amp;</b>", "'; DROP TABLE _comment; --", "👩‍👩‍👧 \u202e", "e\u0301", "😀" * 10_000],
)
def test_a_text_is_kept_exactly_as_it_was_sent(crm: Crm, text: str) -> None:
    thread = crm.thread()
    assert crm.ada.says(thread, text)["content"] == text
    assert crm.ada.sees(thread) == [text]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({}, {"content": "required"}),
        ({"content": ""}, {"content": "too_short"}),
        ({"content": " \n\t\u2003"}, {"content": "required"}),
        ({"body": "\u00a0"}, {"body": "required"}),
        ({"content": "a\0b"}, {"content": "invalid_value"}),
        ({"content": "😀" * 10_001}, {"content": "too_long"}),
        ({"content": None}, {"content": "wrong_type"}),
        ({"content": 7}, {"content": "wrong_type"}),
        ({"body": ""}, {"body": "too_short"}),
        ({"content": "a", "body": "a"}, {"body": "conflicting"}),
        ({"content": "a", "colour": "red"}, {"colour": "unknown_property"}),
        ({"content": "a", "parentCommentId": "x"}, {"parentCommentId": "not_found"}),
        ({"content": "a", "parentCommentId": 1}, {"parentCommentId": "wrong_type"}),
        ({"content": "a", "mentions": ["x", "x"]}, {"mentions": "duplicate"}),
        ({"content": "a", "mentions": [f"{each}" for each in range(51)]}, {"mentions": "too_many"}),
        ({"content": "a", "mentions": [1]}, {"mentions.0": "wrong_type"}),
        ({"content": "a", "mentions": "x"}, {"mentions": "wrong_type"}),
        ({"content": "a", "guestName": "Ada"}, {"guestName": "invalid_value"}),
        ({"content": "a", "guestEmail": "a@b.ch"}, {"guestEmail": "invalid_value"}),
        ({"content": "a", "honeypot": "x"}, {"honeypot": "invalid_value"}),
        (
            {"guestName": "Ada", "guestEmail": "x", "honeypot": "x"},
            dict.fromkeys(("guestName", "guestEmail", "honeypot"), "invalid_value") | {"content": "required"},
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_nothing_is_stored(
    crm: Crm, body: dict[str, Any], codes: dict[str, str]
) -> None:
    answer = crm.ada("POST", crm.thread(), body)
    assert (answer.status, answer.codes, crm.count(), crm.entries()) == (400, codes, 0, [])


def test_that_a_text_is_blank_is_no_news_to_somebody_who_does_not_see_the_record(crm: Crm) -> None:
    diary = crm.thread("diaries", owner=crm.root.id)
    for body in ({"content": " "}, {"body": "\u2003"}):
        assert crm.ada("POST", diary, body).status == 404


def test_everything_that_is_wrong_with_a_comment_of_a_guest_is_told_at_once(crm: Crm) -> None:
    body = {"content": " ", "guestName": "\t", "guestEmail": "nobody"}
    answer = crm.guest("POST", crm.thread("posts"), body)
    expected = {"content": "required", "guestName": "required", "guestEmail": "invalid_email"}
    assert (answer.status, answer.codes, crm.count()) == (400, expected, 0)


def test_what_says_nothing_is_taken(crm: Crm) -> None:
    empty = {"parentCommentId": None, "mentions": [], "honeypot": ""}
    for name in ("notes", "flat"):
        assert crm.ada("POST", crm.thread(name), {"body": "a", **empty}).status == 201
    assert crm.guest("POST", crm.thread("posts"), {"body": "a", **empty}).status == 201


def test_a_reply_answers_a_comment_and_none_answers_a_reply(crm: Crm) -> None:
    thread = crm.thread()
    parent = crm.ada.says(thread)
    reply = crm.grace.says(thread, "yes", parentCommentId=parent["id"].upper())
    assert reply["parentCommentId"] == parent["id"]
    answer = crm.ada("POST", thread, {"content": "x", "parentCommentId": reply["id"]})
    assert (answer.status, answer.json()["code"], crm.count()) == (422, "NESTED_REPLY_REJECTED", 2)


def test_a_table_without_threads_takes_no_replies(crm: Crm) -> None:
    thread = crm.thread("flat")
    parent = crm.ada.says(thread)
    for person in (crm.ada, crm.root):
        answer = person("POST", thread, {"content": "x", "parentCommentId": parent["id"]})
        assert (answer.status, answer.codes) == (400, {"parentCommentId": "invalid_value"})


def test_a_parent_that_the_caller_does_not_see_is_as_one_that_is_not_there(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    waiting = crm.ada.says(thread)
    assert waiting["status"] == "pending"
    answers = [
        crm.grace("POST", thread, {"content": "x", "parentCommentId": each})
        for each in (waiting["id"], "01955a3b-20fd-7c00-9d11-2b6d1e4a7c55", "what")
    ]
    assert {(each.status, str(each.json()["errors"])) for each in answers} == {(400, str(answers[0].json()["errors"]))}
    assert crm.ada("POST", thread, {"content": "mine", "parentCommentId": waiting["id"]}).status == 201
    assert crm.root("POST", thread, {"content": "any", "parentCommentId": waiting["id"]}).status == 201


def test_guests_give_a_name_and_an_address_that_administrators_alone_see(crm: Crm) -> None:
    thread = crm.thread("posts")
    comment = crm.guest.says(thread, guestName="Eve", guestEmail="Eve@example.org")
    assert (comment["guestName"], "guestEmail" in comment) == ("Eve", False)
    for person in (crm.guest, crm.ada):
        assert "example.org" not in person("GET", thread).body.decode()
        assert "example.org" not in person("GET", f"{thread}/{comment['id']}").body.decode()
    assert crm.root("GET", f"{thread}/{comment['id']}").json()["guestEmail"] == "Eve@example.org"
    tags = {person("GET", f"{thread}/{comment['id']}").headers["etag"] for person in (crm.ada, crm.root)}
    assert len(tags) == 2  # one tag, one sequence of bytes


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"guestName": ""}, {"guestName": "too_short"}),
        ({"guestName": "x" * 101}, {"guestName": "too_long"}),
        ({"guestName": "x\0"}, {"guestName": "invalid_value"}),
        ({"guestEmail": "nobody"}, {"guestEmail": "invalid_email"}),
        ({"guestEmail": f"{'x' * 250}@example.org"}, {"guestEmail": "too_long"}),
        ({"mentions": ["u_1"]}, {"mentions": "invalid_value"}),
    ],
)
def test_what_guests_may_not_send_is_refused(crm: Crm, more: dict[str, Any], codes: dict[str, str]) -> None:
    answer = crm.guest("POST", crm.thread("posts"), {"content": "a", **more})
    assert (answer.status, answer.codes) == (400, codes)
    assert "nobody" not in answer.body.decode()


def test_what_fills_the_honeypot_is_thanked_and_not_stored(crm: Crm) -> None:
    thread = crm.thread("posts")
    key = {"idempotency-key": "k"}
    for person in (crm.guest, crm.ada):
        answer = person("POST", thread, {"content": "buy", "honeypot": "x"}, headers=key)
        assert (answer.status, answer.json()) == (200, {"success": True, "discarded": True})
        assert "etag" not in answer.headers
    assert (crm.count(), crm.count("_comment_thread"), crm.count("_idempotency"), crm.entries()) == (0, 0, 0, [])
    missing = crm.guest("POST", "/api/tables/posts/records/999/comments", {"content": "buy", "honeypot": "x"})
    assert missing.status == 404


def test_a_key_makes_a_comment_be_stored_once(crm: Crm) -> None:
    thread, key = crm.thread(), {"idempotency-key": "one"}
    first, again = (crm.ada("POST", thread, {"content": "a"}, headers=key) for _ in range(2))
    assert (first.status, again.status, first.body == again.body) == (201, 201, True)
    assert again.headers["idempotency-replayed"] == "true"
    assert {first.headers[each] == again.headers[each] for each in ("etag", "location")} == {True}
    assert crm.ada("POST", thread, {"content": "b"}, headers=key).status == 422
    assert crm.grace("POST", thread, {"content": "b"}, headers=key).status == 201
    assert crm.ada("POST", crm.thread(), {"content": "a"}, headers=key).status == 422
    assert crm.count() == 2


def test_a_comment_leaves_the_record_as_it_is(crm: Crm) -> None:
    thread = crm.thread()
    record = thread.removesuffix("/comments")
    before = crm.ada("GET", record)
    crm.ada.says(thread)
    after = crm.ada("GET", record)
    assert (before.body, before.headers["etag"]) == (after.body, after.headers["etag"])
    assert len(crm.ada("GET", f"{record}/history").json()["history"]) == 1


def test_entries_of_the_activity_log_name_the_comment_and_hold_none_of_its_text(crm: Crm) -> None:
    thread = crm.thread()
    crm.ada.says(thread, "a secret of mine")
    ((action, table, record, user, kept),) = crm.site.sql(
        "SELECT action, table_name, record_id, user_id, category FROM _activity WHERE comment_id IS NOT NULL"
    )
    assert (action, table, record, user, kept) == ("comment.created", "notes", "1", crm.ada.id, "records")
    everything = str(crm.site.sql("SELECT * FROM _activity"))
    assert "secret" not in everything


def test_keys_that_clients_choose_stand_in_places_as_paths_need_them(crm: Crm) -> None:
    thread = crm.thread("slugs", id="a~b.c")
    answer = crm.ada("POST", thread, {"content": "x"})
    assert crm.ada("GET", answer.headers["location"]).json()["recordId"] == "a~b.c"
