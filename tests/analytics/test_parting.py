"""With the key of a day goes what leads from its names to those of the next; and figures stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tabularium.db.analytics_days import reopen
from tests.analytics.conftest import Tracked
from tests.analytics.test_visitors import run

SESSION_COLUMNS = "visitor, former, first_at, last_at"


def stay(tracked: Tracked, *minutes: int, path: str = "/") -> None:
    """See pages so many minutes after the first midnight of March."""
    for minute in minutes:
        tracked.site.clock.moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)
        tracked.view(path)
    tracked.flush()


def do_jobs(tracked: Tracked, minute: int) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)
    for name in ("analytics-counts", "analytics-keys"):
        run(tracked, name, moment)


def figures(tracked: Tracked) -> Any:
    found = [
        tracked.read(name, timezone=zone)
        for name in ("overview", "pages", "referrers", "devices")
        for zone in ("UTC", "Europe/Zurich", "Asia/Kolkata")
    ]
    days = {"from": "2026-03-01", "to": "2026-03-05", "granularity": "hour"}
    return [*found, tracked.read("overview", **days), tracked.read("overview", **days, timezone="Asia/Kolkata")]


def parts(tracked: Tracked) -> list[int]:
    """Ask for visitors of the day between two midnights, of spans that only views can tell."""
    found = []
    for first, last in (("00:10:00", "23:50:00"), ("00:09:59", "23:59:58")):
        span = {"from": f"2026-03-03T{first}Z", "to": f"2026-03-03T{last}Z"}
        found.append(tracked.read("overview", **span)["summary"]["uniqueVisitors"])
        found.append(tracked.read("pages", **span)["pages"][0]["uniqueVisitors"])
    return found


DAY = 24 * 60


def test_the_name_of_the_day_before_goes_with_the_key(tracked: Tracked) -> None:
    stay(tracked, DAY - 10, DAY + 10)
    stay(tracked, DAY + 10, path="/x")
    do_jobs(tracked, 2 * DAY - 1)
    assert [row[1] is None for row in tracked.site.sql(f"SELECT {SESSION_COLUMNS} FROM _analytics_session")] == [False]
    do_jobs(tracked, 2 * DAY)
    assert [row[1] for row in tracked.site.sql(f"SELECT {SESSION_COLUMNS} FROM _analytics_session")] == [None]
    assert tracked.site.sql("SELECT DISTINCT session FROM _analytics_event") == [(0,)]


def test_a_session_that_begins_after_midnight_tells_nothing_of_the_day_before(tracked: Tracked) -> None:
    stay(tracked, DAY - 100, DAY + 10)
    do_jobs(tracked, 2 * DAY)
    assert tracked.site.sql("SELECT count(*) FROM _analytics_session WHERE former IS NOT NULL") == [(0,)]
    assert len(tracked.site.sql("SELECT DISTINCT session FROM _analytics_event")) == 2


def test_who_stays_over_two_midnights_counts_once_in_every_part_of_the_day_between(tracked: Tracked) -> None:
    for day in (1, 2, 3):
        stay(tracked, day * DAY - 10, day * DAY + 10, day * DAY + 600)
    stay(tracked, 5 * DAY)
    before = figures(tracked), parts(tracked)
    assert parts(tracked) == [1, 1, 1, 1]
    for day in (2, 3, 4, 6):
        do_jobs(tracked, day * DAY)
        assert (figures(tracked), parts(tracked)) == before
    events = tracked.site.sql("SELECT at, session FROM _analytics_event ORDER BY at")
    start = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
    assert {session for at, session in events if (at // 1000 - start) // 60 % DAY in (10, DAY - 10)} == {0}
    # What comes very late opens days again.
    tracked.site.write(lambda session: reopen(session, range(start * 1000, (start + 5 * 86_400) * 1000, 86_400_000)))
    assert (figures(tracked), parts(tracked)) == before
    do_jobs(tracked, 6 * DAY)
    assert (figures(tracked), parts(tracked)) == before


def test_a_session_that_goes_on_and_on_stays_one(tracked: Tracked) -> None:
    for minute in range(DAY - 25, 3 * DAY + 30, 25):
        stay(tracked, minute)
        if minute % 100 == 0:
            do_jobs(tracked, minute)
    do_jobs(tracked, 6 * DAY)
    stay(tracked, 6 * DAY + 1)
    assert tracked.summary["sessions"] == 2
    assert tracked.summary["uniqueVisitors"] == 5


def test_a_session_over_midnight_stays_one_session(tracked: Tracked) -> None:
    stay(tracked, DAY - 10, DAY + 10)
    before = figures(tracked)
    do_jobs(tracked, 4 * DAY)
    assert figures(tracked) == before
    assert (tracked.summary["sessions"], tracked.summary["averageSessionSeconds"]) == (1, 1200)


def test_the_index_of_names_finds_what_is_to_part(tracked: Tracked) -> None:
    condition = "SELECT id FROM _analytics_session WHERE former >= '' AND last_at + 0 < 5 LIMIT 500"
    if tracked.site.opened["database"].dialect.name == "sqlite":
        plan = tracked.site.sql(f"EXPLAIN QUERY PLAN {condition}")
    else:
        tracked.site.sql("SELECT set_config('enable_seqscan', 'off', false)")
        plan = tracked.site.sql(f"EXPLAIN {condition}")
    assert "_ix_analytics_session_former" in str(plan)
