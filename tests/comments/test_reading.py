"""Lists of comments: pages and visibility against a model, parameters, and what a list costs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.db.database import Session
from tabularium.ids import uuid7
from tests.comments.conftest import AUTH, TABLES, Crm, Person
from tests.support.auth import site

TIMES = [f"2026-03-01T09:00:00.00{each}Z" for each in range(4)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"limit": "0"}, {"limit": "out_of_range"}),
        ({"limit": "101"}, {"limit": "out_of_range"}),
        ({"limit": "x"}, {"limit": "invalid_value"}),
        ({"offset": "-1"}, {"offset": "out_of_range"}),
        ({"page": "0"}, {"page": "out_of_range"}),
        ({"offset": "1", "page": "2"}, {"page": "conflicting"}),
        ({"sort": "createdAt"}, {"sort": "invalid_value"}),
        ({"sort": "updatedAt:asc"}, {"sort": "invalid_value"}),
        ({"status": "deleted"}, {"status": "invalid_value"}),
        ({"count": "estimate"}, {"count": "invalid_value"}),
        ({"parentCommentId": "x"}, {"parentCommentId": "invalid_value"}),
        ({"cursor": "bm9ib2R5"}, {"cursor": "invalid_cursor"}),
        ({"filter": "a:b"}, {"filter": "unknown_parameter"}),
    ],
)
def test_parameters_that_do_not_fit_are_refused(crm: Crm, query: dict[str, str], codes: dict[str, str]) -> None:
    answer = crm.ada("GET", crm.thread(), query=query)
    assert (answer.status, answer.codes) == (400, codes)


def test_an_empty_list_has_no_pages(crm: Crm) -> None:
    answer = crm.ada("GET", crm.thread("flat")).json()
    assert answer == {
        "comments": [],
        "pagination": {
            "page": 1,
            "limit": 50,
            "offset": 0,
            "total": 0,
            "totalPages": 0,
            "hasNextPage": False,
            "hasPreviousPage": False,
            "nextCursor": None,
            "hasMore": False,
        },
    }


def test_a_cursor_leads_on_in_its_own_list_alone(crm: Crm) -> None:
    thread, other = crm.thread(), crm.thread()
    for number in range(3):
        crm.ada.says(thread, str(number))
    first = crm.ada("GET", thread, query={"limit": "1"}).json()["pagination"]
    assert (first["hasMore"], first["hasNextPage"], first["total"]) == (True, True, 3)
    cursor = first["nextCursor"]
    crm.ada.says(thread, "later")
    second = crm.ada("GET", thread, query={"cursor": cursor, "limit": "2", "count": "none"}).json()
    assert [each["content"] for each in second["comments"]] == ["1", "0"]
    assert second["pagination"] == {"limit": 2, "hasNextPage": False, "nextCursor": None, "hasMore": False}
    for path, query in (
        (other, {}),
        (thread, {"sort": "createdAt:asc"}),
        (thread, {"status": "approved"}),
        (thread, {"parentCommentId": "none"}),
    ):
        assert crm.ada("GET", path, query={**query, "cursor": cursor}).codes == {"cursor": "invalid_cursor"}
    altered = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    assert crm.ada("GET", thread, query={"cursor": altered}).codes == {"cursor": "invalid_cursor"}


def test_replies_are_those_of_this_record(crm: Crm) -> None:
    thread, other = crm.thread(), crm.thread()
    parent = crm.ada.says(thread)["id"]
    crm.grace.says(thread, "reply", parentCommentId=parent)
    assert crm.ada.sees(thread, parentCommentId=parent.upper()) == ["reply"]
    assert crm.ada.sees(other, parentCommentId=parent) == []
    assert crm.ada.sees(thread, parentCommentId="none") == ["hello"]


@pytest.mark.parametrize("number", [1, 40])
def test_a_list_costs_two_statements_however_long_it_is(crm: Crm, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = crm.thread()
    for each in range(number):
        (crm.ada if each % 2 else crm.grace).says(thread, mentions=[crm.root.id])
    crm.grace("POST", f"{thread}/read")
    database = crm.site.opened["database"]
    asked: list[int] = []
    session_of = type(database).read

    async def read(self: Any, work: Any) -> Any:
        async def watched(session: Any) -> Any:
            fetch = session.fetch_many

            async def fetch_many(statements: Any, **options: Any) -> Any:
                asked.append(len(statements))
                return await fetch(statements, **options)

            monkeypatch.setattr(session, "fetch_many", fetch_many, raising=False)
            return await work(session)

        return await session_of(self, watched)

    monkeypatch.setattr(type(database), "read", read)
    assert crm.grace("GET", thread).status == 200
    assert set(asked) == {2}


def test_the_pages_of_a_list_are_read_from_an_index(crm: Crm) -> None:
    thread = crm.thread()
    crm.ada.says(thread)
    explain = "EXPLAIN QUERY PLAN" if crm.site.opened["database"].dialect.name == "sqlite" else "EXPLAIN"
    if explain == "EXPLAIN":
        crm.site.sql("SELECT set_config('enable_seqscan', 'off', false)")
        return  # small tables are always scanned; the index is the same
    plan = crm.site.sql(
        f"{explain} SELECT id FROM _comment WHERE table_id = '1' AND record_id = '1' AND (created_at, id) < ('b', 'c') "
        "ORDER BY created_at DESC, id DESC LIMIT 50"
    )
    assert "_ix_comment_record" in str(plan)
    assert "TEMP B-TREE" not in str(plan)


# Against a model ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A comment as the model has it."""

    id: str
    author: str | None
    status: str
    created_at: str
    parent: str | None
    is_deleted: bool


