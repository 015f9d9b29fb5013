"""Fields that hold people: who may stand in them, who the server writes there, and what is left when somebody goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.auth import PASSWORDS, Browser, Site, site

TASKS = "/api/tables/tasks/records"
TABLES: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "tasks",
        "fields": [
            {"id": 1, "name": "title", "type": "single-line-text"},
            {"id": 2, "name": "owner", "type": "user"},
            {"id": 3, "name": "watchers", "type": "user", "allowMultiple": True},
            {"id": 4, "name": "reporter", "type": "user", "default": "CURRENT_USER"},
            {"id": 5, "name": "created_by", "type": "created-by"},
            {"id": 6, "name": "editor", "type": "updated-by"},
            {"id": 7, "name": "deleted_by", "type": "deleted-by"},
            {"id": 8, "name": "shout", "type": "formula", "formula": "UPPER({title}) & ' ' & COALESCE({owner}, '')"},
            {"id": 9, "name": "parent", "type": "relationship", "relatedTable": "tasks"},
            {
                "id": 10,
                "name": "parent_owner",
                "type": "lookup",
                "relationshipField": "parent",
                "relatedField": "owner",
            },
            {
                "id": 11,
                "name": "parts",
                "type": "relationship",
                "relatedTable": "tasks",
                "relationType": "one-to-many",
                "foreignKey": "parent",
            },
            {"id": 12, "name": "part_owners", "type": "lookup", "relationshipField": "parts", "relatedField": "owner"},
            {
                "id": 13,
                "name": "parent_watchers",
                "type": "lookup",
                "relationshipField": "parent",
                "relatedField": "watchers",
            },
        ],
        "views": [
            {
                "id": 1,
                "name": "held",
                "filters": {"owner": {"isNotNull": True}},
                "sorts": [{"field": "owner", "direction": "desc"}],
                "groupBy": {"field": "editor"},
                "fields": ["title", "owner"],
            }
        ],
    },
    {
        "id": 2,
        "name": "seats",
        "fields": [
            {"id": 1, "name": "holder", "type": "user", "required": True, "unique": True},
            {"id": 2, "name": "team", "type": "user", "allowMultiple": True, "default": "CURRENT_USER"},
        ],
    },
]

FILTERS: tuple[tuple[str, list[str]], ...] = (
    ("filter=owner:{ada}", ["1"]),
    ("filter=owner:in:{ada},{bob}", ["1", "2"]),
    ("filter=owner:notEquals:{ada}", ["2", "3"]),
    ("filter=owner:isNull", ["3"]),
    ("filter=owner:nobody", []),
    ("filter=created_by:{bob}", ["2"]),
    ("filter=editor:{ada}", ["1", "3"]),
    ("filter=deleted_by:isNull", ["1", "2", "3"]),
    ("filter=watchers:contains:{ada}", ["1", "2"]),
    ("filter=watchers:hasAll:{ada},{bob}", ["1"]),
    ("filter=watchers:hasNone:{bob}", ["2", "3"]),
    ("filter=watchers:isEmpty", ["3"]),
    ("filter=parent_owner:{ada}", ["2"]),
    ("filter=part_owners:contains:{bob}", ["1"]),
    ("filter=parent_watchers:contains:{bob}", ["2"]),
    ("filterByFormula={{owner}}='{ada}'", ["1"]),
)
"""By filter: the ids of the records that it finds."""


class People:
    """An application with two signed-in users."""

    def __init__(self, made: Site) -> None:
        self.site = made
        self.ada, self.bob = made.browser(), made.browser()
        self.ids = {
            "ada": self.ada.sign_up("ada@example.com")["id"],
            "bob": self.bob.sign_up("bob@example.com")["id"],
        }
        made.sql("UPDATE \"user\" SET name = 'Bob' WHERE email = 'bob@example.com'")

    def create(self, browser: Browser, path: str = TASKS, **fields: Any) -> dict[str, Any]:
        answer = browser("POST", path, {"fields": fields})
        assert answer.status == 201, answer.body
        record: dict[str, Any] = answer.json()
        return record

    def get(self, key: str, query: str = "") -> dict[str, Any]:
        answer = self.ada("GET", f"{TASKS}/{key}{query}")
        assert answer.status == 200, answer.body
        record: dict[str, Any] = answer.json()
        return record

    def keys(self, query: str) -> list[str]:
        answer = self.ada("GET", f"{TASKS}?{query}")
        assert answer.status == 200, answer.body
        return [record["id"] for record in answer.json()["records"]]

    def erase(self, name: str) -> None:
        self.site.sql('DELETE FROM "user" WHERE id = ?1', self.ids[name])


@pytest.fixture
def people(tmp_path: Path, database_url: str) -> Iterator[People]:
    with site(tmp_path, database_url, PASSWORDS, tables=TABLES) as made:
        yield People(made)


def codes(answer: Any) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


def test_the_server_writes_down_who_creates_changes_and_removes_a_record(people: People) -> None:
    ada, bob = people.ids["ada"], people.ids["bob"]
    created = people.create(people.ada, title="x")
    assert (created["createdBy"], created["updatedBy"]) == (ada, ada)
    assert "deletedBy" not in created
    held = {name: created["fields"][name] for name in ("created_by", "editor", "deleted_by")}
    assert held == {"created_by": ada, "editor": ada, "deleted_by": None}
    changed = people.bob("PATCH", f"{TASKS}/1", {"title": "y"}).json()
    assert (changed["createdBy"], changed["updatedBy"], changed["fields"]["editor"]) == (ada, bob, bob)
    assert people.get("1")["updatedBy"] == bob
    assert people.ada("DELETE", f"{TASKS}/1").status == 204
    (trashed,) = people.ada("GET", f"{TASKS}?deleted=true").json()["records"]
    assert (trashed["createdBy"], trashed["updatedBy"], trashed["deletedBy"]) == (ada, ada, ada)
    assert trashed["fields"]["deleted_by"] == ada
    assert list(trashed) == [
        *("id", "revision", "fields", "createdBy", "updatedBy", "createdAt", "updatedAt", "deletedAt", "deletedBy")
    ]
    assert people.get("1", "?includeDeleted=true") == trashed


def test_a_write_that_changes_nothing_leaves_the_last_author(people: People) -> None:
    people.create(people.ada, title="x", watchers=[])
    for body in ({"title": "x"}, {"watchers": None}, {"watchers": []}):
        answer = people.bob("PATCH", f"{TASKS}/1", body).json()
        assert (answer["revision"], answer["updatedBy"]) == (1, people.ids["ada"])


def test_a_list_tells_the_same_as_the_single_record_whatever_fields_are_asked_for(people: People) -> None:
    people.create(people.ada, title="x", owner=people.ids["bob"], watchers=[people.ids["bob"], people.ids["ada"]])
    answer = people.ada("GET", TASKS)
    single = people.ada("GET", f"{TASKS}/1")
    assert answer.body.startswith(b'{"records":[' + single.body + b"]")
    for query in ("fields=title", "view=held", "fields=id", "format=display&fields=title"):
        (record,) = people.ada("GET", f"{TASKS}?{query}").json()["records"]
        assert (record["createdBy"], record["updatedBy"]) == (people.ids["ada"], people.ids["ada"])


def test_nobody_can_send_what_the_server_sets(people: People) -> None:
    body = {"created_by": people.ids["bob"], "editor": None, "deleted_by": people.ids["bob"]}
    refused = {f"fields.{name}": "read_only" for name in body}
    assert codes(people.ada("POST", TASKS, {"fields": body})) == refused
    people.create(people.ada, title="x")
    assert codes(people.ada("PATCH", f"{TASKS}/1", {"fields": body})) == refused


def test_a_user_field_takes_the_ids_of_users_alone(people: People) -> None:
    for value, code in ((5, "wrong_type"), ("nobody", "not_found"), ("", "not_found"), ("a\0", "not_found")):
        assert codes(people.ada("POST", TASKS, {"fields": {"owner": value}})) == {"fields.owner": code}
    made = people.create(people.ada, owner=people.ids["bob"])
    assert made["fields"]["owner"] == people.ids["bob"]
    assert codes(people.ada("PATCH", f"{TASKS}/1", {"owner": "nobody"})) == {"fields.owner": "not_found"}
    assert people.ada("PATCH", f"{TASKS}/1", {"owner": None}).json()["fields"]["owner"] is None


def test_several_users_are_a_set_in_the_order_of_ids(people: People) -> None:
    ada, bob = people.ids["ada"], people.ids["bob"]
    cases: list[tuple[Any, dict[str, str]]] = [
        (ada, {"fields.watchers": "wrong_type"}),
        ([ada, 5], {"fields.watchers.1": "wrong_type"}),
        ([ada, ada], {"fields.watchers.1": "duplicate_item"}),
        (["x", ada, "y"], {"fields.watchers.0": "not_found", "fields.watchers.2": "not_found"}),
        ([str(number) for number in range(1001)], {"fields.watchers": "too_many"}),
    ]
    for value, refused in cases:
        assert codes(people.ada("POST", TASKS, {"fields": {"watchers": value}})) == refused
    assert people.create(people.ada, watchers=[bob, ada])["fields"]["watchers"] == sorted([ada, bob])
    assert people.ada("PATCH", f"{TASKS}/1", {"watchers": [ada, bob]}).json()["revision"] == 1
    assert people.ada("PATCH", f"{TASKS}/1", {"watchers": [bob]}).json()["fields"]["watchers"] == [bob]
    assert people.ada("PATCH", f"{TASKS}/1", {"watchers": None}).json()["fields"]["watchers"] == []


def test_the_default_is_who_creates_the_record(people: People) -> None:
    assert people.create(people.bob)["fields"]["reporter"] == people.ids["bob"]
    assert people.create(people.bob, reporter=None)["fields"]["reporter"] is None
    seat = people.create(people.bob, "/api/tables/seats/records", holder=people.ids["ada"])
    assert seat["fields"]["team"] == [people.ids["bob"]]


def test_a_user_may_be_required_and_unique(people: People) -> None:
    path = "/api/tables/seats/records"
    assert codes(people.ada("POST", path, {"fields": {"team": []}})) == {"fields.holder": "required"}
    people.create(people.ada, path, holder=people.ids["ada"])
    answer = people.ada("POST", path, {"fields": {"holder": people.ids["ada"]}})
    assert (answer.status, codes(answer)) == (409, {"fields.holder": "not_unique"})


def test_people_are_found_by_their_ids(people: People) -> None:
    ada, bob = people.ids["ada"], people.ids["bob"]
    people.create(people.ada, title="a", owner=ada, watchers=[ada, bob])
    people.create(people.bob, title="b", owner=bob, watchers=[ada], parent="1")
    people.create(people.ada, title="c")
    for query, found in FILTERS:
        assert people.keys(f"{query.format(**people.ids)}&sort=id") == found, query


def test_people_sort_and_group_by_their_ids(people: People) -> None:
    first, second = sorted(people.ids.values())
    people.create(people.ada, owner=second)
    people.create(people.ada)
    people.create(people.ada, owner=first)
    assert people.keys("sort=owner") == ["3", "1", "2"]
    assert people.keys("sort=owner:desc") == ["1", "3", "2"]
    page = people.ada("GET", f"{TASKS}?sort=owner:desc&limit=1").json()["pagination"]["nextCursor"]
    assert people.keys(f"sort=owner:desc&cursor={page}") == ["3", "2"]
    groups = people.ada("GET", f"{TASKS}?groupBy=owner").json()["groups"]
    assert [(group["name"], group["value"]) for group in groups] == [(first, first), (second, second), ("", None)]
    view = people.ada("GET", "/api/tables/tasks/views/held/records").json()
    assert [record["id"] for record in view["records"]] == ["1", "3"]
    assert view["groups"] == [{"name": people.ids["ada"], "value": people.ids["ada"], "count": 2}]
    for query, code in (("sort=watchers", "not_sortable"), ("groupBy=watchers", "not_groupable")):
        answer = people.ada("GET", f"{TASKS}?{query}")
        assert list(codes(answer).values()) == [code]


def test_people_are_shown_by_their_names(people: People) -> None:
    ada, bob = people.ids["ada"], people.ids["bob"]
    people.create(people.ada, title="x", owner=bob, watchers=[bob, ada])
    people.create(people.bob, title="y", owner=ada, parent="1")
    names = {ada: "Ada", bob: "Bob"}
    wanted = "owner,watchers,created_by,deleted_by,part_owners"
    assert people.get("1", f"?format=display&fields={wanted}")["fields"] == {
        "owner": {"value": bob, "displayValue": "Bob"},
        "watchers": {"value": sorted([ada, bob]), "displayValue": ", ".join(names[key] for key in sorted([ada, bob]))},
        "created_by": {"value": ada, "displayValue": "Ada"},
        "deleted_by": {"value": None, "displayValue": None},
        "part_owners": {"value": [ada], "displayValue": "Ada"},
    }
    shown = people.ada("GET", f"{TASKS}?format=display&sort=id").json()["records"][1]["fields"]
    assert shown["parent_owner"] == {"value": bob, "displayValue": "Bob"}
    assert shown["watchers"] == {"value": [], "displayValue": ""}
    assert shown["shout"]["value"] == f"Y {ada}"


def test_a_user_who_is_erased_leaves_every_field(people: People) -> None:
    ada, bob = people.ids["ada"], people.ids["bob"]
    people.create(people.bob, title="x", owner=bob, watchers=[bob, ada])
    people.create(people.bob, title="gone")
    assert people.bob("DELETE", f"{TASKS}/2").status == 204
    people.create(people.ada, "/api/tables/seats/records", holder=bob, team=[bob])
    people.erase("bob")
    record = people.get("1")
    assert {"createdBy", "updatedBy"}.isdisjoint(record)
    people_of = {name: record["fields"][name] for name in ("owner", "watchers", "reporter", "created_by", "editor")}
    assert people_of == {"owner": None, "watchers": [ada], "reporter": None, "created_by": None, "editor": None}
    (trashed,) = people.ada("GET", f"{TASKS}?deleted=true").json()["records"]
    assert "deletedBy" not in trashed
    (seat,) = people.ada("GET", "/api/tables/seats/records?sort=holder:desc").json()["records"]
    assert seat["fields"] == {"holder": None, "team": []}


def test_the_table_is_described_with_its_people(people: People) -> None:
    fields = {each["name"]: each for each in people.ada("GET", "/api/tables/tasks").json()["fields"]}
    assert fields["watchers"]["type"] == "user"
    assert fields["watchers"]["allowMultiple"] is True
    assert fields["reporter"]["default"] == "CURRENT_USER"
    assert [fields[name]["readOnly"] for name in ("owner", "created_by", "editor", "deleted_by")] == [
        False,
        *[True] * 3,
    ]
