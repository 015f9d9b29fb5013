"""Who has seen a page, under a name that nobody can find out any more once the key of the day is destroyed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tabularium.clock import Clock
from tabularium.db.analytics_recording import known_secret_of, secret_of
from tabularium.db.database import Database, Session
from tabularium.errors import Unavailable

_KEY_BYTES: Final = 32
_NAME_BYTES: Final = 16
_DAY: Final = timedelta(days=1)
_HELD_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 60.0
KEPT: Final = timedelta(hours=48)
"""So long after its day began a key is destroyed."""


@dataclass(frozen=True, slots=True)
class _Held:
    secret: bytes
    until: float
    """By the monotonic clock: then it is read again."""


class DayKeys:
    """The keys of days in UTC. The database holds them, so that all processes give the same names.

    One that is read is held for some minutes, and never when 48 hours have passed since its day began: by then, or
    earlier where the clock of another process is wrong, the database has it no more.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._held: dict[date, _Held] = {}
        self._turn = asyncio.Lock()
        self._looking: asyncio.TimerHandle | None = None

    async def of(self, day: date) -> bytes:
        """Return the key of a day, which is made when it is needed first. Costs a read every few minutes."""
        self._drop_destroyed()
        held = self._held.get(day)
        if held is not None and time.monotonic() < held.until:
            return held.secret
        async with self._turn:  # at midnight everybody needs the same one
            held = self._held.get(day)
            if held is None or time.monotonic() >= held.until:
                held = _Held(await self._read(day, held), time.monotonic() + _HELD_SECONDS)
                self._held[day] = held
        self._look_again()
        return held.secret

    async def _read(self, day: date, held: _Held | None) -> bytes:
        name, made = day.isoformat(), secrets.token_hex(_KEY_BYTES)

        async def work(session: Session) -> str:
            return await secret_of(session, name, made)

        try:
            found = await self._database.read(lambda session: known_secret_of(session, name))
            return bytes.fromhex(await self._database.write(work) if found is None else found)
        except Unavailable:
            if held is None:
                raise
            return held.secret  # views wait for the database, and their names need not

    def _drop_destroyed(self) -> None:
        first = destroyed_before(self._clock.now())
        for day in [each for each in self._held if each.isoformat() < first]:
            del self._held[day]

    def _look_again(self) -> None:
        """Look by the clock, which may jump, also where nobody comes any more."""
        if self._looking is None and self._held:
            self._looking = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = None
        self._drop_destroyed()
        self._look_again()


def name_of(key: bytes, site: str, address: str, agent: str) -> str:
    """Return what a visitor is called on the day of this key. `address` is of IPv6 the /64."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in (site, address, agent):
        content = part.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return base64.urlsafe_b64encode(digest.digest()[:_NAME_BYTES]).decode().rstrip("=")


def destroyed_before(now: datetime) -> str:
    """Return the first day whose key is not to be destroyed yet."""
    return ((now.astimezone(UTC) - KEPT).date() + _DAY).isoformat()