WHO = ("ada", "grace", "root", "guest")


@st.composite
def threads(draw: st.DrawFn) -> list[Row]:
    """Draw the comments on one record; times often coincide."""
    rows: list[Row] = []
    for _ in range(draw(st.integers(0, 12))):
        tops = [each.id for each in rows if each.parent is None]
        parent = draw(st.sampled_from([None, *tops]))
        is_deleted = parent is None and draw(st.integers(0, 5)) == 0
        author = None if is_deleted else draw(st.sampled_from([None, "ada", "grace", "root"]))
        status = "approved" if is_deleted else draw(st.sampled_from(["approved", "pending", "rejected"]))
        rows.append(Row(str(uuid7()), author, status, draw(st.sampled_from(TIMES)), parent, is_deleted))
    return draw(st.permutations(rows))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One application for all draws, and two records, of which the second has the same comments under other ids."""
    folder: Path = tmp_path_factory.mktemp("comments")
    url = (
        f"sqlite:{folder / 't.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgresql").create_database()
    )
    with site(folder, url, AUTH, tables=TABLES) as opened:
        crm = Crm(opened)
        yield crm, crm.thread("posts"), crm.thread("posts")


def store(crm: Crm, record_id: str, rows: list[Row]) -> None:
    columns = "id, table_id, record_id, user_id, content, status, created_at, updated_at, number, version, parent_id, deleted_at"

    async def work(session: Session) -> None:
        marks = ", ".join(session.dialect.placeholder(number) for number in range(1, 13))
        await session.execute("DELETE FROM _comment")
        for number, row in enumerate(rows):
            user_id = crm.people[row.author].id if row.author else None
            deleted = row.created_at if row.is_deleted else None
            values = (
                *(row.id, "2", record_id, user_id, "" if deleted else row.id, row.status, row.created_at),
                *(row.created_at, number + 1, 1, row.parent, deleted),
            )
            await session.execute(f"INSERT INTO _comment ({columns}) VALUES ({marks})", values)

    crm.site.write(work)


def expected(rows: list[Row], who: str, query: dict[str, str]) -> list[str]:
    """Return the ids that somebody is shown, in order."""
    visible = [each for each in rows if who == "root" or each.status == "approved" or each.author == who]
    answered = {each.parent for each in visible}
    visible = [each for each in visible if who == "root" or not each.is_deleted or each.id in answered]
    status, parent = query.get("status"), query.get("parentCommentId")
    if status:
        visible = [each for each in visible if each.status == status]
    if parent:
        visible = [each for each in visible if each.parent == (None if parent == "none" else parent)]
    descending = query.get("sort", "createdAt:desc").endswith("desc")
    return [each.id for each in sorted(visible, key=lambda each: (each.created_at, each.id), reverse=descending)]


@settings(max_examples=40, deadline=None)
@given(threads(), st.data())
def test_pages_show_what_a_model_shows(shared: Any, rows: list[Row], data: st.DataObject) -> None:
    crm, thread, _ = shared
    people: dict[str, Person] = {"ada": crm.ada, "grace": crm.grace, "root": crm.root, "guest": crm.guest}
    store(crm, thread.split("/")[5], rows)
    who = data.draw(st.sampled_from(WHO))
    parents = [None, "none", *(each.id for each in rows[:3])]
    chosen = {
        "sort": data.draw(st.sampled_from([None, "createdAt:asc", "createdAt:desc"])),
        "status": data.draw(st.sampled_from([None, None, "approved", "pending", "rejected"])),
        "parentCommentId": data.draw(st.sampled_from(parents)),
    }
    query = {name: value for name, value in chosen.items() if value is not None}
    ids = expected(rows, who, query)
    limit = data.draw(st.integers(1, 5))
    assert pages_by_cursor(people[who], thread, query, limit) == ids
    offset = data.draw(st.integers(0, len(ids) + 1))
    answer = people[who]("GET", thread, query={**query, "limit": limit, "offset": offset}).json()
    pagination = answer["pagination"]
    assert [each["id"] for each in answer["comments"]] == ids[offset : offset + limit]
    assert (pagination["total"], pagination["totalPages"]) == (len(ids), -(-len(ids) // limit))
    assert pagination["hasMore"] == pagination["hasNextPage"] == (offset + limit < len(ids))
    if who != "guest":
        others = [
            each
            for each in rows
            if each.author != who and not each.is_deleted and each.id in set(expected(rows, who, {}))
        ]
        assert answer["unreadCount"] == len(others)


def pages_by_cursor(person: Person, thread: str, query: dict[str, str], limit: int) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = person("GET", thread, query={**query, **cursor, "limit": limit}).json()
        found += [each["id"] for each in answer["comments"]]
        if answer["pagination"]["nextCursor"] is None:
            return found
        cursor = {"cursor": answer["pagination"]["nextCursor"]}


@settings(max_examples=15, deadline=None)
@given(threads(), threads())
def test_what_a_caller_cannot_see_changes_no_byte_of_any_answer(
    shared: Any, seen: list[Row], hidden: list[Row]
) -> None:
    """Two worlds that differ in comments of others that are not approved look the same to everybody else."""
    crm, thread, _ = shared
    people = {"ada": crm.ada, "grace": crm.grace, "guest": crm.guest, "root": crm.root}
    shown = [each for each in seen if each.status == "approved" and each.parent is None and not each.is_deleted]
    unseen = [
        Row(
            each.id, "root", "pending" if each.status != "rejected" else "rejected", each.created_at, each.parent, False
        )
        for each in hidden
        if not each.is_deleted
    ]
    graves = [each for each in hidden if each.is_deleted]  # which have no replies but hidden ones
    answers = []
    for rows in (shown, [*shown, *unseen, *graves]):
        store(crm, thread.split("/")[5], rows)
        answers.append(
            [
                people[who]("GET", thread, query=query).body
                for who in ("ada", "grace", "guest")
                for query in ({}, {"limit": "1"}, {"status": "pending"}, {"sort": "createdAt:asc", "limit": "2"})
            ]
        )
    assert answers[0] == answers[1]
