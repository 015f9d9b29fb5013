from __future__ import annotations

import asyncio
import contextvars

from tabularium.mail.outbox import Outbox

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nothing")


def test_no_more_jobs_hold_a_permit_at_once_than_there_are() -> None:
    outbox = Outbox(at_once=2, most=10)
    running: list[int] = [0, 0]

    async def job(permits: asyncio.Semaphore) -> None:
        async with permits:
            running[0] += 1
            running[1] = max(running)
            await asyncio.sleep(0)
            running[0] -= 1

    async def work() -> None:
        assert all(outbox.put(job) for _ in range(10))
        assert not outbox.put(job)
        assert await outbox.flush(5) == 0

    asyncio.run(work())
    asyncio.run(work())  # on another loop
    assert running == [0, 2]


def test_flush_waits_for_jobs_that_jobs_begin() -> None:
    outbox = Outbox(at_once=1, most=10)
    done: list[str] = []

    async def second(permits: asyncio.Semaphore) -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first(permits: asyncio.Semaphore) -> None:
        outbox.put(second)
        done.append("first")

    async def work() -> None:
        outbox.put(first)
        assert await outbox.flush(5) == 0

    asyncio.run(work())
    assert done == ["first", "second"]


def test_flush_ends_what_is_not_done_in_time() -> None:
    outbox = Outbox(at_once=1, most=10)

    async def forever(permits: asyncio.Semaphore) -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        for _ in range(3):
            outbox.put(forever)
        assert await outbox.flush(0.01) == 3
        assert await outbox.flush(0) == 0
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(work())


def test_jobs_that_a_loop_left_behind_are_gone() -> None:
    outbox = Outbox(at_once=1, most=1)

    async def forever(permits: asyncio.Semaphore) -> None:
        async with permits:
            await asyncio.Event().wait()

    async def work() -> None:
        assert outbox.put(forever)
        await asyncio.sleep(0)

    asyncio.run(work())
    asyncio.run(work())


def test_a_job_does_not_see_the_context_of_who_began_it() -> None:
    outbox = Outbox(at_once=1, most=1)
    seen: list[str] = []

    async def job(permits: asyncio.Semaphore) -> None:
        seen.append(variable.get())

    async def work() -> None:
        variable.set("a transaction")
        outbox.put(job)
        await outbox.flush(5)

    asyncio.run(work())
    assert seen == ["nothing"]
