"""One request as dispatch sees it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from tabularium.errors import BadRequest, PayloadTooLarge

if TYPE_CHECKING:
    from server.auth.operation import AuthOperation
    from server.operation import Operation
    from server.rate_limits.verdict import Verdict

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_=-]{1,255}")
_NO_HEADER = b""

MAX_QUERY_PARAMETERS: Final = 1000
"""Each unknown one gets an error of its own: an answer must not be many times as long as its request."""


class ClientDisconnected(Exception):
    """The client has left before its request was complete, so that there is nobody to answer."""


class Request:
    """A request with its headers as a dictionary. Of a header that was sent twice, the last counts."""

    __slots__ = (
        "added_headers",
        "headers",
        "limits",
        "method",
        "operation",
        "receive",
        "request_id",
        "route",
        "scope",
        "task",
        "user_id",
    )

    def __init__(self, scope: Scope, receive: Receive, task: asyncio.Task[Any]) -> None:
        self.task = task
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.route = "-"
        """The template of the path, once it is found."""
        self.operation: Operation | AuthOperation | None = None
        self.user_id: str | None = None
        self.added_headers: list[tuple[bytes, bytes]] = []
        """Headers of the answer that do not come from the operation: cookies of a session that lives on."""
        self.limits: list[Verdict] = []
        """What the limits found that the request counted in."""
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        sent = self.headers.get(b"x-request-id")
        if sent is not None and _REQUEST_ID.fullmatch(sent):
            self.request_id = sent
        else:
            self.request_id = new_request_id()

    def text_header(self, name: bytes) -> str | None:
        """Return all values of a header, joined as HTTP joins them, or `None`."""
        if name not in self.headers:
            return None
        return ", ".join(value.decode("latin-1") for each, value in self.scope["headers"] if each == name)

    def cookies(self) -> dict[str, str]:
        """Return the cookies as they were sent, not decoded. Of a name that was sent twice, the first counts."""
        found: dict[str, str] = {}
        for part in (self.text_header(b"cookie") or "").split(";"):
            name, separator, value = part.strip().partition("=")
            if separator:
                found.setdefault(name, value.strip('"'))
        return found

    def query(self) -> list[tuple[str, str]]:
        """Return the parameters of the query string in their order, decoded. Raises `BadRequest` if it is not UTF-8."""
        text = self.scope["query_string"]
        if not text:
            return []
        if text.count(b"&") >= MAX_QUERY_PARAMETERS:
            raise BadRequest(f"The query string has more than {MAX_QUERY_PARAMETERS} parameters.")
        try:
            return [_decode_pair(each) for each in text.decode().split("&") if each]
        except UnicodeDecodeError:
            raise BadRequest("The query string is not UTF-8.") from None

    @property
    def announces_body(self) -> bool:
        """Whether the headers say that a body follows."""
        return self.headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in self.headers

    def refuse_announced_size(self, limit: int) -> None:
        """Raise `PayloadTooLarge` where `Content-Length` is over the limit, before anything is read."""
        announced = self.headers.get(b"content-length", _NO_HEADER)
        if announced.isdigit() and (len(announced) > 18 or int(announced) > limit):
            raise too_large(limit)

    async def read_body(self, limit: int) -> bytes:
        """Read the whole body. Raises `PayloadTooLarge` as soon as it is over the limit, and `ClientDisconnected`."""
        message = await self.receive()
        body: bytes = message.get("body", b"")
        if message["type"] != "http.request":
            raise ClientDisconnected
        if not message.get("more_body", False):
            if len(body) > limit:
                raise too_large(limit)
            return body
        return await self._read_rest(bytearray(body), limit)

    async def _read_rest(self, collected: bytearray, limit: int) -> bytes:
        while True:
            if len(collected) > limit:
                raise too_large(limit)
            message = await self.receive()
            if message["type"] != "http.request":
                raise ClientDisconnected
            collected += message.get("body", b"")
            if not message.get("more_body", False) and len(collected) <= limit:
                return bytes(collected)


def too_large(limit: int) -> PayloadTooLarge:
    """Build the error that names the limit."""
    return PayloadTooLarge(f"The body may have at most {limit} bytes.")


def _decode_pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if "%" in text or "+" in text:
        return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
    return name, value


_POOL_SIZE = 64 * 16
_pool = b""
_position = _POOL_SIZE


def new_request_id() -> bytes:
    """Make a version 4 UUID as text, from randomness that is fetched for 64 of them at once."""
    global _pool, _position
    if _position == _POOL_SIZE:
        _pool = os.urandom(_POOL_SIZE)
        _position = 0
    start = _position
    _position = start + 16
    text = _pool[start:_position].hex()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}".encode()
