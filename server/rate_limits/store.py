"""Where requests are counted: the two ways of counting, what a store of them must do, and the store in memory.

A store is asked whether one more request fits, and counts it if it does: both in one step, so that of many requests at
the same time no more pass than may.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeVar

CAPACITY: Final = 100_000
"""Keys that the memory holds of each way of counting; the one that was not used for the longest time goes first."""

EntryT = TypeVar("EntryT")

Milliseconds = Callable[[], int]
"""A clock that never goes back; where it began does not matter."""


def monotonic_milliseconds() -> int:
    """Tell the time that no change of the machine's clock moves."""
    return time.monotonic_ns() // 1_000_000


class Streak(NamedTuple):
    """Requests of which none came later than a window after the one before."""

    allowed: bool
    counted: int
    """With this request, where it was allowed."""
    left: int
    """Milliseconds until a window after the last one that was allowed."""


class Window(NamedTuple):
    """A sliding window, made of the running one and the one before it, of which a shrinking share still counts."""

    allowed: bool
    previous: int
    current: int
    """With this request, where it was allowed."""
    left: int
    """Milliseconds until the running window ends, at least 1."""


class CounterStore(Protocol):
    """Counts requests by key. Windows are in milliseconds."""

    async def add_to_streak(self, key: str, most: int, window: int) -> Streak:
        """Count a request unless `most` are there; more than `window` after the last allowed one it is the first again.

        What is refused changes nothing.
        """

    async def add_to_window(self, key: str, most: int, window: int) -> Window:
        """Count a request unless the sliding window holds `most`. What is refused changes nothing."""

    async def close(self) -> None:
        """Let go of what the store holds open."""


def fits(previous: int, current: int, left: int, most: int, window: int) -> bool:
    """Say whether a sliding window has room for one more: the window before counts for the share that is not over.

    All numbers are whole, so that every store decides the same.
    """
    return previous * left < (most - current) * window


class MemoryStore:
    """Counts for this process alone."""

    def __init__(self, clock: Milliseconds = monotonic_milliseconds, capacity: int = CAPACITY) -> None:
        self._clock = clock
        self._capacity = capacity
        self._streaks: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """The count, and when the last request was allowed."""
        self._windows: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        """The number of the running window, the count of the one before, and its own."""

    async def add_to_streak(self, key: str, most: int, window: int) -> Streak:
        now = self._clock()
        count, last = self._streaks.get(key, (0, now))
        if now - last > window:
            count = 0
        if count >= most:
            if key in self._streaks:
                self._streaks.move_to_end(key)
            return Streak(False, count, last + window - now)
        self._keep(self._streaks, key, (count + 1, now))
        return Streak(True, count + 1, window)

    async def add_to_window(self, key: str, most: int, window: int) -> Window:
        running, elapsed = divmod(self._clock(), window)
        left = window - elapsed
        number, previous, current = self._windows.get(key, (running, 0, 0))
        if number != running:
            previous, current = (current if number == running - 1 else 0), 0
        allowed = fits(previous, current, left, most, window)
        if allowed:
            current += 1
            self._keep(self._windows, key, (running, previous, current))
        elif key in self._windows:
            self._windows.move_to_end(key)
        return Window(allowed, previous, current, left)

    async def close(self) -> None:
        """Do nothing: memory goes with the process."""

    def _keep(self, entries: OrderedDict[str, EntryT], key: str, entry: EntryT) -> None:
        entries[key] = entry
        entries.move_to_end(key)
        if len(entries) > self._capacity:
            entries.popitem(last=False)
