"""Random filters and sorts: both databases must answer as a plain evaluation in Python does."""

from __future__ import annotations

import itertools
import operator
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.db.fold import fold
from tabularium.query import ListParameters, plan_list
from tests.query.people import ALL, PEOPLE, Store
from tests.support.effort import examples

TEXTS = ("", "a", "A", "ab", "Éa", "éB", "ß", "ẞa", "%", "_a", "\\", "'", "Σς", "\U0001f600b")
DAYS = ("2023-12-31", "2024-02-28", "2024-02-29")
SEEN = tuple(f"{day}T{time}Z" for day in DAYS for time in ("00:00:00.000", "12:30:00.001", "23:59:59.999"))
STATUSES = ("new", "done's", "old")

VALUES: Mapping[str, tuple[Any, ...]] = {
    "name": TEXTS,
    "bio": (*TEXTS, None),
    "age": (-1, 0, 1, 2, 2**63 - 1, None),
    "price": (Decimal("-0.50"), Decimal("0.00"), Decimal("0.10"), Decimal("10.00"), None),
    "vip": (True, False, None),
    "status": (*STATUSES, None),
    "born": (*DAYS, None),
    "seen": (*SEEN, None),
}


def random_rows() -> list[dict[str, Any]]:
    source = random.Random(7)
    rows = []
    for key in range(1, 61):
        row = {name: source.choice(values) for name, values in VALUES.items()}
        rows.append({"id": key, "code": key, **row})
    return rows


ROWS = random_rows()


@pytest.fixture(scope="module")
def filled(stores: tuple[Store, Store]) -> tuple[Store, Store]:
    for store in stores:
        store.fill(PEOPLE, ROWS)
    return stores


# The oracle ----------------------------------------------------------------------------------------------------------

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
}
TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}
PLAIN: Mapping[str, Callable[[Any], bool]] = {
    "isNull": lambda stored: stored is None,
    "isNotNull": lambda stored: stored is not None,
    "isEmpty": lambda stored: stored in (None, ""),
    "isNotEmpty": lambda stored: stored not in (None, ""),
    "isTrue": lambda stored: stored is True,
    "isFalse": lambda stored: stored is False,
}


def equal(stored: Any, value: Any) -> bool:
    if stored is None or value is None:
        return stored is value
    return str(stored).startswith(value) if is_day_among_instants(stored, value) else bool(stored == value)


def is_day_among_instants(stored: Any, value: Any) -> bool:
    return isinstance(stored, str) and isinstance(value, str) and "T" in stored and value in DAYS


def compare(name: str, stored: Any, value: Any) -> bool:
    if stored is None:
        return False
    # On a day, an instant counts as its day: past its end, ahead of its start.
    return COMPARE[name](stored[:10] if is_day_among_instants(stored, value) else stored, value)


def holds(name: str, stored: Any, value: Any) -> bool:
    if name in PLAIN:
        return PLAIN[name](stored)
    if name in COMPARE:
        return compare(name, stored, value)
    if name in TEXT:
        return stored is not None and TEXT[name](fold(stored), fold(value))
    return {
        "equals": lambda: equal(stored, value),
        "notEquals": lambda: not equal(stored, value),
        "in": lambda: any(equal(stored, item) for item in value),
        "notIn": lambda: not any(equal(stored, item) for item in value),
        "between": lambda: (
            compare("greaterThanOrEqual", stored, value[0]) and compare("lessThanOrEqual", stored, value[1])
        ),
        "notContains": lambda: stored is None or fold(value) not in fold(stored),
    }[name]()


def matches(node: Any, row: Mapping[str, Any]) -> bool:
    if isinstance(node, tuple):
        name, word, value = node
        return holds(word, row[name], value)
    ((word, inner),) = node.items()
    if word == "not":
        return not matches(inner, row)
    return (all if word == "and" else any)(matches(each, row) for each in inner)


