"""Measure the real server on both databases against bare Starlette: `python -m benchmarks [--quick] [--output FILE]`.

Everything runs on this machine, one server after the other, each with a load generator of its own. On a machine that
does other work meanwhile the figures mean little; compare ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg

from benchmarks import accounts, batches, flights, rows
from benchmarks.cost import parent
from benchmarks.data import APPLICATION, PAGE, ROWS, SCENARIOS, TABLE, Scenario, write_csv
from benchmarks.measuring import Load, Target, measure
from benchmarks.report import Measurement, render
from tests.provision.embedded import embedded_server
from tests.provision.postgresql import PostgreSQLServer
from tests.provision.server import free_port, running_process, running_server, tabularium

FOLDER = Path(__file__).parent.parent / "build" / "bench"
FEW_CONNECTIONS = 2
QUIET = {"LOG_LEVEL": "warning"}

Scenarios = Callable[[Target], Sequence[Scenario]]
"""What is measured on a server, once it runs."""


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
    environment: dict[str, str] = field(default_factory=dict)


def contacts() -> Application:
    """Write the table of 10,000 rows."""
    (FOLDER / "app.yaml").write_text(APPLICATION, encoding="utf-8")
    write_csv(FOLDER / "rows.csv")
    return Application("bench", FOLDER / "app.yaml", {TABLE: FOLDER / "rows.csv"})


def contacts_with_accounts() -> Application:
    """Write the same application, with accounts."""
    file = FOLDER / "accounts.yaml"
    file.write_text(accounts.APPLICATION, encoding="utf-8")
    return replace(contacts(), name="accounts", file=file, environment=accounts.ENVIRONMENT)


def ruled_contacts() -> Application:
    """Write three tables of the same rows, two of them with rules for rows."""
    file = FOLDER / "rows.yaml"
    file.write_text(rows.APPLICATION, encoding="utf-8")
    csvs = dict.fromkeys(rows.TABLES, FOLDER / "rows.csv")
    return replace(contacts(), name="rows", file=file, csvs=csvs, environment=accounts.ENVIRONMENT)


def all_flights() -> Application:
    """Write the tables of the example of flights."""
    folder = FOLDER / "flights"
    flights.write_csvs(folder)
    flights.write_application(folder / "app.yaml")
    return Application("flights", folder / "app.yaml", {table: folder / f"{table}.csv" for table in flights.TABLES})


@contextmanager
def real(name: str, served: Application, database_url: str, database_process: int | None = None) -> Iterator[Target]:
    """Import the rows through the command line and start the real server on them."""
    application = served.file
    own = {"DATABASE_URL": database_url, "DATA_DIR": str(FOLDER / name), "SQLITE_SYNCHRONOUS": "full"}
    environment = {**QUIET, **own, **served.environment}
    for table, path in served.csvs.items():
        tabularium("import", application, table, path, environment=environment)
    if name == "postgresql":
        asyncio.run(_analyse(database_url))
    with running_server(application, FOLDER / f"{name}.log", environment) as server:
        yield Target(name, server.port, server.process, database_process, database_url)


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
            database = server.create_database(is_durable=True)
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


def run(load: Load, databases: list[str], *, with_flights: bool) -> str:
    """Measure every scenario on every server and return the report."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    parts: list[tuple[Application, Scenarios, Load]] = [
        (contacts(), lambda _: (*SCENARIOS, *batches.SCENARIOS), load),
        (contacts_with_accounts(), lambda target: accounts.scenarios(target.port), load),
        (ruled_contacts(), rows.scenarios, load),
    ]
    if with_flights:
        # These read a third of a million rows: more connections would only wait for each other.
        parts.append((all_flights(), lambda _: flights.SCENARIOS, replace(load, connections=FEW_CONNECTIONS)))
    settings = [
        f"{ROWS:,} rows of 12 columns, pages of {PAGE}, {load.connections} connections, {load.seconds:g} s a scenario",
        f"1 worker, Python {platform.python_version()}, {os.cpu_count()} cores",
    ]
    measured: list[Measurement] = []
    with bare() as target:
        measured += [each for scenario in SCENARIOS for each in measure(target, scenario, load)]
    measured += _drivers(databases, load.seconds)
    for served, scenarios, under in parts:
        for name, start in (("sqlite", sqlite), ("postgresql", postgresql)):
            if name in databases:
                with start(served) as (target, durability):
                    settings += [durability] if durability not in settings else []
                    measured += [each for scenario in scenarios(target) for each in measure(target, scenario, under)]
    order = list(dict.fromkeys(each.scenario for each in measured))
    return render(sorted(measured, key=lambda each: order.index(each.scenario)), settings)


def _drivers(databases: list[str], seconds: float) -> Iterator[Measurement]:
    """Measure what rows cost the databases by themselves."""
    if "sqlite" in databases:
        yield batches.driver_on_sqlite(FOLDER, seconds)
    if "postgresql" in databases:
        with _url(os.environ.get("BENCH_DATABASE_URL")) as url:
            postmaster, _ = asyncio.run(_inspect(url))
            yield batches.driver_on_postgresql(url, postmaster, seconds)


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
