from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson

from tabularium.db.dialect import POSTGRESQL, SQLITE
from tabularium.query import ListParameters, count_statement, list_statements, plan_get, plan_list, record_columns
from tabularium.query.conditions import Comparison
from tabularium.query.moment import ANY_MOMENT
from tabularium.query.plan import ListQuery
from tabularium.schema.permissions import RowRule
from tests.query.people import ALL, PEOPLE, TAGS, UUIDS, Store

ADA = {
    "id": 1,
    "name": 'Ada "\\/\u007f\u2028 é 𝒳 \U0001f600',
    "bio": "".join(map(chr, range(1, 32))) + "\n",
    "email": "Ada@Example.test",
    "site": "https://example.test/a?b=c&d=<>",
    "age": 2**63 - 1,
    "code": -(2**63),
    "price": Decimal("-9999999999999999.99"),
    "vip": True,
    "status": "done's",
    "born": "0001-01-01",
    "seen": "9999-12-31T23:59:59.999Z",
    "boss": 1,
}
BOB = {"id": 2, "name": "Bob", "code": 0, "vip": False, "price": Decimal("0.00"), "bio": "", "_revision": 7}
GONE = {"id": 3, "name": "Gone", "code": 5, "deleted_at": "2024-03-01T00:00:00.000Z"}
CID = {"id": 10, "name": "Cid", "code": 2, "seen": "0001-01-01T00:00:00.000Z", "price": Decimal("12.50")}

ADA_JSON = {
    "id": "1",
    "revision": 1,
    "fields": {
        **{name: ADA.get(name) for name in ALL},
        "price": "-9999999999999999.99",
        "made": "2024-01-01T00:00:00.000Z",
        "boss": "1",
    },
    "createdAt": "2024-01-01T00:00:00.000Z",
    "updatedAt": "2024-02-03T04:05:06.789Z",
}


def listed(**parameters: Any) -> ListQuery:
    return plan_list(PEOPLE, ALL, ListParameters(**parameters))


def test_a_page_holds_each_live_record_as_the_bytes_that_orjson_would_write(store: Store) -> None:
    store.fill(PEOPLE, [ADA, BOB, GONE, CID])
    page, has_more, total = store.page(listed())
    records = orjson.loads(b"[" + page + b"]")
    assert records[0] == ADA_JSON
    assert b"[" + page + b"]" == orjson.dumps(records)
    assert [list(record) for record in records] == [["id", "revision", "fields", "createdAt", "updatedAt"]] * 3
    assert [list(record["fields"]) for record in records] == [list(ALL)] * 3
    assert [record["revision"] for record in records] == [1, 7, 1]
    assert (has_more, total) == (False, 3)


def test_both_databases_give_the_same_bytes(stores: tuple[Store, Store]) -> None:
    for each in stores:
        each.fill(PEOPLE, [ADA, BOB, GONE, CID])
    for query in (listed(), listed(limit=2, sort="price:desc,name"), listed(fields=["name", "vip"]), listed(offset=1)):
        sqlite, postgresql = (each.page(query) for each in stores)
        assert sqlite == postgresql


def test_a_page_knows_its_total_and_whether_more_follows(store: Store) -> None:
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key} for key in range(1, 8)])
    for limit in (1, 2, 3, 6, 7, 8):
        for offset in range(9):
            page = store.page(listed(limit=limit, offset=offset))
            shown = list(range(1, 8))[offset : offset + limit]
            assert [int(record["id"]) for record in orjson.loads(b"[" + page[0] + b"]")] == shown
            assert page[1:] == (offset + limit < 7, 7)


def test_without_a_count_there_is_no_total(store: Store) -> None:
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key} for key in range(1, 4)])
    assert store.page(listed(count="none", limit=2))[1:] == (True, None)
    assert store.page(listed(count="none", limit=2, page=2))[1:] == (False, None)


def test_a_list_without_rows_is_empty_text(store: Store) -> None:
    store.fill(PEOPLE, [])
    assert store.page(listed()) == (b"", False, 0)
    assert store.page(listed(offset=2**53 - 2)) == (b"", False, 0)


def test_records_may_have_no_fields(store: Store) -> None:
    store.fill(PEOPLE, [BOB])
    record = {
        "id": "2",
        "revision": 7,
        "fields": {},
        "createdAt": "2024-01-01T00:00:00.000Z",
        "updatedAt": "2024-02-03T04:05:06.789Z",
    }
    assert store.page(listed(fields=["id"]))[0] == orjson.dumps(record)
    assert store.page(plan_list(PEOPLE, (), ListParameters()))[0] == orjson.dumps(record)


