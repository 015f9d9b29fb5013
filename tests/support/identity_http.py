"""The HTTP of the mock provider: requests, replies, and what may go wrong on the way."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]


@dataclass
class Faults:
    """What goes wrong. Endpoints are named by their paths: `/token`, `/userinfo`, `/jwks`, …"""

    slow: dict[str, float] = field(default_factory=dict)
    """Seconds that an endpoint takes."""
    huge: set[str] = field(default_factory=set)
    redirecting: set[str] = field(default_factory=set)
    status: dict[str, int] = field(default_factory=dict)
    body: dict[str, bytes] = field(default_factory=dict)
    """What an endpoint says instead."""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """With which headers it says so."""
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims of ID tokens that are other than they should be; `None` leaves one out."""
    userinfo: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    is_expired: bool = False
    has_no_id_token: bool = False
    has_no_refresh_token: bool = False
    authorize_error: str | None = None
    """The `error` with which the browser comes back."""

    def reply(self, path: str, url: str, closing: threading.Event) -> Reply | None:
        """Return what is answered instead, `None` where nothing is wrong. Waits where the endpoint is slow."""
        closing.wait(self.slow.get(path, 0))
        if path in self.redirecting:
            return 302, {"location": f"{url}/elsewhere"}, b""
        if path in self.huge:
            return 200, {}, b'{"filler":"' + b"x" * (1024 * 1024) + b'"}'
        if path in self.status or path in self.body:
            return self.status.get(path, 200), self.headers.get(path, {}), self.body.get(path, b"{}")
        return None


def json_reply(value: Any, status: int = 200) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


class AnsweringServer(ThreadingHTTPServer):
    """Listens on a free port of loopback, and answers in threads."""

    daemon_threads = True

    def __init__(self, answer: Callable[[Received], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer

    def handle_error(self, *_: Any) -> None:
        """Say nothing where the other side has gone, as it does after its time limit."""


class _Handler(BaseHTTPRequestHandler):
    server: AnsweringServer

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(dict(parse_qsl(body.decode(), keep_blank_values=True)))

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        fields = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **form}
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, sent, body = self.server.answer(Received(self.command, parts.path, fields, headers))
        self.send_response(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep the output of the tests clean."""


def opened(url: str) -> str:
    """Open a page as a browser does, and return the address that it leads to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        body = response.read()
        location = response.getheader("location")
    finally:
        connection.close()
    assert response.status == 302, body
    assert location is not None
    return location
