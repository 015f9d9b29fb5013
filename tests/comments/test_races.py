"""What happens at the same time to comments of one record: nothing is left that belongs to nothing."""

from __future__ import annotations

from typing import Any

from tests.comments.conftest import Crm, Person

ORIGIN = "http://localhost:3000"


def by(person: Person, method: str, path: str, body: Any = None) -> tuple[Any, ...]:
    """Return a request of somebody, to be sent with others."""
    return method, path, body, {"origin": ORIGIN, "cookie": person.browser.cookie_header}


def statuses(crm: Crm, *requests: tuple[Any, ...]) -> list[int]:
    return [each.status for each in crm.site.client.together(*requests)]


def orphans(crm: Crm) -> list[Any]:
    """Return replies whose parent is gone, and what is left of deleted comments without any reply."""
    parents = "SELECT id FROM _comment WHERE parent_id IS NOT NULL AND parent_id NOT IN (SELECT id FROM _comment)"
    graves = (
        "SELECT id FROM _comment WHERE deleted_at IS NOT NULL "
        "AND id NOT IN (SELECT parent_id FROM _comment WHERE parent_id IS NOT NULL)"
    )
    return [*crm.site.sql(parents), *crm.site.sql(graves)]


def test_of_two_deletes_one_finds_nothing(crm: Crm) -> None:
    thread = crm.thread()
    for _ in range(5):
        place = f"{thread}/{crm.ada.says(thread)['id']}"
        assert sorted(statuses(crm, by(crm.ada, "DELETE", place), by(crm.root, "DELETE", place))) == [204, 404]
    deleted = [action for action, _, _ in crm.entries() if action == "comment.deleted"]
    assert len(deleted) == 5


def test_replies_to_a_comment_that_is_being_deleted_keep_it_or_are_refused(crm: Crm) -> None:
    thread = crm.thread()
    for _ in range(6):
        parent = crm.ada.says(thread)["id"]
        reply = {"content": "y", "parentCommentId": parent}
        found = statuses(
            crm,
            by(crm.grace, "POST", thread, reply),
            by(crm.ada, "DELETE", f"{thread}/{parent}"),
            by(crm.grace, "POST", thread, reply),
        )
        assert found[1] == 204
        assert {found[0], found[2]} <= {201, 400}
        assert orphans(crm) == []


def test_the_last_replies_take_what_is_left_of_their_parent_along(crm: Crm) -> None:
    thread = crm.thread()
    for _ in range(5):
        parent = crm.ada.says(thread)["id"]
        replies = [crm.ada.says(thread, parentCommentId=parent)["id"] for _ in range(2)]
        requests = [by(crm.ada, "DELETE", f"{thread}/{each}") for each in (*replies, parent)]
        assert set(statuses(crm, *requests)) == {204}
        assert crm.count() == 0


def test_of_two_changes_of_one_version_one_is_refused(crm: Crm) -> None:
    thread = crm.thread()
    answer = crm.ada("POST", thread, {"content": "a"})
    headers = {"origin": ORIGIN, "cookie": crm.ada.browser.cookie_header, "if-match": answer.headers["etag"]}
    place = answer.headers["location"]
    asks = [("PATCH", place, {"content": text}, headers) for text in "bcd"]
    found = sorted(each.status for each in crm.site.client.together(*asks))
    assert found == [200, 412, 412]


def test_a_comment_never_outlives_its_record(crm: Crm) -> None:
    for _ in range(5):
        thread = crm.thread()
        record = thread.removesuffix("/comments")
        comment = crm.ada.says(thread)["id"]
        found = statuses(
            crm,
            by(crm.grace, "POST", thread, {"content": "x"}),
            by(crm.root, "DELETE", f"{record}?permanent=true"),
            by(crm.grace, "POST", thread, {"content": "x"}),
            by(crm.grace, "POST", f"{thread}/read"),
            by(crm.ada, "PATCH", f"{thread}/{comment}", {"content": "y"}),
        )
        assert found[1] == 204
        assert set(found) <= {200, 201, 204, 404}
        for kept in ("_comment", "_comment_thread", "_comment_mark", "_comment_mention"):
            assert crm.count(kept) == 0


def test_many_who_answer_at_once_are_all_stored(crm: Crm) -> None:
    thread = crm.thread()
    parent = crm.ada.says(thread)["id"]
    asks = [
        by(person, "POST", thread, {"content": "x", "parentCommentId": parent}) for person in (crm.ada, crm.grace) * 6
    ]
    assert set(statuses(crm, *asks)) == {201}
    numbers = [number for (number,) in crm.site.sql("SELECT number FROM _comment ORDER BY number")]
    assert numbers == list(range(1, 14))
