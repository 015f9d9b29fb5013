"""The scheduled job that removes the keys of requests, with their answers, when their time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tabularium.clock import instant_text
from tabularium.db.database import Session
from tabularium.db.idempotency import remove_expired
from tabularium.jobs import Job, JobContext

STEP: Final = 500
"""So many at once: an answer may be some megabytes long, and other writes wait meanwhile."""


async def _remove(context: JobContext) -> None:
    now = instant_text(context.clock.now())

    async def step(session: Session) -> int:
        return await remove_expired(session, now, STEP)

    while await context.write(step) == STEP:
        pass


EXPIRED_KEYS: Final = Job("expired-idempotency-keys", timedelta(hours=1), _remove)
