"""Work that goes on after a request has been answered."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

Job = Callable[[asyncio.Semaphore], Coroutine[Any, Any, None]]
"""What is to be done. It gets the permits, one of which it holds while it keeps a connection."""


class Outbox:
    """Runs jobs on whatever event loop it is used on; what a loop left behind when it ended is gone."""

    def __init__(self, at_once: int, most: int) -> None:
        self._at_once = at_once
        self._most = most
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._permits = asyncio.Semaphore(at_once)

    def put(self, job: Job) -> bool:
        """Begin a job, on the running loop. Returns false where too many wait."""
        loop = self._follow_loop()
        if len(self._tasks) >= self._most:
            return False
        # An empty context: a mail must not hold on to the transaction of the request that asked for it.
        task = loop.create_task(job(self._permits), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def flush(self, seconds: float) -> int:
        """Wait for all jobs, also those begun meanwhile. Returns how many were not done in time; they are cancelled."""
        loop = self._follow_loop()
        end = loop.time() + seconds
        while self._tasks and (left := end - loop.time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        undone = set(self._tasks)
        for task in undone:
            task.cancel()
        if undone:
            await asyncio.wait(undone)
        return len(undone)

    def _follow_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            self._tasks = set()
            self._permits = asyncio.Semaphore(self._at_once)
        return loop
