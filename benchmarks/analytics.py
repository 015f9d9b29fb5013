"""Views of 400 days on many paths, ten million on 5,000 unless options say otherwise: how long reads take.

`python -m benchmarks.analytics`. Views and sessions are written by two statements, and days and months are counted as
the job counts them. `BENCH_DATABASE_URL` names a PostgreSQL server, else one is started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

from tabularium.access.identity import GUEST
from tabularium.analytics import reading
from tabularium.analytics.span import Granularity
from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.context import Context
from tabularium.db.analytics_days import DAY_MILLISECONDS, count_day, find_uncounted
from tabularium.db.analytics_months import count_month, find_uncounted_months
from tabularium.db.analytics_titles import store_titles
from tabularium.db.connect import open_database
from tabularium.db.database import Database, Session
from tabularium.db.dialect import SQLITE
from tabularium.db.options import DatabaseOptions
from tabularium.schema.migration.apply import migrate
from tabularium.schema.model import Schema
from tests.provision.embedded import embedded_server
from tests.provision.postgresql import PostgreSQLServer

_DAYS: Final = 400
_BEGIN: Final = 1_767_225_600_000
_LAST_COUNTED: Final = _BEGIN + (_DAYS - 2) * DAY_MILLISECONDS
"""The last two days are still open, as they are for some hours of each day."""
_YEAR: Final = ("2026-01-05", "2027-01-04")
_HALF_MONTHS: Final = ("2026-01-16", "2027-01-15")
"""A year that begins and ends in the middle of a month, of which as many days as can be have to be read."""
_HOURS: Final = ("2026-05-10", "2026-06-18")
_OPEN: Final = ("2027-02-03", "2027-02-04")
_ZONES: Final = ("UTC", "Europe/Zurich", "Asia/Kolkata")
_VISITORS_OF_A_DAY: Final = 9_973
_VIEWS_OF_A_SESSION: Final = 4
_TIMES: Final = 5

Read = Callable[[Context], Awaitable[dict[str, Any]]]


def _reads(timezone: str) -> Iterator[tuple[str, Read]]:
    """Yield what is read, with a name."""
    for name, (first, last) in (("a year", _YEAR), ("two open days", _OPEN)):
        listed: dict[str, Any] = {"first": first, "last": last, "timezone": timezone}
        paged = {**listed, "limit": 100, "offset": 0}
        step: Granularity = "day" if name == "a year" else "hour"
        yield f"overview of {name} by {step}", partial(reading.overview, **listed, granularity=step)
        yield f"pages of {name}", partial(reading.pages, **paged)
        yield f"referrers of {name}", partial(reading.referrers, **paged)
        yield f"devices of {name}", partial(reading.devices, **listed)
        yield f"campaigns of {name}", partial(reading.campaigns, **paged)
    between: dict[str, Any] = dict(zip(("first", "last"), _HALF_MONTHS, strict=True))
    yield "pages of a year between months", partial(reading.pages, **between, timezone=timezone, limit=1000, offset=0)
    hours: dict[str, Any] = dict(zip(("first", "last"), _HOURS, strict=True))
    yield "overview of 40 days by hour", partial(reading.overview, **hours, timezone=timezone, granularity="hour")


async def _fill(session: Session, views: int, paths: int) -> None:
    numbers = f"WITH n(i) AS (SELECT generate_series(0::bigint, {views - 1}))"
    if session.dialect is SQLITE:
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {views - 1})"
    step, of_a_day = _DAYS * DAY_MILLISECONDS // views, views // _DAYS
    spread = "(i * 2654435761)"
    event = (
        f"{_BEGIN} + i * {step}, 'v' || (i / {of_a_day}) || '-' || ({spread} % {_VISITORS_OF_A_DAY}), "
        f"i / {_VIEWS_OF_A_SESSION}, '/page/' || ({spread} % {paths}), 'desktop', 'Firefox', 'macOS', "
        f"CASE WHEN i % 3 = 0 THEN 'site' || ({spread} % 97) || '.example' END, "
        f"CASE WHEN i % 7 = 0 THEN 'source' || ({spread} % 13) END, NULL, NULL"
    )
    columns = "at, visitor, session, path, device, browser, system, referrer, source, medium, campaign"
    await session.execute(f"INSERT INTO _analytics_event ({columns}) {numbers} SELECT {event} FROM n")
    begin = f"{_BEGIN} + i * {_VIEWS_OF_A_SESSION * step}"
    begun = (
        f"i, 'v' || i, NULL, {begin}, {begin} + 60000, {_VIEWS_OF_A_SESSION}, "
        f"'/page/' || (i % {paths}), '/page/' || ((i + 3) % {paths})"
    )
    columns = "id, visitor, former, first_at, last_at, views, entry, exit"
    where = f"WHERE i < {views // _VIEWS_OF_A_SESSION}"
    await session.execute(f"INSERT INTO _analytics_session ({columns}) {numbers} SELECT {begun} FROM n {where}")
    await store_titles(session, {f"/page/{number}": (f"Page {number}", _BEGIN) for number in range(paths)})
    if session.dialect is not SQLITE:
        await session.execute("ANALYZE")


async def _count(session: Session) -> bool:
    """Count a day, and say whether there was one."""
    day = await find_uncounted(session, _LAST_COUNTED)
    if day is not None:
        await count_day(session, day)
    return day is not None


async def _count_all(database: Database) -> None:
    while await database.write(_count):
        pass
    for month in await database.read(partial(find_uncounted_months, before=_LAST_COUNTED)):
        await database.write(partial(count_month, month=month))


async def _measure(name: str, url: str, file: Path, views: int, paths: int) -> None:
    database = await open_database(url, DatabaseOptions())
    try:
        schema: Schema = (await migrate(database, load_schema(file).schema, SystemClock())).schema
        await database.migrate(partial(_fill, views=views, paths=paths))
        begun = time.perf_counter()
        await _count_all(database)
        _tell(name, "", f"counting {_DAYS - 2} days and their months", time.perf_counter() - begun)
        for timezone in _ZONES:
            for label, read in _reads(timezone):
                spent = sorted([await _timed(database.read, read, schema) for _ in range(_TIMES)])
                _tell(name, timezone, label, spent[_TIMES // 2])
    finally:
        await database.close()


def _tell(name: str, timezone: str, label: str, seconds: float) -> None:
    sys.stdout.write(f"| {name} | {timezone} | {label} | {seconds * 1000:,.0f} |\n")
    sys.stdout.flush()


async def _timed(run: Callable[..., Awaitable[Any]], read: Read, schema: Schema) -> float:
    begun = time.perf_counter()
    await run(lambda session: read(Context(GUEST, schema, session, SystemClock(), "")))
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analytics")
    parser.add_argument("--views", type=int, default=10_000_000)
    parser.add_argument("--paths", type=int, default=5_000)
    options = parser.parse_args()
    sizes = {"views": options.views, "paths": options.paths}
    sys.stdout.write(f"{options.views:,} views of {_DAYS} days on {options.paths:,} paths; medians of {_TIMES}\n\n")
    sys.stdout.write("| on | zone | what | ms |\n|---|---|---|---:|\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "app.json"
        file.write_text(json.dumps({"name": "bench", "analytics": True, "tables": []}), encoding="utf-8")
        asyncio.run(_measure("SQLite", f"sqlite:{folder}/bench.db", file, **sizes))
        configured = os.environ.get("BENCH_DATABASE_URL")
        with nullcontext(configured) if configured else embedded_server(durable=True) as url:
            server = PostgreSQLServer(url, "bench")
            try:
                asyncio.run(_measure("PostgreSQL", server.create_database(is_durable=True), file, **sizes))
            finally:
                server.drop_databases()


if __name__ == "__main__":
    main()
