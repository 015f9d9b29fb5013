"""What tests of limits may ask for: a clock that they move, and Redis, also one that goes away."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import RedisError


class MovedClock:
    """Tells milliseconds, and stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The URL of a running Redis. Tests take keys that nobody else has, and leave the rest alone."""
    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
    try:
        with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            client.ping()
    except RedisError as error:
        pytest.skip(f"There is no Redis: {type(error).__name__}.")
    return url


@pytest.fixture
def name() -> str:
    """A name for keys that no other test and no other run has."""
    return uuid.uuid4().hex


class Gate:
    """Stands between a store and Redis. It can be closed, and it can let a store wait."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.connections = 0
        self.is_silent = False

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        to_reader, to_writer = await asyncio.open_connection(*self._to)
        self._writers |= {writer, to_writer}
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self._copy(reader, to_writer), self._copy(to_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not self.is_silent:
                writer.write(data)
        writer.close()


@pytest.fixture
def redis_gate(redis_url: str) -> Callable[[], AbstractAsyncContextManager[Gate]]:
    """Opens a gate to Redis inside of the test's event loop."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Gate]:
        parts = urlsplit(redis_url)
        gate = Gate(parts.hostname or "127.0.0.1", parts.port or 6379)
        await gate.open()
        try:
            yield gate
        finally:
            await gate.close()

    return opened
