"""Views of 400 days, ten million unless `--views` says otherwise: how long the five reads of a year take.

`python -m benchmarks.analytics`. Views and sessions are written by two statements, and days are counted as the job
counts them. `BENCH_DATABASE_URL` names a PostgreSQL server, else one is started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

from tabularium.access.identity import GUEST
from tabularium.analytics import reading
from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.context import Context
from tabularium.db.analytics_days import DAY_MILLISECONDS, count_day, find_uncounted
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.dialect import SQLITE
from tabularium.db.options import DatabaseOptions
from tabularium.schema.migration.apply import migrate
from tabularium.schema.model import Schema
from tests.provision.embedded import embedded_server
from tests.provision.postgresql import PostgreSQLServer

_DAYS: Final = 400
_BEGIN: Final = 1_767_225_600_000
_YEAR: Final = ("2026-01-05", "2027-01-04")
_PATHS: Final = 499
_VISITORS_OF_A_DAY: Final = 9_973
_VIEWS_OF_A_SESSION: Final = 4

Read = Callable[[Context], Awaitable[dict[str, Any]]]


def _reads(timezone: str) -> dict[str, Read]:
    listed: dict[str, Any] = {"first": _YEAR[0], "last": _YEAR[1], "timezone": timezone}
    paged = {**listed, "limit": 100, "offset": 0}
    return {
        f"overview by day, {timezone}": partial(reading.overview, **listed, granularity="day"),
        f"pages, {timezone}": partial(reading.pages, **paged),
        f"referrers, {timezone}": partial(reading.referrers, **paged),
        f"devices, {timezone}": partial(reading.devices, **listed),
        f"campaigns, {timezone}": partial(reading.campaigns, **paged),
    }


async def _fill(session: Session, views: int) -> None:
    numbers = f"WITH n(i) AS (SELECT generate_series(0::bigint, {views - 1}))"
    if session.dialect is SQLITE:
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {views - 1})"
    step, of_a_day = _DAYS * DAY_MILLISECONDS // views, views // _DAYS
    spread = "(i * 2654435761)"
    event = (
        f"{_BEGIN} + i * {step}, 'v' || (i / {of_a_day}) || '-' || ({spread} % {_VISITORS_OF_A_DAY}), "
        f"i / {_VIEWS_OF_A_SESSION}, '/page/' || ({spread} % {_PATHS}), 'desktop', 'Firefox', 'macOS', "
        f"CASE WHEN i % 3 = 0 THEN 'site' || ({spread} % 97) || '.example' END, "
        f"CASE WHEN i % 7 = 0 THEN 'source' || ({spread} % 13) END, NULL, NULL"
    )
    columns = "at, visitor, session, path, device, browser, system, referrer, source, medium, campaign"
    await session.execute(f"INSERT INTO _analytics_event ({columns}) {numbers} SELECT {event} FROM n")
    begin = f"{_BEGIN} + i * {_VIEWS_OF_A_SESSION * step}"
    begun = (
        f"i, 'v' || i, NULL, {begin}, {begin} + 60000, {_VIEWS_OF_A_SESSION}, "
        f"'/page/' || (i % {_PATHS}), '/page/' || ((i + 3) % {_PATHS})"
    )
    columns = "id, visitor, former, first_at, last_at, views, entry, exit"
    where = f"WHERE i < {views // _VIEWS_OF_A_SESSION}"
    await session.execute(f"INSERT INTO _analytics_session ({columns}) {numbers} SELECT {begun} FROM n {where}")
    if session.dialect is not SQLITE:
        await session.execute("ANALYZE")


async def _count(session: Session) -> bool:
    """Count a day, and say whether there was one. The last two are still open, as they would be."""
    day = await find_uncounted(session, _BEGIN + (_DAYS - 2) * DAY_MILLISECONDS)
    if day is not None:
        await count_day(session, day)
    return day is not None


async def _measure(name: str, url: str, file: Path, views: int) -> None:
    database = await open_database(url, DatabaseOptions())
    try:
        schema: Schema = (await migrate(database, load_schema(file).schema, SystemClock())).schema
        await database.migrate(partial(_fill, views=views))
        begun = time.perf_counter()
        while await database.write(_count):
            pass
        sys.stdout.write(f"| {name} | counting {_DAYS - 2} days | {(time.perf_counter() - begun) * 1000:,.0f} |\n")
        for timezone in ("UTC", "Europe/Zurich"):
            for label, read in _reads(timezone).items():
                spent = min([await _timed(database.read, read, schema) for _ in range(3)])
                sys.stdout.write(f"| {name} | {label} | {spent * 1000:,.0f} |\n")
    finally:
        await database.close()


async def _timed(run: Callable[..., Awaitable[Any]], read: Read, schema: Schema) -> float:
    begun = time.perf_counter()
    await run(lambda session: read(Context(GUEST, schema, session, SystemClock(), "")))
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analytics")
    parser.add_argument("--views", type=int, default=10_000_000)
    views = parser.parse_args().views
    sys.stdout.write(f"{views:,} views of {_DAYS} days\n\n| on | read of a year | ms |\n|---|---|---:|\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "app.json"
        file.write_text(json.dumps({"name": "bench", "analytics": True, "tables": []}), encoding="utf-8")
        asyncio.run(_measure("SQLite", f"sqlite:{folder}/bench.db", file, views))
        configured = os.environ.get("BENCH_DATABASE_URL")
        with nullcontext(configured) if configured else embedded_server(durable=True) as url:
            server = PostgreSQLServer(url, "bench")
            try:
                asyncio.run(_measure("PostgreSQL", server.create_database(is_durable=True), file, views))
            finally:
                server.drop_databases()


if __name__ == "__main__":
    main()
