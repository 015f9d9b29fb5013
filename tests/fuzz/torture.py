"""Runs the attacks against a server: what comes back must be right, soon, and never a 5xx."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from server.protocol import HEAD_SECONDS, SWEEP_SECONDS
from tests.fuzz.attacks import RECORDS, attacks
from tests.fuzz.wire import Attack, leave_early, request, seconds_until_closed, send, statuses

_SLACK_SECONDS: Final = 4.0


@dataclass(frozen=True)
class Report:
    """How many attacks there were, and what was wrong, as text."""

    count: int
    faults: tuple[str, ...]


def torture(port: int, *, with_slow: bool) -> Report:
    """Run every attack. `with_slow` adds the ones that wait for the server's time limits, some ten seconds."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        slow = beside.submit(lambda: list(_slow_heads(port))) if with_slow else None
        tried = list(attacks())
        faults = [str(fault) for attack in tried if (fault := send(port, attack))]
        others = [*_connections(port), *(slow.result() if slow else ())]
    faults += [reason for reason in others if reason]
    return Report(len(tried) + len(others), tuple(faults))


def _connections(port: int) -> Iterator[str | None]:
    """Misuse connections; yield what was wrong with each, or `None`."""
    get = request("GET", "/api/tables", headers=[("Connection", "keep-alive")])
    post = request("POST", RECORDS, b"[]", [("Connection", "keep-alive")])
    last = request("GET", "/nothing")
    found = statuses(port, get + post + get + last)
    yield None if found == [200, 400, 200, 404] else f"pipelined requests were answered with {found}"
    smuggled = request("GET", "/api/tables", b"GET /nothing HTTP/1.1\r\n\r\n", [("Connection", "close")])
    found = statuses(port, smuggled)
    yield None if found == [200] else f"a request within a body was answered: {found}"
    before = _count(port)
    whole = request("POST", RECORDS, b'{"full_name": "gone"}')
    leave_early(port, whole[:-5], 50)
    after = _count(port)
    yield None if before == after else f"half a body was stored: {before} records became {after}"
    for data in (b"", b"G", get[:20], get, request("GET", "/docs/openapi.json"), whole):
        leave_early(port, data, 20)
        yield _health(port)


def _slow_heads(port: int) -> Iterator[str | None]:
    at_most = HEAD_SECONDS + SWEEP_SECONDS + _SLACK_SECONDS
    with ThreadPoolExecutor(max_workers=3) as pool:
        beginnings = (b"", b"GET /api/tables HTT", b"GET /api/tables HTTP/1.1\r\nX-Slow: ")
        for seconds in pool.map(lambda data: seconds_until_closed(port, data, at_most + 5), beginnings):
            yield None if seconds < at_most else f"a head that does not end kept a connection for {seconds:.0f} s"


def _count(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{RECORDS}?limit=1", timeout=10) as answer:
        total: int = json.load(answer)["pagination"]["total"]
        return total


def _health(port: int) -> str | None:
    fault = send(port, Attack("health", (request("GET", "/api/health"),), frozenset({200})))
    return str(fault) if fault else None
