"""Fields that are worked out when they are read: lookups and counts over links, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: sales
tables:
  - id: 1
    name: companies
    fields:
      - { id: 1, name: name, type: single-line-text }
      - { id: 2, name: size, type: decimal, precision: 1 }
      - { id: 3, name: mail, type: email }
      - { id: 4, name: kind, type: single-select, options: [z, a] }
      - { id: 5, name: open, type: checkbox }
      - { id: 6, name: parent, type: relationship, relatedTable: companies }
      - { id: 7, name: parent_size, type: lookup, relationshipField: parent, relatedField: size }
  - id: 2
    name: deals
    fields:
      - { id: 1, name: title, type: single-line-text }
      - { id: 2, name: company, type: relationship, relatedTable: 1 }
      - { id: 3, name: c_name, type: lookup, relationshipField: company, relatedField: name }
      - { id: 4, name: a_size, type: lookup, relationshipField: company, relatedField: size, filters: { kind: a } }
      - { id: 5, name: c_mail, type: lookup, relationshipField: company, relatedField: mail }
      - { id: 6, name: companies, type: count, relationshipField: company }
      - { id: 7, name: c_kind, type: lookup, relationshipField: company, relatedField: kind }
      - { id: 8, name: c_open, type: lookup, relationshipField: company, relatedField: open }
      - { id: 9, name: grand_size, type: lookup, relationshipField: company, relatedField: parent_size }
      - { id: 10, name: c_made, type: lookup, relationshipField: company, relatedField: name, filters: "open:isTrue" }
  - id: 3
    name: totals
    fields:
      - { id: 1, name: company, type: relationship, relatedTable: 1 }
      - { id: 2, name: sum, type: rollup, relationshipField: company, relatedField: size, aggregation: SUM }
      - { id: 3, name: avg, type: rollup, relationshipField: company, relatedField: size, aggregation: AVG }
      - { id: 4, name: least, type: rollup, relationshipField: company, relatedField: size, aggregation: MIN }
      - { id: 5, name: named, type: rollup, relationshipField: company, relatedField: name, aggregation: COUNTA }
      - { id: 6, name: rows, type: rollup, relationshipField: company, relatedField: name, aggregation: COUNTALL }
      - { id: 7, name: kinds, type: rollup, relationshipField: company, relatedField: kind, aggregation: ARRAYUNIQUE }
      - { id: 8, name: numbers, type: rollup, relationshipField: company, relatedField: size, aggregation: COUNT }
      - { id: 9, name: open, type: rollup, relationshipField: company, relatedField: size, aggregation: SUM, filters: { open: true } }
"""
COMPANIES: tuple[dict[str, Any], ...] = (
    {"name": "Ada", "size": "1.5", "mail": "Ada@x.example", "kind": "a", "open": True},
    {"name": "Bob", "size": "2.5", "mail": "b@x.example", "kind": "z", "open": False, "parent": 1},
    {"name": None, "size": "-10", "kind": None, "open": None, "parent": 2},
)
DEALS = ({"title": "a", "company": 1}, {"title": "b", "company": 2}, {"title": "c", "company": 3}, {"title": "d"})


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for table, records in (("companies", COMPANIES), ("deals", DEALS)):
            for record in records:
                assert client("POST", f"/api/tables/{table}/records", record).status == 201
        yield client


def titles(api: Client, query: str) -> str:
    answer = api("GET", f"/api/tables/deals/records?{query}")
    assert answer.status == 200, answer.body
    return "".join(record["fields"]["title"] for record in answer.json()["records"])


def fields(api: Client, path: str) -> dict[str, Any]:
    found: dict[str, Any] = api("GET", f"/api/tables/{path}").json()["fields"]
    return found


def test_a_lookup_shows_the_value_of_the_linked_record_in_its_own_form(api: Client) -> None:
    assert fields(api, "deals/records/1") == {
        "title": "a", "company": "1", "c_name": "Ada", "a_size": "1.5", "c_mail": "Ada@x.example", "companies": 1,
        "c_kind": "a", "c_open": True, "grand_size": None, "c_made": "Ada",
    }  # fmt: skip
    assert fields(api, "deals/records/2")["grand_size"] == "1.5"
    assert fields(api, "deals/records/3")["grand_size"] == "2.5"
    nothing = fields(api, "deals/records/4")
    assert (nothing.pop("title"), nothing.pop("companies")) == ("d", 0)
    assert set(nothing.values()) == {None}


def test_the_filter_of_a_lookup_hides_other_records(api: Client) -> None:
    assert fields(api, "deals/records/2")["a_size"] is None
    assert fields(api, "deals/records/2")["c_made"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=c_name:contains:b", "b"),
        ("filter=c_name:isNull", "cd"),
        ("filter=c_mail:ADA@X.EXAMPLE", "a"),
        ("filter=c_mail:startsWith:ada", "a"),
        ("filter=a_size:greaterThan:1", "a"),
        ("filter=companies:0", "d"),
        ("filter=c_kind:in:a,z", "ab"),
        ("filter=c_open:isFalse", "b"),
        ("filter=grand_size:between:1,2", "b"),
        ("filter=c_name:notEquals:Ada", "bcd"),
        ("sort=c_kind", "bacd"),
        ("sort=c_name:desc", "bacd"),
        ("sort=grand_size:desc,title:desc", "cbda"),
        ("sort=c_open", "bacd"),
        ("sort=companies,title:desc", "dcba"),
    ],
)
def test_it_filters_and_sorts_as_its_result_does(api: Client, query: str, found: str) -> None:
    assert titles(api, query) == found


