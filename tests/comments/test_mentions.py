"""Whom a comment may mention: users who can read this very record, and nobody else, all refused alike."""

from __future__ import annotations

import pytest

from tests.comments.conftest import Crm, Person


def refused(person: Person, thread: str, *mentions: str) -> dict[str, str]:
    """Mention users, and return what is refused."""
    answer = person("POST", thread, {"content": "x", "mentions": list(mentions)})
    assert answer.status in (201, 400)
    assert {each["message"] for each in answer.json().get("errors", ())} <= {
        "There is no such user who can read this record."
    }
    return answer.codes


def test_readers_are_mentioned_as_they_were_sent(crm: Crm) -> None:
    thread = crm.thread()
    names = [crm.grace.id, crm.person("vera", "viewer").id, crm.ada.id, crm.root.id]
    assert crm.ada.says(thread, mentions=names)["mentions"] == names
    assert crm.count("_comment_mention") == 4


def test_who_is_unknown_banned_or_cannot_read_is_refused_alike(crm: Crm) -> None:
    thread = crm.thread("diaries", owner=crm.ada.id)
    banned = crm.person("mallory", "admin")
    crm.site.sql('UPDATE "user" SET banned = TRUE WHERE id = ?1', banned.id)
    wanted = [crm.ada.id, "nobody", crm.root.id, banned.id, crm.grace.id, "x" * 255, crm.ada.id.lower()]
    missing = {f"mentions.{place}": "not_found" for place in (1, 3, 4, 5, 6)}
    for person in (crm.ada, crm.root):
        assert refused(person, thread, *wanted) == missing
    assert crm.count() == 0


def test_a_ban_that_is_over_bans_nobody(crm: Crm) -> None:
    thread = crm.thread()
    grace = crm.grace
    for ends, codes in (("2026-03-01T08:59:59.999Z", {}), ("2026-03-01T09:00:00.001Z", {"mentions.0": "not_found"})):
        crm.root("POST", "/api/auth/admin/ban-user", {"userId": grace.id})
        cast = "?1" if crm.site.opened["database"].dialect.name == "sqlite" else "CAST(CAST(?1 AS text) AS timestamptz)"
        crm.site.sql(f'UPDATE "user" SET "banExpires" = {cast} WHERE id = ?2', ends, grace.id)
        assert refused(crm.ada, thread, grace.id) == codes


def test_the_rules_for_rows_are_asked_for_each_user_and_for_this_record(crm: Crm) -> None:
    mine, shared = crm.thread("diaries", owner=crm.ada.id), crm.thread("diaries", owner=crm.ada.id, shared=True)
    for person in (crm.ada, crm.root):
        assert refused(person, mine, crm.grace.id) == {"mentions.0": "not_found"}
        assert refused(person, mine, crm.ada.id, crm.root.id) == {}
        assert refused(person, shared, crm.grace.id, crm.ada.id) == {}


def test_who_may_not_read_the_table_is_not_mentioned(crm: Crm) -> None:
    thread = crm.thread("hidden")
    assert refused(crm.root, thread, crm.ada.id, crm.root.id) == {"mentions.0": "not_found"}


def test_an_edit_asks_for_those_alone_who_are_new(crm: Crm) -> None:
    thread = crm.thread()
    place = f"{thread}/{crm.ada.says(thread, mentions=[crm.grace.id])['id']}"
    crm.site.sql('UPDATE "user" SET banned = TRUE WHERE id = ?1', crm.grace.id)
    assert crm.ada("PATCH", place, {"content": "b", "mentions": [crm.grace.id, crm.root.id]}).status == 200
    assert crm.ada("PATCH", place, {"mentions": [crm.root.id]}).json()["mentions"] == [crm.root.id]
    answer = crm.ada("PATCH", place, {"mentions": [crm.root.id, crm.grace.id]})
    assert (answer.status, answer.codes) == (400, {"mentions.1": "not_found"})


@pytest.mark.parametrize("number", [1, 50])
def test_many_mentions_cost_as_many_statements_as_one(crm: Crm, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = crm.thread("diaries", owner=crm.ada.id, shared=True)
    for each in range(number):
        crm.site.sql(
            'INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") '
            f'SELECT \'u{each}\', name, \'u{each}@x.ch\', "emailVerified", "createdAt", "updatedAt" '
            'FROM "user" WHERE id = ?1',
            crm.ada.id,
        )
    ran: list[str] = []
    session = "tests.support.recorded_writes._Session._note"
    monkeypatch.setattr(session, lambda self, sql: ran.append(sql))
    assert refused(crm.ada, thread, *(f"u{each}" for each in range(number))) == {}
    # On SQLite they are inserted in parts.
    assert len([each for each in ran if not each.startswith("INSERT INTO")]) == 5
