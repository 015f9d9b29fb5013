"""Databases of an earlier version of the program: their tables get what every table has now."""

from __future__ import annotations

from typing import Any

import pytest

from tabularium.schema import tables
from tabularium.schema.model import DELETION_COLUMN
from tests.schema.migrating import Bench, Run, integer, link, table, text


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let tables be made as they were before records in the trash told which delete had put them there."""
    columns = tuple(column for column in tables._SYSTEM_COLUMNS if column[0] != DELETION_COLUMN)
    monkeypatch.setattr(tables, "_SYSTEM_COLUMNS", columns)
    return monkeypatch


def test_tables_that_hold_records_get_the_column_and_nothing_else(bench: Run, former: pytest.MonkeyPatch) -> None:
    configured = (table("a", text("title", unique=True)), table("b", link("parent", "a")))

    async def work(bench: Bench) -> None:
        await bench.migrate(*configured)
        await bench.insert("a", title="kept")
        assert DELETION_COLUMN not in await bench.columns("a")
        former.undo()
        made = await bench.migrate(*configured)
        assert [(step.table, step.summary) for step in made.steps] == [
            (name, 'add the column "_deletion" of the server') for name in ("a", "b")
        ]
        for name in ("a", "b"):
            assert DELETION_COLUMN in await bench.columns(name)
        assert await bench.rows("SELECT title, _deletion FROM a") == [("kept", None)]
        assert (await bench.migrate(*configured)).steps == ()

    bench(work)


def test_a_table_gets_it_with_other_changes_and_one_that_was_removed_when_it_comes_back(
    bench: Run, former: pytest.MonkeyPatch
) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(table("a", text("title")), table("b", text("title")))
        await bench.insert("a", title="1")
        await bench.insert("b", title="2")
        await bench.migrate(table("a", text("title")))
        former.undo()
        changed: dict[str, Any] = table("a", integer("title"), text("more"), constraints=[
            {"name": "small", "check": "title < 9"}
        ])  # fmt: skip
        await bench.migrate(changed)
        assert DELETION_COLUMN not in await bench.columns("b")
        await bench.migrate(changed, table("b", text("title")))
        assert await bench.rows("SELECT title, more, _deletion FROM a") == [(1, None, None)]
        assert await bench.rows("SELECT title, _deletion FROM b") == [("2", None)]

    bench(work)
