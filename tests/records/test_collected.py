"""Aggregates, groups, search and formulas of lists, over the API and on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: sales
tables:
  - id: 1
    name: deals
    fields:
      - { id: 1, name: title, type: single-line-text, searchWeight: A }
      - { id: 2, name: stage, type: single-select, options: [lead, won, lost], searchWeight: C }
      - { id: 3, name: amount, type: decimal }
      - { id: 4, name: price, type: currency, currency: EUR }
      - { id: 5, name: units, type: integer }
      - { id: 6, name: due, type: date }
      - { id: 7, name: vip, type: checkbox }
      - { id: 8, name: notes, type: rich-text, searchWeight: B }
      - { id: 9, name: tags, type: multi-select, options: [red, dark blue] }
      - { id: 10, name: sum, type: integer }
      - { id: 11, name: mail, type: email }
      - { id: 12, name: stars, type: rating }
"""
BIG = 2**63 - 1
DEALS: tuple[dict[str, Any], ...] = (
    {"title": "Ten engines", "stage": "won", "amount": "10.50", "price": 0.1, "units": BIG, "due": "2026-01-31", "vip": True, "stars": 5},
    {"title": "engine oil", "stage": "lead", "amount": "0.25", "price": 0.2, "units": BIG, "due": "2025-12-31", "vip": False, "tags": ["dark blue"], "stars": 2},
    {"title": "ÉCLAIR 100%", "stage": "won", "amount": "-3", "units": -5, "notes": "<p>new <b>eng</b>ine won</p>", "tags": ["red"], "stars": 2},
    {"title": "under_score", "stage": None, "sum": 7, "mail": "Engine@x.example"},
)  # fmt: skip
PATH = "/api/tables/deals/records"


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for deal in DEALS:
            answer = client("POST", PATH, deal)
            assert answer.status == 201, answer.body
        yield client


def ask(api: Client, **query: str) -> Any:
    answer = api("GET", f"{PATH}?" + "&".join(f"{name}={quote(value)}" for name, value in query.items()))
    assert answer.status == 200, answer.body
    return json.loads(answer.body, parse_float=Decimal)


def keys(api: Client, **query: str) -> str:
    return "".join(record["id"] for record in ask(api, **query)["records"])


# Aggregates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("count", {"count": 4}),
        ("count:title", {"count": 4}),
        ("title:count", {"count": 4}),
        ("sum:amount", {"sum": "7.75"}),
        ("amount:avg", {"avg": "2.5833333333"}),
        ("min:amount,max:amount,count", {"count": 4, "min": "-3.00", "max": "10.50"}),
        ("sum:price", {"sum": Decimal("0.3")}),
        ("avg:price", {"avg": Decimal("0.15")}),
        ("sum:units", {"sum": 2 * BIG - 5}),
        ("avg:units", {"avg": Decimal(6148914691236517203)}),
        ("min:units,max:units", {"min": -5, "max": BIG}),
        ("min:due,max:due", {"min": "2025-12-31", "max": "2026-01-31"}),
        ("min:stage,max:stage", {"min": "lead", "max": "won"}),
        ("min:title", {"min": "Ten engines"}),
        ("sum:sum", {"sum": 7}),
        ("sum:stars,avg:stars", {"sum": 9, "avg": 3}),
        ("sum:amount,sum:price", {"sum": {"amount": "7.75", "price": Decimal("0.3")}}),
        ('{"count": true, "sum": ["amount"], "min": ["due"]}', {"count": 4, "sum": {"amount": "7.75"}, "min": {"due": "2025-12-31"}}),
        ('{"count": false, "max": ["units", "stage"]}', {"max": {"units": BIG, "stage": "won"}}),
        ("max:created_at", None),
    ],
)  # fmt: skip
def test_aggregates_are_exact_and_told_in_the_form_in_which_they_were_asked_for(
    api: Client, asked: str, answer: Any
) -> None:
    found = ask(api, aggregate=asked)["aggregations"]
    assert found == answer or (answer is None and found["max"].endswith("Z"))
    assert list(ask(api, aggregate="count", limit="1")) == ["records", "pagination", "aggregations"]


