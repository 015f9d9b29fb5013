"""The scheduled jobs of analytics: keys are destroyed on time, and old views are forgotten."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from tabularium.analytics.seeing import milliseconds
from tabularium.analytics.visitors import destroyed_before
from tabularium.db import analytics_recording as stored
from tabularium.db.analytics_days import count_day, find_uncounted
from tabularium.db.analytics_months import count_month, find_uncounted_months
from tabularium.db.analytics_parting import part_days
from tabularium.db.analytics_retention import forget_counts, forget_titles
from tabularium.db.analytics_tables import KEY
from tabularium.db.database import Session, StatementFailed, failure_name
from tabularium.errors import Unavailable
from tabularium.jobs import Job, JobContext
from tabularium.schema.model import AnalyticsSettings, Schema

_log = logging.getLogger("tabularium.analytics")

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
    return counts, keys, Job("analytics-retention", _DAY, partial(forget_views, settings=schema.analytics))


async def destroy_keys(context: JobContext) -> None:
    """Destroy the keys of days that began 48 hours ago, and with them what leads from those days to the next."""
    before = destroyed_before(context.clock.now())
    await context.write(partial(stored.destroy_keys, before=before))
    # Of the days after those of destroyed keys, views have the name of the day before: it ends with the first key kept.
    end = milliseconds(datetime.fromisoformat(before).replace(tzinfo=UTC) + _DAY)
    while await context.write(partial(_part, before=end)):
        pass
    try:
        # Each time, since a reader may have been in the way the last time.
        await context.scrub(KEY)
    except (Unavailable, StatementFailed) as error:
        _log.warning(
            "Destroyed keys may still be in the database's files; tried again in an hour: %s.", failure_name(error)
        )


async def _part(session: Session, before: int) -> bool:
    await stored.hold_sessions(session)
    return await part_days(session, before)


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
