"""Views sent to the real server by many connections at once: `python -m benchmarks.collecting`.

Measured are the views that it takes in a second, the processor time of a view with its storing, and how long those that
wait at the end take to be stored: on 5,000 paths, by 20,000 visitors in turn. `BENCH_DATABASE_URL` names a PostgreSQL
server, on which nobody else should work meanwhile; else one is started.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import apsw
import asyncpg
import orjson

from benchmarks.cost import parent, processor_seconds
from benchmarks.data import Scenario
from benchmarks.load import Summary
from benchmarks.measuring import Load, Target, generator
from tests.provision.embedded import embedded_server
from tests.provision.postgresql import PostgreSQLServer
from tests.provision.server import running_server

FOLDER: Final = Path(__file__).parent.parent / "build" / "bench-collecting"
APPLICATION: Final = """\
name: bench
analytics: true
api:
  rateLimits:
    address: { requests: 1000000, windowSeconds: 1 }
    collect: { requests: 1000000, windowSeconds: 1 }
tables: []
"""
_REQUESTS: Final = 20_000
_PATHS: Final = 5_000
_SITES: Final = 97
_WARM_UP_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.2
_SETTLED_SECONDS: Final = 2.0
"""When no view has been stored for so long, none waits any more."""
_COUNT: Final = "SELECT count(*) FROM _analytics_event"
_ENVIRONMENT: Final = {"LOG_LEVEL": "warning", "SQLITE_SYNCHRONOUS": "full", "TRUSTED_PROXY_HOPS": "1"}

Stored = Callable[[], int]
"""Counts the views in the database."""


def requests() -> list[str]:
    """Return views of pages: each visitor has another address."""
    source = random.Random(_REQUESTS)
    return [_view(number, source.randrange(_PATHS), source.randrange(_SITES)) for number in range(_REQUESTS)]


def _view(visitor: int, page: int, site: int) -> str:
    view = {
        "p": f"/articles/{page}",
        "t": f"Article {page}",
        "r": f"https://site{site}.example/",
        "sw": 1440,
        "sh": 900,
    }
    body = orjson.dumps(view).decode()
    lines = (
        "POST /api/analytics/collect HTTP/1.1",
        "Host: 127.0.0.1",
        f"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:{visitor % 40 + 100}.0) Gecko/20100101 Firefox/128.0",
        f"X-Forwarded-For: 10.1.{visitor // 250}.{visitor % 250}",
        "Content-Type: text/plain",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", body))


def measure(target: Target, load: Load, stored: Stored) -> str:
    """Return a row of the report."""
    scenario = Scenario("collect", requests, {}, status=204)
    with generator(target, scenario, load) as started:
        _wait(stored)  # for the views of the warm-up
        first, before = stored(), _spent(target)
        started.go()
        result = started.result()
        begun = time.perf_counter()
        waited = _wait(stored)
        server, database = (end - start for start, end in zip(before, _spent(target), strict=True))
        views = stored() - first
    return _row(target, result, views, (server, database), max(0.0, waited - begun))


def _wait(stored: Stored) -> float:
    """Wait until nothing more is stored, and return when the last views were."""
    count, changed = -1, time.perf_counter()
    while time.perf_counter() - changed < _SETTLED_SECONDS:
        now = stored()
        if now != count:
            count, changed = now, time.perf_counter()
        time.sleep(_LOOK_SECONDS)
    return changed


def _spent(target: Target) -> tuple[float, float]:
    database = processor_seconds(target.database_process) if target.database_process else 0.0
    return processor_seconds(target.process), database


def _row(target: Target, result: Summary, views: int, spent: tuple[float, float], emptied: float) -> str:
    server, database = (seconds * 1000 / views for seconds in spent)
    figures = (f"{result.requests / result.seconds:,.0f}", f"{result.p50:.1f}", f"{result.p99:.1f}")
    costs = (f"{server:.3f}", f"{database:.3f}" if target.database_process else "-", f"{emptied:.1f}")
    return f"| {target.name} | {' | '.join((*figures, *costs))} |\n"


# The databases --------------------------------------------------------------------------------------------------------


def _count_sqlite(path: Path) -> Stored:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    # Nothing is deleted, and to count would take longer each time.
    return lambda: int(next(connection.execute("SELECT coalesce(max(rowid), 0) FROM _analytics_event"))[0])


def _count_postgresql(url: str) -> Stored:
    return lambda: asyncio.run(_fetch(url, _COUNT))[0]


async def _fetch(url: str, sql: str) -> tuple[int, int | None]:
    """Return a number, and the postmaster's process, if it is of this machine."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(sql)), parent(await connection.fetchval("SELECT pg_backend_pid()"))
    finally:
        await connection.close()


def serve(name: str, url: str, load: Load) -> None:
    """Measure a server on a database and print what came out."""
    file = FOLDER / "app.yaml"
    environment = {**_ENVIRONMENT, "DATABASE_URL": url, "DATA_DIR": str(FOLDER / name)}
    with running_server(file, FOLDER / f"{name}.log", environment) as server:
        is_sqlite = name == "sqlite"
        stored = _count_sqlite(FOLDER / "views.db") if is_sqlite else _count_postgresql(url)
        postmaster = None if is_sqlite else asyncio.run(_fetch(url, _COUNT))[1]
        target = Target(name, server.port, server.process, postmaster, url)
        sys.stdout.write(measure(target, load, stored))
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collecting")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    load = Load(options.connections, _WARM_UP_SECONDS, options.seconds)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "app.yaml").write_text(APPLICATION, encoding="utf-8")
    sys.stdout.write(
        f"{options.connections} connections for {options.seconds:g} s\n\n"
        "| on | views/s | p50 ms | p99 ms | server ms a view | database ms a view | then stored within s |\n"
        "|---|---:|---:|---:|---:|---:|---:|\n"
    )
    serve("sqlite", f"sqlite:{FOLDER / 'views.db'}", load)
    configured = os.environ.get("BENCH_DATABASE_URL")
    with nullcontext(configured) if configured else embedded_server(durable=True) as url:
        server = PostgreSQLServer(url, "bench")
        try:
            serve("postgresql", server.create_database(is_durable=True), load)
        finally:
            server.drop_databases()


if __name__ == "__main__":
    main()
