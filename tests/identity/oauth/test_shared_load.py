"""One load for all who wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tabularium.identity.oauth.shared_load import SharedLoad
from tests.support.identity_client import HandClock


class Source:
    """Counts its loads, each of which lasts until it is let go."""

    def __init__(self) -> None:
        self.loads = 0
        self.failure: Exception | None = None
        self.gate = asyncio.Event()

    async def load(self) -> int:
        self.loads += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return self.loads


def test_one_caller_who_gives_up_does_not_end_the_load_of_the_others() -> None:
    async def run() -> None:
        source = Source()
        shared = SharedLoad(source.load, HandClock(), timedelta(hours=1))
        first, second = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert shared.is_loading
        source.gate.set()
        assert await second == 1
        assert first.cancelled()
        assert not shared.is_loading

    asyncio.run(run())


def test_a_failure_reaches_all_who_wait_and_the_next_tries_again() -> None:
    async def run() -> None:
        source = Source()
        shared = SharedLoad(source.load, HandClock(), timedelta(hours=1))
        source.failure = ValueError("gone")
        source.gate.set()
        results = await asyncio.gather(shared.get(), shared.get(), return_exceptions=True)
        assert results == [source.failure, source.failure]
        source.failure = None
        assert await shared.get() == 2

    asyncio.run(run())


def test_a_failure_for_which_nobody_waits_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        source = Source()
        shared = SharedLoad(source.load, HandClock(), timedelta(hours=1))
        only = asyncio.create_task(shared.get())
        await asyncio.sleep(0)
        only.cancel()
        source.failure = ValueError("gone")
        source.gate.set()
        await asyncio.sleep(0.01)

    asyncio.run(run())
    assert caplog.messages == []


def test_a_load_that_ended_with_its_event_loop_is_begun_anew() -> None:
    class Slow:
        loads = 0

        async def load(self) -> int:
            self.loads += 1
            if self.loads == 1:
                await asyncio.sleep(60)
            return self.loads

    source = Slow()
    shared = SharedLoad(source.load, HandClock(), timedelta(hours=1))

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await shared.get()

    asyncio.run(give_up())
    assert asyncio.run(shared.get()) == 2
