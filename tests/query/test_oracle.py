"""Random filters and sorts, asked at a random time and place: both databases answer as a plain evaluation does."""

from __future__ import annotations

import itertools
import operator
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabularium.db.fold import fold
from tabularium.query import ListParameters, plan_list
from tabularium.query.relative_dates import WINDOWS
from tests.query.people import ALL, PEOPLE, Store
from tests.query.windows import window
from tests.support.effort import examples

TEXTS = ("", "a", "A", "ab", "Éa", "éB", "ß", "ẞa", "%", "_a", "\\", "'", "Σς", "\U0001f600b")
DAYS = ("2023-12-31", "2024-02-28", "2024-02-29")
SEEN = tuple(f"{day}T{time}Z" for day in DAYS for time in ("00:00:00.000", "12:30:00.001", "23:59:59.999"))
ZONES = ("UTC", "Europe/Zurich", "Pacific/Kiritimati", "America/St_Johns", "Etc/GMT+12")
NOW = (*SEEN, "2023-12-30T12:00:00.000Z", "2024-01-01T00:00:00.000Z", "2024-03-01T05:00:00.000Z")
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


@dataclass(frozen=True)
class Asked:
    """When and where something is asked."""

    now: str
    zone: str

    def day_of(self, instant: str) -> str:
        """Return the day of an instant where it is asked."""
        return datetime.fromisoformat(instant).astimezone(ZoneInfo(self.zone)).date().isoformat()


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
}
DATES: Mapping[str, str] = {
    "before": "lessThan",
    "after": "greaterThan",
    "onOrBefore": "lessThanOrEqual",
    "onOrAfter": "greaterThanOrEqual",
}
COUNTED = ("pastDays", "nextDays")
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


def comparable(stored: Any, value: Any, asked: Asked) -> Any:
    """Return what is compared with the value: with a day, an instant counts as its day."""
    is_day_among_instants = isinstance(stored, str) and "T" in stored and value in DAYS
    return asked.day_of(stored) if is_day_among_instants else stored


def equal(stored: Any, value: Any, asked: Asked) -> bool:
    if stored is None or value is None:
        return stored is value
    return bool(comparable(stored, value, asked) == value)


def compare(name: str, stored: Any, value: Any, asked: Asked) -> bool:
    return stored is not None and COMPARE[name](comparable(stored, value, asked), value)


def lies_within(name: str, stored: Any, days: Any, asked: Asked) -> bool:
    if stored is None:
        return False
    first, last = window(name, date.fromisoformat(asked.day_of(asked.now)), days)
    day = asked.day_of(stored) if "T" in stored else stored
    return first.isoformat() <= day <= last.isoformat()


def holds(name: str, stored: Any, value: Any, asked: Asked) -> bool:
    if name in PLAIN:
        return PLAIN[name](stored)
    if name in COMPARE or name in DATES:
        return compare(DATES.get(name, name), stored, value, asked)
    if name in WINDOWS or name in COUNTED:
        return lies_within(name, stored, value, asked)
    if name in TEXT:
        return stored is not None and TEXT[name](fold(stored), fold(value))
    return {
        "equals": lambda: equal(stored, value, asked),
        "notEquals": lambda: not equal(stored, value, asked),
        "in": lambda: any(equal(stored, item, asked) for item in value),
        "notIn": lambda: not any(equal(stored, item, asked) for item in value),
        "between": lambda: (
            compare("greaterThanOrEqual", stored, value[0], asked)
            and compare("lessThanOrEqual", stored, value[1], asked)
        ),
        "notContains": lambda: stored is None or fold(value) not in fold(stored),
    }[name]()


def matches(node: Any, row: Mapping[str, Any], asked: Asked) -> bool:
    if isinstance(node, tuple):
        name, word, value = node
        return holds(word, row[name], value, asked)
    ((word, inner),) = node.items()
    if word == "not":
        return not matches(inner, row, asked)
    return (all if word == "and" else any)(matches(each, row, asked) for each in inner)


def written(node: Any) -> Any:
    """Return the JSON form of a node, in which a leaf stands as the shorthand or in full."""
    if isinstance(node, tuple):
        name, word, value = node
        if word in PLAIN or word in WINDOWS:
            return {"field": name, "operator": word} if len(name) % 2 else {name: {word: True}}
        return {"field": name, "operator": word, "value": value} if len(name) % 2 else {name: {word: value}}
    ((word, inner),) = node.items()
    return {word: written(inner) if word == "not" else [written(each) for each in inner]}


# What is asked -------------------------------------------------------------------------------------------------------

ORDERED = ("name", "age", "price", "born", "seen")
DATED = ("born", "seen")
TEXTUAL = ("name", "bio", "status")


def values_of(name: str) -> st.SearchStrategy[Any]:
    plain = [value for value in VALUES[name] if value is not None]
    return st.sampled_from([*plain, *DAYS] if name == "seen" else plain)


def pair_of(name: str) -> st.SearchStrategy[Any]:
    # Elsewhere a day may begin behind an instant that has it in its text.
    return st.lists(values_of(name), min_size=2, max_size=2).map(sorted).filter(is_in_order_everywhere)


def is_in_order_everywhere(pair: list[Any]) -> bool:
    return pair[0] not in DAYS or pair[1] == pair[0] or not pair[1].startswith(pair[0])


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
    leaf(DATED, tuple(DATES), values_of),
    leaf(DATED, tuple(WINDOWS), lambda name: st.just(0)),
    leaf(DATED, COUNTED, lambda name: st.sampled_from([1, 2, 59, 60, 3650])),
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


@settings(max_examples=examples(90))
@given(
    node=NODES,
    sort=SORTS,
    limit=st.integers(1, 70),
    offset=st.integers(0, 10),
    asked=st.builds(Asked, st.sampled_from(NOW), st.sampled_from(ZONES)),
)
def test_both_databases_answer_as_plain_python_does(
    filled: tuple[Store, Store], node: Any, sort: list[tuple[str, str]], limit: int, offset: int, asked: Asked
) -> None:
    parameters = ListParameters(
        filter=orjson.dumps(written(node), default=str).decode(),
        sort=",".join(map(":".join, sort)) or None,
        limit=limit,
        offset=offset,
        timezone=asked.zone,
    )
    query = plan_list(PEOPLE, ALL, parameters, now=asked.now)
    expected = in_order([row for row in ROWS if matches(node, row, asked)], sort)
    pages = [store.page(query) for store in filled]
    assert pages[0] == pages[1]
    records, has_more, total = pages[0]
    assert [int(each["id"]) for each in orjson.loads(b"[" + records + b"]")] == expected[offset : offset + limit]
    assert (has_more, total) == (offset + limit < len(expected), len(expected))