def written(node: Any) -> Any:
    """Return the JSON form of a node, in which a leaf stands as the shorthand or in full."""
    if isinstance(node, tuple):
        name, word, value = node
        if word in PLAIN:
            return {"field": name, "operator": word} if len(name) % 2 else {name: {word: True}}
        return {"field": name, "operator": word, "value": value} if len(name) % 2 else {name: {word: value}}
    ((word, inner),) = node.items()
    return {word: written(inner) if word == "not" else [written(each) for each in inner]}


# What is asked -------------------------------------------------------------------------------------------------------

ORDERED = ("name", "age", "price", "born", "seen")
TEXTUAL = ("name", "bio", "status")


def values_of(name: str) -> st.SearchStrategy[Any]:
    plain = [value for value in VALUES[name] if value is not None]
    return st.sampled_from([*plain, *DAYS] if name == "seen" else plain)


def pair_of(name: str) -> st.SearchStrategy[Any]:
    # A day sorts ahead of its own instants, so a sorted pair is in order also where one of the values is a day.
    return st.lists(values_of(name), min_size=2, max_size=2).map(sorted)


def nullable(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def leaf(names: tuple[str, ...], words: tuple[str, ...], value: Callable[[str], st.SearchStrategy[Any]]) -> Any:
    return st.sampled_from(list(itertools.product(names, words))).flatmap(
        lambda chosen: st.tuples(st.just(chosen[0]), st.just(chosen[1]), value(chosen[0]))
    )


LEAVES = st.one_of(
    leaf(tuple(VALUES), ("equals", "notEquals"), lambda name: nullable(values_of(name))),
    leaf(tuple(VALUES), ("in", "notIn"), lambda name: st.lists(nullable(values_of(name)), max_size=3)),
    leaf(ORDERED, tuple(COMPARE), values_of),
    leaf(ORDERED, ("between",), pair_of),
    leaf(TEXTUAL, (*TEXT, "notContains"), lambda name: st.sampled_from([text for text in TEXTS if text])),
    leaf(tuple(VALUES), ("isNull", "isNotNull", "isEmpty", "isNotEmpty"), lambda name: st.none()),
    leaf(("vip",), ("isTrue", "isFalse"), lambda name: st.none()),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.fixed_dictionaries({"not": inner})
        | st.sampled_from(["and", "or"]).flatmap(
            lambda word: st.fixed_dictionaries({word: st.lists(inner, max_size=3)})
        )
    ),
    max_leaves=6,
)
SORTS = st.lists(
    st.tuples(st.sampled_from([*VALUES, "id"]), st.sampled_from(["asc", "desc"])),
    max_size=3,
    unique_by=lambda key: key[0],
)


def sort_value(name: str, row: Mapping[str, Any]) -> Any:
    return STATUSES.index(row[name]) if name == "status" else row[name]


def in_order(rows: list[dict[str, Any]], sort: list[tuple[str, str]]) -> list[int]:
    ordered = sorted(rows, key=lambda row: row["id"])
    for name, direction in reversed(sort):
        present = [row for row in ordered if row[name] is not None]
        absent = [row for row in ordered if row[name] is None]
        # Python's sort is stable in reverse, too.
        ordered = sorted(present, key=lambda row: sort_value(name, row), reverse=direction == "desc") + absent
    return [row["id"] for row in ordered]


@settings(max_examples=examples(150))
@given(node=NODES, sort=SORTS, limit=st.integers(1, 70), offset=st.integers(0, 10))
def test_both_databases_answer_as_plain_python_does(
    filled: tuple[Store, Store], node: Any, sort: list[tuple[str, str]], limit: int, offset: int
) -> None:
    parameters = ListParameters(
        filter=orjson.dumps(written(node), default=str).decode(),
        sort=",".join(map(":".join, sort)) or None,
        limit=limit,
        offset=offset,
    )
    query = plan_list(PEOPLE, ALL, parameters)
    expected = in_order([row for row in ROWS if matches(node, row)], sort)
    pages = [store.page(query) for store in filled]
    assert pages[0] == pages[1]
    records, has_more, total = pages[0]
    assert [int(each["id"]) for each in orjson.loads(b"[" + records + b"]")] == expected[offset : offset + limit]
    assert (has_more, total) == (offset + limit < len(expected), len(expected))
