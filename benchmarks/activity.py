"""What reading the activity log costs with two million entries: `python -m benchmarks.activity [--rows N]`.

Fills a log by SQL, serves it, and prints the processor time of each kind of request, the database's included, with the
plans of its statements; then what each index costs a write. PostgreSQL is the server of `BENCH_DATABASE_URL`, of which
only the processes of this database are counted; without it one is started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import apsw
import asyncpg

from benchmarks.activity_indexes import index_costs
from benchmarks.activity_kinds import KINDS, Kind
from benchmarks.activity_rows import BUSY_TABLE, DAYS, RARE_TABLE, UNKIND_TABLE, insertion
from benchmarks.cost import processor_seconds, stat_seconds
from tabularium.activity.parameters import ActivityParameters, plan
from tabularium.activity.reading import statements_of
from tabularium.db.activity_streams import Pair, streams_of
from tabularium.db.dialect import DIALECTS
from tabularium.query.cursor import cursors_of
from tests.provision.embedded import embedded_server
from tests.provision.postgresql import PostgreSQLServer
from tests.provision.server import RunningServer, running_server, tabularium

FOLDER: Final = Path(__file__).parent.parent / "build" / "bench-activity"
AIM: Final = 5.0
"""Milliseconds of processor time a request, for those that name it."""
_REQUESTS: Final = 200
_MOST_SECONDS: Final = 6.0
_TRIES: Final = 5
_EMAIL, _PASSWORD = "root@example.com", "correct-horse-1"
APPLICATION: Final = """\
name: log
auth: { strategies: [{ type: emailAndPassword }], rateLimit: { enabled: false } }
activity: { retentionDays: 0 }
api:
  rateLimits:
    address: { requests: 1000000, windowSeconds: 1 }
    admin: { requests: 1000000, windowSeconds: 1 }
