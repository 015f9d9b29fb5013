"""Requests with an `Idempotency-Key`: each is done once, and answered alike however often it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final

import orjson

from handlers.reply import Reply
from server.client_address import ClientAddress
from server.deadline import Deadlines
from server.request import Request
from tabularium.access.identity import Identity
from tabularium.db.database import Database, Session
from tabularium.db.idempotency import Answered, Claim, StillRunning
from tabularium.errors import Conflict
from tabularium.json_text import number_text

KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_PURPOSE: Final = b"idempotency"
_THREAD_FROM: Final = 262_144
"""Writing a body of so many bytes anew takes some milliseconds, for which no other request should wait."""

Work = Callable[[Session, Claim], Awaitable[Reply]]
"""Does what is asked for, in a transaction, and returns an answer whose body is bytes."""


class Idempotency:
    """Has requests done once. What it remembers by itself only spares connections; the database decides."""

    def __init__(self, secret: bytes, addresses: ClientAddress, deadlines: Deadlines) -> None:
        # A key of its own, so that nothing made with the secret for another purpose can be taken for what is made here.
        self._secret = hmac.digest(secret, _PURPOSE, "sha256")
        self._addresses = addresses
        self._deadlines = deadlines
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    async def answer(
        self, request: Request, identity: Identity, key: str, body: Any, database: Database, work: Work
    ) -> Reply:
        """Return the answer of `work`, or the one that it gave before.

        Raises what `work` raises, `IdempotencyMismatch` for a key of another request, and `Conflict` where the first
        request with the key is still at work when the time of this one is over.
        """
        claim = Claim(self._id(request, identity, key), identity.user_id, await _fingerprint(request, body))
        try:
            async with self._turn(claim):
                return await _do(claim, database, work)
        except Answered as answered:
            return _unpack(answered.answer)
        except asyncio.CancelledError:
            if claim.is_waiting and self._deadlines.has_expired(request.task):
                message = "The first request with this key is still in progress; send it again later."
                raise Conflict.of(KEY, message, "in_progress") from None
            raise

    def _id(self, request: Request, identity: Identity, key: str) -> str:
        """Return what stands for a caller's key. Neither the address of somebody unknown nor the key is stored."""
        if identity.user_id is not None:
            caller = f"user {identity.user_id}"
        else:
            caller = f"address {self._addresses.key_of(self._addresses.of(request.scope))}"
        return hmac.new(self._secret, f"{caller}\0{key}".encode(), "sha256").hexdigest()

    @asynccontextmanager
    async def _turn(self, claim: Claim) -> AsyncIterator[None]:
        """Let in the requests of this process that have one key one by one: none holds a connection while it waits."""
        lock, users = self._turns.get(claim.id, (asyncio.Lock(), 0))
        self._turns[claim.id] = (lock, users + 1)
        try:
            claim.is_waiting = True
            async with lock:
                claim.is_waiting = False
                yield
        finally:
            _, users = self._turns[claim.id]
            if users > 1:
                self._turns[claim.id] = (lock, users - 1)
            else:
                del self._turns[claim.id]


async def _do(claim: Claim, database: Database, work: Work) -> Reply:
    async def attempt(session: Session) -> Reply:
        reply = await work(session, claim)
        if claim.is_taken:
            await claim.keep(session, _pack(reply))
        return reply

    while True:
        try:
            return await database.write(attempt)
        except StillRunning:
            # In another process. Each attempt waits as long as locks are waited for, and the deadline ends this one.
            continue


async def _fingerprint(request: Request, body: Any) -> str:
    """Return what stands for method, path, query and JSON body, however the JSON is written."""
    scope = request.scope
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    target = b"\0".join((request.method.encode(), path, scope["query_string"]))
    announced = request.headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) < _THREAD_FROM:
        return _digest(target, body)
    return await asyncio.to_thread(_digest, target, body)


def _digest(target: bytes, body: Any) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=_number)
    return hashlib.sha256(target + b"\0" + canonical.encode()).hexdigest()


def _number(value: Any) -> Any:
    """Write a decimal in one form: `1.50` is `1.5`, and `1.0` is `1`. The object keeps it apart from a text."""
    if not isinstance(value, Decimal):
        raise TypeError(f"A body holds no {type(value).__name__}.")
    text = number_text(value)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return int(text) if text.lstrip("-").isdigit() else {"": text}


def _pack(reply: Reply) -> bytes:
    head = orjson.dumps({"status": reply.status, "headers": dict(reply.headers), "type": reply.content_type})
    body = reply.body or b""
    if not isinstance(body, bytes):
        raise TypeError("only an answer whose body is bytes can be kept")
    return head + b"\n" + body


def _unpack(answer: bytes) -> Reply:
    head, _, body = answer.partition(b"\n")
    kept = orjson.loads(head)
    return Reply(body or None, kept["status"], {**kept["headers"], REPLAYED: "true"}, kept["type"])
