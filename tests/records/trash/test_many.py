"""Deleting and restoring many records of a table at once: failures by place, changes of all, few statements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import ANONYMOUS
from tabularium.context import Context
from tabularium.records import trash, write
from tests.records.test_statement_counts import CountingSession
from tests.support.transfer import Store

TABLES = [
    {"name": "parents", "fields": [{"name": "code", "type": "integer", "unique": True}]},
    {
        "name": "children",
        "fields": [
            {"name": "parent", "type": "relationship", "relatedTable": "parents", "onDelete": "cascade"},
            {"name": "patron", "type": "relationship", "relatedTable": "parents"},
            {"name": "guard", "type": "relationship", "relatedTable": "parents", "onDelete": "restrict"},
        ],
    },
]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "app.json"
    path.write_text(json.dumps({"name": "many", "tables": TABLES}))
    opened = Store(path, database_url)
    try:
        yield opened
    finally:
        opened.close()


def make(store: Store, table: str, **fields: Any) -> int:
    record = store.write(lambda context: write.create(context, store.table(table), fields))
    return int(record["id"])


def delete(store: Store, *keys: int | str | None, permanent: bool = False) -> trash.Outcome:
    table = store.table("parents")
    return store.write(lambda context: trash.delete_many(context, table, keys, permanent=permanent))


def restore(store: Store, *keys: int | str | None) -> trash.Outcome:
    return store.write(lambda context: trash.restore_many(context, store.table("parents"), keys))


def told(outcome: trash.Outcome) -> list[tuple[int, str, str]]:
    return [(each.index, each.field, each.code) for each in outcome.failures]


def changed(outcome: trash.Outcome) -> list[tuple[str, Any, str, int]]:
    return [(each.table.name, each.key, each.action, each.revision) for each in outcome.changes]


def test_what_is_missing_is_told_by_its_place(store: Store) -> None:
    first, second = make(store, "parents"), make(store, "parents")
    assert delete(store, first, None, 99, second).missing == (1, 2)
    assert not delete(store, first).failures
    assert delete(store, first, second).missing == (0,)
    assert restore(store, 99, first, None).missing == (0, 2)
    assert told(restore(store, second, first)) == [(0, "", "not_deleted")]


def test_what_forbids_it_is_told_for_each_record(store: Store) -> None:
    parents = [make(store, "parents", code=number) for number in range(3)]
    child = make(store, "children", guard=str(parents[1]))
    assert told(delete(store, *parents)) == [(1, "children.guard", "restricted")]
    store.write(lambda context: trash.delete(context, store.table("children"), str(child), permanent=False))
    assert not delete(store, *parents).failures
    make(store, "parents", code=2)
    assert told(restore(store, *parents)) == [(2, "code", "not_unique")]


def test_two_of_one_request_with_one_value_are_both_named(store: Store) -> None:
    first = make(store, "parents", code=7)
    delete(store, first)
    second = make(store, "parents", code=7)
    delete(store, second)
    assert told(restore(store, first, second)) == [(0, "code", "not_unique"), (1, "code", "not_unique")]


def test_a_child_of_two_that_went_together_comes_back_with_both(store: Store) -> None:
    first, second = make(store, "parents"), make(store, "parents")
    child = make(store, "children", parent=str(first), patron=str(second), guard=str(second))
    delete(store, first, second)
    assert told(restore(store, first)) == [(0, "children.guard", "parent_deleted")]
    assert changed(restore(store, first, second)) == [
        ("parents", first, "restore", 3),
        ("parents", second, "restore", 3),
        ("children", child, "restore", 3),
    ]


def test_every_change_is_told_with_the_links_that_it_emptied(store: Store) -> None:
    parent = make(store, "parents")
    child, client = make(store, "children", parent=str(parent)), make(store, "children", patron=str(parent))
    outcome = delete(store, parent)
    assert changed(outcome) == [
        ("parents", parent, "delete", 2),
        ("children", child, "delete", 2),
        ("children", client, "update", 2),
    ]
    assert [dict(each.before) for each in outcome.changes] == [{}, {}, {"patron": str(parent)}]
    assert [dict(each.after) for each in outcome.changes] == [{}, {}, {"patron": None}]
    gone = delete(store, parent, permanent=True)
    assert changed(gone) == [("parents", parent, "permanent_delete", 3), ("children", child, "permanent_delete", 3)]


def test_the_trash_does_not_exist_for_those_who_are_not_signed_in(store: Store) -> None:
    parent = make(store, "parents")
    delete(store, parent)
    store.identity = ANONYMOUS
    assert delete(store, parent, permanent=True).missing == (0,)
    assert restore(store, parent).missing == (0,)


def test_hundreds_of_records_cost_as_many_statements_as_one_but_for_their_entries(store: Store) -> None:
    async def fill(context: Context) -> None:
        session = context.session
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 501) "
        common = "_revision, created_at, updated_at"
        times = "1, '2026-03-01T09:00:00.000Z', '2026-03-01T09:00:00.000Z'"
        await session.execute(f"INSERT INTO parents ({common}) {numbers} SELECT {times} FROM n")
        for link in ("parent", "patron"):
            await session.execute(
                f"INSERT INTO children ({common}, {link}) SELECT _revision, created_at, updated_at, id FROM parents"
            )

    def cost(*keys: int, back: bool = False) -> int:
        ran: list[str] = []

        async def work(context: Context) -> trash.Outcome:
            context.session = CountingSession(context.session, ran)
            table = store.table("parents")
            if back:
                return await trash.restore_many(context, table, keys)
            return await trash.delete_many(context, table, keys, permanent=False)

        assert len(store.write(work).changes) == len(keys) * (2 if back else 3)
        # On SQLite entries are inserted in parts.
        return sum(not each.startswith("INSERT INTO") for each in ran)

    store.arrange(fill)
    many = tuple(range(2, 502))
    assert cost(1) == cost(*many) <= 18
    assert cost(1, back=True) == cost(*many, back=True) <= 24
