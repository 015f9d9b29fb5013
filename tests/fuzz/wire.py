"""Raw requests over a socket, for what no HTTP client would send, and the judgement of their answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import select
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

SECONDS: Final = 10.0
"""More than any answer here may take."""

ERROR_KEYS: Final = {"success", "message", "code", "requestId"}


@dataclass(frozen=True)
class Attack:
    """One request as bytes, with the statuses that are right for it."""

    name: str
    parts: tuple[bytes, ...]
    """What is sent, piece by piece, until the server answers."""
    statuses: frozenset[int]
    method: str = "GET"
    is_refused_by_parser: bool = False
    """Whether the HTTP parser may refuse it: there is no request then, and so no error object."""
    may_be_cut: bool = False
    """Whether the server may close the connection without an answer."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Fault:
    """An answer that is not right."""

    attack: Attack
    reason: str
    answer: Answer | None = field(default=None)

    def __str__(self) -> str:
        head = self.attack.parts[0][:200]
        shown = "no answer" if self.answer is None else f"{self.answer.status} {self.answer.body[:300]!r}"
        return f"{self.attack.name}: {self.reason}\n  sent:     {head!r}\n  answered: {shown}"


def request(
    method: str, target: str | bytes, body: bytes | None = None, headers: Iterable[tuple[str, str | bytes]] = ()
) -> bytes:
    """Write a request. Nothing is escaped or checked, and a header that is given takes the place of a usual one."""
    given = [(name, value if isinstance(value, bytes) else value.encode("latin-1")) for name, value in headers]
    names = {name.lower() for name, _ in given}
    usual = {"Host": b"localhost", "Connection": b"close"}
    if body is not None:
        usual |= {"Content-Type": b"application/json", "Content-Length": b"%d" % len(body)}
    lines = [(name, value) for name, value in usual.items() if name.lower() not in names] + given
    head = b"".join(name.encode("latin-1") + b": " + value + b"\r\n" for name, value in lines if value != b"<none>")
    path = target if isinstance(target, bytes) else target.encode()
    return method.encode() + b" " + path + b" HTTP/1.1\r\n" + head + b"\r\n" + (body or b"")


def send(port: int, attack: Attack) -> Fault | None:
    """Send one attack and judge the answer."""
    began = time.monotonic()
    try:
        answer = _exchange(port, attack, began)
    except TimeoutError:
        return Fault(attack, f"nothing came within {SECONDS:.0f} s")
    except (ConnectionError, http.client.HTTPException) as error:
        return None if attack.may_be_cut else Fault(attack, f"the connection ended: {error!r}")
    reason = _judge(attack, answer)
    return Fault(attack, reason, answer) if reason else None


def _exchange(port: int, attack: Attack, began: float) -> Answer:
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        _send_parts(connection, attack.parts)
        response = http.client.HTTPResponse(connection, method=attack.method)
        response.begin()
        body = response.read()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body, time.monotonic() - began)


def _send_parts(connection: socket.socket, parts: Iterable[bytes]) -> None:
    for part in parts:
        readable, _, _ = select.select([connection], [], [], 0)
        if readable:
            return
        # A server that has answered already and closed is right to; the answer is still there to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(part)


def _judge(attack: Attack, answer: Answer) -> str | None:
    """Return what is wrong with an answer, or `None`."""
    if answer.status not in attack.statuses:
        return f"the status is none of {sorted(attack.statuses)}"
    if answer.seconds > SECONDS:
        return f"it took {answer.seconds:.0f} s"
    is_from_parser = attack.is_refused_by_parser and answer.status in (400, 431) and not answer.body
    if is_from_parser:
        return None
    if "x-request-id" not in answer.headers or answer.headers.get("x-content-type-options") != "nosniff":
        return "headers of every answer are missing"
    if answer.status in (405, 204) and attack.method != "DELETE" and "allow" not in answer.headers:
        return "Allow is missing"
    if answer.status < 400 or attack.method == "HEAD":
        return None
    return _judge_error(answer)


def _judge_error(answer: Answer) -> str | None:
    if answer.headers.get("content-type") != "application/json":
        return "the error is no JSON"
    content: Any = json.loads(answer.body)
    if not ERROR_KEYS <= content.keys() <= ERROR_KEYS | {"errors", "details"} or content["success"] is not False:
        return "this is not the error object"
    if content["requestId"] != answer.headers["x-request-id"]:
        return "the ids of the request differ"
    return None


def statuses(port: int, data: bytes) -> list[int]:
    """Send requests in one piece, of which the last closes the connection, and return the statuses of the answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(data)
        received = b""
        while more := connection.recv(65536):
            received += more
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


def leave_early(port: int, data: bytes, times: int) -> None:
    """Open connections, send what may be half a request, and go without reading an answer."""
    for _ in range(times):
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            connection.sendall(data)


def seconds_until_closed(port: int, data: bytes, at_most: float) -> float:
    """Send the beginning of a request, wait, and return how long it took the server to close the connection."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=at_most) as connection:
        connection.sendall(data)
        with contextlib.suppress(ConnectionError):
            while connection.recv(65536):
                pass
    return time.monotonic() - began
