from __future__ import annotations

from typing import Any

import pytest

from tabularium.db.dialect import SQLITE
from tabularium.query import ListParameters, ListQuery, count_may_scan, list_statements, page_may_scan, plan_list
from tabularium.query.cursor import cursors_of, position_of
from tests.query.people import ALL, PEOPLE, TAGS, Store

QUICK: tuple[dict[str, Any], ...] = (
    {},
    {"sort": "id:desc"},
    {"sort": "age"},
    {"sort": "boss"},
    {"sort": "code:desc"},
    {"sort": "code"},
    {"filter": '{"id": 5}'},
    {"filter": '{"id": [5, 6], "bio": {"contains": "x"}}', "sort": "bio"},
    {"filter": "email:ada@example.test"},
    {"filter": "code:in:1,2", "sort": "name"},
    {"filter": "boss:7"},
    {"filter": "age:7", "sort": "id"},
)
SLOW: tuple[dict[str, Any], ...] = (
    {"sort": "name"},
    {"sort": "age:desc"},
    {"sort": "email"},
    {"sort": "status"},
    {"sort": "age,name"},
    {"sort": "created_at"},
    {"offset": 1001},
    {"filter": "name:x"},
    {"filter": "age:7", "sort": "name"},
    {"filter": "age:greaterThan:7"},
    {"filter": '{"or": [{"id": 1}, {"id": 2}]}'},
    {"filter": '{"not": {"id": 1}}'},
    {"filter": '{"age": 7, "bio": "x"}'},
    {"filter": "bio:isNull"},
)


def query_of(**parameters: Any) -> ListQuery:
    return plan_list(PEOPLE, ALL, ListParameters(**parameters))


@pytest.mark.parametrize("parameters", QUICK, ids=str)
def test_what_an_index_serves_reads_few_rows(sqlite_store: Store, parameters: dict[str, Any]) -> None:
    query = query_of(**parameters)
    assert not page_may_scan(query)
    plan = " ".join(sqlite_plan(sqlite_store, query))
    # Few rows are sorted where a unique value is named, or where a unique field orders all but the last term.
    few = not count_may_scan(query) or parameters == {"sort": "code:desc"}
    assert few or "TEMP B-TREE" not in plan
    assert ("SEARCH people" in plan) == ("filter" in parameters)


@pytest.mark.parametrize("parameters", SLOW, ids=str)
def test_all_else_may_scan(parameters: dict[str, Any]) -> None:
    assert page_may_scan(query_of(**parameters))


def sqlite_plan(store: Store, query: ListQuery) -> list[str]:
    text, bound = list_statements(query, SQLITE).page

    async def work(session: Any) -> Any:
        return await session.fetch_all(f"EXPLAIN QUERY PLAN {text}", bound)

    return [row[3] for row in store.run(work)]


def test_a_count_is_quick_where_a_unique_value_is_named() -> None:
    assert not count_may_scan(query_of(filter="id:5"))
    assert not count_may_scan(query_of(filter="email:ada@example.test"))
    assert count_may_scan(query_of())
    assert count_may_scan(query_of(filter="age:5"))


def test_a_text_key_does_not_order_the_entries_of_an_index() -> None:
    assert not page_may_scan(plan_list(TAGS, ["record"], ListParameters()))
    assert page_may_scan(plan_list(TAGS, ["record"], ListParameters(sort="record")))


@pytest.mark.parametrize("sort", ["age", "age:desc"])
@pytest.mark.parametrize("is_null", [False, True], ids=["from a value", "from null"])
def test_a_list_goes_on_in_the_order_of_an_index(sqlite_store: Store, sort: str, is_null: bool) -> None:
    sqlite_store.fill(PEOPLE, [])
    first = query_of(sort=sort)
    cursor = cursors_of(b"").seal(position_of([None if is_null else 5, 7], [False, False], first.now), first.binding)
    plan = " ".join(sqlite_plan(sqlite_store, query_of(sort=sort, cursor=cursor)))
    assert "SEARCH people USING INDEX people_age" in plan
    assert "SCAN people" not in plan
