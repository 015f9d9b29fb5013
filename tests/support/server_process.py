"""A small server in a process of its own, for tests of sockets, signals and time limits (`test_serve.py`)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from server import protocol
from server.app import ServedApplication, create_app
from server.log import Log
from server.serve import run
from tests.support.server import SCHEMA, FakeDatabase, FakeSettings, document, module_of

BODY = {"content": {"application/octet-stream": {}}}


async def echo(body: bytes | None) -> dict[str, Any]:
    return {"length": len(body or b"")}


async def slow() -> dict[str, Any]:
    await asyncio.sleep(1.0)
    return {"slow": True}


async def endless() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {}


@asynccontextmanager
async def opened() -> AsyncIterator[ServedApplication]:
    contract = document(
        {
            "/echo": {"post": {"operationId": "echo", "requestBody": BODY}, "get": {"operationId": "slow"}},
            "/endless": {"get": {"operationId": "endless"}},
        }
    )
    modules = module_of(echo=echo, slow=slow, endless=endless)
    yield create_app(
        SCHEMA,
        FakeDatabase(),
        FakeSettings(request_timeout_ms=30_000),
        document=contract,
        handlers=modules,
        log=Log("info", "text", sys.stderr),
    )
    print("closed", flush=True)


def main() -> None:
    protocol.HEAD_SECONDS = 0.5  # type: ignore[misc]
    protocol.BODY_PAUSE_SECONDS = 0.5  # type: ignore[misc]
    sys.exit(
        run(
            opened,
            "127.0.0.1",
            int(sys.argv[1]),
            shutdown_timeout_ms=2000,
            announce=lambda text: print(text, flush=True),
        )
    )


if __name__ == "__main__":
    main()
