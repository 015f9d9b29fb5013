"""Changing a comment: its text, its mentions, its status."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.comments.conftest import Crm


def test_a_new_text_moves_both_times_and_new_mentions_one(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    crm.site.clock.pass_by(seconds=1)
    edited = crm.ada("PATCH", place, {"content": "better"}).json()
    assert (edited["updatedAt"], edited["editedAt"]) == ("2026-03-01T09:00:01.000Z",) * 2
    crm.site.clock.pass_by(seconds=1)
    mentioning = crm.ada("PATCH", place, {"mentions": [crm.grace.id]}).json()
    assert mentioning["mentions"] == [crm.grace.id]
    assert (mentioning["updatedAt"], mentioning["editedAt"]) == ("2026-03-01T09:00:02.000Z", edited["editedAt"])
    emptied = crm.ada("PATCH", place, {"content": "best", "mentions": []}).json()
    assert (emptied["content"], emptied["mentions"], crm.count("_comment_mention")) == ("best", [], 0)
    assert [action for action, _, _ in crm.entries()] == ["comment.created", *["comment.updated"] * 3]


def test_what_changes_nothing_is_answered_and_not_written(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread, mentions=[crm.grace.id])['id']}"
    before, rows = crm.ada("GET", place), crm.site.sql("SELECT * FROM _comment_thread")
    crm.site.clock.pass_by(seconds=1)
    same = {"content": "hello", "mentions": [crm.grace.id]}
    for person, body in ((crm.ada, same), (crm.ada, {"content": "hello"}), (crm.root, {"status": "approved"})):
        answer = person("PATCH", place, body)
        assert (answer.status, answer.body, answer.headers["etag"]) == (200, before.body, before.headers["etag"])
    assert [action for action, _, _ in crm.entries()] == ["comment.created"]
    assert crm.site.sql("SELECT * FROM _comment_thread") == rows


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ({}, {"body": "required"}),
        ({"status": "approved", "content": "x"}, {"status": "conflicting"}),
        ({"status": "approved", "mentions": []}, {"status": "conflicting"}),
        ({"status": "deleted"}, {"status": "invalid_value"}),
        ({"content": " "}, {"content": "required"}),
        ({"body": "x"}, {"body": "unknown_property"}),
        ({"parentCommentId": None}, {"parentCommentId": "unknown_property"}),
        ({"mentions": ["nobody"]}, {"mentions.0": "not_found"}),
    ],
)
def test_what_does_not_fit_is_refused(crm: Crm, body: dict[str, Any], codes: dict[str, str]) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.root.says(thread)['id']}"
    answer = crm.root("PATCH", place, body)
    assert (answer.status, answer.codes) == (400, codes)


def test_that_a_text_is_blank_is_told_to_its_author_alone(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    assert crm.grace("PATCH", place, {"content": " "}).status == 403
    assert crm.grace("PATCH", f"{thread}/unknown", {"content": " "}).status == 404
    assert crm.grace("PATCH", place.replace("records/1", "records/999"), {"content": " "}).status == 404
    assert crm.ada("PATCH", place, {"content": " "}).codes == {"content": "required"}


def test_a_comment_is_changed_and_deleted_only_in_the_version_that_is_expected(crm: Crm) -> None:
    thread = crm.thread()
    answer = crm.ada("POST", thread, {"content": "a"})
    place, first = answer.headers["location"], answer.headers["etag"]
    second = crm.ada("PATCH", place, {"content": "b"}, headers={"if-match": first}).headers["etag"]
    comment_id = answer.json()["comment"]["id"]
    for sent in (first, f"W/{second}", '"x"', f'"{comment_id}-1"'):
        for method, body in (("PATCH", {"content": "c"}), ("PATCH", {"content": "b"}), ("DELETE", None)):
            refused = crm.ada(method, place, body, headers={"if-match": sent})
            assert (refused.status, refused.headers["etag"]) == (412, second)
    # Nobody without the right learns the tag.
    assert crm.grace("DELETE", place, headers={"if-match": first}).status == 403
    assert crm.ada("PATCH", place, {"content": "c"}, headers={"if-match": f'"{comment_id}-2"'}).status == 200
    assert crm.ada("PATCH", place, {"content": "d"}, headers={"if-match": "*"}).status == 200
    last = crm.ada("GET", place).headers["etag"]
    assert crm.root("DELETE", place, headers={"if-match": last}).status == 204


def test_a_known_tag_spares_the_answer_until_something_changes(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    answer = crm.ada("POST", thread, {"content": "x" * 5000})
    place, known = answer.headers["location"], {"if-none-match": answer.headers["etag"]}
    same = crm.ada("GET", place, headers={**known, "accept-encoding": "gzip"})
    assert (same.status, same.body) == (304, b"")
    whole = crm.ada("GET", place, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in whole.headers  # one tag, one sequence of bytes
    # A tag from elsewhere opens nothing to those who do not see the comment.
    assert crm.grace("GET", place, headers=known).status == 404
    crm.root("PATCH", place, {"status": "approved"})
    assert crm.ada("GET", place, headers=known).status == 200


def test_a_status_is_told_as_it_was_and_as_it_is(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    for status in ("pending", "rejected", "approved"):
        assert crm.root("PATCH", place, {"status": status}).json()["status"] == status
    moderated = [json.loads(changes) for action, _, changes in crm.entries() if action == "comment.moderated"]
    statuses = ["approved", "pending", "rejected", "approved"]
    assert moderated == [{"status": {"from": a, "to": b}} for a, b in pairwise(statuses)]


def test_an_edit_is_judged_anew_and_never_raises_the_status(crm: Crm) -> None:
    thread = crm.thread("reviewed")
    place = f"{thread}/{crm.ada.says(thread)['id']}"
    crm.root("PATCH", place, {"status": "approved"})
    assert crm.ada("PATCH", place, {"mentions": [crm.root.id]}).json()["status"] == "approved"
    assert crm.ada("PATCH", place, {"content": "other"}).json()["status"] == "pending"
    assert crm.grace.sees(thread) == []
    updated = [changes for action, _, changes in crm.entries() if action == "comment.updated"]
    assert updated[-1] == '{"status":{"from":"approved","to":"pending"}}'
    crm.root("PATCH", place, {"status": "rejected"})
    assert crm.ada("PATCH", place, {"content": "again"}).json()["status"] == "rejected"
