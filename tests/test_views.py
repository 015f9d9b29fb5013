"""Views: what callers are told about them, and the records that they show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: sales
tables:
  - id: 3
    name: deals
    fields:
      - { id: 1, name: title, type: single-line-text, required: true }
      - { id: 2, name: stage, type: single-select, options: [lead, won, lost] }
      - { id: 3, name: amount, type: decimal }
      - { id: 4, name: secret, type: integer }
    views:
      - id: 1
        name: Big or won
        filters: { or: [{ stage: won }, { amount: { greaterThan: 50 } }] }
        sorts: [{ field: secret, direction: desc }, { field: amount }]
        fields: [amount, title]
        isDefault: true
      - { id: leads, name: Führungen / 1, filters: { field: stage, operator: equals, value: lead } }
      - { id: deep, name: Deep, filters: { not: { and: [{ stage: lost }, { or: [{ amount: null }] }] } } }
      - { id: text, name: As text, filters: "stage:in:won,lost", groupBy: { field: stage, direction: desc } }
      - { id: bosses, name: Bosses, permissions: { read: [admin] } }
      - { id: everybody, name: Everybody, permissions: { public: true } }
      - { id: members, name: Members, permissions: { read: [member, viewer] } }
      - { id: signed, name: Signed in, permissions: { read: authenticated } }
  - id: 4
    name: empty
    fields: [{ id: 1, name: a, type: integer }]
"""
DEALS = (
    {"title": "a", "stage": "won", "amount": "10", "secret": 1},
    {"title": "b", "stage": "lead", "amount": "60", "secret": 2},
    {"title": "c", "stage": "lead", "amount": "70", "secret": 2},
    {"title": "d", "stage": "lost", "amount": None, "secret": 9},
    {"title": "e", "stage": None, "amount": "5", "secret": None},
    {"title": "f", "stage": "won", "amount": "99", "secret": None},
)


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for deal in DEALS:
            assert client("POST", "/api/tables/deals/records", deal).status == 201
        yield client


def titles(api: Client, view: str, **query: Any) -> str:
    parameters = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    answer = api("GET", f"/api/tables/deals/views/{quote(view, safe='')}/records?{parameters}")
    assert answer.status == 200, answer.body
    # The parameter `view` of the ordinary list means the same.
    assert api("GET", f"/api/tables/3/records?view={quote(view, safe='')}&{parameters}").body == answer.body
    return "".join(record["fields"]["title"] for record in answer.json()["records"])


def test_views_are_listed_in_the_order_of_the_file_for_whom_they_are_meant(api: Client) -> None:
    views = api("GET", "/api/tables/deals/views").json()["views"]
    assert [view["id"] for view in views] == ["1", "leads", "deep", "text", "everybody", "members", "signed"]
    assert views[0] == {
        "id": "1",
        "name": "Big or won",
        "tableId": "3",
        "isDefault": True,
        "fields": ["title", "amount"],
        "filters": {"or": [{"stage": "won"}, {"amount": {"greaterThan": 50}}]},
        "sorts": [{"field": "secret", "direction": "desc"}, {"field": "amount", "direction": "asc"}],
    }
    assert views[3]["filters"] == "stage:in:won,lost"
    assert views[3]["groupBy"] == {"field": "stage", "direction": "desc"}
    assert views[4] == {"id": "everybody", "name": "Everybody", "tableId": "3", "isDefault": False}
    assert api("GET", "/api/tables/deals").json()["views"] == views
    assert api("GET", "/api/tables/empty/views").json() == {"views": []}


@pytest.mark.parametrize("reference", ["leads", "Führungen / 1"])
def test_a_view_is_found_by_its_id_and_by_its_name(api: Client, reference: str) -> None:
    answer = api("GET", f"/api/tables/3/views/{quote(reference, safe='')}")
    assert (answer.status, answer.json()["name"]) == (200, "Führungen / 1")


@pytest.mark.parametrize("reference", ["2", "01", "Leads", "bosses", "Bosses", "%00", "x" * 200, "%F0%9F%98%80"])
@pytest.mark.parametrize("ending", ["", "/records"])
def test_a_view_that_is_not_there_and_one_for_others_are_not_found(api: Client, reference: str, ending: str) -> None:
    answer = api("GET", f"/api/tables/deals/views/{reference}{ending}")
    assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")
    assert api("GET", f"/api/tables/unknown/views/1{ending}").status == 404


def test_a_view_that_the_list_is_asked_for_must_be_there_too(api: Client) -> None:
    answer = api("GET", "/api/tables/deals/records?view=bosses")
    assert (answer.status, answer.json()["code"]) == (404, "NOT_FOUND")
    assert api("GET", "/api/tables/deals/records?view=").status == 400


def test_a_filter_may_have_any_form(api: Client) -> None:
    assert titles(api, "leads") == "bc"
    assert titles(api, "deep") == "abcef"
    assert titles(api, "text") == "adf"
    assert titles(api, "Everybody") == "abcdef"


def test_the_sorts_of_a_view_hold_where_the_caller_gives_none(api: Client) -> None:
    assert titles(api, "1") == "bcaf"
    assert titles(api, "1", sort="amount:desc") == "fcba"
    assert titles(api, "1", sort="id") == "abcf"


def test_the_filter_of_the_caller_narrows_that_of_the_view(api: Client) -> None:
    assert titles(api, "1", filter=json.dumps({"title": {"in": ["a", "c", "d"]}})) == "ca"
    assert titles(api, "1", filter=json.dumps({"or": []})) == ""


def test_a_view_is_paged_and_counted_as_a_list_is(api: Client) -> None:
    answer = api("GET", "/api/tables/deals/views/1/records?limit=3&page=2").json()
    assert [record["fields"] for record in answer["records"]] == [{"title": "f", "amount": "99.00"}]
    pagination = answer["pagination"]
    assert (pagination["total"], pagination["totalPages"], pagination["hasNextPage"]) == (4, 2, False)


@pytest.mark.parametrize("name", ["secret", "stage"])
def test_beyond_the_fields_of_a_view_no_others_exist(api: Client, name: str) -> None:
    for parameter, value in (("fields", name), ("sort", name), ("filter", f"{name}:isNull")):
        answer = api("GET", f"/api/tables/deals/views/1/records?{parameter}={value}")
        assert answer.codes == {parameter: "unknown_field"}
        assert f'"{name}"' in answer.json()["message"]
        assert f", {name}" not in answer.json()["message"]


def test_system_columns_may_be_named_in_any_view(api: Client) -> None:
    assert titles(api, "1", sort="id:desc", filter="createdAt:isNotNull") == "fcba"


def test_a_view_has_no_view(api: Client) -> None:
    assert api("GET", "/api/tables/deals/views/1/records?view=1").codes == {"view": "unknown_parameter"}


def test_the_grouping_of_a_view_holds_where_the_caller_gives_none(api: Client) -> None:
    groups = api("GET", "/api/tables/deals/views/text/records").json()["groups"]
    assert [group["name"] for group in groups] == ["won", "lost"]
    groups = api("GET", "/api/tables/deals/views/text/records?groupBy=title&aggregate=count").json()["groups"]
    assert [group["name"] for group in groups] == ["a", "d", "f"]
    for query in ("groupBy=secret", "aggregate=sum:secret"):
        assert set(api("GET", f"/api/tables/deals/views/1/records?{query}").codes.values()) == {"unknown_field"}
