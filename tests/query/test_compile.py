"""The SQL of every operator on each database, kept in `tests/golden/sql` for a reviewer to see as a difference.

`UPDATE_GOLDEN=1 pytest tests/query/test_compile.py` writes the files anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tabularium.db.dialect import DIALECTS, POSTGRESQL, SQLITE, Dialect
from tabularium.query import (
    GetParameters,
    ListParameters,
    ListQuery,
    get_statement,
    list_statements,
    plan_get,
    plan_list,
)
from tabularium.query.compile import Placeholders, condition_sql, criteria_of, parameters, shape_of
from tabularium.query.operators import OPERATORS
from tabularium.query.ordering import order_text
from tabularium.query.predicates import PREDICATES
from tabularium.query.relative_dates import WINDOWS
from tabularium.query.rows import outer_row
from tabularium.schema.model import Table
from tests.query.people import ALL, LISTS, PEOPLE, SIGNED

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "sql"

DAY = "2024-02-29"
MOMENT = "2024-02-29T12:00:00Z"

# By filter: each operator in each of its forms, then what joins them.
FILTERS: tuple[Any, ...] = (
    {"age": {"equals": 5}},
    {"age": {"equals": None}},
    {"age": None},
    {"price": {"equals": "12.50"}},
    {"email": {"equals": "Ada@Example.test"}},
    {"vip": {"equals": True}},
    {"status": {"equals": "new"}},
    {"seen": {"equals": MOMENT}},
    {"seen": {"equals": DAY}},
    {"id": {"equals": "5"}},
    {"age": {"notEquals": 5}},
    {"age": {"notEquals": None}},
    {"seen": {"notEquals": DAY}},
    {"age": {"in": [5, 6]}},
    {"age": {"in": [5, None]}},
    {"age": [None]},
    {"price": {"in": ["1.00", 2]}},
    {"vip": {"in": [True]}},
    {"seen": {"in": [DAY, MOMENT, None]}},
    {"age": {"notIn": [5, 6]}},
    {"age": {"notIn": [5, None]}},
    {"seen": {"notIn": [DAY, "2024-03-01", "2024-02-29"]}},
    {"age": {"greaterThan": 5}},
    {"price": {"greaterThan": 0.5}},
    {"email": {"greaterThan": "ada@example.test"}},
    {"seen": {"greaterThan": DAY}},
    {"age": {"greaterThanOrEqual": 5}},
    {"seen": {"greaterThanOrEqual": DAY}},
    {"age": {"lessThan": 5}},
    {"seen": {"lessThan": DAY}},
    {"age": {"lessThanOrEqual": 5}},
    {"seen": {"lessThanOrEqual": DAY}},
    {"age": {"between": [5, 6]}},
    {"seen": {"between": [DAY, MOMENT]}},
    *({"seen": {word: DAY}} for word in ("before", "after", "onOrBefore", "onOrAfter")),
    {"born": {"before": DAY}},
    *({"born": {word: True}} for word in WINDOWS),
    {"seen": {"thisMonth": True}},
    *({"seen": {word: 7}} for word in ("pastDays", "nextDays")),
    {"name": {"contains": "Ärger"}},
    {"name": {"notContains": "Ärger"}},
    {"name": {"startsWith": "Ärger"}},
    {"name": {"endsWith": "Ärger"}},
    {"name": {"isNull": True}},
    {"name": {"isNotNull": True}},
    {"name": {"isEmpty": True}},
    {"age": {"isEmpty": True}},
    {"name": {"isNotEmpty": True}},
    {"age": {"isNotEmpty": True}},
    {"vip": {"isTrue": True}},
    {"vip": {"isFalse": True}},
    {},
    {"and": []},
    {"or": []},
    {"not": {"age": 5}},
    {"not": {}},
    {"age": 5, "vip": True},
    {"or": [{"age": 5}, {"and": [{"age": 6}, {"vip": True}]}, {"or": [{"age": 7}, {"not": {"age": [8, None]}}]}]},
    {"and": [{"age": [5, None]}, {"and": [{"age": 6}]}, {"created_at": {"greaterThan": MOMENT}}]},
)

# By filter: the operators of lists.
LIST_FILTERS: tuple[Any, ...] = (
    {"tags": {"hasAny": ["a", "b"]}},
    {"tags": {"hasAll": ["a", "b"]}},
    {"tags": {"hasNone": ["a"]}},
    {"tags": {"contains": "a"}},
    {"tags": ["a"]},
    {"tags": {"isEmpty": True}},
    {"tags": {"isNotEmpty": True}},
    {"numbers": {"hasAny": [1.5]}},
    {"numbers": {"isNull": True}},
    {"files": {"isEmpty": True}},
    {"files": {"isNotEmpty": True}},
)

# By filter: ids of users, in a column and in a table of links.
USER_FILTERS: tuple[Any, ...] = (
    {"owner": "u_1"},
    {"created_by": {"in": ["u_1", None]}},
    {"crew": {"hasAny": ["u_1"]}},
    {"crew": {"isEmpty": True}},
)

SORTS = ("id", "id:desc", "name", "name:desc", "age", "age:desc", "status:desc,price", "createdAt:desc", "age,id,name")


def query_of(table: Table = PEOPLE, **parameters: Any) -> ListQuery:
    return plan_list(table, tuple(table.by_name), ListParameters(**parameters))


def where_text(written: Any, dialect: Dialect, table: Table = PEOPLE) -> str:
    condition = query_of(table, filter=orjson.dumps(written).decode()).where
    places = Placeholders(dialect, 1)
    text, following = condition_sql(shape_of(condition), outer_row(table, dialect), places), places.number
    bound = list(parameters(condition, dialect))
    assert following == len(bound) + 1
    return f"-- {orjson.dumps(written).decode()}\n{text}\n-- {bound}\n"


def operators_text(dialect: Dialect) -> str:
    of_lists = [where_text(written, dialect, LISTS) for written in LIST_FILTERS]
    of_users = [where_text(written, dialect, SIGNED) for written in USER_FILTERS]
    return "\n".join([*(where_text(written, dialect) for written in FILTERS), *of_lists, *of_users])


def sorts_text(dialect: Dialect) -> str:
    asked = [*((PEOPLE, sort) for sort in SORTS), (SIGNED, "owner")]
    return "\n".join(
        f"-- {sort}\n{order_text(criteria_of(outer_row(table, dialect), query_of(table, sort=sort).sort))}\n"
        for table, sort in asked
    )


def statements_text(dialect: Dialect) -> str:
    lists = {
        "a list": query_of(fields=["name", "seen", "boss"]),
        "a list without a count": query_of(count="none", limit=10, fields=["name", "price"]),
        "a second page with a filter and a sort": query_of(
            limit=10, page=2, sort="age:desc", filter="age:between:1,5", fields=["name"]
        ),
        "records without fields": query_of(fields=["id"]),
        "records with those who made them": query_of(SIGNED, limit=10, fields=["title", "crew"]),
        "people by their names": query_of(SIGNED, limit=10, format="display", fields=["owner", "crew"]),
        "the trash with those who removed something": query_of(SIGNED, limit=10, deleted=True, fields=["title"]),
    }
    parts = []
    for title, query in lists.items():
        statements = list_statements(query, dialect)
        both = [each for each in (statements.page, statements.count) if each is not None]
        parts.append(f"-- {title}\n" + "\n".join(f"{text}\n-- {list(bound)}" for text, bound in both) + "\n")
    text, bound = get_statement(plan_get(PEOPLE, ALL, "5", GetParameters(["name", "vip"])), dialect)
    return "\n".join([*parts, f"-- one record\n{text}\n-- {list(bound)}\n"])


GOLDEN_TEXTS = {"operators": operators_text, "sorts": sorts_text, "statements": statements_text}


@pytest.mark.parametrize("subject", GOLDEN_TEXTS)
@pytest.mark.parametrize("dialect_name", ["sqlite", "sql_of_postgresql"])
def test_the_sql_is_what_the_golden_file_shows(subject: str, dialect_name: str) -> None:
    dialect = DIALECTS[dialect_name.removeprefix("sql_of_")]
    text = GOLDEN_TEXTS[subject](dialect)
    path = GOLDEN / f"{subject}.{dialect.name}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "If the new SQL is right, run the test with UPDATE_GOLDEN=1."


def test_every_operator_and_every_predicate_has_a_golden_line() -> None:
    shown = set(shapes_in(PEOPLE, FILTERS)) | set(shapes_in(LISTS, LIST_FILTERS))
    assert {name for written in (*FILTERS, *LIST_FILTERS) for name in operator_names(written)} == set(OPERATORS)
    # Rules for rows have their own golden lines (`test_row_rules.py`).
    assert shown == set(PREDICATES) - {"other", "outside", "holds_others"}


def operator_names(written: Any) -> Iterator[str]:
    for value in written.values():
        if isinstance(value, dict):
            yield from (name for name in value if name in OPERATORS)


def shapes_in(table: Table, filters: tuple[Any, ...]) -> Iterator[str]:
    for written in filters:
        remaining = [shape_of(query_of(table, filter=orjson.dumps(written).decode()).where)]
        while remaining:
            shape = remaining.pop()
            if isinstance(shape[0], str):
                remaining.extend(shape[1])
            else:
                yield shape[1]


def test_a_list_is_one_parameter_whatever_its_length() -> None:
    for dialect in (SQLITE, POSTGRESQL):
        short, long = (query_of(filter=orjson.dumps({"age": list(range(n))}).decode()) for n in (2, 1000))
        assert shape_of(short.where) == shape_of(long.where)
        assert len(list(parameters(long.where, dialect))) == 1


def test_values_never_stand_in_the_text() -> None:
    written = orjson.dumps({"name": {"contains": "'; DROP"}, "bio": "'; DROP", "status": "done's"}).decode()
    for dialect in (SQLITE, POSTGRESQL):
        text, bound = list_statements(query_of(filter=written), dialect).page
        assert "drop" not in text.lower()
        assert list(bound) == ["'; drop", "'; DROP", "done's"]
