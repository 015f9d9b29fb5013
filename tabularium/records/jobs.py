"""The scheduled jobs of records: what was done long ago is forgotten, as the file says."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from tabularium.clock import instant_text
from tabularium.db.retention import STEP, delete_older, find_surplus, forget_oldest
from tabularium.jobs import Job, JobContext
from tabularium.records.expired_keys import EXPIRED_KEYS
from tabularium.schema.model import ActivitySettings, Schema

DAY: Final = timedelta(days=1)


def jobs(schema: Schema) -> tuple[Job, ...]:
    """Return the jobs of an application."""
    settings = schema.activity

    async def forget_history(context: JobContext) -> None:
        if settings.history_per_record:
            await _forget_surplus(context, settings.history_per_record)

    async def forget_activity(context: JobContext) -> None:
        # Entries of the history are entries of the log, and the file has one age for both.
        await _forget_older(context, settings)

    retention = (Job("history-retention", DAY, forget_history), Job("activity-retention", DAY, forget_activity))
    return (*retention, EXPIRED_KEYS)


async def _forget_older(context: JobContext, settings: ActivitySettings) -> None:
    if not settings.retention_days:
        return
    limit = instant_text(context.clock.now() - timedelta(days=settings.retention_days))
    while await context.write(partial(delete_older, limit=limit)):
        pass


async def _forget_surplus(context: JobContext, most: int) -> None:
    after: tuple[str, str] | None = ("", "")
    while after is not None:
        found = await context.read(partial(find_surplus, most=most, after=after))
        for table, record, count in found:
            for left in range(count, 0, -STEP):
                await context.write(partial(forget_oldest, surplus=(table, record, left)))
        after = found[-1][:2] if len(found) == STEP else None
