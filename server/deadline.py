"""The time that a request may take."""

from __future__ import annotations

import asyncio
from typing import Any

DEADLINE = "the deadline of the request has passed"
"""The message of a cancellation that comes from here."""


class Deadlines:
    """Cancels tasks that run longer than `seconds`.

    All have the same time, so the oldest is always the next: one timer serves any number of requests, where a timer
    or a time-out block for each would cost several microseconds.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[asyncio.Task[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._expired: set[asyncio.Task[Any]] = set()

    def enter(self) -> asyncio.Task[Any]:
        """Start the time of the current task."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is for tasks")
        self.resume(task)
        return task

    def resume(self, task: asyncio.Task[Any]) -> None:
        """Start the time of a task anew, after `leave`."""
        loop = task.get_loop()
        self._running[task] = loop.time() + self._seconds
        if self._timer is None or loop is not self._loop:
            self._loop = loop
            self._timer = loop.call_later(self._seconds, self._sweep)

    def leave(self, task: asyncio.Task[Any]) -> None:
        """End the time of a task. A cancellation that came too late to stop it is taken back."""
        if self._running.pop(task, None) is None:
            self.was_expired(task)

    def has_expired(self, task: asyncio.Task[Any]) -> bool:
        """Say whether a task was cancelled from here, and that has not been dealt with."""
        return task in self._expired

    def was_expired(self, task: asyncio.Task[Any]) -> bool:
        """Say whether a task was cancelled from here, once: the cancellation is then dealt with."""
        if task not in self._expired:
            return False
        self._expired.discard(task)
        task.uncancel()
        return True

    def _sweep(self) -> None:
        self._timer = None
        for task, end in list(self._running.items()):
            loop = task.get_loop()
            if end > loop.time():
                self._timer = loop.call_at(end, self._sweep)
                return
            del self._running[task]
            self._expired.add(task)
            task.cancel(DEADLINE)
