"""Days that are over are counted, and reopened by whatever changes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tabularium.db.analytics_days import DAY_MILLISECONDS
from tabularium.db.analytics_spans import plan_steps, rest_of
from tabularium.db.connect import open_database
from tabularium.db.options import DatabaseOptions
from tests.analytics.conftest import COLLECT, FIREFOX, Track, Tracked
from tests.analytics.test_visitors import run
from tests.provision.server import running_server

HOUR = 3_600_000
DAY = DAY_MILLISECONDS


def test_the_counts_tell_whole_days_their_beginnings_and_ends_and_their_hours() -> None:
    told = [(0, DAY), (0, 5 * HOUR), (DAY - HOUR // 4, DAY), (3 * HOUR, 4 * HOUR)]
    others = [(HOUR // 4, 5 * HOUR), (3 * HOUR + HOUR // 2, 4 * HOUR + HOUR // 2), (0, 1), (DAY, 2 * DAY)]
    plan = plan_steps([*told, *others], {0})
    assert plan.counted == [(place, *span) for place, span in enumerate(told)]
    assert plan.uncounted == others


def test_what_is_left_of_a_span_is_in_few_parts() -> None:
    assert rest_of(HOUR, 4 * DAY + HOUR, {DAY, 2 * DAY}) == [(HOUR, DAY), (3 * DAY, 4 * DAY + HOUR)]
    assert rest_of(0, 2 * DAY, {0, DAY}) == []
    assert rest_of(0, 3 * DAY, {DAY}) == [(0, DAY), (2 * DAY, 3 * DAY)]


def days(tracked: Tracked) -> list[str]:
    found = tracked.site.sql("SELECT day FROM _analytics_day ORDER BY day")
    return [datetime.fromtimestamp(row[0] / 1000, UTC).date().isoformat() for row in found]


def test_a_day_is_counted_when_it_is_over_for_two_hours(tracked: Tracked) -> None:
    clock = tracked.site.clock
    for day in (1, 3):
        clock.moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        tracked.view(f"/{day}")
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 3, 4, 1, 59, tzinfo=UTC))
    assert days(tracked) == ["2026-03-01"]
    run(tracked, "analytics-counts", datetime(2026, 3, 4, 2, tzinfo=UTC))
    assert days(tracked) == ["2026-03-01", "2026-03-03"]
    assert tracked.summary["pageViews"] == 2


def test_a_late_view_reopens_its_day(tracked: Tracked) -> None:
    clock = tracked.site.clock
    clock.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    tracked.view("/a")
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 3, 3, tzinfo=UTC))
    assert days(tracked) == ["2026-03-01"]
    clock.pass_by(minutes=10)
    tracked.view("/b")
    assert (tracked.summary["pageViews"], tracked.summary["sessions"]) == (2, 1)
    assert (days(tracked), tracked.site.sql("SELECT kind FROM _analytics_value")) == ([], [])
    run(tracked, "analytics-counts", datetime(2026, 3, 3, tzinfo=UTC))
    assert (tracked.summary["pageViews"], days(tracked)) == (2, ["2026-03-01"])


def test_the_counts_of_forgotten_days_go_with_them(track: Track) -> None:
    tracked = track({"retentionDays": 2})
    for day in (1, 3):
        tracked.site.clock.moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        tracked.view(f"/{day}", t=f"Day {day}")
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 3, 5, tzinfo=UTC))
    assert len(days(tracked)) == 2
    run(tracked, "analytics-retention", datetime(2026, 3, 5, tzinfo=UTC))
    assert days(tracked) == ["2026-03-03"]
    assert tracked.summary["pageViews"] == 1
    assert tracked.site.sql("SELECT title FROM _analytics_page_title") == [("Day 3",)]


def test_the_end_of_the_server_stores_what_waits(tmp_path: Path, database_url: str) -> None:
    file = tmp_path / "app.yaml"
    file.write_text("name: shop\nanalytics: true\ntables: []\n", encoding="utf-8")
    environment = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
    with running_server(file, tmp_path / "log", environment) as server:
        address = f"http://127.0.0.1:{server.port}{COLLECT}"
        for number in range(50):
            answer = httpx.post(address, json={"p": f"/{number}"}, headers={"user-agent": FIREFOX})
            assert answer.status_code == 204
    assert stored(database_url) == 50


def stored(database_url: str) -> int:
    """Count the views, past the server."""

    async def ask() -> int:
        database = await open_database(database_url, DatabaseOptions())
        try:
            rows = await database.read(lambda session: session.fetch_all("SELECT count(*) FROM _analytics_event"))
            return int(rows[0][0])
        finally:
            await database.close()

    return asyncio.run(ask())
