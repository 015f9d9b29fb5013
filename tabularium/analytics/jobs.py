"""The scheduled jobs of analytics: keys are destroyed on time, and old views are forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta
from functools import partial
from typing import Final, TypeVar

from tabularium.analytics.seeing import milliseconds
from tabularium.analytics.visitors import destroyed_before
from tabularium.db import analytics_recording as stored
from tabularium.db.analytics_days import count_day, find_uncounted
from tabularium.db.analytics_months import count_month, find_uncounted_months
from tabularium.db.analytics_retention import forget_counts, forget_titles
from tabularium.db.database import Session
from tabularium.jobs import Job, JobContext
from tabularium.schema.model import AnalyticsSettings, Schema

T = TypeVar("T")

_HOURLY: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_SETTLED: Final = timedelta(hours=2)


def jobs(schema: Schema) -> tuple[Job, ...]:
    """Return the jobs of an application. Keys are destroyed also where analytics was switched off."""
    keys = Job("analytics-keys", _HOURLY, destroy_keys)
    if schema.analytics is None:
        return (keys,)
    counts = Job("analytics-counts", _HOURLY, count_days)
    return keys, counts, Job("analytics-retention", _DAY, partial(forget_views, settings=schema.analytics))


async def destroy_keys(context: JobContext) -> None:
    """Destroy the keys of days that began 48 hours ago."""
    before = destroyed_before(context.clock.now())
    await context.write(partial(stored.destroy_keys, before=before))


async def count_days(context: JobContext) -> None:
    """Count the days that are over for a while, and their months, each in a transaction: until then sessions go on."""
    before = milliseconds(context.clock.now().astimezone(UTC) - _DAY - _SETTLED) + 1
    while (day := await context.read(partial(find_uncounted, before=before))) is not None:
        await context.write(partial(_alone, work=partial(count_day, day=day)))
    for month in await context.read(partial(find_uncounted_months, before=before)):
        await context.write(partial(_alone, work=partial(count_month, month=month)))


async def _alone(session: Session, work: Callable[[Session], Awaitable[T]]) -> T:
    """Work while nobody stores views, nor counts them."""
    await stored.hold_sessions(session)
    return await work(session)


async def forget_views(context: JobContext, settings: AnalyticsSettings) -> None:
    """Delete whole days in UTC that are older than the file says, in small transactions."""
    today = context.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    before = milliseconds(today - timedelta(days=settings.retention_days))
    while await context.write(partial(stored.forget_older, before=before)):
        pass
    while await context.write(partial(_alone, work=partial(forget_counts, before=before))):
        pass
    await context.write(partial(_alone, work=forget_titles))
    await count_days(context)  # a month that has lost days is counted anew
