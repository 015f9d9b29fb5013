"""HTTP/1.1 as uvicorn speaks it, with bounds on what a client may take: the size of a head, and time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from server.headers import WHOLE_ANSWER, WRITE, Header

HEAD_LIMIT: Final = 65_536
"""Bytes of the request line and all headers."""
HEAD_SECONDS: Final = 10.0
"""From the beginning of a connection, or of a request on it, to the end of the headers."""
BODY_PAUSE_SECONDS: Final = 30.0
"""Between two pieces of a body."""
SWEEP_SECONDS: Final = 1.0


def write_whole(cycle: RequestResponseCycle, status: int, headers: list[Header], body: bytes) -> bool:
    """Write an answer that is there as a whole, or return `False` where only the ordinary way will do.

    The ordinary way checks and lowers every header on its way and writes twice: with some twenty headers that is a
    third of what a short request costs. The headers that come here are made by this server (`server.headers.header`),
    with the length of the body among them wherever an answer has one.
    """
    if cycle.flow.write_paused or cycle.response_started:
        return False
    if cycle.disconnected:
        return True
    cycle.response_started = cycle.response_complete = True
    lines = [b"%b: %b\r\n" % each for each in cycle.default_headers]
    lines += [b"%b: %b\r\n" % each for each in headers]
    if not cycle.keep_alive:
        lines.append(b"connection: close\r\n")
    cycle.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


class _HeadTooLarge(Exception):
    """Ends the parser's work on a request whose head is over the limit."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. uvicorn itself waits for ever for headers and bodies, and reads heads of any size."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_since: float | None = None
        self._head_size = 0
        self._unfinished_size = 0
        self._last_data = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self._last_data = self.loop.time()

    def data_received(self, data: bytes) -> None:
        self._last_data = self.loop.time()
        super().data_received(data)
        if self._head_since is not None:
            # A header that never ends is not reported by the parser, so its bytes are counted as they come.
            self._unfinished_size += len(data)
            if self._unfinished_size > HEAD_LIMIT and not self.transport.is_closing():
                self._head_size = self._unfinished_size
                self.send_400_response("")

    def on_message_begin(self) -> None:
        self._head_since = self.loop.time()
        self._head_size = self._unfinished_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._head_size += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value) + 4  # with `: ` and the end of the line
        if self._head_size > HEAD_LIMIT:
            raise _HeadTooLarge
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_since = None
        super().on_headers_complete()
        cycle = self.cycle
        if cycle.scope is self.scope:
            self.scope["extensions"] = {WHOLE_ANSWER: {WRITE: partial(write_whole, cycle)}}

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: an upgrade that is asked for is served as plain HTTP, and any client could fill the log so."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be parsed, or is too large to be. Here there is no request yet, so no error object."""
        status = 431 if self._head_size > HEAD_LIMIT else 400
        head = [STATUS_LINE[status], b"content-length: 0\r\n", b"connection: close\r\n", b"\r\n"]
        self.transport.write(b"".join(head))
        self.transport.close()

    def close_if_slow(self, now: float) -> None:
        """Close the connection if its client has let the server wait for too long."""
        if self._head_since is not None:
            is_slow = now - self._head_since > HEAD_SECONDS
        else:
            cycle = self.cycle
            is_receiving = bool(cycle) and cycle.more_body and not cycle.response_complete
            # Where reading is paused, it is the application that has not taken what came.
            is_slow = is_receiving and not self.flow.read_paused and now - self._last_data > BODY_PAUSE_SECONDS
        if is_slow:
            self.transport.close()