def test_aggregates_are_over_all_matching_records_and_not_the_page(api: Client) -> None:
    assert ask(api, aggregate="sum:amount,count", filter="stage:won", limit="1")["aggregations"] == {
        "count": 2,
        "sum": "7.50",
    }
    nothing = ask(api, aggregate="sum:amount,avg:amount,min:amount,count", filter='{"or": []}')
    assert nothing["aggregations"] == {"count": 0, "sum": None, "avg": None, "min": None}


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("sum:title", {"aggregate": "not_aggregatable"}),
        ("min:vip", {"aggregate": "not_aggregatable"}),
        ("max:tags", {"aggregate": "not_aggregatable"}),
        ("sum:nothing", {"aggregate": "unknown_field"}),
        ("count:nothing", {"aggregate": "unknown_field"}),
        ("amount", {"aggregate": "invalid_value"}),
        ("median:amount", {"aggregate": "invalid_value"}),
        ("sum:amount,amount:sum", {"aggregate": "duplicate"}),
        ('{"total": ["amount"]}', {"aggregate.total": "unknown_property"}),
        ('{"sum": "amount"}', {"aggregate.sum": "wrong_type"}),
        ('{"sum": []}', {"aggregate.sum": "wrong_type"}),
        ('{"count": 1}', {"aggregate.count": "wrong_type"}),
    ],
)
def test_an_aggregate_that_cannot_be_is_named(api: Client, asked: str, codes: dict[str, str]) -> None:
    assert api("GET", f"{PATH}?aggregate={quote(asked)}").codes == codes


def test_broken_json_of_aggregates_cannot_be_read(api: Client) -> None:
    answer = api("GET", f"{PATH}?aggregate={quote('{')}")
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")


# Groups --------------------------------------------------------------------------------------------------------------


def test_groups_come_by_name_and_the_empty_value_last(api: Client) -> None:
    answer = ask(api, groupBy="stage", limit="1")
    assert answer["groups"] == [
        {"name": "lead", "value": "lead", "count": 1},
        {"name": "won", "value": "won", "count": 2},
        {"name": "", "value": None, "count": 1},
    ]
    assert ("aggregations" in answer, len(answer["records"])) == (False, 1)


def test_numbers_are_ordered_by_their_value_and_booleans_have_a_name(api: Client) -> None:
    assert [group["name"] for group in ask(api, groupBy="amount")["groups"]] == ["-3.00", "0.25", "10.50", ""]
    assert [group["name"] for group in ask(api, groupBy="units")["groups"]] == ["-5", str(BIG), ""]
    assert [group["value"] for group in ask(api, groupBy="vip")["groups"]] == [False, True, None]
    assert [group["name"] for group in ask(api, groupBy="vip")["groups"]] == ["false", "true", ""]


def test_aggregates_stand_in_the_groups(api: Client) -> None:
    answer = ask(api, groupBy="stage", aggregate="sum:amount,count", filter="title:contains:e")
    assert "aggregations" not in answer
    assert [(group["name"], group["aggregations"]) for group in answer["groups"]] == [
        ("lead", {"count": 1, "sum": "0.25"}),
        ("won", {"count": 1, "sum": "10.50"}),
        ("", {"count": 1, "sum": None}),
    ]


@pytest.mark.parametrize(
    ("name", "code"), [("tags", "not_groupable"), ("notes", "not_groupable"), ("x", "unknown_field")]
)
def test_only_by_a_sortable_field_there_are_groups(api: Client, name: str, code: str) -> None:
    assert api("GET", f"{PATH}?groupBy={name}").codes == {"groupBy": code}


