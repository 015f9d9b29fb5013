"""Several servers in one process on one database, and many callers at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.app import ServedApplication, create_app
from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.db.connect import open_database
from tabularium.db.database import Database, Session
from tabularium.db.options import DatabaseOptions
from tabularium.schema.migration.apply import migrate
from tabularium.schema.model import Schema
from tests.support.asgi import Answer, call
from tests.support.ledger import Ledger, dangling_links, read_ledger
from tests.support.recorded_writes import RecordedWrites
from tests.support.serving import ServerSettings

Writer = Callable[[int], Awaitable[Any]]


class Fleet:
    """Servers that share a database; callers take them in turn, as behind a load balancer."""

    def __init__(self, application_file: Path, url: str, servers: int, options: DatabaseOptions) -> None:
        self._runner = asyncio.Runner()
        self._options = options
        self.databases: list[Database] = []
        self._servers: list[ServedApplication] = []
        self.schema: Schema = self._runner.run(self._start(application_file, url, servers))

    async def _start(self, application_file: Path, url: str, servers: int) -> Schema:
        schema = load_schema(application_file).schema
        for _ in range(servers):
            database = await open_database(url, self._options)
            self.databases.append(database)
            schema = (await migrate(database, schema, SystemClock())).schema
            watched = RecordedWrites(database, schema)
            app = create_app(schema, watched, ServerSettings(), clock=SystemClock(), validate_responses=True)
            app.lifecycle.start()
            self._servers.append(app)
        return schema

    def close(self) -> None:
        for each in self.databases:
            self._runner.run(_settled(each.close()))
        self._runner.close()

    def run(self, work: Awaitable[Any]) -> Any:
        """Run something on the loop of the servers."""
        return self._runner.run(_settled(work))

    async def send(self, caller: int, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Send one request to the server of a caller; `path` begins with the table."""
        app = self._servers[caller % len(self._servers)]
        return await call(app, method, f"/api/tables/{path}", body, query=query or None)

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Send one request and wait for its answer."""
        answer: Answer = self.run(self.send(0, method, path, body, **query))
        return answer

    def together(self, writer: Writer, count: int) -> list[Any]:
        """Let so many writers work at the same time and return what they return. Each gets its number."""

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*(writer(number) for number in range(count)))

        results: list[Any] = self.run(all_of_them())
        return results

    def read(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        """Read from the database itself."""
        return self.run(self.databases[0].read(work))

    def check(self) -> Ledger:
        """Hold all records to their entries, and links of live ones to live targets; return the former."""
        ledger: Ledger = self.read(lambda session: read_ledger(session, self.schema))
        ledger.check()
        assert self.read(lambda session: dangling_links(session, self.schema)) == []
        return ledger


@contextmanager
def fleet_of(
    application_file: Path, url: str, servers: int = 2, options: DatabaseOptions | None = None
) -> Iterator[Fleet]:
    """Yield some servers on one database."""
    fleet = Fleet(application_file, url, servers, options or DatabaseOptions())
    try:
        yield fleet
    finally:
        fleet.close()


async def _settled(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
