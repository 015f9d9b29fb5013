"""Puts load on a server, and says what it did and what that cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, cast

from benchmarks.cost import processor_seconds
from benchmarks.data import Scenario
from benchmarks.load import Job, Summary
from benchmarks.report import Measurement

_MARGIN_SECONDS = 1.0
"""What goes on beside a measurement begins so much earlier, and ends so much later."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is being measured. `database_process` is the postmaster, where there is one on this machine."""

    name: str
    port: int
    process: int
    database_process: int | None = None
    database_url: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """How hard and how long."""

    connections: int
    warm_up_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Generator:
    """A load generator that has warmed the server up."""

    orders: IO[str]
    answers: IO[str]

    def go(self) -> None:
        """Begin to measure."""
        self.orders.write("go\n")
        self.orders.flush()

    def result(self) -> Summary:
        """Wait until the time is over. Raises `SystemExit` where an answer was not a success."""
        found = Summary(**json.loads(self.answers.readline()))
        if found.failures or not found.requests:
            raise SystemExit(f"{found.failures} of {found.requests} requests failed.")
        return found


@contextmanager
def generator(target: Target, scenario: Scenario, load: Load) -> Iterator[Generator]:
    """Start a load generator as a process of its own. Raises `SystemExit` where the server does not answer."""
    connections = scenario.connections or load.connections
    job = Job(target.port, connections, load.warm_up_seconds, load.seconds, scenario.requests())
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        orders, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        orders.write(json.dumps(asdict(job)) + "\n")
        orders.flush()
        if answers.readline() != "ready\n":
            raise SystemExit(f"{scenario.name} on {target.name}: the load generator failed.")
        yield Generator(orders, answers)


def measure(target: Target, scenario: Scenario, load: Load) -> list[Measurement]:
    """Put load on a server and return what it did, and what was done beside it."""
    sys.stderr.write(f"{target.name}: {scenario.name}\n")
    if scenario.beside is None:
        return [_measure(target, scenario, load)]
    longer = Load(load.connections, _MARGIN_SECONDS, load.warm_up_seconds + load.seconds + 2 * _MARGIN_SECONDS)
    with generator(target, scenario.beside, longer) as others:
        others.go()
        measured = _measure(target, scenario, load)
        beside = others.result()
    # Nobody can tell whose processor time is whose.
    return [measured, _measurement(target, scenario.beside, beside, 0.0, 0.0)]


def _measure(target: Target, scenario: Scenario, load: Load) -> Measurement:
    with generator(target, scenario, load) as started:
        before = _processor_seconds(target)
        started.go()
        result = started.result()
        after = _processor_seconds(target)
    server, database = ((end - start) * 1000 / result.requests for start, end in zip(before, after, strict=True))
    if scenario.beside is not None:
        server = database = 0.0
    return _measurement(target, scenario, result, server, database)


def _measurement(target: Target, scenario: Scenario, result: Summary, server: float, database: float) -> Measurement:
    return Measurement(
        scenario=scenario.name,
        target=target.name,
        requests_per_second=result.requests / result.seconds,
        p50=result.p50,
        p99=result.p99,
        cpu=server + database,
        database_cpu=database,
        aim=scenario.aims.get(target.name),
        compared_with=scenario.compared_with,
        at_most=scenario.at_most,
    )


def _processor_seconds(target: Target) -> tuple[float, float]:
    database = processor_seconds(target.database_process) if target.database_process else 0.0
    return processor_seconds(target.process), database
