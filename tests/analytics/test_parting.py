"""Nobody who has the database can follow a visitor from day to day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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


DAY = 24 * 60


def test_the_name_of_the_day_before_goes_when_the_session_is_over(tracked: Tracked) -> None:
    stay(tracked, DAY - 10, DAY + 10)
    stay(tracked, DAY + 10, path="/x")
    do_jobs(tracked, DAY + 10 + 240)
    assert [row[1] is None for row in tracked.site.sql(f"SELECT {SESSION_COLUMNS} FROM _analytics_session")] == [False]
    do_jobs(tracked, DAY + 11 + 240)
    assert [row[1] for row in tracked.site.sql(f"SELECT {SESSION_COLUMNS} FROM _analytics_session")] == [None]
    assert tracked.site.sql("SELECT DISTINCT session FROM _analytics_event") == [(0,)]


def test_a_session_that_begins_after_midnight_tells_nothing_of_the_day_before(tracked: Tracked) -> None:
    stay(tracked, DAY - 100, DAY + 10)
    do_jobs(tracked, DAY + 300)
    assert tracked.site.sql("SELECT count(*) FROM _analytics_session WHERE former IS NOT NULL") == [(0,)]
    assert len(tracked.site.sql("SELECT DISTINCT session FROM _analytics_event")) == 2


def test_nobody_is_followed_over_more_than_one_midnight(tracked: Tracked) -> None:
    for day in (1, 2, 3):
        stay(tracked, day * DAY - 10, day * DAY + 10, day * DAY + 600)
        do_jobs(tracked, day * DAY + 700)
    stay(tracked, 5 * DAY)
    before = figures(tracked)
    do_jobs(tracked, 6 * DAY)
    assert figures(tracked) == before
    events = tracked.site.sql("SELECT at, visitor, session FROM _analytics_event ORDER BY at")
    start = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
    names = {(at // 1000 - start) // 60: name for at, name, _ in events}
    sessions = {number for at, _, number in events if (at // 1000 - start) // 60 % DAY in (10, DAY - 10)}
    assert sessions == {0}
    # Who came over a midnight in the morning is nobody of those who leave over the next.
    for day in (1, 2):
        assert names[day * DAY + 10] == names[day * DAY + 600] != names[(day + 1) * DAY - 10]
    assert len(set(names.values())) == 7
    overview = tracked.read("overview", granularity="day", to="2026-03-05", **{"from": "2026-03-01"})
    assert [point["uniqueVisitors"] for point in overview["timeSeries"]] == [1, 1, 1, 1, 0]


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
