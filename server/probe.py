"""Asks the database whether it is there, seldom enough that health checks cost nothing."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from tabularium.db.database import Database
from tabularium.errors import Unavailable

_SHARED_FOR: Final = 1.0
_TIME_LIMIT: Final = 1.0


class DatabaseProbe:
    """Puts one question at a time. Its answer is everybody's for a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asking: asyncio.Task[float | None] | None = None
        self._asked_at = -_SHARED_FOR

    async def latency(self) -> float | None:
        """Return how many milliseconds the answer took, or `None` if there was none within a second."""
        now = time.monotonic()
        asking = self._asking
        if asking is None or (asking.done() and now - self._asked_at >= _SHARED_FOR):
            self._asked_at = now
            asking = self._asking = asyncio.create_task(self._ask())
        # One caller that gives up must not take the answer from the others.
        return await asyncio.shield(asking)

    async def _ask(self) -> float | None:
        try:
            return await asyncio.wait_for(self._database.ping(), _TIME_LIMIT)
        except (Unavailable, TimeoutError):
            return None
