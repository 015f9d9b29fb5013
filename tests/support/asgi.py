"""A client that calls an ASGI application in process, without sockets and threads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


@dataclass(frozen=True)
class Answer:
    """An answer with the bytes of its body as they came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    raw_headers: Sequence[tuple[str, str]] = ()
    """Every header, those included that were sent more than once."""

    def all_headers(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for each, value in self.raw_headers if each == name]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def codes(self) -> dict[str, str]:
        """The codes of a refusal by field."""
        return {error["field"]: error["code"] for error in self.json().get("errors", ())}


class Client:
    """Drives one application on one event loop, which lives until `close`."""

    def __init__(self, start: Callable[[], Awaitable[tuple[Application, Callable[[], Awaitable[None]]]]]) -> None:
        self._runner = asyncio.Runner()
        # `Runner.run` would set and reset a signal handler for each request, which takes longer than many an answer.
        self._until = self._runner.get_loop().run_until_complete
        self.application, self._stop = self._until(_settled(start()))

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Run something on the loop of the application."""
        return self._until(_settled(awaitable))

    def close(self) -> None:
        """Stop the application."""
        self._until(_settled(self._stop()))
        self._runner.close()

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Send one request; `body` goes as JSON, `raw` as it is."""
        return self._until(call(self.application, method, path, body, query=query, headers=headers, raw=raw))

    def together(self, *requests: tuple[Any, ...], headers: Mapping[str, str] | None = None) -> list[Answer]:
        """Send requests at the same time: method, path, body and, where they are not `headers`, headers of each."""

        async def send(method: str, path: str, body: Any = None, own: Mapping[str, str] | None = None) -> Answer:
            return await call(self.application, method, path, body, headers=headers if own is None else own)

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(send(*request) for request in requests))

        return self._until(all_of_them())


async def _settled(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def call(
    application: Application,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
) -> Answer:
    """Call the application once."""
    content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    sent = {"host": "localhost", **({} if not content else {"content-type": "application/json"}), **(headers or {})}
    if content:
        sent.setdefault("content-length", str(len(content)))
    path, _, query_string = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": (urlencode(query, doseq=True) if query else query_string).encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 3000),
        "state": {},
    }
    incoming = [{"type": "http.request", "body": content, "more_body": False}]
    messages: list[Message] = []

    async def receive() -> Message:
        if not incoming:
            await asyncio.Event().wait()  # the client stays until it has the whole answer, however long that streams
        return incoming.pop()

    async def send(message: Message) -> None:
        messages.append(message)

    await application(scope, receive, send)
    start = messages[0]
    answered = [(name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"]]
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(start["status"], dict(answered), content, answered)
