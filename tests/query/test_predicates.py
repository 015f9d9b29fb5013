"""The tables of the specification on null and empty (3.3), executed on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from tabularium.query import ListParameters, plan_list
from tests.query.people import ALL, PEOPLE, Store

NULL, EMPTY, VALUE, OTHER = 1, 2, 3, 4
EVERY = {NULL, EMPTY, VALUE, OTHER}

TEXT_ROWS = [
    {"id": key, "name": "n", "code": key, "bio": bio}
    for key, bio in {NULL: None, EMPTY: "", VALUE: "Straße", OTHER: "zoo"}.items()
]

# By condition on a text: the rows that match.
TEXT_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"equals": "Straße"}, {VALUE}),
    ({"equals": "straße"}, set()),
    ({"equals": ""}, {EMPTY}),
    ({"equals": None}, {NULL}),
    ({"in": ["Straße"]}, {VALUE}),
    ({"in": ["Straße", None]}, {VALUE, NULL}),
    ({"in": [""]}, {EMPTY}),
    ({"in": [None]}, {NULL}),
    ({"in": []}, set()),
    ({"notEquals": "Straße"}, {NULL, EMPTY, OTHER}),
    ({"notEquals": ""}, {NULL, VALUE, OTHER}),
    ({"notEquals": None}, {EMPTY, VALUE, OTHER}),
    ({"notIn": ["Straße"]}, {NULL, EMPTY, OTHER}),
    ({"notIn": ["Straße", None]}, {EMPTY, OTHER}),
    ({"notIn": ["", "zoo"]}, {NULL, VALUE}),
    ({"notIn": [None]}, {EMPTY, VALUE, OTHER}),
    ({"notIn": []}, EVERY),
    ({"contains": "STRA"}, {VALUE}),
    ({"contains": "o"}, {OTHER}),
    ({"contains": "ß"}, {VALUE}),
    ({"contains": "ẞ"}, {VALUE}),
    ({"contains": "%"}, set()),
    ({"contains": "_"}, set()),
    ({"contains": "\\"}, set()),
    ({"notContains": "STRA"}, {NULL, EMPTY, OTHER}),
    ({"notContains": "o"}, {NULL, EMPTY, VALUE}),
    ({"startsWith": "sTr"}, {VALUE}),
    ({"startsWith": "oo"}, set()),
    ({"startsWith": "Straße und mehr"}, set()),
    ({"endsWith": "OO"}, {OTHER}),
    ({"endsWith": "zo"}, set()),
    ({"endsWith": "der zoo"}, set()),
    ({"isNull": True}, {NULL}),
    ({"isNotNull": True}, {EMPTY, VALUE, OTHER}),
    ({"isEmpty": True}, {NULL, EMPTY}),
    ({"isNotEmpty": True}, {VALUE, OTHER}),
)

NAME_ROWS = [{"id": key, "name": name, "code": key} for key, name in {1: "", 2: "A", 3: "Z", 4: "a", 5: "𝒳"}.items()]
NAME_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"greaterThan": ""}, {2, 3, 4, 5}),
    ({"greaterThanOrEqual": ""}, {1, 2, 3, 4, 5}),
    ({"lessThan": "A"}, {1}),
    ({"lessThanOrEqual": "Z"}, {1, 2, 3}),
    ({"between": ["A", "a"]}, {2, 3, 4}),
    ({"greaterThan": "\uffff"}, {5}),
)

# Null, zero and the borders of the type.
AGE_ROWS = [
    {"id": key, "name": "n", "code": key, "age": age}
    for key, age in {1: None, 2: 0, 3: -5, 4: 2**63 - 1, 5: -(2**63)}.items()
]
AGE_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"equals": 0}, {2}),
    ({"notEquals": 0}, {1, 3, 4, 5}),
    ({"greaterThan": -5}, {2, 4}),
    ({"greaterThanOrEqual": -5}, {2, 3, 4}),
    ({"lessThan": 2**63 - 1}, {2, 3, 5}),
    ({"lessThanOrEqual": -5}, {3, 5}),
    ({"between": [-(2**63), 0]}, {2, 3, 5}),
    ({"between": [0, 0]}, {2}),
    ({"in": [2**63 - 1, -(2**63)]}, {4, 5}),
    ({"notIn": [2**63 - 1, None]}, {2, 3, 5}),
    ({"isEmpty": True}, {1}),
    ({"isNotEmpty": True}, {2, 3, 4, 5}),
    ({"isNull": True}, {1}),
)

VIP_ROWS = [{"id": key, "name": "n", "code": key, "vip": vip} for key, vip in {1: None, 2: False, 3: True}.items()]
VIP_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"isTrue": True}, {3}),
    ({"isFalse": True}, {2}),
    ({"equals": False}, {2}),
    ({"notEquals": False}, {1, 3}),
    ({"in": [True, None]}, {1, 3}),
    ({"notIn": [True]}, {1, 2}),
    ({"isEmpty": True}, {1}),
    ({"isNotEmpty": True}, {2, 3}),
)

DAY = "2024-02-29"
NOW = f"{DAY}T15:00:00.000Z"
"""When it is asked: a Thursday."""

# Of days and of instants alike: rows 2 to 6 lie on yesterday, today, today, tomorrow, and the last day of all.
WINDOW_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"today": True}, {3, 4}),
    ({"yesterday": True}, {2}),
    ({"tomorrow": True}, {5}),
    ({"thisWeek": True}, {2, 3, 4, 5}),
    ({"thisMonth": True}, {2, 3, 4}),
    ({"thisYear": True}, {2, 3, 4, 5}),
    ({"pastDays": 1}, {2, 3, 4}),
    ({"nextDays": 1}, {3, 4, 5}),
    *(({word: True}, {2, 3, 4}) for word in ("pastWeek", "pastMonth", "pastYear")),
    *(({word: True}, {3, 4, 5}) for word in ("nextWeek", "nextMonth", "nextYear")),
)
SEEN_ROWS = [
    {"id": key, "name": "n", "code": key, "seen": seen}
    for key, seen in {
        1: None,
        2: "2024-02-28T23:59:59.999Z",
        3: "2024-02-29T00:00:00.000Z",
        4: "2024-02-29T23:59:59.999Z",
        5: "2024-03-01T00:00:00.000Z",
        6: "9999-12-31T23:59:59.999Z",
    }.items()
]
SEEN_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"equals": DAY}, {3, 4}),
    ({"notEquals": DAY}, {1, 2, 5, 6}),
    ({"equals": "2024-02-29T01:00:00+01:00"}, {3}),
    ({"greaterThan": DAY}, {5, 6}),
    ({"greaterThanOrEqual": DAY}, {3, 4, 5, 6}),
    ({"lessThan": DAY}, {2}),
    ({"lessThanOrEqual": DAY}, {2, 3, 4}),
    ({"between": [DAY, DAY]}, {3, 4}),
    ({"between": ["2024-02-28", "2024-02-29T00:00:00Z"]}, {2, 3}),
    ({"between": ["2024-02-29T23:59:59.999Z", "2024-02-29"]}, {4}),
    ({"in": [DAY]}, {3, 4}),
    ({"in": [DAY, "2024-03-01", None]}, {1, 3, 4, 5}),
    ({"in": ["2024-03-01T00:00:00Z", "9999-12-31", "2024-02-28"]}, {2, 5, 6}),
    ({"notIn": [DAY]}, {1, 2, 5, 6}),
    ({"notIn": [DAY, "2024-03-01T00:00:00Z", None]}, {2, 6}),
    ({"equals": "9999-12-31"}, {6}),
    ({"greaterThan": "9999-12-31"}, set()),
    ({"lessThanOrEqual": "9999-12-31"}, {2, 3, 4, 5, 6}),
    ({"before": DAY}, {2}),
    ({"before": "2024-02-29T00:00:00Z"}, {2}),
    ({"onOrBefore": DAY}, {2, 3, 4}),
    ({"onOrBefore": "2024-02-29T00:00:00Z"}, {2, 3}),
    ({"after": DAY}, {5, 6}),
    ({"after": "2024-02-29T00:00:00Z"}, {4, 5, 6}),
    ({"onOrAfter": DAY}, {3, 4, 5, 6}),
    ({"onOrAfter": "2024-02-29T00:00:00Z"}, {3, 4, 5, 6}),
    ({"after": "9999-12-31"}, set()),
    ({"before": "0001-01-01"}, set()),
    *WINDOW_TRUTH,
)

BORN_ROWS = [
    {"id": key, "name": "n", "code": key, "born": born}
    for key, born in {1: None, 2: "2024-02-28", 3: DAY, 4: DAY, 5: "2024-03-01", 6: "9999-12-31"}.items()
]
BORN_TRUTH: tuple[tuple[Any, set[int]], ...] = (
    ({"equals": DAY}, {3, 4}),
    ({"notEquals": DAY}, {1, 2, 5, 6}),
    ({"in": [DAY, None]}, {1, 3, 4}),
    ({"notIn": [DAY, None]}, {2, 5, 6}),
    ({"greaterThan": DAY}, {5, 6}),
    ({"lessThanOrEqual": DAY}, {2, 3, 4}),
    ({"between": ["2024-02-28", DAY]}, {2, 3, 4}),
    ({"before": DAY}, {2}),
    ({"onOrBefore": DAY}, {2, 3, 4}),
    ({"after": DAY}, {5, 6}),
    ({"onOrAfter": DAY}, {3, 4, 5, 6}),
    ({"after": "9999-12-31"}, set()),
    ({"isEmpty": True}, {1}),
    ({"isNotEmpty": True}, {2, 3, 4, 5, 6}),
    *WINDOW_TRUTH,
)

TABLES: dict[str, tuple[list[dict[str, Any]], tuple[tuple[Any, set[int]], ...]]] = {
    "bio": (TEXT_ROWS, TEXT_TRUTH),
    "name": (NAME_ROWS, NAME_TRUTH),
    "age": (AGE_ROWS, AGE_TRUTH),
    "vip": (VIP_ROWS, VIP_TRUTH),
    "seen": (SEEN_ROWS, SEEN_TRUTH),
    "born": (BORN_ROWS, BORN_TRUTH),
}


def matching(store: Store, written: Any) -> set[int]:
    query = plan_list(PEOPLE, ALL, ListParameters(filter=orjson.dumps(written).decode(), fields=["id"]), now=NOW)
    page, has_more, total = store.page(query)
    found = {int(record["id"]) for record in orjson.loads(b"[" + page + b"]")}
    assert (has_more, total) == (False, len(found))
    return found


@pytest.mark.parametrize("name", TABLES)
def test_a_condition_matches_or_does_not_also_under_not(store: Store, name: str) -> None:
    rows, truth = TABLES[name]
    store.fill(PEOPLE, rows)
    every = {row["id"] for row in rows}
    for condition, expected in truth:
        assert matching(store, {name: condition}) == expected, condition
        assert matching(store, {"not": {name: condition}}) == every - expected, condition
        assert matching(store, {"not": {"not": {name: condition}}}) == expected, condition


def test_emails_are_equal_by_their_key_and_ordered_as_they_stand(store: Store) -> None:
    emails = {1: "ADA@example.test", 2: "bob@example.test", 3: None}
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key, "email": email} for key, email in emails.items()])
    assert matching(store, {"email": "ada@EXAMPLE.test"}) == {1}
    assert matching(store, {"email": ["ada@example.TEST", "Bob@example.test"]}) == {1, 2}
    assert matching(store, {"email": {"notEquals": "Ada@example.test"}}) == {2, 3}
    assert matching(store, {"email": {"lessThan": "ada@example.test"}}) == {1}
    assert matching(store, {"email": {"contains": "@EXAMPLE."}}) == {1, 2}


def test_choices_decimals_days_and_links_compare_as_stored(store: Store) -> None:
    store.fill(
        PEOPLE,
        [
            {"id": 1, "name": "n", "code": 1, "status": "old", "price": Decimal("0.10"), "born": "2000-02-29"},
            {"id": 2, "name": "n", "code": 2, "status": "done's", "price": Decimal("-0.30"), "boss": 1},
        ],
    )
    assert matching(store, {"status": ["done's", "new"]}) == {2}
    assert matching(store, {"status": {"endsWith": "'S"}}) == {2}
    assert matching(store, {"price": {"between": ["-0.30", 0.1]}}) == {1, 2}
    assert matching(store, {"price": [0.1, None]}) == {1}
    assert matching(store, {"born": {"lessThanOrEqual": "2000-02-29"}}) == {1}
    assert matching(store, {"boss": "1"}) == {2}
    assert matching(store, {"boss": {"notIn": [1]}}) == {1}


def test_system_columns_filter_undeclared(store: Store) -> None:
    later = "2024-05-05T05:05:05.005Z"
    store.fill(PEOPLE, [{"id": 1, "name": "n", "code": 1}, {"id": 2, "name": "n", "code": 2, "updated_at": later}])
    assert matching(store, {"updatedAt": {"greaterThan": "2024-05-04"}}) == {2}
    assert matching(store, {"updated_at": "2024-05-05"}) == {2}
    assert matching(store, {"created_at": "2024-01-01", "made": {"lessThan": "2024-01-02"}}) == {1, 2}
    assert matching(store, {"deletedAt": {"isNotNull": True}}) == set()
    assert matching(store, {"id": {"greaterThan": 0, "lessThan": "2"}}) == {1}
    assert matching(store, {"id": {"notIn": [1, None]}}) == {2}


def test_many_days_in_a_list_are_no_trouble(store: Store) -> None:
    store.fill(PEOPLE, SEEN_ROWS)
    days = [f"{year}-02-28" for year in range(1900, 2899)]
    assert matching(store, {"and": [{"seen": {"in": days}}] * 99}) == {2}
    assert matching(store, {"or": [{"seen": {"notIn": [*days, None]}}] * 99}) == {3, 4, 5, 6}
