"""Who has seen a page, under a name that nobody can find out any more once the key of the day is destroyed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tabularium.db.analytics_recording import secret_of
from tabularium.db.database import Database, Session

_KEY_BYTES: Final = 32
_NAME_BYTES: Final = 16
_DAY: Final = timedelta(days=1)
KEPT: Final = timedelta(hours=48)
"""So long after its day began a key is destroyed."""


class DayKeys:
    """The keys of days in UTC. The database holds them, so that all processes give the same names."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[date, bytes] = {}

    async def of(self, day: date) -> bytes:
        """Return the key of a day, which is made when it is needed first. Costs a transaction once a day."""
        if day not in self._read:
            made = secrets.token_hex(_KEY_BYTES)

            async def work(session: Session) -> str:
                return await secret_of(session, day.isoformat(), made)

            self._read[day] = bytes.fromhex(await self._database.write(work))
            # What the database has destroyed must not be kept here, even where nobody comes any more.
            asyncio.get_running_loop().call_later(KEPT.total_seconds(), self._read.pop, day, None)
        return self._read[day]


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
