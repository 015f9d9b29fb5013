"""A server of its own for each test: a small contract, its handlers, and a database that stores nothing."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from server.app import ServedApplication, create_app
from server.log import Format, Level, Log
from server.request import Message
from tabularium.db.database import Row, Session, Statement
from tabularium.db.dialect import SQLITE
from tabularium.errors import Unavailable
from tabularium.schema.model import ApiSettings, Schema, Table
from tests.support.asgi import Answer, call


class FakeSession:
    dialect = SQLITE

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Sequence[Row]:
        return []

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = (), *, heavy: bool = False) -> Row | None:
        return None

    async def fetch_many(self, statements: Sequence[Statement], *, heavy: bool = False) -> Sequence[Sequence[Row]]:
        return [[] for _ in statements]

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        return 0


class FakeDatabase:
    """Says what was done with it."""

    dialect = SQLITE

    def __init__(self) -> None:
        self.done: list[str] = []
        self.pings = 0
        self.ping_seconds = 0.0
        self.is_away = False

    async def read(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        self.done.append("read")
        return await work(FakeSession())

    async def write(self, work: Callable[[Session], Awaitable[Any]]) -> Any:
        try:
            result = await work(FakeSession())
        except BaseException:
            self.done.append("rollback")
            raise
        self.done.append("commit")
        return result

    async def ping(self) -> float:
        self.pings += 1
        await asyncio.sleep(self.ping_seconds)
        if self.is_away:
            raise Unavailable
        return 0.25

    async def close(self) -> None:
        self.done.append("close")


@dataclass
class FakeSettings:
    base_url: str = "http://localhost:3000"
    request_timeout_ms: int = 5000
    log_level: Level = "debug"
    log_format: Format = "json"


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, 10, 30, 0, 125000, UTC)


SCHEMA = Schema(
    name="crm",
    tables=(Table(id="1", name="contacts", database_name="contacts", fields=()),),
    version="1.4",
    api=ApiSettings(body_limit_bytes=2000),
)


@dataclass
class Served:
    """A running application with what is behind it."""

    app: ServedApplication
    database: FakeDatabase
    output: io.StringIO
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return asyncio.run(call(self.app, method, path, body, **options))

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the log."""
        self.app.log.flush()
        return [json.loads(each) for each in self.output.getvalue().splitlines()]


Serve = Callable[..., Served]


def document(paths: Mapping[str, Any], **components: Any) -> bytes:
    """Write a contract of some paths. Operations get what they lack: an id, a tag and a response."""
    completed: dict[str, Any] = {}
    for path, item in paths.items():
        completed[path] = {}
        for method, operation in item.items():
            if method == "parameters":
                completed[path][method] = operation
            else:
                ok = {"200": {"description": "Fine.", "content": {"application/json": {}}}}
                defaults = {"operationId": "operate", "tags": ["things"], "responses": ok}
                completed[path][method] = {**defaults, **operation}
    content = {
        "openapi": "3.1.0",
        "info": {"title": "Test", "version": "1"},
        "paths": completed,
        "components": components,
    }
    return json.dumps(content).encode()


def module_of(tag: str = "things", **functions: Any) -> dict[str, ModuleType]:
    """Make a module of handlers."""
    module = ModuleType(f"handlers.{tag}")
    for name, function in functions.items():
        function.__module__ = module.__name__
        setattr(module, name, function)
    return {tag: module}


@pytest.fixture
def serve() -> Serve:
    def make(
        contract: bytes | None = None,
        handlers: Mapping[str, ModuleType] | None = None,
        *,
        schema: Schema = SCHEMA,
        settings: FakeSettings | None = None,
        is_started: bool = True,
        **options: Any,
    ) -> Served:
        database, output = FakeDatabase(), io.StringIO()
        settings = settings or FakeSettings()
        log = Log(settings.log_level, settings.log_format, output)
        if handlers is not None:
            options["handlers"] = handlers
        app = create_app(schema, database, settings, clock=FixedClock(), document=contract, log=log, **options)
        if is_started:
            app.lifecycle.start()
        return Served(app, database, output)

    return make


@dataclass
class Exchange:
    """One request, driven by hand: what the application sends, and what it is told."""

    messages: list[Message] = field(default_factory=list)
    incoming: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    async def run(
        self, app: ServedApplication, method: str, path: str, headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": list(headers),
        }
        await app(scope, self.incoming.get, self.send)

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.messages[1:])
