"""The example of flights, imported by its commands, answers as its CSV files do."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import orjson
import pytest
from hypothesis import given

from tabularium.query.operators import OPERATORS
from tabularium.query.relative_dates import COUNTED_WINDOWS, WINDOWS
from tests.examples.conftest import Flights
from tests.examples.flights_answers import Order, arranged, check_page, decimal_text, record, written
from tests.examples.flights_filters import FILTERS, PAGES, SORTS, Node, matching
from tests.examples.flights_questions import QUESTIONS, every_row, no_row
from tests.examples.flights_source import Row

LINKS = {"carrier": "airlines", "tailnum": "planes", "origin": "airports", "dest": "airports"}


def records_of(table: str) -> str:
    return f"/api/tables/{table}/records"


def sort_of(order: Order) -> str:
    return ",".join(f"{name}:{direction}" for name, direction in order)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_the_answer_of_the_files(flights: Flights, name: str) -> None:
    question = QUESTIONS[name]
    rows = flights.tables[question.table]
    matched = [row for row in rows if question.matches(row)]
    # A question that tells nothing apart proves nothing.
    assert len(matched) < len(rows) or question.matches is every_row
    assert matched or question.matches is no_row
    answer = flights.api("GET", records_of(question.table), query=question.query)
    check_page(answer, arranged(matched, question.order), question.request)


def test_the_questions_name_every_operator_that_the_data_can_be_asked_with() -> None:
    words = {word for question in QUESTIONS.values() for word in re.findall(r"\w+", question.query.get("filter", ""))}
    # There are no checkboxes and no lists, and what is relative to today says nothing of the year 2013.
    without = {"isTrue", "isFalse", "hasAny", "hasAll", "hasNone", *WINDOWS, *COUNTED_WINDOWS}
    assert words & set(OPERATORS) == set(OPERATORS) - without


@given(node=FILTERS, sort=SORTS, page=PAGES)
def test_any_filter_sort_and_page_have_the_answer_of_the_files(
    flights: Flights, node: Node, sort: list[tuple[str, str]], page: dict[str, Any]
) -> None:
    rows = flights.tables["flights"]
    ids = matching(node, rows)
    query = {**page, "filter": orjson.dumps(node).decode(), **({"sort": sort_of(sort)} if sort else {})}
    answer = flights.api("GET", records_of("flights"), query=query)
    check_page(answer, arranged((row for row in rows if row["id"] in ids), sort), page)


@pytest.mark.parametrize("order", [[("carrier", "desc")], [("dep_time", "asc"), ("origin", "desc")]])
def test_each_page_of_a_tied_sort_goes_on_where_the_one_before_it_ends(flights: Flights, order: Order) -> None:
    rows = arranged(flights.tables["flights"], order)
    last = -(-len(rows) // 1000)
    # Of all flights one page in ten is looked at, since a deep page takes its time; of the sample each of them.
    for page in {*range(1, last + 1, max(1, last // 34)), last, last + 1}:
        query = {"sort": sort_of(order), "fields": "id", "count": "none", "limit": 1000, "page": page}
        check_page(flights.api("GET", records_of("flights"), query=query), rows, query)


def test_the_tables_have_as_many_records_as_the_files_have_rows(flights: Flights) -> None:
    answered = flights.api("GET", "/api/tables", query={"include": "recordCount"}).json()
    counted = {table["name"]: table["recordCount"] for table in answered["tables"]}
    assert counted == {table: len(rows) for table, rows in flights.tables.items()}


@pytest.mark.parametrize("table", ["airlines", "airports", "planes", "flights", "weather"])
def test_a_single_record_is_the_row_of_its_file(flights: Flights, table: str) -> None:
    rows = flights.tables[table]
    for row in rows[:: len(rows) // 10]:
        answer = flights.api("GET", f"{records_of(table)}/{row['id']}")
        assert answer.status == 200
        assert answer.body == written(record(row, None, answer.json()["createdAt"]))


def test_every_link_leads_to_the_record_that_it_names(flights: Flights) -> None:
    by_key = {table: {row["id"]: row for row in flights.tables[table]} for table in set(LINKS.values())}
    answered = flights.api("GET", records_of("flights"), query={"limit": 10, "offset": 3000}).json()
    for flight in answered["records"]:
        for name, table in LINKS.items():
            target = flight["fields"][name]
            if target is None:
                continue
            answer = flights.api("GET", f"{records_of(table)}/{target}")
            assert answer.body == written(record(by_key[table][target], None, answer.json()["createdAt"]))


def test_the_flights_of_the_planes_of_a_maker_are_found_in_two_requests(flights: Flights) -> None:
    made = {"manufacturer": "BOEING", "year": {"greaterThan": 2005}}
    query = {"filter": orjson.dumps(made).decode(), "fields": "id", "limit": 1000}
    planes = [each["id"] for each in flights.api("GET", records_of("planes"), query=query).json()["records"]]
    keys = {
        row["id"] for row in flights.tables["planes"] if row["manufacturer"] == "BOEING" and (row["year"] or 0) > 2005
    }
    assert set(planes) == keys
    assert len(planes) == len(keys)
    query = {"filter": orjson.dumps({"tailnum": planes}).decode(), "sort": "arr_delay:desc"}
    matched = [row for row in flights.tables["flights"] if row["tailnum"] in keys]
    check_page(
        flights.api("GET", records_of("flights"), query=query), arranged(matched, [("arr_delay", "desc")]), query
    )


@pytest.mark.parametrize("table", ["airlines", "airports", "planes", "flights", "weather"])
def test_an_export_has_the_rows_of_the_files(flights: Flights, table: str) -> None:
    exported = csv.DictReader(io.StringIO(flights.command("export", table).stdout))
    rows = flights.tables[table]
    has_keys_of_its_own = table not in ("flights", "weather")
    assert list(exported) == [as_text(row, with_key=has_keys_of_its_own) for row in rows]


def as_text(row: Row, *, with_key: bool) -> dict[str, str]:
    cells = {name: value for name, value in row.items() if with_key or name != "id"}
    return {name: "" if value is None else plain_text(value) for name, value in cells.items()}


def plain_text(value: Any) -> str:
    return str(value) if isinstance(value, (int, str)) else decimal_text(value)