tables: [{ id: 1, name: table_0, fields: [{ id: 1, name: title, type: single-line-text }] }]
"""
_ENVIRONMENT: Final = {
    "AUTH_SECRET": "0123456789abcdef0123456789abcdef",
    "AUTH_ADMIN_EMAIL": _EMAIL,
    "AUTH_ADMIN_PASSWORD": _PASSWORD,
    "LOG_LEVEL": "warning",
}


class Reader:
    """An administrator who asks a server for pages of the log."""

    def __init__(self, server: RunningServer, database_processes: Callable[[], Sequence[int]]) -> None:
        self._base = f"http://127.0.0.1:{server.port}"
        self._process = server.process
        self._database_processes = database_processes
        body = json.dumps({"email": _EMAIL, "password": _PASSWORD}).encode()
        headers = {"Content-Type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{self._base}/api/auth/sign-in/email", body, headers)
        ) as got:
            self._cookie = got.headers["Set-Cookie"].partition(";")[0]

    def get(self, query: str) -> Any:
        request = urllib.request.Request(f"{self._base}/api/activity?{query}", headers={"Cookie": self._cookie})
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())

    def query_of(self, kind: Kind) -> str:
        """Return the query of the page, with its cursor where it has one."""
        query, number = kind.query, 1
        while number < kind.page:
            cursor = self.get(f"{query}&count=none")["pagination"]["nextCursor"]
            if cursor is None:  # a smaller log has fewer pages
                return query
            query, number = f"{kind.query}&cursor={quote(cursor)}", number + 1
        return query

    def measure(self, kind: Kind) -> tuple[float, float, Any]:
        """Return milliseconds of processor time a request, of the server and of the database, and an answer.

        Raises `SystemExit` where processes of the database came or went each time, since their time is then unknown.
        """
        query = self.query_of(kind)
        answer = [self.get(query) for _ in range(8)][-1]  # until PostgreSQL has made up its mind about the plan
        for _ in range(_TRIES):
            server, database, began, done = *self._spent(), time.monotonic(), 0
            while done < _REQUESTS and time.monotonic() - began < _MOST_SECONDS:
                self.get(query)
                done += 1
            server_now, database_now = self._spent()
            if database.keys() == database_now.keys():
                behind = sum(database_now.values()) - sum(database.values())
                return (server_now - server) * 1000 / done, behind * 1000 / done, answer
        raise SystemExit(f"{kind.name}: the processes of the database changed each time.")

    def _spent(self) -> tuple[float, dict[int, float]]:
        # The processes are looked up each time: a pool replaces its connections, and each has a process of its own.
        return processor_seconds(self._process), {each: stat_seconds(each) for each in self._database_processes()}


def plans_of(
    kind: Kind, dialect: str, pairs: dict[str, list[Pair]], explain: Callable[[str, Sequence[Any]], str]
) -> str:
    """Return the plans of the statements of a kind, as the database tells them."""
    sent = dict(each.split("=") for each in kind.query.split("&") if each)
    names = {"userId": "user_id", "tableId": "table_id", "recordId": "record_id", "startDate": "start_date"}
    names |= {"endDate": "end_date"}
    values: dict[str, Any] = {names.get(name, name): value for name, value in sent.items()}
    if "page" in values:
        values["page"] = int(values["page"])
    query = plan(ActivityParameters(**values), cursors_of(b"\0" * 32))
    known = pairs.get(query.filters.table_name or query.filters.table_id or "", [])
    streams = streams_of(query.filters, known)
    return "\n".join(explain(sql, values) for sql, values in statements_of(query, streams, DIALECTS[dialect]))


# The databases --------------------------------------------------------------------------------------------------------


def explain_sqlite(path: Path) -> Callable[[str, Sequence[Any]], str]:
    connection = apsw.Connection(str(path))

    def explain(sql: str, parameters: Sequence[Any]) -> str:
        return "\n".join(f"    {row[3]}" for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", tuple(parameters)))

    return explain


def explain_postgresql(url: str) -> Callable[[str, Sequence[Any]], str]:
    def explain(sql: str, parameters: Sequence[Any]) -> str:
        rows = asyncio.run(_fetch(url, f"EXPLAIN (COSTS OFF) {sql}", parameters))
        return "\n".join(f"    {row[0]}" for row in rows)

    return explain


async def _fetch(url: str, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql, *parameters, timeout=3600))
    finally:
        await connection.close()


def fill_sqlite(path: Path, count: int) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -500000")
    connection.execute(insertion(count, "sqlite"))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def fill_postgresql(url: str, count: int) -> None:
    # The time of parallel workers, which are gone when one looks, would not be counted: there are none.
    name = url.rpartition("/")[2]
    asyncio.run(_fetch(url, f'ALTER DATABASE "{name}" SET max_parallel_workers_per_gather = 0'))
    asyncio.run(_fetch(url, insertion(count, "postgresql")))
    asyncio.run(_fetch(url, "VACUUM ANALYZE _activity"))


def index_sizes(path: Path) -> str:
    connection = apsw.Connection(str(path))
    rows = connection.execute(
        "SELECT name, sum(pgsize) / 1000000 FROM dbstat WHERE name LIKE '%activity%' GROUP BY name ORDER BY name"
    )
    return "\n".join(f"    {name}: {size} MB" for name, size in rows)


# ----------------------------------------------------------------------------------------------------------------------


@contextmanager
def _database_url() -> Iterator[str]:
    configured = os.environ.get("BENCH_DATABASE_URL")
    if configured:
        yield configured
        return
    with embedded_server(durable=True) as url:
        yield url


def report(database: str, url: str, count: int, *, with_plans: bool) -> None:
    """Fill a log, serve it, and print what was measured."""
    application = FOLDER / "app.yaml"
    application.write_text(APPLICATION, encoding="utf-8")
    path = FOLDER / "log.db"
    environment = {**_ENVIRONMENT, "DATABASE_URL": url, "DATA_DIR": str(FOLDER / database)}
    tabularium("migrate", "apply", application, environment=environment)
    began = time.monotonic()
    fill_sqlite(path, count) if database == "sqlite" else fill_postgresql(url, count)
    print(f"\n## {database}: {count:,} entries of {DAYS} days, filled in {time.monotonic() - began:.0f} s\n")
    explain = explain_sqlite(path) if database == "sqlite" else explain_postgresql(url)
    with running_server(application, FOLDER / f"{database}.log", environment) as server:
        reader = Reader(server, _backends(url) if database == "postgresql" else tuple)
        print("| request | server ms | database ms | in all | entries | total |\n|---|---|---|---|---|---|")
        for kind in KINDS:
            spent, behind, answer = reader.measure(kind)
            mark = "" if not kind.has_aim else " ok" if spent + behind <= AIM else f" over {AIM:g}"
            total = answer["pagination"].get("total", "-")
            shown = len(answer["activities"])
            print(
                f"| {kind.name} | {spent:.2f} | {behind:.2f} | {spent + behind:.2f}{mark} | {shown} | {total} |",
                flush=True,
            )
    if with_plans:
        pairs = {BUSY_TABLE: [(BUSY_TABLE, "1")], "1": [(BUSY_TABLE, "1")], RARE_TABLE: [(RARE_TABLE, "19")]}
        pairs[UNKIND_TABLE] = [(UNKIND_TABLE, "100")]
        for kind in KINDS:
            print(f"\n{kind.name}: {kind.query or '(nothing)'}\n{plans_of(kind, database, pairs, explain)}")
    if database == "sqlite":
        print(f"\nSizes\n{index_sizes(path)}\n\nWhat 100 entries cost a write, and each index of it")
        for line in index_costs(path):
            print(line, flush=True)


def _backends(url: str) -> Callable[[], Sequence[int]]:
    """Return a look at the processes that serve connections to this database; those of others are not ours."""
    sql = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    return lambda: [int(row[0]) for row in asyncio.run(_fetch(url, sql))]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.activity", description="Measure reading the activity log."
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--plans", action="store_true", help="print the plans of all statements as well")
    options = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    if "sqlite" in options.databases:
        report("sqlite", f"sqlite:{FOLDER / 'log.db'}", options.rows, with_plans=options.plans)
    if "postgresql" in options.databases:
        with _database_url() as url:
            server = PostgreSQLServer(url, "bench")
            try:
                report("postgresql", server.create_database(is_durable=True), options.rows, with_plans=options.plans)
            finally:
                server.drop_databases()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
