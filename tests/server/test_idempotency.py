"""What one process does with requests that have the same key, before the database decides."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.asgi import Answer, call
from tests.support.server import FakeSettings, Serve, Served, document, module_of

NAME = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
OPERATION = {"x-transaction": "write", "parameters": [NAME]}


class Slow:
    """A handler that does not let itself be cancelled, as a commit does not."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.running = 0
        self.most = 0
        self.calls = 0

    async def operate(self, context: Any) -> dict[str, str]:
        self.calls += 1
        self.running += 1
        self.most = max(self.most, self.running)
        pause = asyncio.ensure_future(asyncio.sleep(self.seconds))
        while not pause.done():
            try:
                await asyncio.shield(pause)
            except asyncio.CancelledError:
                continue
        self.running -= 1
        return {}


def served(serve: Serve, slow: Slow, milliseconds: int = 5000) -> Served:
    async def operate(context: Any) -> dict[str, str]:
        return await slow.operate(context)

    settings = FakeSettings(request_timeout_ms=milliseconds)
    return serve(document({"/a": {"post": OPERATION}}), module_of(operate=operate), settings=settings)


def together(served: Served, *keys: str, pause: float = 0.0) -> list[Answer]:
    async def main() -> list[Answer]:
        sent = []
        for key in keys:
            sent.append(asyncio.ensure_future(call(served.app, "POST", "/a", headers={"idempotency-key": key})))
            await asyncio.sleep(pause)
        return list(await asyncio.gather(*sent))

    return asyncio.run(main())


def test_requests_with_one_key_come_one_after_the_other_and_others_do_not_wait(serve: Serve) -> None:
    slow = Slow(0.05)
    answers = together(served(serve, slow), "a", "a", "a")
    assert ([answer.status for answer in answers], slow.calls, slow.most) == ([200] * 3, 3, 1)
    slow = Slow(0.05)
    together(served(serve, slow), "a", "b", "c")
    assert slow.most == 3


def test_who_waits_for_the_first_past_the_deadline_is_told_that_it_is_in_progress(serve: Serve) -> None:
    slow = Slow(1.2)
    first, second, other = together(served(serve, slow, 300), "a", "a", "b", pause=0.02)
    assert (second.status, second.json()["code"]) == (409, "CONFLICT")
    assert second.codes == {"Idempotency-Key": "in_progress"}
    assert first.status == 200  # it had been done when the deadline was looked at
    assert other.status == 200
    assert slow.calls == 2


def test_a_key_that_the_handler_does_not_claim_is_not_kept(serve: Serve) -> None:
    slow = Slow(0)
    running = served(serve, slow)
    for _ in range(2):
        (answer,) = together(running, "a")
        assert (answer.status, "idempotency-replayed" in answer.headers) == (200, False)
    assert slow.calls == 2
