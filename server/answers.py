"""From what a handler returns to status, headers and bytes; conditions, compression and streams included."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from handlers.reply import Reply
from server.entity_tags import Tagged, is_known, record_tag, tagged
from server.headers import GZIP, VARY, WHOLE_ANSWER, WRITE, Header, header
from server.request import Receive, Request, Send
from tabularium import json_text

COMPRESS_FROM: Final = 1024
_COMPRESS_IN_THREAD_FROM: Final = 262_144
"""Compressing this much takes some milliseconds, for which no other request should wait."""
_GZIP_LEVEL: Final = 1
"""The first level already saves most of JSON's length, for a third of the time of the usual one."""

_ENCODING = re.compile(r"(?:gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?", re.IGNORECASE)
_NO_EXTENSIONS: Final[Mapping[str, Any]] = MappingProxyType({})
_REREAD: Final = ("GET", "HEAD")
"""Methods that `If-None-Match` spares an answer."""
_WITHOUT_BODY: Final = frozenset({204, 304})


@dataclass(slots=True)
class Answer:
    """What is sent. `headers` are complete but for the request id."""

    status: int
    headers: list[Header]
    body: bytes | AsyncIterator[bytes]


class Presenter:
    """Turns results of one operation into answers."""

    __slots__ = ("_base", "_content_type", "_empty_status", "_status", "_tagged", "is_compressible")

    def __init__(
        self,
        base: list[Header],
        status: int,
        empty_status: int | None,
        content_type: str,
        is_compressible: bool,
        tagged: Tagged | None = None,
    ) -> None:
        self._base = base
        self._status = status
        self._empty_status = empty_status
        self._content_type = header("content-type", content_type)
        self.is_compressible = is_compressible
        self._tagged = tagged

    async def present(self, result: Any, request: Request) -> Answer:
        """Turn a result into an answer. Raises `TypeError` for a result that no contract can mean."""
        if self._tagged is None:
            return await self._present(result, request)
        if self._tagged == "body" and type(result) is dict:
            return self._present_record(result, request)
        return await self._present_reply(tagged(result, self._tagged), request)

    def settle(self, result: Any) -> Reply:
        """Turn a result into a reply that can be kept and presented with `present_settled`: its body is bytes."""
        reply = tagged(result, self._tagged) if self._tagged is not None else result
        if not isinstance(reply, Reply):
            reply = Reply(reply)
        body = json_text.dump(reply.body) if isinstance(reply.body, Mapping) else reply.body
        if body is not None and not isinstance(body, bytes):
            raise TypeError(f"an answer that is {type(body).__name__} cannot be kept")
        return Reply(body, reply.status or self._status_of(body), reply.headers, reply.content_type)

    async def present_settled(self, reply: Reply, request: Request) -> Answer:
        """Turn a settled reply into an answer."""
        return await self._present_reply(reply, request)

    def _present_record(self, record: dict[str, Any], request: Request) -> Answer:
        """Answer with one record. It is read often, so it goes the shortest way."""
        content = json_text.dump(record)
        etag = record_tag(record, content)
        headers = [*self._base, (b"etag", etag.encode())]
        if b"if-none-match" in request.headers and request.method in _REREAD and _is_known(request, etag):
            return _without_body(304, headers)
        headers.append(self._content_type)
        return _with_length(self._status, headers, content)

    def _status_of(self, body: object) -> int:
        return self._status if body is not None else self._empty_status or self._status

    async def _present(self, result: Any, request: Request) -> Answer:
        if type(result) is bytes:
            return await self._complete(self._status, [*self._base, self._content_type], result, request)
        if isinstance(result, Reply):
            return await self._present_reply(result, request)
        if result is None:
            if self._empty_status is None:
                raise TypeError("the handler returned nothing, and the contract has no answer without content")
            return _without_body(self._empty_status, self._base)
        if isinstance(result, Mapping | list):
            headers = [*self._base, self._content_type]
            return await self._complete(self._status, headers, json_text.dump(result), request)
        if isinstance(result, AsyncIterator):
            return Answer(self._status, [*self._base, self._content_type], result)
        raise TypeError(f"the handler returned {type(result).__name__}")

    async def _present_reply(self, reply: Reply, request: Request) -> Answer:
        status = reply.status or self._status_of(reply.body)
        own = [header(name, value) for name, value in reply.headers.items()]
        names = {name for name, _ in own}
        headers = [each for each in self._base if each[0] not in names] + own
        if reply.body is None:
            return _without_body(status, headers)
        etag = reply.headers.get("ETag")
        body = reply.body
        if reply.gzip is not None:
            headers.append(VARY)
            if accepts_gzip(request):
                body = reply.gzip
                headers.append(GZIP)
                if etag is not None:  # one tag stands for one sequence of bytes
                    etag = f'{etag[:-1]}-gzip"'
                    headers = [each for each in headers if each[0] != b"etag"] + [header("etag", etag)]
        if etag is not None and request.method in _REREAD and _is_known(request, etag):
            return _without_body(304, headers)
        headers.append(self._content_type if reply.content_type is None else header("content-type", reply.content_type))
        if isinstance(body, AsyncIterator):
            return Answer(status, headers, body)
        content = body if isinstance(body, bytes) else json_text.dump(body)
        if etag is not None or reply.gzip is not None:
            return _with_length(status, headers, content)
        return await self._complete(status, headers, content, request)

    async def _complete(self, status: int, headers: list[Header], body: bytes, request: Request) -> Answer:
        """Finish an answer whose bytes are there, compressed where that is allowed, wanted and worth it."""
        if len(body) >= COMPRESS_FROM and self.is_compressible:
            headers.append(VARY)
            if accepts_gzip(request):
                headers.append(GZIP)
                in_place = len(body) < _COMPRESS_IN_THREAD_FROM
                body = compress(body) if in_place else await asyncio.to_thread(compress, body)
        return _with_length(status, headers, body)


