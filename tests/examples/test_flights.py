"""The example of flights, imported by its commands, answers as its CSV files do."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
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
from tests.examples.flights_source import COMPUTED, Row, rounded
from tests.support.asgi import Answer

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
    # There are no lists but those of links that are not read unasked, and what is relative to today says nothing of the year 2013.
    without = {"hasAny", "hasAll", "hasNone", *WINDOWS, *COUNTED_WINDOWS}
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


def groups_of(answer: Answer, operation: str, name: str) -> dict[str, tuple[int, Any]]:
    """Return the size of each group by its name, and what was worked out of it."""
    return {each["name"]: (each["count"], each["aggregations"][operation]) for each in answer.json()["groups"]}


def by(rows: Iterable[Row], name: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def mean(rows: Iterable[Row], name: str) -> int | float | None:
    values = [row[name] for row in rows if row[name] is not None]
    return rounded(Fraction(sum(values), len(values)), 10) if values else None


def test_the_delay_by_carrier_is_that_of_the_files(flights: Flights) -> None:
    query = {"groupBy": "carrier", "aggregate": "avg:arr_delay", "limit": 1, "fields": "id"}
    found = groups_of(flights.api("GET", records_of("flights"), query=query), "avg", "arr_delay")
    groups = by(flights.tables["flights"], "carrier")
    assert found == {name: (len(rows), mean(rows, "arr_delay")) for name, rows in groups.items()}
    airlines = {row["id"]: (row["flight_count"], row["mean_delay"]) for row in flights.tables["airlines"]}
    assert {name: airlines[name] for name in found} == found


def test_the_busiest_hour_is_that_of_the_files(flights: Flights) -> None:
    query = {"groupBy": "hour", "aggregate": "max:dep_delay", "limit": 1, "fields": "id"}
    found = groups_of(flights.api("GET", records_of("flights"), query=query), "max", "dep_delay")
    delays = {
        str(hour): (len(rows), max((row["dep_delay"] for row in rows if row["dep_delay"] is not None), default=None))
        for hour, rows in by(flights.tables["flights"], "hour").items()
    }
    assert found == delays


def test_sums_over_a_filter_are_those_of_the_files(flights: Flights) -> None:
    query = {
        "filter": "month:7", "aggregate": "sum:distance,min:gained,max:mph,count", "limit": 1, "fields": "id",
    }  # fmt: skip
    rows = [row for row in flights.tables["flights"] if row["month"] == 7]
    answer = flights.api("GET", records_of("flights"), query=query).json()["aggregations"]
    assert answer == {
        "count": len(rows),
        "sum": {"distance": sum(row["distance"] for row in rows)},
        "min": {"gained": min(row["gained"] for row in rows if row["gained"] is not None)},
        "max": {"mph": max(row["mph"] for row in rows if row["mph"] is not None)},
    }


VIEWS: Mapping[str, tuple[Callable[[Row], bool], Order]] = {
    "late": (lambda row: (row["arr_delay"] or 0) > 120, [("arr_delay", "desc")]),
    "cancelled": (lambda row: row["dep_time"] is None, [("time_hour", "asc")]),
    "by-carrier": (lambda row: bool(row["is_late"]) or row["dep_time"] is None, []),
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_the_rows_of_the_files(flights: Flights, view: str) -> None:
    matches, order = VIEWS[view]
    rows = arranged((row for row in flights.tables["flights"] if matches(row)), order)
    path = f"/api/tables/flights/views/{view}/records"
    names = flights.api("GET", path, query={"limit": 1}).json()["records"][0]["fields"]
    query = {"limit": 100, "offset": 10, "fields": ",".join(names)}
    answer = flights.api("GET", path, query=query)
    groups = answer.json().get("groups")
    if groups is None:
        check_page(answer, rows, query)
        return
    assert {each["name"]: each["count"] for each in groups} == {
        name: len(found) for name, found in by(rows, "carrier").items()
    }
    assert [each["name"] for each in groups] == sorted(each["name"] for each in groups)


@pytest.mark.parametrize("table", ["airlines", "airports", "planes", "flights", "weather"])
def test_an_export_has_the_rows_of_the_files(flights: Flights, table: str) -> None:
    exported = csv.DictReader(io.StringIO(flights.command("export", table).stdout))
    rows = flights.tables[table]
    has_keys_of_its_own = table not in ("flights", "weather")
    without = {*COMPUTED.get(table, ()), *(() if has_keys_of_its_own else ("id",))}
    assert list(exported) == [as_text(row, without) for row in rows]


def as_text(row: Row, without: set[str]) -> dict[str, str]:
    cells = {name: value for name, value in row.items() if name not in without}
    return {name: "" if value is None else plain_text(value) for name, value in cells.items()}


def plain_text(value: Any) -> str:
    return str(value) if isinstance(value, (int, str)) else decimal_text(value)
