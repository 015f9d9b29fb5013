"""Every list of the activity log is read from the index that is meant for it, in order: nothing is sorted or scanned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from benchmarks.activity_rows import insertion
from tabularium.db.activity_reading import Window, find_pairs, number, page
from tabularium.db.activity_streams import Filters, streams_of
from tabularium.db.activity_tables import provide_activity
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE
from tabularium.db.options import DatabaseOptions
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


def plans(run: Run[list[tuple[str, str]]], url: str, windows: dict[str, Window]) -> list[tuple[str, str, set[str]]]:
    """Return a name, the plan, and the indexes that are meant, of every statement."""

    async def explained(session: Session, sql: str, parameters: Sequence[Any]) -> str:
        prefix = "EXPLAIN QUERY PLAN" if session.dialect is SQLITE else "EXPLAIN (COSTS OFF)"
        rows = await session.fetch_all(f"{prefix} {sql}", parameters)
        return "\n".join(str(row[-1]) for row in rows)

    async def work(session: Session) -> list[tuple[str, str, set[str]]]:
        await provide_activity(session)
        await session.execute(insertion(ROWS, session.dialect.name))
        if session.dialect is not SQLITE:
            await session.execute("ANALYZE _activity")
            for kind in ("seqscan", "bitmapscan", "sort"):  # a table this small would be read whole
                await session.execute(f"SET LOCAL enable_{kind} = off")
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

    async def whole() -> list[tuple[str, str, set[str]]]:
        database = await open_database(url, DatabaseOptions(pool_size=1, synchronous="normal"))
        try:
            return await database.write(work)
        finally:
            await database.close()

    return run(whole())  # type: ignore[return-value,arg-type]


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
