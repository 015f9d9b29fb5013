"""Many records in one request, and the same number of rows through the driver alone, without server and rules."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import apsw
import asyncpg
import orjson

from benchmarks.cost import processor_seconds
from benchmarks.data import ROWS, TABLE, Scenario, make_rows, post
from benchmarks.report import Measurement

BATCH: Final = 100
_BODIES: Final = 20
_PATH: Final = f"/api/tables/{TABLE}/records"
FEW: Final = 4
"""Connections: a server is busy with so many batches, and more would only wait."""


def _batches(seed: int) -> list[str]:
    # No address of the stored rows, which an upsert looks for, may come again.
    rows = [{**row, "email": f"new.{row['email']}"} for row in make_rows(_BODIES * BATCH, seed=seed)]
    bodies = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    return [post(f"{_PATH}/batch", orjson.dumps({"records": [{"fields": row} for row in body]})) for body in bodies]


def _upserts() -> list[str]:
    """Change stored records: each body, sent again, does so with other values than the one before it."""
    source = random.Random(7)
    stored = make_rows(ROWS)
    bodies = []
    for number in range(_BODIES):
        some = source.sample(stored, BATCH)
        rows = [{"fields": {"email": row["email"], "name": row["name"], "visits": number}} for row in some]
        bodies.append(orjson.dumps({"records": rows, "fieldsToMergeOn": ["email"], "returnRecords": False}))
    return [post(f"{_PATH}/upsert", body) for body in bodies]


SCENARIOS: Final = (
    Scenario(
        f"batch of {BATCH} creates",
        lambda: _batches(seed=2),
        {"sqlite": 5.0, "postgresql": 5.0},
        status=201,
        connections=FEW,
    ),
    Scenario(f"upsert of {BATCH} stored", _upserts, {"sqlite": 8.0, "postgresql": 8.0}, connections=FEW),
)


# The driver alone -----------------------------------------------------------------------------------------------------

_COLUMNS: Final = tuple(make_rows(1)[0])
_NAME: Final = f"driver alone, {BATCH} rows a transaction"


def _tuples() -> list[list[tuple[Any, ...]]]:
    rows = [tuple(row.values()) for row in make_rows(_BODIES * BATCH, seed=3)]
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def driver_on_sqlite(folder: Path, seconds: float) -> Measurement:
    """Insert rows into a table of the same columns, as durably as the server does."""
    connection = apsw.Connection(str(folder / "driver.db"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"CREATE TABLE rows (id INTEGER PRIMARY KEY, {', '.join(_COLUMNS)})")
    marks = ", ".join("?" for _ in _COLUMNS)
    sql = f"INSERT INTO rows ({', '.join(_COLUMNS)}) VALUES ({marks})"

    def insert(rows: Sequence[tuple[Any, ...]]) -> None:
        with connection:
            connection.executemany(sql, rows)

    try:
        return _measured("sqlite", insert, seconds, lambda: 0.0)
    finally:
        connection.close()


def driver_on_postgresql(url: str, postmaster: int | None, seconds: float) -> Measurement:
    """Insert rows likewise, by one statement over lists."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        columns = ", ".join(f"{name} text" for name in _COLUMNS)
        runner.run(connection.execute(f"CREATE TEMPORARY TABLE rows (id bigserial PRIMARY KEY, {columns})"))
        lists = ", ".join(f"${place}::text[]" for place in range(1, len(_COLUMNS) + 1))
        sql = f"INSERT INTO rows ({', '.join(_COLUMNS)}) SELECT * FROM unnest({lists})"

        def insert(rows: Sequence[tuple[Any, ...]]) -> None:
            values = [[None if value is None else str(value) for value in column] for column in zip(*rows, strict=True)]
            runner.run(connection.execute(sql, *values))

        try:
            return _measured(
                "postgresql", insert, seconds, lambda: processor_seconds(postmaster) if postmaster else 0.0
            )
        finally:
            runner.run(connection.close())


def _measured(
    target: str, insert: Callable[[Sequence[tuple[Any, ...]]], None], seconds: float, database: Callable[[], float]
) -> Measurement:
    batches = _tuples()
    times: list[float] = []
    before, own, begun = database(), time.process_time(), time.perf_counter()
    while (at := time.perf_counter()) - begun < seconds:
        insert(batches[len(times) % len(batches)])
        times.append((time.perf_counter() - at) * 1000)
    spent, count = time.perf_counter() - begun, len(times)
    database_cpu = (database() - before) * 1000 / count
    cpu = (time.process_time() - own) * 1000 / count + database_cpu
    ordered = sorted(times)
    return Measurement(_NAME, target, count / spent, ordered[count // 2], ordered[count * 99 // 100], cpu, database_cpu)
