"""Every list of the activity log is read from the index that is meant for it, in order: nothing is sorted or scanned."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from benchmarks.activity_rows import insertion
from tabularium.db.activity import entries_of, erase_changes, forget_person
from tabularium.db.activity_reading import Window, find_pairs, number, page
from tabularium.db.activity_streams import Filters, streams_of
from tabularium.db.activity_tables import provide_activity
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE
from tabularium.db.kept_changes import rewrite_changes, rewrite_holding
from tabularium.db.options import DatabaseOptions
from tabularium.db.retention import delete_older, find_surplus, forget_oldest
from tests.conftest import Run

ROWS = 4000
TIMES = {"since": "2025-02-01T00:00:00.000Z", "until": "2025-06-30T23:59:59.999Z"}
AFTER = ("2025-05-01T00:00:00.000Z", "01955a3b-0000-7000-8000-000000000000")
WINDOWS = {
    "first": Window(),
    "dates": Window(**TIMES),
    "cursor": Window(after=AFTER),
    "dates and cursor": Window(**TIMES, after=AFTER),
}
TABLES: dict[str, dict[str, str]] = {
    "": {},
    "name": {"table_name": "table_0"},
    "id": {"table_id": "1"},
    "both": {"table_name": "table_0", "table_id": "1"},
    "accounts": {"table_name": "_auth"},
    "system": {"table_name": "_system"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "": {},
    "records": {"categories": ("records",)},
    "auth": {"categories": ("auth",)},
    "update": {"action": "update"},
    "revert": {"action": "revert"},
    "created": {"action": "user.created"},
}
MORE: dict[str, dict[str, str]] = {
    "": {},
    "user": {"user_id": "u_0"},
    "record": {"record_id": "4711"},
    "user and record": {"user_id": "u_0", "record_id": "4711"},
}


def combinations() -> Iterator[tuple[str, Filters]]:
    for (table, one), (other, two), (more, three) in product(TABLES.items(), OTHERS.items(), MORE.items()):
        if table or "record" not in more:
            yield " ".join(filter(None, (table, other, more))), Filters(**{**one, **two, **three})


async def fill(session: Session) -> None:
    """Make a log. PostgreSQL would read one this small whole, so that it is told not to."""
    await provide_activity(session)
    await session.execute(insertion(ROWS, session.dialect.name))
    if session.dialect is not SQLITE:
        await session.execute("ANALYZE _activity")
        for kind in ("seqscan", "bitmapscan", "sort"):
            await session.execute(f"SET LOCAL enable_{kind} = off")


async def explained(session: Session, sql: str, parameters: Sequence[Any]) -> str:
    """Return the plan of a statement."""
    prefix = "EXPLAIN QUERY PLAN" if session.dialect is SQLITE else "EXPLAIN (COSTS OFF)"
    rows = await session.fetch_all(f"{prefix} {sql}", parameters)
    return "\n".join(str(row[-1]) for row in rows)


def in_database(run: Run[Any], url: str, work: Callable[[Session], Awaitable[Any]]) -> Any:
    """Run work in a transaction."""

    async def whole() -> Any:
        database = await open_database(url, DatabaseOptions(pool_size=1, synchronous="normal"))
        try:
            return await database.write(work)
        finally:
            await database.close()

    return run(whole())


def plans(run: Run[Any], url: str, windows: dict[str, Window]) -> list[tuple[str, str, set[str]]]:
    """Return a name, the plan, and the indexes that are meant, of every statement."""

    async def work(session: Session) -> list[tuple[str, str, set[str]]]:
        await fill(session)
        found = []
        for name, filters in combinations():
            pairs = await find_pairs(session, filters) if filters.seeks_pairs else ()
            streams = streams_of(filters, pairs)
            indexes = {str(each.index.name) for each in streams}
            if session.dialect is not SQLITE and any(each.also for each in streams):
                indexes = set()  # which of two that fit in part is better, its statistics say
            for kind, window in windows.items() if streams else ():
                statements = {
                    "page": page(streams, window, 51, 0, session.dialect),
                    "count": number(streams, window, 10_001, session.dialect),
                }
                if window.after is None:
                    statements["far page"] = page(streams, window, 51, 100, session.dialect)
                for what, (sql, parameters) in statements.items():
                    found.append((f"{name}: {what}, {kind}", await explained(session, sql, parameters), indexes))
        return found

    found: list[tuple[str, str, set[str]]] = in_database(run, url, work)
    return found


SORTED = re.compile(r"(?:Incremental )?Sort$|TEMP B-TREE|Seq Scan|^SCAN _activity", re.MULTILINE)
USED = re.compile(r"(_ix_activity_\w+)")


def test_every_list_is_read_in_the_order_of_its_index(run: Run[Any], database_url: str) -> None:
    found = plans(run, database_url, WINDOWS)
    assert len(found) > 500
    wrong = []
    for name, plan, indexes in found:
        used = set(USED.findall(plan))
        is_sorted = SORTED.search(plan)
        if "far page" in name and "MERGE" in plan:  # what SQLite merged and looked up again are the rows of one page
            is_sorted = SORTED.search(plan.replace("USE TEMP B-TREE FOR ORDER BY", "", 1))
        if is_sorted or not used or (indexes and used != indexes):
            wrong.append(f"{name}, which needs {indexes}:\n{plan}")
    assert not wrong, f"{len(wrong)}:\n" + "\n\n".join(wrong[:5])


FORGETTING: dict[str, tuple[Callable[[Any], Awaitable[Any]], list[str]]] = {
    "a person": (
        lambda session: forget_person(session, "u_0", "Deleted user"),
        ["user_in_category", "account", "impersonator"],
    ),
    "values of records": (lambda session: erase_changes(session, "1", ["1", "2"]), ["record_in_order"]),
    "what is old": (lambda session: delete_older(session, TIMES["since"]), ["category"] * 4),
    "records with too long a history": (lambda session: find_surplus(session, 3, ("", "")), ["record_in_order"]),
    "the beginning of a history": (lambda session: forget_oldest(session, ("1", "1", 2)), ["record_in_order"]),
    "values of a table": (lambda session: rewrite_changes(session, "1", str), ["record_in_order"]),
    "an export": (lambda session: entries_of(session, "u_0", ("", ""), 100), ["user_in_category"]),
}


class Explaining:
    """Asks for the plan of every statement, and runs none."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.dialect = session.dialect
        self.plans: list[str] = []

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self.plans.append(await explained(self._session, sql, parameters))
        return 0

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> list[Any]:
        self.plans.append(await explained(self._session, sql, parameters))
        return []


