"""The scheduled jobs of accounts."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from tabularium.clock import instant_text
from tabularium.db import activity as log
from tabularium.db.database import Session
from tabularium.db.identity import rows
from tabularium.db.identity.tables import API_KEY, ERASURE, SESSION, VERIFICATION, IdentityTable
from tabularium.errors import Unavailable
from tabularium.identity import erasure
from tabularium.identity.context import Authentication
from tabularium.identity.last_admin import LastAdministrator
from tabularium.jobs import Job, JobContext, RunTakenOver

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
KEYS_ARE_KEPT: Final = timedelta(days=30)
"""So long an expired API key stays, so that its owner can see why it works no more."""

Work = Callable[[JobContext], Awaitable[None]]

_log = logging.getLogger("tabularium.identity")


def jobs(auth: Authentication) -> tuple[Job, ...]:
    """Return the jobs that run while authentication is served."""
    return (
        Job("expired-sessions", HOUR, _expired(SESSION)),
        Job("one-time-rows", HOUR, _expired(VERIFICATION)),
        Job("erasures", HOUR, _erasures(auth)),
        Job("expired-api-keys", DAY, _expired(API_KEY, KEYS_ARE_KEPT)),
    )


def _expired(table: IdentityTable, kept: timedelta = timedelta()) -> Work:
    async def work(context: JobContext) -> None:
        limit = instant_text(context.clock.now() - kept)

        async def delete(session: Session) -> None:
            await rows.delete(session, table, {("expiresAt", "<="): limit})

        await context.write(delete)

    return work


def _erasures(auth: Authentication) -> Work:
    """Erase the accounts whose time has come, each in a transaction of its own."""

    async def work(context: JobContext) -> None:
        now = instant_text(context.clock.now())
        due = {("scheduledAt", "<="): now}
        found = await context.read(lambda session: rows.find_all(session, ERASURE, due, order="scheduledAt"))
        failures: list[Exception] = []
        for user_id in [str(each["userId"]) for each in found]:
            try:
                await context.write(_erasing(auth, user_id, now))
            except LastAdministrator:
                _log.warning("The account %s is not erased: it is that of the last administrator.", user_id)
            except (RunTakenOver, Unavailable):
                raise
            except Exception as failure:  # noqa: BLE001  # the other accounts have no part in it
                _log.error("The account %s could not be erased: %s.", user_id, type(failure).__name__)
                failures.append(failure)
        if failures:
            raise failures[0]

    return work


def _erasing(auth: Authentication, user_id: str, now: str) -> Callable[[Session], Awaitable[None]]:
    async def work(transaction: Session) -> None:
        user = await erasure.hold(transaction, user_id)
        # It may have been cancelled meanwhile. A cancellation that comes later waits, and finds nobody.
        is_due = await rows.delete(transaction, ERASURE, {"userId": user_id, ("scheduledAt", "<="): now})
        if user is None or not is_due:
            return
        entry = log.Entry(category="system", action="erasure.completed", created_at=now, table_name=log.SYSTEM)
        await log.write(transaction, entry)
        await erasure.erase(transaction, auth, user, now)

    return work
