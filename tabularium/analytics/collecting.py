"""The queue of views of one process, and the one that empties it."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from tabularium.analytics.recording import record
from tabularium.analytics.seeing import Seer, Visit, milliseconds
from tabularium.analytics.view import View
from tabularium.clock import Clock
from tabularium.db.database import Database, Session, failure_name
from tabularium.errors import Unavailable

MOST_WAITING: Final = 50_000
BATCH: Final = 1_000
PAUSE: Final = 0.25
"""Seconds after which views are stored, however few they are."""
RETRY: Final = 1.0
QUIET: Final = 60.0
"""Seconds between two lines of the log that say that views still wait."""
_MINUTE: Final = 60_000

Tell = Callable[[str], None]


class _Undone(Exception):
    """Takes back a transaction that was only tried."""


class Collector:
    """Takes views and stores them soon. What it has taken is lost only with the process."""

    def __init__(self, database: Database, clock: Clock, seer: Seer, tell: Tell) -> None:
        """`tell` gets a line for the log when the database cannot take views."""
        self._database = database
        self._clock = clock
        self._seer = seer
        self._tell = tell
        self._waiting: deque[View | int] = deque()
        self._is_full = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._is_stopping = False
        self._gap = seer.settings.session_timeout * _MINUTE

    async def collect(self, body: Mapping[str, Any], visit: Visit) -> None:
        """Take a view, if it counts. Raises `Unavailable` where too many wait already."""
        now = self._clock.now()
        seen = await self._seer.look(body, visit, now)
        if seen is None:
            return
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("Too many views are waiting to be stored.")
        self._waiting.append(milliseconds(now) if seen == "robot" else seen)
        if len(self._waiting) >= BATCH:
            self._is_full.set()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    @property
    def waiting(self) -> int:
        """How many views wait to be stored."""
        return len(self._waiting)

    async def flush(self) -> None:
        """Store everything that waits now."""
        while self._waiting:
            await self._store()

    async def stop(self) -> None:
        """Store what waits, and end. The caller sees to it that this does not take too long."""
        self._is_stopping = True
        if self._writer is not None:
            self._is_full.set()
            await self._writer

    async def _write(self) -> None:
        """Store views until none waits."""
        quiet_until = -math.inf
        while self._waiting:
            if len(self._waiting) < BATCH and not self._is_stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._is_full.wait(), PAUSE)
            self._is_full.clear()
            try:
                await self._store()
            except Exception as error:  # noqa: BLE001 - whatever it is, the views stay, and are tried again
                if time.monotonic() >= quiet_until:
                    self._tell(f"Views wait to be stored: {len(self._waiting)} ({type(error).__name__}).")
                    quiet_until = time.monotonic() + QUIET
                await asyncio.sleep(RETRY)

    async def _store(self) -> None:
        """Store the oldest views."""
        async with self._turn:
            refused = Counter[str]()
            try:
                await self._store_first(min(len(self._waiting), BATCH), refused)
            finally:
                for reason, number in sorted(refused.items()):
                    self._tell(f"Views were left out, since the database refuses them: {number} ({reason}).")

    async def _store_first(self, number: int, refused: Counter[str]) -> None:
        """Store so many of the oldest views. They leave the queue only when that is done.

        Views that the database refuses for what they are must not keep the others waiting: they are found by halves,
        and are left out.
        """
        some = list(islice(self._waiting, number))
        try:
            await self._database.write(lambda session: self._record(session, some))
        except Unavailable:
            raise
        except Exception as error:
            if number > 1:
                await self._store_first(number // 2, refused)
                await self._store_first(number - number // 2, refused)
                return
            if not await self._would_take_another(some[0]):
                raise
            refused[failure_name(error)] += 1
        for _ in some:
            self._waiting.popleft()

    async def _record(self, session: Session, some: Sequence[View | int]) -> None:
        views = [each for each in some if isinstance(each, View)]
        robots = [each for each in some if not isinstance(each, View)]
        await record(session, views, robots, self._gap)

    async def _would_take_another(self, refused: View | int) -> bool:
        """Say whether the database would take a view with none of the texts of one that it refuses."""
        if not isinstance(refused, View):
            return False
        plain = replace(refused, path="/", title=None, referrer=None, source=None, medium=None, campaign=None)

        async def work(session: Session) -> None:
            await self._record(session, [plain])
            raise _Undone

        try:
            await self._database.write(work)
        except _Undone:
            return True
        except Exception:  # noqa: BLE001 - then the fault is not that of the view, which is tried again
            return False
        raise AssertionError
