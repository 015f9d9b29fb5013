from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from benchmarks.load import Job, Result, Rotation, is_complete, measure

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.mark.parametrize(
    ("received", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 0\r\n\r\n", True),
    ],
)
def test_an_answer_is_complete_when_its_whole_body_has_come(received: bytes, complete: bool) -> None:
    assert is_complete(received) is complete


def test_an_answer_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        is_complete(b"HTTP/1.1 200 OK\r\n\r\n")


def test_percentiles_are_taken_from_the_ordered_latencies() -> None:
    result = Result(latencies=[5.0, 1.0, 3.0, 2.0, 4.0])
    assert (result.percentile(50), result.percentile(99), Result().percentile(50)) == (3.0, 5.0, 0.0)


def test_every_connection_sends_one_request_after_the_other(run: Run) -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(1000):
            seen.append(head)
            status = b"200 OK" if head == b"GET /a" else b"404 Not Found"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async def scenario() -> Result:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        job = Job(port, connections=3, warm_up_seconds=0, seconds=0.1, requests=["GET /a", "GET /b"])
        async with server:
            return await measure(job, Rotation(job.requests), job.seconds)

    result = run(scenario())
    assert result.requests == len(seen) == len(result.latencies)
    assert set(seen) == {b"GET /a", b"GET /b"}
    assert abs(result.failures - result.requests / 2) <= 1
