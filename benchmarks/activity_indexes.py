"""What the indexes of the activity log cost a write, on SQLite, in processor time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from tabularium.db import activity
from tabularium.db.dialect import SQLITE

_ROUNDS: Final = 5


class _Session:
    """Runs the statements of a write at once."""

    dialect = SQLITE

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._connection.execute(sql, tuple(parameters))
        return 0


def index_costs(path: Path) -> Iterator[str]:
    """Yield what 100 entries of records cost SQLite with all indexes, without any, and how much more with each alone.

    The order changes from round to round and the least of each counts: what one index costs is as little as what else
    happens on a machine. Dropping one of many would mislead, since pages that it leaves are then used again.
    """
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA cache_size = -1000000")
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE '_ix_activity%' ORDER BY name")
    names = [str(row[0]) for row in rows]
    kept = [tuple(names), (), *((name,) for name in names)]
    costs = dict.fromkeys(kept, float("inf"))
    for number in range(_ROUNDS):
        for each in kept[number % len(kept) :] + kept[: number % len(kept)]:
            costs[each] = min(costs[each], _insert_cost(connection, set(names) - set(each)))
    yield f"    all indexes: {costs[tuple(names)]:.3f} ms; the key alone: {costs[()]:.3f} ms"
    for name in names:
        yield f"    {name}: {costs[(name,)] - costs[()]:+.3f} ms"


def _insert_cost(connection: apsw.Connection, dropped: Collection[str], batches: int = 100) -> float:
    connection.execute("BEGIN")
    for name in dropped:
        connection.execute(f'DROP INDEX "{name}"')
    began = time.process_time()
    for number in range(batches):
        asyncio.run(_write_batch(connection, number))
    spent = time.process_time() - began
    connection.execute("ROLLBACK")
    return spent * 1000 / batches


async def _write_batch(connection: apsw.Connection, number: int) -> None:
    entry = activity.Entry(
        category="records",
        action="create",
        created_at="",
        actor=activity.Actor(f"u_{number % 7}", "User", "user@example.com"),
        table_name=f"table_{number % 5}",
        table_id=str(number % 5 + 1),
        request_id=f"request-{number}",
    )
    at = f"2026-03-01T00:{number // 60:02}:{number % 60:02}.000Z"
    changes = '[{"1:amount":12.5,"2:name":"Ada"}]'
    rows = [
        (f"019cb000-{number:04x}-7000-8000-{each:012x}", str(60_000 + number * 100 + each), 1, at, changes)
        for each in range(100)
    ]
    await activity.write_revisions(_Session(connection), entry, rows)  # type: ignore[arg-type]  # it only writes
