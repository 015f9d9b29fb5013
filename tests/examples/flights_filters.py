"""Random filters over flights, and what they match.

A filter is drawn as the JSON that is sent, and that JSON is evaluated row by row.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.examples.flights_source import Row

Node = dict[str, Any]
Ids = set[int]

# What is drawn -------------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2012, 12, 31), date(2014, 1, 2)).map(date.isoformat)
HOURS = st.integers(0, 24 * 366).map(
    lambda hours: (datetime(2013, 1, 1, tzinfo=UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:00:00.000Z")
)
TAIL_NUMBERS = st.sampled_from(("N14228", "N725MQ", "N999DN", "N3EHAA", "D942DN", "N0EGMQ", "nothing"))
CODES = st.sampled_from(("ATL", "BQN", "IAH", "ORD", "SJU", "STT", "ZZZ"))

VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "id": st.integers(0, 40_000),
    "month": st.integers(0, 13),
    "day": st.integers(1, 31),
    "dep_time": st.sampled_from((0, 1, 517, 600, 1200, 1830, 2359, 2400)),
    "sched_dep_time": st.integers(500, 2359),
    "dep_delay": st.integers(-30, 200),
    "arr_time": st.integers(0, 2400),
    "arr_delay": st.integers(-60, 200),
    "carrier": st.sampled_from(("UA", "B6", "EV", "OO", "HA", "ZZ")),
    "flight": st.integers(1, 6000),
    "tailnum": TAIL_NUMBERS,
    "tail_number": TAIL_NUMBERS,
    "origin": st.sampled_from(("EWR", "JFK", "LGA")),
    "dest": CODES,
    "dest_code": CODES,
    "air_time": st.integers(20, 400),
    "distance": st.sampled_from((17, 200, 733, 1400, 2475, 4983, 5000)),
    "hour": st.integers(0, 23),
    "time_hour": DAYS | HOURS,
}
LINKS = ("carrier", "tailnum", "origin", "dest")
TEXTS = ("tail_number", "dest_code")
ORDERED = tuple(name for name in VALUES if name not in LINKS)
PARTS = st.sampled_from(("n", "N1", "mq", "A", "at", "5", "28", "%", "_", "\\"))


def leaves(names: Sequence[str], words: Sequence[str], values: Callable[[str], st.SearchStrategy[Any]]) -> Any:
    return st.builds(lambda name, word: (name, word), st.sampled_from(names), st.sampled_from(words)).flatmap(
        lambda chosen: values(chosen[0]).map(lambda value: {chosen[0]: {chosen[1]: value}})
    )


def nullable(name: str) -> st.SearchStrategy[Any]:
    return st.none() | VALUES[name]


def bounds(name: str) -> st.SearchStrategy[Any]:
    # A day sorts ahead of its own instants, so a sorted pair is in order also where one of the values is a day.
    return st.lists(VALUES[name], min_size=2, max_size=2).map(sorted)


LEAVES = st.one_of(
    leaves(tuple(VALUES), ("equals", "notEquals"), nullable),
    leaves(tuple(VALUES), ("in", "notIn"), lambda name: st.lists(nullable(name), max_size=4)),
    leaves(ORDERED, ("greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual"), VALUES.__getitem__),
    leaves(ORDERED, ("between",), bounds),
    leaves(TEXTS, ("contains", "notContains", "startsWith", "endsWith"), lambda _: PARTS),
    leaves(tuple(VALUES), ("isNull", "isNotNull", "isEmpty", "isNotEmpty"), lambda _: st.just(True)),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: (
        st.fixed_dictionaries({"not": inner})
        | st.sampled_from(("and", "or")).flatmap(
            lambda word: st.fixed_dictionaries({word: st.lists(inner, max_size=3)})
        )
    ),
    max_leaves=6,
)
SORTS = st.lists(
    st.tuples(st.sampled_from(tuple(VALUES)), st.sampled_from(("asc", "desc"))),
    max_size=3,
    unique_by=lambda key: key[0],
)
PAGES = st.fixed_dictionaries(
    {"limit": st.integers(1, 100)},
    optional={
        "offset": st.integers(0, 30) | st.integers(0, 34_000),
        "count": st.sampled_from(("exact", "none")),
        "fields": st.lists(st.sampled_from(tuple(VALUES)), min_size=1, max_size=5, unique=True).map(",".join),
    },
)

# What it matches -----------------------------------------------------------------------------------------------------

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
}
TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}
LISTED: Mapping[str, bool] = {"in": True, "notIn": False}
NULL: Mapping[str, bool] = {"isNull": True, "isEmpty": True, "isNotNull": False, "isNotEmpty": False}


def matching(node: Node, rows: Sequence[Row]) -> Ids:
    """Return the ids of the rows that a filter matches. No text of the data is empty, so empty means null."""
    ((word, value),) = node.items()
    if word == "not":
        return {row["id"] for row in rows} - matching(value, rows)
    if word == "and":
        return {row["id"] for row in rows}.intersection(*(matching(member, rows) for member in value))
    if word == "or":
        return set().union(*(matching(member, rows) for member in value))
    ((name, wanted),) = value.items()
    holds = condition(name, wanted)
    return {row["id"] for row in rows if holds(row[word])}


def condition(name: str, wanted: Any) -> Callable[[Any], bool]:
    """Return whether an operator holds of a stored value."""
    if name in NULL:
        return lambda stored: (stored is None) is NULL[name]
    if name in LISTED:
        return lambda stored: any(same(stored, item) for item in wanted) is LISTED[name]
    if name in ("equals", "notEquals"):
        return lambda stored: same(stored, wanted) is (name == "equals")
    if name in COMPARE:
        return lambda stored: stored is not None and COMPARE[name](beside(stored, wanted), wanted)
    if name == "between":
        low, high = (
            condition(word, bound)
            for word, bound in zip(("greaterThanOrEqual", "lessThanOrEqual"), wanted, strict=True)
        )
        return lambda stored: low(stored) and high(stored)
    if name == "notContains":
        return lambda stored: stored is None or wanted.lower() not in stored.lower()
    return lambda stored: stored is not None and TEXT[name](stored.lower(), wanted.lower())


def same(stored: Any, wanted: Any) -> bool:
    return wanted is None if stored is None else beside(stored, wanted) == wanted


def beside(stored: Any, wanted: Any) -> Any:
    """Return what is compared with a value: of an instant beside a day, its day."""
    is_instant = isinstance(stored, str) and stored.endswith("Z") and isinstance(wanted, str)
    return stored[: len(wanted)] if is_instant and len(wanted) == len("2013-01-01") else stored
