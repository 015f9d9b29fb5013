"""Starts the application in process, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from server.app import create_app
from tabularium.application import load_schema
from tabularium.clock import Clock
from tabularium.db.connect import open_database
from tabularium.db.database import Database
from tabularium.db.options import DatabaseOptions
from tabularium.schema.migration.apply import migrate
from tests.support.asgi import Application, Client
from tests.support.recorded_writes import RecordedWrites


class SteppingClock:
    """Goes on by a second at each look, so that both databases see the same times."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


@dataclass(frozen=True)
class ServerSettings:
    """The settings of a server under test."""

    base_url: str = "http://localhost:3000"
    request_timeout_ms: int = 30_000
    log_level: Literal["debug", "info", "warning", "error"] = "error"
    log_format: Literal["text", "json"] = "text"


@contextmanager
def serving(
    application_file: Path,
    database_url: str,
    clock: Clock | None = None,
    watch: Callable[[Database], Database] = lambda database: database,
) -> Iterator[Client]:
    """Yield a client of the application; every answer is held to the contract on the way, every write to its entries.

    `watch` may put something between the application and its database.
    """

    async def start() -> tuple[Application, Callable[[], Awaitable[None]]]:
        used = clock or SteppingClock()
        database = await open_database(database_url, DatabaseOptions(synchronous="normal"))
        migrated = await migrate(database, load_schema(application_file).schema, used)
        watched = watch(RecordedWrites(database, migrated.schema))
        app = create_app(migrated.schema, watched, ServerSettings(), clock=used, validate_responses=True)
        app.lifecycle.start()
        return app, database.close

    client = Client(start)
    try:
        yield client
    finally:
        client.close()