def test_fields_come_in_the_order_of_the_configuration(store: Store) -> None:
    store.fill(PEOPLE, [BOB])
    assert list(store.records(listed(fields=["vip", "name", "age"]))[0]["fields"]) == ["name", "age", "vip"]


def test_every_kind_of_key_is_text_in_answers_and_orders_by_its_value(store: Store) -> None:
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key} for key in (10, 9, 100)])
    store.fill(TAGS, [{"id": key, "record": "r"} for key in ("b", "B", "a~", "a")])
    uuids = ["018f0000-0000-7000-8000-00000000000b", "ffffffff-0000-7000-8000-000000000001"]
    store.fill(UUIDS, [{"id": key, "order": 1} for key in reversed(uuids)])
    assert store.ids(listed()) == ["9", "10", "100"]
    assert store.ids(listed(sort="id:desc")) == ["100", "10", "9"]
    assert store.ids(plan_list(TAGS, ["record"], ListParameters())) == ["B", "a", "a~", "b"]
    assert store.ids(plan_list(UUIDS, ["order"], ListParameters())) == uuids
    wanted = ListParameters(filter=f"id:in:{uuids[1]},{uuids[0].upper()}", sort="id:desc")
    assert store.ids(plan_list(UUIDS, ["order"], wanted)) == uuids[::-1]


def test_names_of_tables_and_fields_may_be_words_of_sql_and_of_the_statement(store: Store) -> None:
    store.fill(TAGS, [{"id": "x", "record": "r"}])
    store.fill(UUIDS, [{"id": "018f0000-0000-7000-8000-00000000000b", "order": 5}])
    assert store.records(plan_list(TAGS, ["record"], ListParameters(sort="record")))[0]["fields"] == {"record": "r"}
    assert store.records(plan_list(UUIDS, ["order"], ListParameters(filter="order:5")))[0]["fields"] == {"order": 5}


def test_one_record_is_found_by_its_key_if_it_is_live(store: Store) -> None:
    store.fill(PEOPLE, [ADA, GONE])
    assert store.get(plan_get(PEOPLE, ALL, "1")) == ADA_JSON
    assert orjson.dumps(store.get(plan_get(PEOPLE, ALL, "1"))) == store.page(listed())[0]
    assert store.get(plan_get(PEOPLE, ALL, "2")) is None
    assert store.get(plan_get(PEOPLE, ALL, "3")) is None


def test_a_rule_for_rows_holds_beside_the_callers_own_filter(store: Store) -> None:
    store.fill(PEOPLE, [{"id": key, "name": "n", "code": key, "age": key % 3} for key in range(1, 10)])
    rule = RowRule(Comparison(PEOPLE.by_name["age"], "same", "E", (1,)), frozenset({"age"}))
    ruled = replace(PEOPLE, row_rules={"read": rule})
    wanted = ListParameters(filter='{"or": [{"id": 1}, {"id": 2}, {"id": 4}]}')
    query = plan_list(ruled, ALL, wanted)
    assert store.ids(query) == ["1", "4"]
    assert store.page(query)[2] == 2
    assert store.get(plan_get(ruled, ALL, "4")) is not None
    assert store.get(plan_get(ruled, ALL, "2")) is None
    assert store.get(plan_get(ruled.unruled, ALL, "2")) is not None


def test_the_live_records_of_a_table_can_be_counted(store: Store) -> None:
    store.fill(PEOPLE, [ADA, BOB, GONE])

    async def work(session: Any) -> Any:
        return await session.fetch_all(*count_statement(PEOPLE, ANY_MOMENT, store.dialect))

    assert [tuple(row) for row in store.run(work)] == [(2,)]


def test_the_select_list_serves_after_returning(store: Store) -> None:
    store.fill(PEOPLE, [ADA])
    columns = record_columns(PEOPLE, ALL, store.dialect)

    async def work(session: Any) -> Any:
        sql = f'UPDATE "people" SET "_revision" = "_revision" + 1 WHERE "id" = 1 RETURNING {columns.sql}'
        return await session.fetch_all(sql)

    assert [columns.read(row) for row in store.write(work)] == [{**ADA_JSON, "revision": 2}]


def test_texts_are_kept_by_shape() -> None:
    for dialect in (SQLITE, POSTGRESQL):
        first = list_statements(listed(filter='{"age": {"greaterThan": 3}}', offset=3), dialect)
        second = list_statements(listed(filter='{"age": {"greaterThan": 4}}', offset=7), dialect)
        assert first.page[0] is second.page[0]
        assert (first.page[1], second.page[1]) == ((3, 3), (4, 7))
