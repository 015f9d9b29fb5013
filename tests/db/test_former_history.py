"""A history that a former version kept in a table of its own becomes part of the entries of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tabularium.db.activity_tables import provide_activity
from tabularium.db.catalogue import columns_of
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.former_history import hold_history, take_over_history
from tabularium.db.options import DatabaseOptions
from tests.conftest import Run

FORMER = (
    "CREATE TABLE _history (id TEXT NOT NULL PRIMARY KEY, table_id TEXT NOT NULL, record_id TEXT NOT NULL, "
    "action TEXT NOT NULL, created_at TEXT NOT NULL, user_id TEXT, user_name TEXT, changes TEXT, "
    "revision BIGINT NOT NULL, reverted_to BIGINT)"
)
LOG = (
    "CREATE TABLE _activity (id TEXT NOT NULL PRIMARY KEY, created_at TEXT NOT NULL, category TEXT NOT NULL, "
    "action TEXT NOT NULL, user_id TEXT, user_name TEXT, user_email TEXT, table_name TEXT, table_id TEXT, "
    "record_id TEXT, comment_id TEXT, impersonated_by TEXT, request_id TEXT, changes TEXT, details TEXT, ip TEXT, "
    "user_agent TEXT)"
)
AT = "2026-03-02T10:30:00.125Z"


async def begin(session: Session) -> None:
    """Make the tables as the former version had them."""
    await session.execute("DROP TABLE IF EXISTS _activity")
    await session.execute(LOG)
    await session.execute(FORMER)


def text(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"


async def revision(session: Session, key: str, changes: str | None, number: int = 1, to: str = "NULL") -> None:
    await session.execute(
        "INSERT INTO _history (id, table_id, record_id, action, created_at, user_id, user_name, changes, revision, "
        f"reverted_to) VALUES ('{key}', '1', '7', 'update', '{AT}', 'u', 'Ada', {text(changes)}, {number}, {to})"
    )


async def entry(session: Session, key: str, changes: str | None, category: str = "records") -> None:
    await session.execute(
        "INSERT INTO _activity (id, created_at, category, action, user_id, user_name, user_email, table_name, "
        f"table_id, record_id, request_id, changes) VALUES ('{key}', '{AT}', '{category}', 'update', 'u', 'Ada', "
        f"'ada@example.com', 'notes', '1', '7', 'r', {text(changes)})"
    )


def taken_over(run: Run[Any], url: str, made: Sequence[tuple[str, str | None, str | None]]) -> list[tuple[Any, ...]]:
    """Return id, revision and changes of the entries that became of rows: an id, and the changes of each table."""

    async def work(session: Session) -> list[tuple[Any, ...]]:
        await begin(session)
        for key, by_id, by_name in made:
            await revision(session, key, by_id)
            await entry(session, key, by_name)
        await hold_history(session)
        await provide_activity(session)
        await take_over_history(session)
        await hold_history(session)  # there is none any more
        await take_over_history(session)
        assert await columns_of(session, "_history") == frozenset()
        rows = await session.fetch_all("SELECT id, revision, changes FROM _activity ORDER BY id")
        return [tuple(row) for row in rows]

    return in_database(run, url, work)


def in_database(run: Run[Any], url: str, work: Any) -> Any:
    async def whole() -> Any:
        database = await open_database(url, DatabaseOptions(pool_size=1, synchronous="normal"))
        try:
            return await database.write(work)
        finally:
            await database.close()

    return run(whole())


A, B, C = ('{"from":null,"to":"a"}', '{"from":1.50,"to":2}', '{"from":"x","to":"y"}')


@pytest.mark.parametrize(
    ("by_id", "by_name", "joined"),
    [
        (f'{{"1":{A},"2":{B}}}', f'{{"title":{A},"amount":{B}}}', f'{{"1:title":{A},"2:amount":{B}}}'),
        # Alike values stay with the field at the same place.
        (f'{{"1":{A},"2":{A}}}', f'{{"title":{A},"name":{A}}}', f'{{"1:title":{A},"2:name":{A}}}'),
        # A field was dropped: the log alone tells of it.
        (f'{{"2":{B},"3":{C}}}', f'{{"title":{A},"amount":{B},"x":{C}}}', f'{{"2:amount":{B},"3:x":{C},":title":{A}}}'),
        ("{}", f'{{"title":{A}}}', f'{{":title":{A}}}'),
        ("{}", "{}", "{}"),
        (f'{{"1":{A}}}', None, f'{{"1:":{A}}}'),
        # What was erased stays so.
        (None, None, None),
    ],
)
def test_changes_under_ids_and_under_names_become_one(
    run: Run[Any], database_url: str, by_id: str | None, by_name: str | None, joined: str | None
) -> None:
    assert taken_over(run, database_url, [("x", by_id, by_name)]) == [("x", 1, joined)]


def test_more_entries_than_are_read_at_once_are_all_taken_over(
    run: Run[Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tabularium.db.former_history._STEP", 3)
    made = [(f"{number:02}", f'{{"1":{A}}}', f'{{"title":{A}}}') for number in range(10)]
    assert taken_over(run, database_url, made) == [(f"{number:02}", 1, f'{{"1:title":{A}}}') for number in range(10)]


def test_what_only_one_of_both_has_stays_what_it_is(run: Run[Any], database_url: str) -> None:
    async def work(session: Session) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        await begin(session)
        await revision(session, "told", f'{{"1":{A}}}', 9, "4")
        await entry(session, "logged", f'{{"title":{A}}}')
        await entry(session, "account", '{"role":{"from":"member","to":"admin"}}', "admin")
        await provide_activity(session)
        await take_over_history(session)
        sql = "SELECT id, category, table_name, user_name, changes FROM _activity WHERE revision IS NULL ORDER BY id"
        others = await session.fetch_all(sql)
        told = await session.fetch_all(
            "SELECT id, category, action, created_at, user_id, user_name, table_name, table_id, record_id, revision, "
            "reverted_to, changes FROM _activity WHERE revision IS NOT NULL"
        )
        return [tuple(row) for row in told], [tuple(row) for row in others]

    told, others = in_database(run, database_url, work)
    assert told == [
        ("told", "records", "update", AT, "u", "Ada", "notes", "1", "7", 9, 4, f'{{"1:":{A}}}'),
    ]
    assert others == [
        ("account", "admin", "notes", "Ada", '{"role":{"from":"member","to":"admin"}}'),
        ("logged", "records", "notes", "Ada", f'{{"title":{A}}}'),
    ]
