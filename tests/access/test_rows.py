"""Rules for rows: a row that a caller may not see does not exist, and none is stored that they may not store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.rows import opened
from tests.support.asgi import Answer
from tests.support.callers import Callers

TASKS = "/api/tables/tasks/records"
PROJECTS = "/api/tables/projects/records"
DIARY = "/api/tables/diary/records"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with opened(folder, url) as found:
        yield Callers(found)


@pytest.fixture(scope="module")
def rows(desk: Callers) -> dict[str, str]:
    """Return the ids of some rows: each is seen by the member for one reason, or not at all."""
    ids: dict[str, str] = {}

    def made(key: str, path: str = TASKS, **fields: Any) -> None:
        answer = desk["admin"]("POST", path, fields)
        assert answer.status == 201, answer.body
        ids[key] = answer.json()["id"]

    member, high = desk.ids["member"], desk.ids["high"]
    made("open project", PROJECTS, name="Apollo", level="normal")
    made("nameless project", PROJECTS, name="Blank")
    made("secret project", PROJECTS, name="Zeus", level="secret")
    made("own", title="own", owner=member, hours=1, project=ids["open project"], code="a")
    made("watched", title="watched", owner=high, watchers=[high, member], hours=2, project=ids["secret project"])
    made("addressed", title="addressed", owner=high, contact="Member@Example.com", hours=4)
    made("for members", title="for members", owner=high, audience="member", hours=8)
    made("public", title="public", owner=high, public=True, hours=16, project=ids["open project"])
    made("hidden", title="hidden", owner=high, hours=32, project=ids["open project"], code="h", audience="editor")
    made("ownerless", title="ownerless", owner=None, hours=64)
    made("locked", title="locked", owner=member, state="locked", hours=128)
    made("parent", title="parent", owner=member, parent=ids["hidden"], linked=[ids["own"], ids["hidden"]])
    return ids


SEEN = {"own", "watched", "addressed", "for members", "public", "locked", "parent"}


def ids_of(answer: Answer) -> set[str]:
    assert answer.status == 200, answer.body
    return {each["id"] for each in answer.json()["records"]}


def test_lists_hold_the_rows_of_the_rule_and_no_others(desk: Callers, rows: dict[str, str]) -> None:
    seen = {rows[name] for name in SEEN}
    answer = desk["member"]("GET", TASKS)
    assert ids_of(answer) == seen
    assert answer.json()["pagination"]["total"] == len(seen)
    assert ids_of(desk["anonymous"]("GET", TASKS)) == {rows["public"]}
    assert ids_of(desk["viewer"]("GET", TASKS)) == {rows["public"]}
    by_role = {"public", "watched", "addressed", "for members", "hidden"}
    assert ids_of(desk["high"]("GET", TASKS)) == {rows[name] for name in by_role}
    assert ids_of(desk["key"]("GET", TASKS)) == {rows[name] for name in by_role}
    assert len(ids_of(desk["admin"]("GET", TASKS))) == len(rows) - 3


def test_one_row_is_404_where_a_list_leaves_it_out(desk: Callers, rows: dict[str, str]) -> None:
    for name in ("hidden", "ownerless"):
        for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
            refused = desk["member"](method, f"{TASKS}/{rows[name]}", body)
            missing = desk["member"](method, f"{TASKS}/999999", body)
            assert refused.status == 404
            without_id = [{**each.json(), "requestId": ""} for each in (refused, missing)]
            assert without_id[0] == without_id[1]
    for name in SEEN:
        assert desk["member"]("GET", f"{TASKS}/{rows[name]}").status == 200, name


def test_filters_sorts_counts_and_groups_are_over_visible_rows(desk: Callers, rows: dict[str, str]) -> None:
    def ask(**query: Any) -> Any:
        answer = desk["member"]("GET", TASKS, query=query)
        assert answer.status == 200, answer.body
        return answer.json()

    assert ask(filter="title:hidden")["records"] == []
    assert ask(q="hidden")["pagination"]["total"] == 0
    assert ask(aggregate="sum:hours")["aggregations"]["sum"] == 1 + 2 + 4 + 8 + 16 + 128
    assert sum(group["count"] for group in ask(groupBy="state")["groups"]) == len(SEEN)
    assert ask(count="estimate")["pagination"]["total"] == len(SEEN)
    assert ask(filter='{"not": {"title": "own"}}')["pagination"]["total"] == len(SEEN) - 1
    page = desk["member"]("GET", "/api/tables/tasks/views/open/records").json()
    assert page["pagination"]["total"] == len(SEEN) - 1
    counted = desk["member"]("GET", "/api/tables/tasks", query={"include": "recordCount"})
    assert counted.json()["recordCount"] == len(SEEN)


def test_links_lead_to_visible_rows_alone(desk: Callers, rows: dict[str, str]) -> None:
    record = desk["member"]("GET", f"{TASKS}/{rows['parent']}", query={"format": "display"}).json()["fields"]
    # The id stands in the row itself; what it leads to does not exist.
    assert record["parent"] == {"value": rows["hidden"], "displayValue": rows["hidden"]}
    assert record["linked"] == {"value": [rows["own"]], "displayValue": "own"}
    assert record["linked_count"]["value"] == 1
    watched = desk["member"]("GET", f"{TASKS}/{rows['watched']}", query={"format": "display"}).json()["fields"]
    assert watched["project_name"]["value"] is None
    assert watched["project"]["displayValue"] == rows["secret project"]
    names = "tasks,task_count,hours,titles,big"
    project = desk["member"]("GET", f"{PROJECTS}/{rows['open project']}", query={"fields": names}).json()["fields"]
    assert project == {
        "tasks": [rows["own"], rows["public"]],
        "task_count": 2,
        "hours": 17,
        "titles": ["own", "public"],
        "big": True,
    }
    project = desk["anonymous"]("GET", f"{PROJECTS}/{rows['open project']}", query={"fields": names}).json()["fields"]
    assert (project["task_count"], project["titles"], project["big"]) == (1, ["public"], False)
    assert desk["member"]("GET", PROJECTS, query={"filter": "hours:greaterThan:40"}).json()["records"] == []


def test_an_empty_field_passes_only_where_emptiness_is_asked_for(desk: Callers, rows: dict[str, str]) -> None:
    assert ids_of(desk["member"]("GET", PROJECTS)) == {rows["open project"], rows["nameless project"]}


def test_a_link_to_an_invisible_row_is_one_to_nothing(desk: Callers, rows: dict[str, str]) -> None:
    member = desk["member"]
    for fields in ({"parent": rows["hidden"]}, {"linked": [rows["own"], rows["hidden"]]}):
        refused = member("POST", TASKS, {"title": "x", **fields})
        missing = member("POST", TASKS, {"title": "x", **_with_other_ids(fields)})
        assert (refused.status, missing.status) == (400, 400)
        assert [each["code"] for each in refused.json()["errors"]] == ["not_found"]
        assert (
            refused.body.replace(rows["hidden"].encode(), b"?").split(b'"requestId"')[0]
            == (missing.body.replace(b"999999", b"?").split(b'"requestId"')[0])
        )


def _with_other_ids(fields: dict[str, Any]) -> dict[str, Any]:
    (name, value), *_ = fields.items()
    return {name: [value[0], "999999"] if isinstance(value, list) else "999999"}


def test_replacing_links_leaves_those_that_the_caller_cannot_see(desk: Callers, rows: dict[str, str]) -> None:
    path = f"{TASKS}/{rows['parent']}"
    answer = desk["member"]("PATCH", path, {"linked": [rows["public"]]})
    assert answer.status == 200, answer.body
    assert answer.json()["fields"]["linked"] == [rows["public"]]
    assert set(desk["admin"]("GET", path).json()["fields"]["linked"]) == {rows["public"], rows["hidden"]}
    assert desk["member"]("PATCH", path, {"linked": [rows["own"]]}).status == 200


def test_what_may_be_seen_and_not_changed_is_403(desk: Callers, rows: dict[str, str]) -> None:
    member = desk["member"]
    for name in ("addressed", "public", "for members", "locked"):
        before = desk["admin"]("GET", f"{TASKS}/{rows[name]}").json()
        refused = member("PATCH", f"{TASKS}/{rows[name]}", {"title": "mine"})
        assert (refused.status, refused.json()["code"]) == (403, "FORBIDDEN"), name
        assert desk["admin"]("GET", f"{TASKS}/{rows[name]}").json() == before
        assert member("DELETE", f"{TASKS}/{rows[name]}").status == 403
    assert member("PATCH", f"{TASKS}/{rows['watched']}", {"hours": 2}).status == 200
    assert member("DELETE", f"{TASKS}/{rows['watched']}").status == 403


def test_an_update_may_not_leave_the_rule_for_writing(desk: Callers, rows: dict[str, str]) -> None:
    path, high = f"{TASKS}/{rows['own']}", desk.ids["high"]
    for changes in ({"owner": high}, {"owner": None}, {"state": "locked"}, {"owner": high, "watchers": [high]}):
        assert desk["member"]("PATCH", path, changes).status == 403, changes
        assert desk["admin"]("GET", path).json()["fields"]["owner"] == desk.ids["member"]
    kept = desk["member"]("PATCH", path, {"owner": high, "watchers": [desk.ids["member"]]})
    assert kept.status == 200, kept.body
    assert desk["member"]("PATCH", path, {"watchers": []}).status == 403
    assert desk["member"]("PATCH", path, {"owner": desk.ids["member"], "watchers": None}).status == 200


def test_a_row_is_created_only_as_the_rule_says(desk: Callers) -> None:
    member, high, path = desk["member"], desk.ids["high"], TASKS
    total = desk["admin"]("GET", path).json()["pagination"]["total"]
    for fields in ({"owner": high}, {"owner": None}, {"owner": high, "watchers": [high]}):
        refused = member("POST", path, {"title": "x", **fields})
        assert (refused.status, refused.json()["code"]) == (403, "FORBIDDEN"), fields
    assert desk["admin"]("GET", path).json()["pagination"]["total"] == total
    made = [
        member("POST", path, {"title": "x", **fields})
        for fields in ({}, {"owner": high, "watchers": [desk.ids["member"]]})
    ]
    assert [answer.status for answer in made] == [201, 201]
    for answer in made:
        assert desk["admin"]("DELETE", f"{path}/{answer.json()['id']}").status == 204


@pytest.mark.usefixtures("rows")
def test_a_rule_for_rows_is_asked_before_values_and_after_names(desk: Callers) -> None:
    member, other = desk["member"], desk.ids["high"]
    # A value that is taken is not told to somebody who may not store the row at all.
    assert member("POST", TASKS, {"owner": other, "code": "h"}).status == 403
    assert member("POST", TASKS, {"owner": other, "hours": "many"}).status == 403
    assert member("POST", TASKS, {"owner": other, "nonsense": 1}).status == 400
    # What the rule asks for is not known here.
    assert member("POST", TASKS, {"owner": 5}).status == 400
    assert member("POST", TASKS, {"code": "h"}).status == 409


def test_a_stored_row_that_its_writer_cannot_see_comes_back_empty(desk: Callers) -> None:
    answer = desk["anonymous"]("POST", DIARY, {"entry": "unseen"})
    assert answer.status == 201, answer.body
    assert answer.json()["fields"] == {}
    assert answer.json().keys() == {"id", "revision", "fields", "createdAt", "updatedAt"}
    own = desk["member"]("POST", DIARY, {"entry": "seen"})
    assert own.json()["fields"] == {"entry": "seen", "author": desk.ids["member"]}
    assert ids_of(desk["member"]("GET", DIARY)) == {own.json()["id"]}
    assert len(ids_of(desk["admin"]("GET", DIARY))) == 2


def test_the_trash_shows_the_rows_of_the_rule(desk: Callers) -> None:
    made = [desk[name]("POST", DIARY, {"entry": "gone"}).json()["id"] for name in ("member", "high")]
    for each in made:
        assert desk["admin"]("DELETE", f"{DIARY}/{each}").status == 204
    assert ids_of(desk["member"]("GET", DIARY, query={"deleted": "true"})) == {made[0]}
    assert desk["member"]("GET", f"{DIARY}/{made[1]}", query={"includeDeleted": "true"}).status == 404
    assert desk["member"]("GET", f"{DIARY}/{made[0]}", query={"includeDeleted": "true"}).status == 200


def test_the_export_of_an_account_keeps_to_the_rules(tmp_path: Path) -> None:
    with opened(tmp_path, f"sqlite:{tmp_path / 'tabularium.db'}") as found:
        desk = Callers(found)
        own = desk["high"]("POST", DIARY, {"entry": "kept"}).json()["id"]
        lost = desk["high"]("POST", DIARY, {"entry": "lost"}).json()["id"]
        found.sql("UPDATE diary SET author = ?1 WHERE id = ?2", desk.ids["member"], int(lost))
        exported = desk["high"]("GET", "/api/account/export").json()["authoredRecords"]
        assert [each["recordId"] for each in exported] == [own]
