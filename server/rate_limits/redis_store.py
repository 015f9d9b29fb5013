"""The store in Redis, which all processes share, and what happens while Redis is away."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.log import Log
from server.rate_limits.store import MemoryStore, Milliseconds, Streak, Window, monotonic_milliseconds

PREFIX: Final = "tabularium:"

_CONNECTIONS: Final = 16
"""Of one process: a check takes a fraction of a millisecond, so that more of them would only wait inside of Redis."""

_PATIENCE: Final = 0.2
"""Seconds that a check may wait for Redis, connecting included."""

_PAUSE: Final = 1_000
"""Milliseconds between two attempts while Redis is away; the requests between them do not wait at all."""

# The time to live is the window: Redis lets a key go when more than it has passed since the last allowed request.
_STREAK: Final = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count >= tonumber(ARGV[1]) then
  return {0, count, math.max(redis.call('PTTL', KEYS[1]), 0)}
end
count = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {1, count, tonumber(ARGV[2])}
"""

# Windows are cut by the clock of Redis, so that the clocks of the processes do not matter.
_WINDOW: Final = """
local most, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local elapsed = now % window
local running, left = (now - elapsed) / window, window - elapsed
local stored = redis.call('HMGET', KEYS[1], 'window', 'previous', 'current')
local number, previous, current = tonumber(stored[1]), 0, 0
if number == running then
  previous, current = tonumber(stored[2]), tonumber(stored[3])
elseif number == running - 1 then
  previous = tonumber(stored[3])
end
if previous * left >= (most - current) * window then
  return {0, previous, current, left}
end
redis.call('HSET', KEYS[1], 'window', running, 'previous', previous, 'current', current + 1)
redis.call('PEXPIRE', KEYS[1], 2 * window)
return {1, previous, current + 1, left}
"""


def redis_key(kind: str, key: str) -> str:
    """Return the key in Redis of a `streak` or a `window`.

    It is a digest: keys hold addresses, and paths with tokens in them, which are not for those who look into Redis.
    """
    digest = hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return f"{PREFIX}{kind}:{digest}"


class RedisStore:
    """Counts in Redis, or in memory while it does not answer.

    The first check that fails begins an outage, which gives one line in the log. From then on one check a second asks
    Redis again; when that succeeds, the outage is over.
    """

    def __init__(
        self,
        url: str,
        log: Log,
        *,
        clock: Milliseconds = monotonic_milliseconds,
        patience: float = _PATIENCE,
    ) -> None:
        """Connect later, with the first check. Raises `ValueError` where `url` is not one of Redis."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self._client = Redis.from_pool(pool)
        self._streak = self._client.register_script(_STREAK)
        self._window = self._client.register_script(_WINDOW)
        self._log = log
        self._clock = clock
        self._patience = patience
        self._memory = MemoryStore(clock)
        self._next_attempt: int | None = None
        """When Redis is asked again; `None` unless it is away."""

    async def add_to_streak(self, key: str, most: int, window: int) -> Streak:
        found = await self._ask(self._streak, "streak", key, most, window)
        if found is None:
            return await self._memory.add_to_streak(key, most, window)
        allowed, counted, left = found
        return Streak(allowed == 1, counted, left)

    async def add_to_window(self, key: str, most: int, window: int) -> Window:
        found = await self._ask(self._window, "window", key, most, window)
        if found is None:
            return await self._memory.add_to_window(key, most, window)
        allowed, previous, current, left = found
        return Window(allowed == 1, previous, current, left)

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, script: Any, kind: str, key: str, most: int, window: int) -> list[int] | None:
        """Run a script. Returns `None` while Redis is away."""
        next_attempt = self._next_attempt
        if next_attempt is not None:
            now = self._clock()
            if now < next_attempt:
                return None
            # Before asking, so that the others do not wait meanwhile.
            self._next_attempt = now + _PAUSE
        try:
            async with asyncio.timeout(self._patience):
                found: list[int] = await script((redis_key(kind, key),), (most, window))
        except (RedisError, OSError, TimeoutError) as error:
            self._note_failure(error)
            return None
        if next_attempt is not None:
            # Only an attempt ends an outage, not the late answer to a request from before it.
            self._next_attempt = None
        return found

    def _note_failure(self, error: Exception) -> None:
        if self._next_attempt is None:
            reason = type(error).__name__
            self._log.event("warning", "Redis is away: limits are counted in memory until it answers.", reason=reason)
        self._next_attempt = self._clock() + _PAUSE
