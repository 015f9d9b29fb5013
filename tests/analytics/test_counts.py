"""Days that are over are counted, and reopened by whatever changes them."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest

from tabularium.db import analytics_spans
from tabularium.db.analytics_days import DAY_MILLISECONDS
from tabularium.db.analytics_spans import FIRSTS, LASTS, Totals, plan_steps, plan_totals
from tabularium.db.analytics_tables import provide_analytics
from tabularium.db.connect import open_database
from tabularium.db.database import StatementFailed
from tabularium.db.options import DatabaseOptions
from tests.analytics.conftest import COLLECT, FIREFOX, Track, Tracked
from tests.analytics.test_visitors import run
from tests.provision.server import running_server

HOUR = 3_600_000
DAY = DAY_MILLISECONDS


def test_the_counts_tell_whole_days_their_beginnings_and_ends_and_their_hours() -> None:
    half = HOUR // 2
    told = [
        *((0, DAY, FIRSTS), (0, 5 * HOUR, FIRSTS), (DAY - HOUR // 4, DAY, LASTS)),
        *((3 * HOUR, 4 * HOUR, analytics_spans.HOUR), (3 * HOUR + half, 4 * HOUR + half, analytics_spans.HOUR)),
    ]
    others = [(HOUR // 4, 5 * HOUR), (3 * HOUR + 1, 4 * HOUR + 1), (0, 1), (DAY, 2 * DAY)]
    plan = plan_steps([*(span[:2] for span in told), *others], {0})
    assert plan.counted == [(place, *span) for place, span in enumerate(told)]
    assert plan.uncounted == [(place, *span) for place, span in enumerate(others, len(told))]


def test_parts_that_are_told_alike_are_asked_for_as_one() -> None:
    plan = plan_steps([(HOUR, 6 * DAY + HOUR)], {0, DAY, 2 * DAY, 5 * DAY, 6 * DAY})
    assert plan.counted == [(0, HOUR, DAY, LASTS), (0, DAY, 3 * DAY, FIRSTS), (0, 5 * DAY, 6 * DAY + HOUR, FIRSTS)]
    assert plan.uncounted == [(0, 3 * DAY, 5 * DAY)]


def test_what_is_left_of_a_span_is_in_few_parts() -> None:
    assert plan_totals(HOUR, 4 * DAY + HOUR, {DAY, 2 * DAY}, ()).rest == [(HOUR, DAY), (3 * DAY, 4 * DAY + HOUR)]
    assert plan_totals(0, 2 * DAY, {0, DAY}, ()).rest == []
    assert plan_totals(0, 3 * DAY, {DAY}, ()).rest == [(0, DAY), (2 * DAY, 3 * DAY)]


def test_the_greater_part_of_a_month_is_the_month_without_its_other_days() -> None:
    january = [day * DAY for day in range(31)]  # of 1970
    assert plan_totals(0, 31 * DAY, january, {0}) == Totals(months=[0])
    assert plan_totals(15 * DAY, 31 * DAY, january, {0}) == Totals(months=[0], surplus=january[:15])
    assert plan_totals(16 * DAY, 31 * DAY, january, {0}) == Totals(days=january[16:])
    cut = plan_totals(2 * DAY - 1, 30 * DAY + 1, january, {0})
    assert (cut.months, cut.days, cut.surplus) == ([0], [], [0, DAY, 30 * DAY])
    assert cut.rest == [(2 * DAY - 1, 2 * DAY), (30 * DAY, 30 * DAY + 1)]


def test_days_before_the_first_one_of_a_month_are_left_to_the_views() -> None:
    january = [day * DAY for day in range(31)]
    begun = plan_totals(DAY, 31 * DAY, january[5:], {0})
    assert begun == Totals(months=[0], surplus=january[:5], rest=[(DAY, 5 * DAY)])


def days(tracked: Tracked, unit: str = "day") -> list[str]:
    found = tracked.site.sql(f"SELECT since FROM _analytics_counted WHERE unit = '{unit}' ORDER BY since")
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


def random_text(length: int) -> str:
    """Return characters that no compression makes shorter, each of three bytes."""
    chosen = random.Random(length)
    return "".join(chr(chosen.randrange(0x4E00, 0x9FFF)) for _ in range(length))


def test_a_day_with_the_longest_texts_is_counted(tracked: Tracked) -> None:
    tracked.site.clock.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    path, name = f"/{random_text(2047)}", random_text(255)
    for campaign in (name, name[:-1] + "x"):
        assert tracked.view(raw=orjson.dumps({"p": path, "us": name, "uc": campaign})).status == 204
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 4, 3, tzinfo=UTC))
    assert days(tracked) == ["2026-03-01"]
    assert [page["path"] for page in tracked.read("pages")["pages"]] == [path]
    assert tracked.read("campaigns")["total"] == 2


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
    assert (days(tracked), tracked.site.sql("SELECT kind FROM _analytics_day_total")) == ([], [])
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


def totals(tracked: Tracked, unit: str) -> list[tuple[str, int]]:
    """Return the paths and views in the totals."""
    sql = f"SELECT value, views FROM _analytics_{unit}_total WHERE kind = 'page' ORDER BY since, value"
    return [(row[0], row[1]) for row in tracked.site.sql(sql)]


def test_a_month_is_counted_when_its_last_day_is_over_for_two_hours(tracked: Tracked) -> None:
    clock = tracked.site.clock
    for day in (1, 3, 3):
        clock.moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        tracked.view(f"/{day}")
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 4, 1, 1, 59, tzinfo=UTC))
    assert (len(days(tracked)), days(tracked, "month")) == (2, [])
    run(tracked, "analytics-counts", datetime(2026, 4, 1, 2, tzinfo=UTC))
    assert days(tracked, "month") == ["2026-03-01"]
    assert totals(tracked, "month") == [("/1", 1), ("/3", 2)]
    assert [page["path"] for page in tracked.read("pages")["pages"]] == ["/3", "/1"]


def test_a_late_view_on_a_day_without_views_reopens_its_month(tracked: Tracked) -> None:
    clock = tracked.site.clock
    clock.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    tracked.view("/1")
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 4, 3, tzinfo=UTC))
    clock.moment = datetime(2026, 3, 5, 12, tzinfo=UTC)
    tracked.view("/5")
    assert tracked.read("pages")["total"] == 2
    assert (days(tracked), days(tracked, "month"), totals(tracked, "month")) == (["2026-03-01"], [], [])
    run(tracked, "analytics-counts", datetime(2026, 4, 3, tzinfo=UTC))
    assert totals(tracked, "month") == [("/1", 1), ("/5", 1)]


def test_a_month_without_its_first_days_is_counted_anew(track: Track) -> None:
    tracked = track({"retentionDays": 30})
    for day in (1, 5):
        tracked.site.clock.moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        tracked.view(f"/{day}", t=f"Day {day}")
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 4, 3, tzinfo=UTC))
    assert totals(tracked, "month") == [("/1", 1), ("/5", 1)]
    run(tracked, "analytics-retention", datetime(2026, 4, 3, tzinfo=UTC))
    assert totals(tracked, "month") == totals(tracked, "day") == [("/5", 1)]
    assert tracked.site.sql("SELECT title FROM _analytics_page_title") == [("Day 5",)]
    assert [page["path"] for page in tracked.read("pages")["pages"]] == ["/5"]


def test_titles_of_counted_months_and_of_days_since_stay(tracked: Tracked) -> None:
    seen = [datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 4, 5, tzinfo=UTC), datetime(2026, 4, 9, 23, tzinfo=UTC)]
    for number, moment in enumerate(seen):
        tracked.site.clock.moment = moment
        tracked.view(f"/{number}", t=str(number))
    tracked.flush()
    run(tracked, "analytics-counts", datetime(2026, 4, 10, tzinfo=UTC))
    assert (days(tracked, "month"), days(tracked)) == (["2026-03-01"], ["2026-03-05", "2026-04-05"])
    run(tracked, "analytics-retention", datetime(2026, 4, 10, tzinfo=UTC))
    assert tracked.site.sql("SELECT title FROM _analytics_page_title ORDER BY title") == [("0",), ("1",), ("2",)]


def test_lists_are_cut_by_pages_whose_total_stays(tracked: Tracked) -> None:
    for path, times in (("/b", 1), ("/a", 1), ("/ä", 2), ("/z", 1)):
        for _ in range(times):
            tracked.view(path, r="" if path == "/z" else "https://x.example")
    listed = [tracked.read("pages", limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [[page["path"] for page in each["pages"]] for each in listed] == [["/ä", "/a"], ["/b", "/z"], []]
    assert [each["total"] for each in listed] == [4, 4, 4]
    referrers = tracked.read("referrers", limit=1, offset=1)
    assert referrers == {"referrers": [{"domain": None, "pageViews": 1, "uniqueVisitors": 1}], "total": 2}


def test_a_span_of_all_years_is_read_at_once(tracked: Tracked) -> None:
    tracked.site.clock.moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    tracked.view("/a")
    tracked.flush()
    for _ in range(2):
        span = {"from": "0001-01-02", "to": "9999-12-30", "timezone": "Asia/Kathmandu"}
        assert tracked.read("pages", **span)["total"] == 1
        assert tracked.read("devices", **span)["browsers"] == [{"name": "Firefox", "count": 1, "percentage": 100}]
        run(tracked, "analytics-counts", datetime(2026, 4, 3, tzinfo=UTC))


def test_counts_of_the_version_before_give_way_to_new_ones(tracked: Tracked) -> None:
    former = ("_analytics_day", "_analytics_quarter", "_analytics_value")
    for name in former:
        tracked.site.write(lambda session, name=name: session.execute(f"CREATE TABLE {name} (day bigint)"))
    tracked.site.write(provide_analytics)
    for name in former:
        with pytest.raises(StatementFailed):  # it is gone
            tracked.site.sql(f"SELECT * FROM {name}")


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
