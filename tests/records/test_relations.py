"""Links of every kind: what they hold, what they refuse, and what is worked out over them, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: school
tables:
  - id: 1
    name: courses
    primaryKey: { type: text }
    fields:
      - { id: 1, name: title, type: single-line-text }
      - { id: 2, name: students, type: relationship, relatedTable: students, relationType: many-to-many, reciprocalField: courses, displayField: name }
      - { id: 3, name: hours, type: integer }
  - id: 2
    name: students
    fields:
      - { id: 1, name: name, type: single-line-text, required: true }
      - { id: 2, name: courses, type: relationship, relatedTable: courses, relationType: many-to-many, reciprocalField: students }
      - { id: 3, name: mentor, type: relationship, relatedTable: students }
      - { id: 4, name: mentored, type: relationship, relatedTable: students, relationType: one-to-many, foreignKey: mentor, displayField: name }
      - { id: 5, name: locker, type: relationship, relatedTable: lockers, relationType: one-to-one, onDelete: restrict }
      - { id: 6, name: friends, type: relationship, relatedTable: students, relationType: many-to-many, allowMultiple: true }
      - { id: 7, name: course_titles, type: lookup, relationshipField: courses, relatedField: title }
      - { id: 8, name: course_count, type: count, relationshipField: courses }
      - { id: 9, name: hours, type: rollup, relationshipField: courses, relatedField: hours, aggregation: SUM }
      - { id: 10, name: names, type: rollup, relationshipField: mentored, relatedField: name, aggregation: ARRAYUNIQUE }
  - id: 3
    name: lockers
    primaryKey: { type: uuid }
    fields: [{ id: 1, name: label, type: single-line-text }]
"""
STUDENTS = "/api/tables/students/records"
COURSES = "/api/tables/courses/records"


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for key, title, hours in (("m", "Maths", 4), ("a", "Art", 2), ("z", None, 1)):
            assert client("POST", COURSES, {"id": key, "title": title, "hours": hours}).status == 201
        for name in ("Ada", "Bob", "Cleo"):
            assert client("POST", STUDENTS, {"name": name}).status == 201
        yield client


def change(api: Client, key: str, **fields: Any) -> dict[str, Any]:
    answer = api("PATCH", f"{STUDENTS}/{key}", fields)
    assert answer.status == 200, answer.body
    record: dict[str, Any] = answer.json()
    return record


def get(api: Client, path: str) -> dict[str, Any]:
    fields: dict[str, Any] = api("GET", path).json()["fields"]
    return fields


def keys(api: Client, query: str) -> list[str]:
    answer = api("GET", f"{STUDENTS}?{query}")
    assert answer.status == 200, answer.body
    return [record["id"] for record in answer.json()["records"]]


def test_a_write_replaces_the_set_and_the_other_end_sees_it(api: Client) -> None:
    record = change(api, "1", courses=["m", "a"])
    assert (record["revision"], record["fields"]["courses"]) == (2, ["a", "m"])
    assert get(api, f"{COURSES}/m")["students"] == ["1"]
    assert change(api, "1", courses=["z", "m"])["fields"]["courses"] == ["m", "z"]
    assert get(api, f"{COURSES}/a")["students"] == []
    answer = api("PATCH", f"{COURSES}/m", {"students": [2, "1", 3]})
    assert answer.json()["fields"]["students"] == ["1", "2", "3"]
    assert get(api, f"{STUDENTS}/3")["courses"] == ["m"]
    assert change(api, "1", courses=[])["fields"]["courses"] == []
    assert change(api, "2", courses=None)["fields"]["courses"] == []


def test_the_same_set_in_another_order_is_no_change(api: Client) -> None:
    assert change(api, "1", courses=["m", "a"])["revision"] == 2
    assert change(api, "1", courses=["a", "m"])["revision"] == 2


def test_a_new_record_has_its_links_at_once(api: Client) -> None:
    created = api("POST", STUDENTS, {"name": "Dan", "courses": ["z", "a"], "friends": ["1", "3"]}).json()
    assert (created["fields"]["courses"], created["fields"]["friends"]) == (["a", "z"], ["1", "3"])
    assert (created["fields"]["course_titles"], created["fields"]["hours"]) == (["Art"], 3)
    assert api("POST", STUDENTS, {"name": "Eve"}).json()["fields"]["courses"] == []


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("m", {"fields.courses": "wrong_type"}),
        (["m", 5], {"fields.courses.1": "wrong_type"}),
        (["m", "m"], {"fields.courses.1": "duplicate_item"}),
        (["x", "m", "y"], {"fields.courses.0": "not_found", "fields.courses.2": "not_found"}),
        ([f"k{number}" for number in range(1001)], {"fields.courses": "too_many"}),
    ],
)
def test_links_that_cannot_be_are_named_each(api: Client, value: Any, codes: dict[str, str]) -> None:
    for answer in (
        api("POST", STUDENTS, {"name": "x", "courses": value}),
        api("PATCH", f"{STUDENTS}/1", {"courses": value}),
    ):
        assert answer.codes == codes
    assert get(api, f"{STUDENTS}/1")["courses"] == []


