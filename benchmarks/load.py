"""A load generator: keep-alive connections that each send one request after the other, without pipelining.

It runs as a process of its own, so that its work is not counted as the server's. The job is one JSON line on standard
input (`Job`). After the warm-up it writes `ready`, waits for another line, measures, and writes the `Summary` as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Final, cast

import uvloop

_HEAD_END: Final = b"\r\n\r\n"
_PATIENCE_SECONDS: Final = 30.0
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True)
class Job:
    """What to send. `requests` are whole HTTP messages, sent in turn by all connections together."""

    port: int
    connections: int
    warm_up_seconds: float
    seconds: float
    requests: list[str]


@dataclass(slots=True)
class Result:
    """What came back within the measured time. Latencies are in milliseconds."""

    requests: int = 0
    failures: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list, repr=False)

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0

    def summary(self) -> Summary:
        return Summary(self.requests, self.failures, self.seconds, self.percentile(50), self.percentile(99))


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of a `Result`: short enough for a pipe, which takes no more than 64 KiB at once."""

    requests: int
    failures: int
    seconds: float
    p50: float
    p99: float


class Rotation:
    """Gives the requests one after the other, again and again."""

    def __init__(self, requests: list[str]) -> None:
        self._requests = [request.encode() for request in requests]
        self._next = 0

    def take(self) -> bytes:
        request = self._requests[self._next % len(self._requests)]
        self._next += 1
        return request


class Connection(asyncio.Protocol):
    """One client. It sends the next request as soon as the answer to the former one is complete."""

    def __init__(self, rotation: Rotation, deadline: float) -> None:
        self.result = Result()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rotation = rotation
        self._deadline = deadline
        self._received = bytearray()
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # of a class of uvloop's own
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            complete = is_complete(self._received)
        except ValueError as error:
            self.finished.set_exception(error)
            return
        if complete:
            self.result.requests += 1
            self.result.failures += self._received[9:10] != b"2"
            self.result.latencies.append((time.perf_counter() - self._sent_at) * 1000)
            self._received.clear()
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():  # the server hung up in the middle
            self.result.failures += 1
            self.finished.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        if self._sent_at >= self._deadline:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._transport.write(self._rotation.take())


def is_complete(received: bytes | bytearray) -> bool:
    """Say whether the bytes are one whole response. Every server measured here sends `Content-Length`, but with 204."""
    head_end = received.find(_HEAD_END)
    if head_end < 0:
        return False
    head = received[:head_end].lower()
    at = head.find(_LENGTH)
    if at < 0 and head[9:12] == b"204":
        return True
    if at < 0:
        raise ValueError("A response without Content-Length cannot be measured.")
    line_end = head.find(b"\r\n", at)
    length = int(head[at + len(_LENGTH) : line_end if line_end >= 0 else len(head)])
    return len(received) >= head_end + len(_HEAD_END) + length


async def measure(job: Job, rotation: Rotation, seconds: float) -> Result:
    """Send for some seconds and return the sum of all connections."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    deadline = started + seconds
    made = [
        (await loop.create_connection(lambda: Connection(rotation, deadline), "127.0.0.1", job.port))[1]
        for _ in range(job.connections)
    ]
    async with asyncio.timeout(seconds + _PATIENCE_SECONDS):
        await asyncio.gather(*(each.finished for each in made))
    total = Result(seconds=time.perf_counter() - started)
    for each in made:
        total.requests += each.result.requests
        total.failures += each.result.failures
        total.latencies += each.result.latencies
    return total


def main() -> None:
    job = Job(**json.loads(sys.stdin.readline()))
    rotation = Rotation(job.requests)
    uvloop.run(measure(job, rotation, job.warm_up_seconds))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    result = uvloop.run(measure(job, rotation, job.seconds))
    sys.stdout.write(json.dumps(asdict(result.summary())) + "\n")


if __name__ == "__main__":
    main()
