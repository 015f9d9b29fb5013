"""Measure the real server on both databases against bare Starlette: `python -m benchmarks [--quick] [--output FILE]`.

Everything runs on this machine, one server after the other, each with a load generator of its own. On a machine that
does other work meanwhile the figures mean little; compare ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import asyncpg

from benchmarks import flights
from benchmarks.cost import parent, processor_seconds
from benchmarks.data import APPLICATION, PAGE, ROWS, SCENARIOS, TABLE, Scenario, write_csv
from benchmarks.load import Job, Summary
from benchmarks.report import Measurement, render
from tests.provision.embedded import embedded_server
from tests.provision.postgresql import PostgreSQLServer
from tests.provision.server import free_port, running_process, running_server, tabularium

FOLDER = Path(__file__).parent.parent / "build" / "bench"
FEW_CONNECTIONS = 2
QUIET = {"LOG_LEVEL": "warning"}


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is being measured. `database_process` is the postmaster, where there is one on this machine."""

    name: str
    port: int
    process: int
    database_process: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """How hard and how long."""

    connections: int
    warm_up_seconds: float
    seconds: float


@contextmanager
def bare() -> Iterator[Target]:
    """Start the yardstick."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port)]
    with running_process(command, FOLDER / "bare.log", {}, f"http://127.0.0.1:{port}/api/health") as process:
        yield Target("bare", port, process)


@dataclass(frozen=True, slots=True)
class Application:
    """What is served: a file, and the CSV file of each table."""

    name: str
    file: Path
    csvs: dict[str, Path]


def contacts() -> Application:
    """Write the table of 10,000 rows."""
    (FOLDER / "app.yaml").write_text(APPLICATION, encoding="utf-8")
    write_csv(FOLDER / "rows.csv")
    return Application("bench", FOLDER / "app.yaml", {TABLE: FOLDER / "rows.csv"})


def all_flights() -> Application:
    """Write the tables of the example of flights."""
    folder = FOLDER / "flights"
    flights.write_csvs(folder)
    return Application("flights", flights.APPLICATION, {table: folder / f"{table}.csv" for table in flights.TABLES})


@contextmanager
def real(name: str, served: Application, database_url: str, database_process: int | None = None) -> Iterator[Target]:
    """Import the rows through the command line and start the real server on them."""
    application = served.file
    environment = {**QUIET, "DATABASE_URL": database_url, "DATA_DIR": str(FOLDER / name), "SQLITE_SYNCHRONOUS": "full"}
    for table, path in served.csvs.items():
        tabularium("import", application, table, path, environment=environment)
    if name == "postgresql":
        asyncio.run(_analyse(database_url))
    with running_server(application, FOLDER / f"{name}.log", environment) as server:
        yield Target(name, server.port, server.process, database_process)


@contextmanager
def sqlite(served: Application) -> Iterator[tuple[Target, str]]:
    with real("sqlite", served, f"sqlite:{FOLDER / f'{served.name}.db'}") as target:
        yield target, f"SQLite: WAL, synchronous=FULL, on {_file_system(FOLDER)}"


@contextmanager
def postgresql(served: Application) -> Iterator[tuple[Target, str]]:
    """Use the server of `BENCH_DATABASE_URL`, else start one, so that nobody else's work is counted."""
    configured = os.environ.get("BENCH_DATABASE_URL")
    with _url(configured) as url:
        server = PostgreSQLServer(url, "bench")
        try:
            database = server.create_database()
            process, settings = asyncio.run(_inspect(database))
            with real("postgresql", served, database, process) as target:
                yield target, settings
        finally:
            server.drop_databases()


@contextmanager
def _url(configured: str | None) -> Iterator[str]:
    if configured:
        yield configured
        return
    with embedded_server(durable=True) as url:
        yield url