def compress(body: bytes, level: int = _GZIP_LEVEL) -> bytes:
    """Compress to the gzip format, without a time stamp: the same bytes give the same result."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, 31)
    return compressor.compress(body) + compressor.flush()


def _with_length(status: int, headers: list[Header], body: bytes) -> Answer:
    headers.append((b"content-length", b"%d" % len(body)))
    return Answer(status, headers, body)


def _without_body(status: int, headers: list[Header]) -> Answer:
    if status in _WITHOUT_BODY:
        return Answer(status, [*headers], b"")
    return Answer(status, [*headers, (b"content-length", b"0")], b"")


def accepts_gzip(request: Request) -> bool:
    """Say whether the caller takes gzip."""
    sent = request.headers.get(b"accept-encoding")
    if sent is None:
        return False
    accepted = False
    for part in sent.decode("latin-1").split(","):
        match = _ENCODING.fullmatch(part.strip())
        if match:
            try:
                accepted = match[1] is None or float(match[1]) > 0
            except ValueError:
                return False
            if not part.strip().startswith("*"):  # what is said of gzip by name goes before `*`
                return accepted
    return accepted


def _is_known(request: Request, etag: str) -> bool:
    """Say whether `If-None-Match` names this tag."""
    sent = request.text_header(b"if-none-match")
    return sent is not None and is_known(sent, etag)


async def send_answer(answer: Answer, request: Request, receive: Receive, send: Send) -> None:
    """Send an answer. A stream ends early, and its iterator is closed, as soon as the client has left."""
    headers = answer.headers
    headers.append((b"x-request-id", request.request_id))
    headers.extend(request.added_headers)
    body = answer.body
    if isinstance(body, bytes):
        sent = b"" if request.method == "HEAD" else body
        extension = request.scope.get("extensions", _NO_EXTENSIONS).get(WHOLE_ANSWER)
        if extension is None or not extension[WRITE](answer.status, headers, sent):
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": sent})
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if request.method == "HEAD":
        await _close(body)
        await send({"type": "http.response.body", "body": b""})
    else:
        await _stream(body, receive, send)


async def _stream(body: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    pumping = asyncio.create_task(_pump(body, send))
    leaving = asyncio.create_task(_until_disconnect(receive))
    try:
        await asyncio.wait({pumping, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        pumping.cancel()
        await asyncio.gather(pumping, leaving, return_exceptions=True)
        await _close(body)
    if not pumping.cancelled():
        pumping.result()


async def _pump(body: AsyncIterator[bytes], send: Send) -> None:
    async for chunk in body:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _close(body: AsyncIterator[bytes]) -> None:
    close = getattr(body, "aclose", None)
    if close is not None:
        await close()
