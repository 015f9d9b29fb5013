"""Listing records: pages, order, choice of fields, filters, and what is said about wrong parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.asgi import Client

PEOPLE = "/api/tables/people/records"

ROWS: list[dict[str, Any]] = [
    {"name": "Ada", "age": 36, "email": "ada@example.com", "height": "1.60", "mood": "good", "born": "1815-12-10"},
    {"name": "bob", "age": 7, "height": None, "active": False, "mood": "ugly", "seen": "2026-01-05T23:59:59.999Z"},
    {"name": "Élodie", "age": 7, "height": "1.8", "active": None, "mood": None, "notes": "100% sure_thing"},
    {"name": "Zoë", "height": "10.25", "mood": "bad", "notes": "", "seen": "2026-01-05T00:00:00Z"},
    {"name": "😀 Smile", "age": 0, "height": "-3", "seen": "2026-01-06T00:00:00Z"},
]


@pytest.fixture
def people(api: Client) -> Client:
    """A client of an application with people."""
    for row in ROWS:
        assert api("POST", PEOPLE, row).status == 201
    return api


def names(api: Client, **query: Any) -> list[str]:
    """List people and return their names."""
    answer = api("GET", PEOPLE, query=query)
    assert answer.status == 200, answer.body
    return [record["fields"]["name"] for record in answer.json()["records"]]


def filtered(api: Client, node: Any) -> list[str]:
    """List the people that a filter matches."""
    return names(api, filter=json.dumps(node))


def refused(api: Client, **query: Any) -> dict[str, str]:
    """Return the codes of a refusal."""
    answer = api("GET", PEOPLE, query=query)
    assert answer.status == 400, answer.body
    return answer.codes


def test_pages_neither_overlap_nor_skip(people: Client) -> None:
    pages = [people("GET", PEOPLE, query={"limit": 2, "page": page}).json() for page in (1, 2, 3, 4)]
    assert [record["id"] for page in pages for record in page["records"]] == ["1", "2", "3", "4", "5"]
    assert isinstance(pages[1]["pagination"].pop("nextCursor"), str)
    assert pages[1]["pagination"] == {
        "page": 2, "limit": 2, "offset": 2, "total": 5, "totalPages": 3, "hasNextPage": True, "hasPreviousPage": True,
    }  # fmt: skip
    assert pages[3]["records"] == []
    assert [page["pagination"]["hasNextPage"] for page in pages] == [True, True, False, False]
    assert pages[3]["pagination"]["total"] == 5


def test_without_a_count_the_next_page_is_still_known(people: Client) -> None:
    for limit, has_next in ((4, True), (5, False)):
        pagination = people("GET", PEOPLE, query={"limit": limit, "count": "none"}).json()["pagination"]
        assert (pagination.pop("nextCursor") is not None) == has_next
        assert pagination == {"page": 1, "limit": limit, "offset": 0, "hasNextPage": has_next, "hasPreviousPage": False}


def test_the_last_offset_is_on_a_page_that_any_client_can_count(api: Client) -> None:
    last = 2**53 - 2
    pagination = api("GET", PEOPLE, query={"limit": 1, "offset": last}).json()["pagination"]
    assert (pagination["offset"], pagination["page"]) == (last, 2**53 - 1)
    assert refused(api, limit=1, offset=last + 1) == {"offset": "out_of_range"}


def test_a_list_of_a_thousand_uuids_can_be_asked_for(api: Client) -> None:
    tokens = "/api/tables/tokens/records"
    made = [api("POST", tokens, {"note": str(number)}).json()["id"] for number in range(2)]
    wanted = [made[1], *(f"0192b1a0-0000-7000-8000-{number:012d}" for number in range(999))]
    page = api("GET", tokens, query={"filter": json.dumps({"id": wanted}, separators=(",", ":"))}).json()
    assert [record["id"] for record in page["records"]] == [made[1]]


def test_an_empty_table_has_no_pages(api: Client) -> None:
    assert api("GET", PEOPLE).json() == {
        "records": [],
        "pagination": {
            "page": 1, "limit": 50, "offset": 0, "total": 0, "totalPages": 0, "hasNextPage": False, "hasPreviousPage": False,
            "nextCursor": None,
        },
    }  # fmt: skip


def test_null_sorts_last_in_both_directions(people: Client) -> None:
    assert names(people, sort="age") == ["😀 Smile", "bob", "Élodie", "Ada", "Zoë"]
    assert names(people, sort="age:DESC") == ["Ada", "bob", "Élodie", "😀 Smile", "Zoë"]


def test_text_sorts_by_code_point_and_choices_by_their_options(people: Client) -> None:
    assert names(people, sort="name") == ["Ada", "Zoë", "bob", "Élodie", "😀 Smile"]
    assert names(people, sort="mood,name:desc") == ["😀 Smile", "Ada", "Zoë", "bob", "Élodie"]
    assert names(people, sort="height", order="desc") == ["Zoë", "Élodie", "Ada", "😀 Smile", "bob"]
    assert names(people, sort="id:desc", limit=2) == ["😀 Smile", "Zoë"]


def test_only_the_fields_that_were_asked_for_come_in_configuration_order(people: Client) -> None:
    record = people("GET", PEOPLE, query={"fields": "age,name", "limit": 1}).json()["records"][0]
    assert list(record["fields"].items()) == [("name", "Ada"), ("age", 36)]
    assert set(record) == {"id", "revision", "fields", "createdAt", "updatedAt"}
    assert people("GET", f"{PEOPLE}/1", query={"fields": "id"}).json()["fields"] == {}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({}, ["Ada", "bob", "Élodie", "Zoë", "😀 Smile"]),
        ({"age": 7}, ["bob", "Élodie"]),
        ({"age": None}, ["Zoë"]),
        ({"age": [7, None]}, ["bob", "Élodie", "Zoë"]),
        ({"age": {"greaterThan": 0, "lessThan": 36}}, ["bob", "Élodie"]),
        ({"not": {"age": 7}}, ["Ada", "Zoë", "😀 Smile"]),
        ({"field": "age", "operator": "notEquals", "value": 7}, ["Ada", "Zoë", "😀 Smile"]),
        ({"and": []}, ["Ada", "bob", "Élodie", "Zoë", "😀 Smile"]),
        ({"or": []}, []),
        ({"or": [{"name": "Ada"}, {"and": [{"age": 7}, {"active": False}]}]}, ["Ada", "bob"]),
        ({"name": {"contains": "É"}}, ["Élodie"]),
        ({"name": {"contains": "ÉLO"}}, ["Élodie"]),
        ({"name": {"startsWith": "B"}}, ["bob"]),
        ({"name": {"endsWith": "Ë"}}, ["Zoë"]),
        ({"notes": {"contains": "% s"}}, ["Élodie"]),
        ({"notes": {"contains": "e_t"}}, ["Élodie"]),
        ({"notes": {"notContains": "sure"}}, ["Ada", "bob", "Zoë", "😀 Smile"]),
        ({"notes": {"isEmpty": True}}, ["Ada", "bob", "Zoë", "😀 Smile"]),
        ({"notes": {"isNull": True}}, ["Ada", "bob", "😀 Smile"]),
        ({"active": {"isTrue": True}}, ["Ada", "Zoë", "😀 Smile"]),
        ({"not": {"active": {"isTrue": True}}}, ["bob", "Élodie"]),
        ({"height": {"between": ["-3.00", 1.8]}}, ["Ada", "Élodie", "😀 Smile"]),
        ({"height": "1.8"}, ["Élodie"]),
        ({"email": "ADA@EXAMPLE.COM"}, ["Ada"]),
        ({"seen": "2026-01-05"}, ["bob", "Zoë"]),
        ({"seen": {"greaterThan": "2026-01-05"}}, ["😀 Smile"]),
        ({"seen": {"lessThanOrEqual": "2026-01-05T00:00:00+00:00"}}, ["Zoë"]),
        ({"born": {"lessThan": "1900-01-01"}}, ["Ada"]),
        ({"mood": {"in": []}}, []),
        ({"mood": {"notIn": ["good"]}}, ["bob", "Élodie", "Zoë"]),
        ({"id": {"greaterThan": "3"}}, ["Zoë", "😀 Smile"]),
        ({"createdAt": {"isNotNull": True}, "id": [1, "2"]}, ["Ada", "bob"]),
    ],
)
def test_a_filter_matches_exactly(people: Client, node: Any, expected: list[str]) -> None:
    assert filtered(people, node) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name:Ada", ["Ada"]),
        ("age:greaterThan:7", ["Ada"]),
        ("age:in:7,36", ["Ada", "bob", "Élodie"]),
        ("notes:isNotEmpty", ["Élodie"]),
        ("active:false", ["bob"]),
    ],
)
def test_the_text_form_of_a_filter_says_the_same(people: Client, text: str, expected: list[str]) -> None:
    assert names(people, filter=text) == expected


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"limit": 0}, {"limit": "out_of_range"}),
        ({"limit": 1001}, {"limit": "out_of_range"}),
        ({"limit": "many"}, {"limit": "invalid_value"}),
        ({"limit": [1, 2]}, {"limit": "duplicate"}),
        ({"offset": -1}, {"offset": "out_of_range"}),
        ({"page": 0}, {"page": "out_of_range"}),
        ({"offset": 1, "page": 2}, {"page": "conflicting"}),
        ({"count": "guess"}, {"count": "invalid_value"}),
        ({"timezone": "Mars/Base"}, {"timezone": "invalid_value"}),
        ({"timezone": "../etc"}, {"timezone": "invalid_value"}),
        ({"format": "html"}, {"format": "invalid_value"}),
        ({"includeDeleted": "yes"}, {"includeDeleted": "invalid_value"}),
        ({"deleted": "1"}, {"deleted": "invalid_value"}),
        ({"deleted": "true", "includeDeleted": "true"}, {"deleted": "conflicting"}),
        ({"deleted": "false", "includeDeleted": "only"}, {"deleted": "conflicting"}),
        ({"shoe": 1}, {"shoe": "unknown_parameter"}),
        ({"fields": "shoe"}, {"fields": "unknown_field"}),
        ({"fields": "age,age"}, {"fields": "duplicate"}),
        ({"sort": "shoe"}, {"sort": "unknown_field"}),
        ({"sort": "notes", "order": "up"}, {"order": "invalid_value"}),
        ({"sort": "age:asc", "order": "desc"}, {"order": "conflicting"}),
        ({"filter": '{"shoe": 1}'}, {"filter.shoe": "unknown_field"}),
        ({"filter": '{"and": [{"age": 1}, {"field": "age", "operator": "like", "value": 1}]}'}, {"filter.and.1.operator": "unknown_operator"}),
        ({"filter": '{"active": {"greaterThan": true}}'}, {"filter.active.greaterThan": "operator_not_allowed"}),
        ({"filter": '{"age": "7"}'}, {"filter.age": "wrong_type"}),
        ({"filter": '{"mood": "glad"}'}, {"filter.mood": "not_an_option"}),
        ({"filter": '{"age": {"between": [9, 1]}}'}, {"filter.age.between": "invalid_value"}),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(people: Client, query: dict[str, Any], codes: dict[str, str]) -> None:
    assert refused(people, **query) == codes


def test_all_wrong_parameters_are_named_together(people: Client) -> None:
    assert refused(people, limit=2000, shoe=1) == {"limit": "out_of_range", "shoe": "unknown_parameter"}
    assert refused(people, sort="shoe", fields="hat", filter='{"coat": 1}') == {
        "sort": "unknown_field",
        "fields": "unknown_field",
        "filter.coat": "unknown_field",
    }


@pytest.mark.parametrize("text", ["{", "age", '{"age": NaN}', "[]", '{"age": 1} x', '{"name": "\\ud800"}'])
def test_a_filter_that_cannot_be_read_is_a_bad_request(people: Client, text: str) -> None:
    answer = people("GET", PEOPLE, query={"filter": text})
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")


def test_a_hostile_value_is_only_a_value(people: Client) -> None:
    assert filtered(people, {"name": {"contains": "'; DROP TABLE people; --"}}) == []
    assert names(people, filter="name:' OR 1=1 --") == []
    assert people("GET", PEOPLE, query={"sort": 'name"; DROP TABLE people; --'}).status == 400
    assert len(names(people)) == 5