async def _analyse(url: str) -> None:
    """Let the planner know the rows at once, as autovacuum does a minute later. SQLite needs nothing of the kind."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _inspect(url: str) -> tuple[int | None, str]:
    """Return the postmaster's process id, if it is of this machine, and the durability settings in words."""
    connection = await asyncpg.connect(url)
    try:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_level")
        values = [f"{name}={await connection.fetchval(f'SHOW {name}')}" for name in names]
        postmaster = parent(await connection.fetchval("SELECT pg_backend_pid()"))
        folder = Path(await connection.fetchval("SHOW data_directory"))
    finally:
        await connection.close()
    if postmaster is None:
        values.append("on another machine: its processor time is not counted")
    values.append("analysed after the import")
    return postmaster, f"PostgreSQL: {', '.join(values)}, on {_file_system(folder)}"


def _file_system(path: Path) -> str:
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    holding = [(mount, kind) for mount, kind in mounts if path.resolve().is_relative_to(mount)]
    return max(holding, default=("", "an unknown file system"), key=lambda each: len(each[0]))[1]


def measure(target: Target, scenario: Scenario, load: Load) -> Measurement:
    """Put load on a server and return what it did and cost. Raises `SystemExit` where an answer was not a success."""
    requests = scenario.requests()
    job = Job(target.port, load.connections, load.warm_up_seconds, load.seconds, requests)
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as generator:
        assert generator.stdin is not None
        assert generator.stdout is not None
        generator.stdin.write(json.dumps(asdict(job)) + "\n")
        generator.stdin.flush()
        if generator.stdout.readline() != "ready\n":
            raise SystemExit(f"{scenario.name} on {target.name}: the load generator failed.")
        before = _processor_seconds(target)
        generator.stdin.write("go\n")
        generator.stdin.flush()
        result = Summary(**json.loads(generator.stdout.readline()))
        after = _processor_seconds(target)
    if result.failures or not result.requests:
        raise SystemExit(f"{scenario.name} on {target.name}: {result.failures} of {result.requests} requests failed.")
    server, database = ((end - start) * 1000 / result.requests for start, end in zip(before, after, strict=True))
    return Measurement(
        scenario=scenario.name,
        target=target.name,
        requests_per_second=result.requests / result.seconds,
        p50=result.p50,
        p99=result.p99,
        cpu=server + database,
        database_cpu=database,
        aim=scenario.aims.get(target.name),
    )


def _processor_seconds(target: Target) -> tuple[float, float]:
    database = processor_seconds(target.database_process) if target.database_process else 0.0
    return processor_seconds(target.process), database


def run(load: Load, databases: list[str], *, with_flights: bool) -> str:
    """Measure every scenario on every server and return the report."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    parts: list[tuple[Application, Sequence[Scenario], Load]] = [(contacts(), SCENARIOS, load)]
    if with_flights:
        # These read a third of a million rows: more connections would only wait for each other.
        parts.append((all_flights(), flights.SCENARIOS, replace(load, connections=FEW_CONNECTIONS)))
    settings = [
        f"{ROWS:,} rows of 12 columns, pages of {PAGE}, {load.connections} connections, {load.seconds:g} s a scenario",
        f"1 worker, Python {platform.python_version()}, {os.cpu_count()} cores",
    ]
    measured: list[Measurement] = []
    with bare() as target:
        measured += [_measure_aloud(target, scenario, load) for scenario in SCENARIOS]
    for served, scenarios, under in parts:
        for name, start in (("sqlite", sqlite), ("postgresql", postgresql)):
            if name in databases:
                with start(served) as (target, durability):
                    settings += [durability] if durability not in settings else []
                    measured += [_measure_aloud(target, scenario, under) for scenario in scenarios]
    order = [scenario.name for _, scenarios, _ in parts for scenario in scenarios]
    return render(sorted(measured, key=lambda each: order.index(each.scenario)), settings)


def _measure_aloud(target: Target, scenario: Scenario, load: Load) -> Measurement:
    sys.stderr.write(f"{target.name}: {scenario.name}\n")
    return measure(target, scenario, load)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the server against bare Starlette.")
    parser.add_argument("--quick", action="store_true", help="one second a scenario in place of five, and no flights")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--output", type=Path, help="also write the report to this file")
    options = parser.parse_args()
    seconds = 1.0 if options.quick else 5.0
    load = Load(options.connections, seconds / 2, seconds)
    report = run(load, options.databases, with_flights=not options.quick)
    sys.stdout.write(report)
    if options.output:
        options.output.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