def test_records_in_the_trash_are_not_seen(api: Client) -> None:
    assert api("DELETE", "/api/tables/companies/records/1").status == 204
    seen = fields(api, "deals/records/1")
    assert (seen["c_name"], seen["companies"]) == (None, 0)
    assert titles(api, "filter=companies:0") == "ad"


def test_a_write_answers_with_what_is_worked_out(api: Client) -> None:
    created = api("POST", "/api/tables/deals/records", {"title": "e", "company": "2"}).json()
    assert (created["fields"]["c_name"], created["fields"]["companies"]) == ("Bob", 1)
    for change in ({"company": "1"}, {"company": "1"}):
        changed = api("PATCH", f"/api/tables/deals/records/{created['id']}", change).json()
        assert (changed["revision"], changed["fields"]["c_name"]) == (2, "Ada")
        assert list(changed["fields"]) == list(created["fields"])


def test_what_is_worked_out_cannot_be_written(api: Client) -> None:
    answer = api("POST", "/api/tables/deals/records", {"c_name": "x", "companies": 1})
    assert answer.codes == {"fields.c_name": "read_only", "fields.companies": "read_only"}


def test_only_what_is_asked_for_is_worked_out(api: Client) -> None:
    record = api("GET", "/api/tables/deals/records?fields=c_name&limit=1").json()["records"][0]
    assert record["fields"] == {"c_name": "Ada"}


def test_the_description_of_a_lookup_keeps_its_filter(api: Client) -> None:
    described = {each["name"]: each for each in api("GET", "/api/tables/deals").json()["fields"]}
    lookup = described["a_size"]
    assert (lookup["readOnly"], lookup["relationshipField"], lookup["relatedField"]) == (True, "company", "size")
    assert "filters" not in lookup


TOTALS: tuple[tuple[str | None, dict[str, Any]], ...] = (
    (
        "1",
        {
            "sum": "1.5",
            "avg": "1.5",
            "least": "1.5",
            "named": 1,
            "rows": 1,
            "kinds": ["a"],
            "numbers": 1,
            "open": "1.5",
        },
    ),
    (
        "3",
        {
            "sum": "-10.0",
            "avg": "-10",
            "least": "-10.0",
            "named": 0,
            "rows": 1,
            "kinds": [],
            "numbers": 1,
            "open": "0.0",
        },
    ),
    (None, {"sum": "0.0", "avg": None, "least": None, "named": 0, "rows": 0, "kinds": [], "numbers": 0, "open": "0.0"}),
)


def test_a_rollup_tells_what_the_values_come_to(api: Client) -> None:
    for company, expected in TOTALS:
        created = api("POST", "/api/tables/totals/records", {"company": company}).json()["fields"]
        assert created == {"company": company, **expected}
    found = api("GET", "/api/tables/totals/records").json()["records"]
    assert [record["fields"] for record in found] == [{"company": company, **each} for company, each in TOTALS]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=sum:greaterThan:-10", ["1", "3"]),
        ("filter=sum:-10.0", ["2"]),
        ("filter=sum:in:0,1.5", ["1", "3"]),
        ("filter=avg:isNull", ["3"]),
        ("filter=kinds:contains:a", ["1"]),
        ("filter=kinds:isEmpty", ["2", "3"]),
        ("filter=rows:1", ["1", "2"]),
        ("sort=sum", ["2", "3", "1"]),
        ("sort=avg:desc", ["1", "2", "3"]),
        ("sort=kinds:desc", ["1", "2", "3"]),
        ("sort=sum:desc&limit=2", ["1", "3"]),
    ],
)
def test_a_rollup_filters_and_sorts_as_its_result_does(api: Client, query: str, found: list[str]) -> None:
    for company, _ in TOTALS:
        api("POST", "/api/tables/totals/records", {"company": company})
    answer = api("GET", f"/api/tables/totals/records?{query}")
    assert answer.status == 200, answer.body
    assert [record["id"] for record in answer.json()["records"]] == found


def test_rollups_are_aggregated_and_paged(api: Client) -> None:
    for company, _ in TOTALS:
        api("POST", "/api/tables/totals/records", {"company": company})
    answer = api("GET", "/api/tables/totals/records?aggregate=sum:sum,min:sum,max:rows&sort=sum:desc&limit=1").json()
    assert answer["aggregations"] == {"sum": {"sum": "-8.5"}, "min": {"sum": "-10.0"}, "max": {"rows": 1}}
    cursor = answer["pagination"]["nextCursor"]
    rest = api("GET", f"/api/tables/totals/records?sort=sum:desc&cursor={cursor}").json()["records"]
    assert [record["id"] for record in rest] == ["3", "2"]
