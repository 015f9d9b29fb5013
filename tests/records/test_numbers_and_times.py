"""Numbers, booleans and times over the API: written, listed, filtered, sorted, paged and collected on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = """
name: kinds
tables:
  - id: 1
    name: kinds
    fields:
      - { id: 1, name: price, type: currency, currency: EUR, min: -100, indexed: true }
      - { id: 2, name: share, type: percentage, precision: 1, default: 12.5 }
      - { id: 3, name: legacy, type: number, precision: 10 }
      - { id: 4, name: stars, type: rating }
      - { id: 5, name: done, type: progress, required: true, color: green }
      - { id: 6, name: takes, type: duration, max: 86400, displayFormat: "h:mm:ss" }
      - { id: 7, name: ok, type: boolean }
      - { id: 8, name: clock, type: time, timeFormat: 12-hour }
      - { id: 9, name: day, type: date, unique: true, format: anything }
      - { id: 10, name: at, type: date, includeTime: true, default: NOW }
      - { id: 11, name: deleted_at, type: deleted-at }
"""
PATH = "/api/tables/kinds/records"
FULL: dict[str, Any] = {
    "price": 1234.50, "share": -0.5, "legacy": 0.0000000001, "stars": 5, "done": 100, "takes": 5400, "ok": True,
    "clock": "08:30", "day": "2024-02-29", "at": "2024-02-29T23:30:00.5+01:00",
}  # fmt: skip
SMALL: dict[str, Any] = {
    "price": -99.99, "share": 0, "legacy": -2, "stars": 1, "done": 0, "takes": 0, "ok": False, "clock": "23:59:59",
    "day": "2024-03-01", "at": "2024-03-01T00:00:00Z",
}  # fmt: skip
EMPTY: dict[str, Any] = dict.fromkeys(FULL)


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Client]:
    file = tmp_path / "app.yaml"
    file.write_text(APPLICATION)
    with serving(file, database_url) as client:
        for values in (FULL, SMALL, {**EMPTY, "done": 7}, {"price": 0.5, "legacy": 1.5, "stars": 5, "takes": 61}):
            answer = client("POST", PATH, values)
            assert answer.status == 201, answer.body
        yield client


def listed(api: Client, **query: Any) -> dict[str, Any]:
    answer = api("GET", PATH, query=query)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def keys(api: Client, **query: Any) -> str:
    return "".join(record["id"] for record in listed(api, **query)["records"])


def test_numbers_go_out_as_plain_json_numbers_to_the_byte(api: Client) -> None:
    body = api("GET", PATH, query={"limit": 1}).body
    assert body.startswith(
        b'{"records":[{"id":"1","revision":1,"fields":{"price":1234.5,"share":-0.5,"legacy":0.0000000001,"stars":5,'
        b'"done":100,"takes":5400,"ok":true,"clock":"08:30:00","day":"2024-02-29","at":"2024-02-29T22:30:00.500Z",'
        b'"deleted_at":null},"createdAt":'
    )
    single = api("GET", f"{PATH}/1").body
    assert single == body[len(b'{"records":[') : len(b'{"records":[') + len(single)]


def test_defaults_fill_what_is_left_out(api: Client) -> None:
    fields = api("GET", f"{PATH}/4").json()["fields"]
    assert (fields["share"], fields["done"], fields["ok"], fields["day"]) == (12.5, 0, None, None)
    assert fields["at"] == api("GET", f"{PATH}/4").json()["createdAt"]
    assert api("GET", f"{PATH}/3").json()["fields"] == {**EMPTY, "done": 7, "deleted_at": None}


def test_every_wrong_value_is_told_at_once(api: Client) -> None:
    wrong = {
        "price": -100.01, "share": 0.05, "legacy": 1e8, "stars": 6, "done": None, "takes": 86401, "ok": 1,
        "clock": "24:00", "day": "2023-02-29", "at": "2024-02-29", "deleted_at": "2024-02-29T00:00:00Z",
    }  # fmt: skip
    answer = api("POST", PATH, wrong)
    assert answer.status == 400
    assert answer.codes == {
        "fields.price": "out_of_range", "fields.share": "too_precise", "fields.legacy": "out_of_range",
        "fields.stars": "out_of_range", "fields.done": "required", "fields.takes": "out_of_range",
        "fields.ok": "wrong_type", "fields.clock": "invalid_time", "fields.day": "invalid_date",
        "fields.at": "invalid_date", "fields.deleted_at": "read_only",
    }  # fmt: skip
    taken = api("POST", PATH, {"day": "2024-02-29"})
    assert (taken.status, taken.codes) == (409, {"fields.day": "not_unique"})


CONDITIONS: tuple[tuple[str, str], ...] = (
    ("price:1234.50", "1"),
    ("price:in:0.5,-99.99", "24"),
    ("price:notEquals:0.5", "123"),
    ("price:between:-99.99,0.5", "24"),
    ("price:greaterThan:-1000000", "124"),
    ("share:lessThan:0", "1"),
    ("share:equals:12.5", "4"),
    ("legacy:lessThanOrEqual:0.0000000001", "12"),
    ("stars:greaterThanOrEqual:5", "14"),
    ("stars:0", ""),
    ("done:notIn:0,100", "3"),
    ("takes:between:60,61", "4"),
    ("ok:isFalse", "2"),
    ("ok:notEquals:true", "234"),
    ("clock:08:30", "1"),
    ("clock:greaterThan:08:30:00", "2"),
    ("clock:in:08:30,23:59:59", "12"),
    ("day:between:2024-02-29,2024-02-29", "1"),
    ("day:after:2024-02-29", "2"),
    ("at:2024-02-29", "1"),
    ("at:onOrAfter:2024-03-01", "24"),
    ("at:onOrAfter:2024-03-01T00:00:00.001Z", "4"),
    ("at:today", "4"),
    ("deleted_at:isNull", "1234"),
    ("deleted_at:today", ""),
)


def test_the_text_form_of_a_filter_reads_values_as_the_field_needs(api: Client) -> None:
    for condition, found in CONDITIONS:
        assert keys(api, filter=condition) == found, condition


def test_an_operator_of_another_group_is_refused(api: Client) -> None:
    for condition in ("clock:after:08:30", "clock:today", "ok:greaterThan:false", "price:contains:1"):
        assert api("GET", PATH, query={"filter": condition}).codes == {"filter": "operator_not_allowed"}


ORDERS = {
    "price": "241", "share": "124", "legacy": "214", "stars": "214", "done": "2431", "takes": "241", "ok": "21",
    "clock": "12", "day": "12", "at": "124", "deleted_at": "",
}  # fmt: skip
"""By field: the records that have a value, in ascending order; equal values by key."""
DESCENDING = {"stars": "142", "done": "1324"}


def in_pages(api: Client, sort: str) -> str:
    cursor, seen = None, ""
    while cursor is not None or not seen:
        page = listed(api, sort=sort, limit=1, **({"cursor": cursor} if cursor else {}))
        seen += "".join(record["id"] for record in page["records"])
        cursor = page["pagination"]["nextCursor"]
    return seen


def test_pages_go_through_the_values_in_order_with_null_last(api: Client) -> None:
    for name, ascending in ORDERS.items():
        empty = "".join(key for key in "1234" if key not in ascending)
        assert in_pages(api, f"{name}:asc") == ascending + empty
        assert in_pages(api, f"{name}:desc") == DESCENDING.get(name, ascending[::-1]) + empty


def test_sums_and_averages_are_exact_and_have_the_form_of_the_field(api: Client) -> None:
    names = ("price", "share", "legacy", "stars", "done", "takes")
    asked = ",".join(f"{word}:{name}" for name in names for word in ("sum", "avg", "min", "max"))
    assert listed(api, aggregate=asked)["aggregations"] == {
        "sum": {"price": 1135.01, "share": 12, "legacy": -0.4999999999, "stars": 11, "done": 107, "takes": 5461},
        "avg": {
            "price": 378.3366666667, "share": 4, "legacy": -0.1666666666, "stars": 3.6666666667, "done": 26.75,
            "takes": 1820.3333333333,
        },
        "min": {"price": -99.99, "share": -0.5, "legacy": -2, "stars": 1, "done": 0, "takes": 0},
        "max": {"price": 1234.5, "share": 12.5, "legacy": 1.5, "stars": 5, "done": 100, "takes": 5400},
    }  # fmt: skip


def test_times_have_a_least_and_a_greatest(api: Client) -> None:
    asked = ",".join(f"{word}:{name}" for name in ("clock", "day", "deleted_at") for word in ("min", "max"))
    assert listed(api, aggregate=f"{asked},min:at")["aggregations"] == {
        "min": {"clock": "08:30:00", "day": "2024-02-29", "at": "2024-02-29T22:30:00.500Z", "deleted_at": None},
        "max": {"clock": "23:59:59", "day": "2024-03-01", "deleted_at": None},
    }
    assert set(api("GET", PATH, query={"aggregate": "sum:day,avg:clock,min:ok"}).codes.values()) == {"not_aggregatable"}


GROUPS: tuple[tuple[str, list[tuple[Any, ...]]], ...] = (
    ("price", [("-99.99", -99.99, 1), ("0.5", 0.5, 1), ("1234.5", 1234.5, 1), ("", None, 1)]),
    ("stars", [("1", 1, 1), ("5", 5, 2), ("", None, 1)]),
    ("ok", [("false", False, 1), ("true", True, 1), ("", None, 2)]),
    ("clock", [("08:30:00", "08:30:00", 1), ("23:59:59", "23:59:59", 1), ("", None, 2)]),
    ("day", [("2024-02-29", "2024-02-29", 1), ("2024-03-01", "2024-03-01", 1), ("", None, 2)]),
    ("deleted_at", [("", None, 4)]),
)


def test_groups_are_named_after_their_values(api: Client) -> None:
    for name, groups in GROUPS:
        found = listed(api, groupBy=name)["groups"]
        assert [(group["name"], group["value"], group["count"]) for group in found] == groups


def test_a_record_in_the_trash_tells_since_when_by_its_field(api: Client) -> None:
    assert api("DELETE", f"{PATH}/2").status == 204
    (record,) = listed(api, includeDeleted="only", filter="deleted_at:today", sort="deleted_at:desc")["records"]
    assert (record["id"], record["fields"]["deleted_at"]) == ("2", record["deletedAt"])


def test_an_unknown_zone_is_named(api: Client) -> None:
    for path in (PATH, f"{PATH}/1"):
        for zone in ("Mars/Base", "", "../UTC", "europe/zurich", "+01:00", "localtime"):
            assert api("GET", path, query={"timezone": zone}).codes == {"timezone": "invalid_value"}