@pytest.mark.parametrize("name", FORGETTING)
def test_what_is_forgotten_is_found_by_an_index(run: Run[Any], database_url: str, name: str) -> None:
    act, indexes = FORGETTING[name]

    async def work(session: Session) -> list[str]:
        await fill(session)
        explaining = Explaining(session)
        await act(explaining)
        return explaining.plans

    found = in_database(run, database_url, work)
    assert len(found) == len(indexes)
    for plan, index in zip(found, indexes, strict=True):
        assert f"_ix_activity_{index}" in plan, plan
        assert not SORTED.search(plan), plan


def test_all_entries_are_walked_through_in_the_order_in_which_they_lie(run: Run[Any], database_url: str) -> None:
    async def work(session: Session) -> list[str]:
        await fill(session)
        explaining = Explaining(session)
        await rewrite_holding(explaining, '"u_0"', lambda _, text: text)  # type: ignore[arg-type]
        return explaining.plans

    (plan,) = in_database(run, database_url, work)
    assert re.search(r"_activity_pkey|sqlite_autoindex__activity_1 \(id>", plan), plan
    assert not SORTED.search(plan), plan


OLD = (
    "CREATE INDEX _ix_activity_category ON _activity (category, created_at, id)",
    "CREATE INDEX _ix_activity_table ON _activity (table_name, created_at, id)",
    "CREATE INDEX _ix_activity_record ON _activity (table_name, record_id, created_at, id)",
    "CREATE INDEX _ix_activity_user ON _activity (user_id, created_at, id)",
    "CREATE INDEX _ix_activity_changes ON _activity (table_id, record_id)",
)


def test_a_log_of_a_former_version_gets_the_indexes_of_this_one(run: Run[Any], database_url: str) -> None:
    async def names(session: Session) -> set[str]:
        sql = {
            "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE '_ix_activity%'",
            "postgresql": "SELECT indexname FROM pg_indexes WHERE tablename = '_activity' AND indexname LIKE '_ix%'",
        }[session.dialect.name]
        return {str(row[0]) for row in await session.fetch_all(sql)}

    async def work(session: Session) -> tuple[set[str], set[str], int]:
        await provide_activity(session)
        fresh = await names(session)
        for name in fresh:
            await session.execute(f"DROP INDEX {name}")
        await session.execute(insertion(10, session.dialect.name))
        for statement in OLD:
            await session.execute(statement)
        await provide_activity(session)
        row = await session.fetch_one("SELECT count(*) FROM _activity")
        return fresh, await names(session), 0 if row is None else row[0]

    fresh, changed, count = in_database(run, database_url, work)
    assert (changed, count) == (fresh, 10)
    assert len(fresh) == 8