def test_too_many_groups_are_refused(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tabularium.query.grouping.MAX_GROUPS", 2)
    assert api("GET", f"{PATH}?groupBy=title").codes == {"groupBy": "too_many_groups"}


# Search --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("engine", "1234"),  # twice in titles, once in markup across a tag, once in an address
        ("ENGINE ten", "1"),
        ("éclair", "3"),
        ("%", "3"),
        ("_", "4"),
        ("won", "31"),  # B before C
        ("blue", "2"),
        ("dark blue", "2"),
        ("redark", ""),
        ("<b>", ""),
        ("  oil   ", "2"),
        ("nothing", ""),
    ],
)
def test_every_word_must_occur_somewhere_and_the_best_places_count(api: Client, text: str, found: str) -> None:
    assert keys(api, q=text) == found


def test_a_sort_goes_before_relevance_and_a_filter_beside_it(api: Client) -> None:
    assert keys(api, q="engine", sort="id:desc") == "4321"
    assert keys(api, q="engine", filter="stage:won") == "13"
    assert ask(api, q="engine", aggregate="count")["aggregations"] == {"count": 4}


def test_pages_of_a_search_go_on_from_a_cursor(api: Client) -> None:
    first = ask(api, q="engine", limit="2")
    rest = ask(api, q="engine", limit="2", cursor=first["pagination"]["nextCursor"])
    assert [record["id"] for record in (*first["records"], *rest["records"])] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(("text", "code"), [(" ", "out_of_range"), ("a " * 11, "too_many"), ("x" * 201, "too_long")])
def test_a_search_has_one_to_ten_words(api: Client, text: str, code: str) -> None:
    assert api("GET", f"{PATH}?q={quote(text)}").codes == {"q": code}


# Formulas ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("{stage}='won'", "13"),
        ("AND({stage}='won',{amount}>=0)", "1"),
        ('and( {stage} = "won" , {title} != "x" )', "13"),
        ("{amount}<0.3", "23"),
        ("{amount}<=-3", "3"),
        ("{units}>+5", "12"),
        ("{due}>'2026-01-01'", "1"),
        ("{vip}='true'", "1"),
        ("{title}='it\\\\\\'s'", ""),
        ("{id}='2'", "2"),
    ],
)
def test_a_formula_filters(api: Client, formula: str, found: str) -> None:
    assert keys(api, filterByFormula=formula) == found
    assert keys(api, filterByFormula=formula, filter='{"or": []}') == ""


@pytest.mark.parametrize(
    "formula",
    [
        "{stage}",
        "stage='won'",
        "{stage}=won",
        "AND()",
        "AND({a}=1",
        "AND({a}=1,)",
        "{a}=1 x",
        "OR({a}=1)",
        "{a}='1",
        "{}=1",
    ],
)
def test_a_formula_that_is_none_cannot_be_read(api: Client, formula: str) -> None:
    answer = api("GET", f"{PATH}?filterByFormula={quote(formula)}")
    assert (answer.status, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("{nothing}=1", "unknown_field"),
        ("{stage}='z'", "not_an_option"),
        ("{amount}='x'", "wrong_type"),
        ("{vip}<1", "operator_not_allowed"),
    ],
)
def test_a_formula_may_be_read_and_be_wrong(api: Client, formula: str, code: str) -> None:
    assert api("GET", f"{PATH}?filterByFormula={quote(formula)}").codes == {"filterByFormula": code}


def test_both_databases_write_the_same_numbers(api: Client) -> None:
    body = api("GET", f"{PATH}?aggregate=sum:units,avg:price,sum:amount&groupBy=price&limit=1").body
    groups = body[body.index(b'"groups"') :]
    assert groups == (
        b'"groups":[{"name":"0.1","value":0.1,"count":1,"aggregations":{"sum":{"units":9223372036854775807,'
        b'"amount":"10.50"},"avg":{"price":0.1}}},{"name":"0.2","value":0.2,"count":1,"aggregations":{"sum":'
        b'{"units":9223372036854775807,"amount":"0.25"},"avg":{"price":0.2}}},{"name":"","value":null,"count":2,'
        b'"aggregations":{"sum":{"units":-5,"amount":"-3.00"},"avg":{"price":null}}}]}'
    )
    assert orjson.loads(body)