def test_a_record_in_the_trash_is_no_target_and_not_seen(api: Client) -> None:
    change(api, "1", courses=["m", "a"])
    assert api("DELETE", f"{COURSES}/m").status == 204
    assert get(api, f"{STUDENTS}/1")["courses"] == ["a"]
    answer = api("PATCH", f"{STUDENTS}/2", {"courses": ["m"]})
    assert answer.codes == {"fields.courses.0": "not_found"}
    assert '"m"' in answer.json()["message"]


def test_a_link_of_a_table_to_itself_has_one_direction(api: Client) -> None:
    change(api, "1", friends=["2", "1"])
    assert (get(api, f"{STUDENTS}/1")["friends"], get(api, f"{STUDENTS}/2")["friends"]) == (["1", "2"], [])


def test_the_reverse_of_a_link_comes_only_if_it_is_asked_for(api: Client) -> None:
    for key in ("2", "3"):
        change(api, key, mentor="1")
    assert "mentored" not in get(api, f"{STUDENTS}/1")
    assert get(api, f"{STUDENTS}/1?fields=mentored") == {"mentored": ["2", "3"]}
    assert get(api, f"{STUDENTS}/1")["names"] == ["Bob", "Cleo"]
    records = api("GET", f"{STUDENTS}?fields=mentored").json()["records"]
    assert [record["fields"]["mentored"] for record in records] == [["2", "3"], [], []]
    assert api("PATCH", f"{STUDENTS}/1", {"mentored": ["2"]}).codes == {"fields.mentored": "read_only"}


def test_a_one_to_one_target_belongs_to_one_live_record(api: Client) -> None:
    locker = api("POST", "/api/tables/lockers/records", {"label": "L1"}).json()["id"]
    assert change(api, "1", locker=locker)["fields"]["locker"] == locker
    answer = api("PATCH", f"{STUDENTS}/2", {"locker": locker})
    assert (answer.status, answer.codes) == (409, {"fields.locker": "not_unique"})
    assert api("DELETE", f"{STUDENTS}/1").status == 204
    assert change(api, "2", locker=locker)["fields"]["locker"] == locker


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=courses:contains:m", ["1", "2"]),
        ("filter=courses:hasAll:m,a", ["1"]),
        ("filter=courses:hasNone:m", ["3"]),
        ("filter=courses:isEmpty", ["3"]),
        ("filter=courses:isNotEmpty", ["1", "2"]),
        ("filter=friends:hasAny:3,2", ["1"]),
        ("filter=mentored:contains:2", ["1"]),
        ("filter=course_titles:contains:Art", ["1"]),
        ("filter=course_count:2", ["1"]),
        ("sort=course_titles:desc,id", ["2", "1", "3"]),
        ("sort=hours:desc&limit=2", ["1", "2"]),
        ("filter=names:contains:Bob", ["1"]),
    ],
)
def test_links_and_what_is_worked_out_over_them_filter_and_sort(api: Client, query: str, found: list[str]) -> None:
    change(api, "1", courses=["m", "a"], friends=["3"])
    change(api, "2", courses=["m"], mentor="1")
    assert keys(api, query) == found


def test_a_filter_takes_ids_that_no_record_has_and_no_other_thing(api: Client) -> None:
    assert keys(api, "filter=friends:contains:99") == []
    assert api("GET", f'{STUDENTS}?filter={{"friends":["x"]}}').codes == {"filter.friends.0": "not_found"}
    assert api("GET", f"{STUDENTS}?sort=courses").codes == {"sort": "not_sortable"}


def test_lists_of_links_are_shown_by_their_names(api: Client) -> None:
    change(api, "2", mentor="1")
    api("PATCH", f"{COURSES}/m", {"students": ["2", "1"]})
    shown = get(api, f"{COURSES}/m?format=display&fields=students")["students"]
    assert shown == {"value": ["1", "2"], "displayValue": "Ada, Bob"}
    assert get(api, f"{STUDENTS}/1?format=display&fields=mentored,courses") == {
        "courses": {"value": ["m"], "displayValue": "m"},
        "mentored": {"value": ["2"], "displayValue": "Bob"},
    }


def test_many_writers_leave_the_union_of_nothing(api: Client) -> None:
    """Each write replaces the whole set, so that the last one is what stays."""
    for targets in (["m"], ["a", "z"], ["m", "z"]):
        change(api, "1", courses=targets)
    assert get(api, f"{STUDENTS}/1")["courses"] == ["m", "z"]
    assert get(api, f"{COURSES}/a")["students"] == []
