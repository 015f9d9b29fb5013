"""Answers that are written at once, against the way uvicorn itself writes them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from server.headers import header
from server.protocol import write_whole

DATE = [(b"date", b"Mon, 02 Mar 2026 10:30:00 GMT")]


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.writes = 0
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data
        self.writes += 1

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def cycle_of(transport: Transport, method: str, finished: list[bool], *, keep_alive: bool) -> RequestResponseCycle:
    scope: Any = {"type": "http", "method": method, "headers": []}
    log = logging.getLogger("test")
    flow = FlowControl(transport)  # type: ignore[arg-type]
    return RequestResponseCycle(
        scope, transport, flow, log, log, False, DATE, asyncio.Event(), False, keep_alive, lambda: finished.append(True)  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize(
    ("method", "status", "headers", "body"),
    [
        ("GET", 200, [header("Content-Type", "application/json"), header("content-length", "2")], b"{}"),
        ("HEAD", 200, [header("content-length", "0")], b""),
        ("DELETE", 204, [], b""),
        ("GET", 304, [header("etag", '"x"')], b""),
    ],
)
def test_an_answer_at_once_has_the_bytes_of_an_ordinary_one(
    method: str, status: int, headers: list[tuple[bytes, bytes]], body: bytes, keep_alive: bool
) -> None:
    async def both() -> tuple[Transport, Transport]:
        ordinary, whole = Transport(), Transport()
        finished: list[bool] = []
        cycle = cycle_of(ordinary, method, finished, keep_alive=keep_alive)
        await cycle.send({"type": "http.response.start", "status": status, "headers": headers})
        await cycle.send({"type": "http.response.body", "body": body})
        other = cycle_of(whole, method, finished, keep_alive=keep_alive)
        assert write_whole(other, status, headers, body)
        assert len(finished) == 2
        assert other.response_complete
        return ordinary, whole

    ordinary, whole = asyncio.run(both())
    assert whole.written == ordinary.written
    assert whole.writes == 1
    assert whole.is_closed is ordinary.is_closed is not keep_alive


def test_where_the_client_does_not_read_the_ordinary_way_waits() -> None:
    async def paused() -> bool:
        cycle = cycle_of(Transport(), "GET", [], keep_alive=True)
        cycle.flow.pause_writing()
        return write_whole(cycle, 200, [], b"")

    assert asyncio.run(paused()) is False


def test_nothing_is_written_for_a_client_that_has_left() -> None:
    async def gone() -> Transport:
        transport = Transport()
        cycle = cycle_of(transport, "GET", [], keep_alive=True)
        cycle.disconnected = True
        assert write_whole(cycle, 200, [], b"")
        return transport

    assert asyncio.run(gone()).written == b""


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nb", "a\0b"])
def test_a_header_cannot_end_its_line(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        header("location", value)
