"""A value that is loaded when it is asked for, kept for a while, and loaded once for all who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from tabularium.clock import Clock

T = TypeVar("T")


class SharedLoad(Generic[T]):
    """Keeps what `load` returns for `life`. A failure is told to all who wait for it, and not kept."""

    def __init__(self, load: Callable[[], Awaitable[T]], clock: Clock, life: timedelta) -> None:
        self._load = load
        self._clock = clock
        self._life = life
        self._kept: tuple[datetime, T] | None = None
        self._loading: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return the value, loaded anew if it is too old."""
        if self._kept is not None:
            loaded_at, value = self._kept
            # A clock that was set back must not keep the value for longer.
            if timedelta(0) <= self._clock.now() - loaded_at < self._life:
                return value
        return await self.reload()

    @property
    def is_loading(self) -> bool:
        """Whether a load is on its way."""
        return self._load_on_its_way() is not None

    async def reload(self) -> T:
        """Load the value, or wait for the load that is on its way."""
        task = self._load_on_its_way()
        if task is None:
            task = self._loading = asyncio.get_running_loop().create_task(self._load_and_keep())
            task.add_done_callback(_take_note)
        # Shielded: one caller whose time is up must not end the load of the others.
        return await asyncio.shield(task)

    def _load_on_its_way(self) -> asyncio.Task[T] | None:
        task = self._loading
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            return None
        return task

    async def _load_and_keep(self) -> T:
        value = await self._load()
        self._kept = (self._clock.now(), value)
        return value


def _take_note(task: asyncio.Task[T]) -> None:
    """Look at the failure of a load for which nobody waits any more, else asyncio would log it."""
    if not task.cancelled():
        task.exception()
