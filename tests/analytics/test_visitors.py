"""Who is who: the same for a day, nobody after it; and what is stored of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.client_address import ClientAddress
from tabularium.analytics.jobs import jobs
from tabularium.analytics.visitors import destroyed_before, name_of
from tabularium.clock import Clock
from tabularium.db.database import Database
from tabularium.jobs import JobContext
from tests.analytics.conftest import FIREFOX, Track, Tracked

KEY = bytes(32)


def test_parts_of_a_name_cannot_be_shifted_into_each_other() -> None:
    names = {name_of(KEY, *parts) for parts in (("a", "bc", "d"), ("ab", "c", "d"), ("a", "b", "cd"), ("", "abc", "d"))}
    assert len(names) == 4
    assert name_of(KEY, "a", "b", "c") != name_of(bytes([1] * 32), "a", "b", "c")
    assert all(len(name) == 22 for name in names)


def test_addresses_of_one_network_of_ipv6_are_one_visitor(track: Track) -> None:
    tracked = track(addresses=ClientAddress(1))
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "203.0.113.7", "::ffff:203.0.113.7"):
        tracked.view(headers={"x-forwarded-for": address})
    assert (tracked.summary["pageViews"], tracked.summary["uniqueVisitors"]) == (5, 3)


def test_one_person_counts_on_each_day(tracked: Tracked) -> None:
    clock = tracked.site.clock
    clock.moment = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    tracked.view("/a")
    clock.pass_by(minutes=25)  # after midnight
    tracked.view("/b")
    clock.pass_by(minutes=30)
    tracked.view("/c")
    clock.pass_by(minutes=31)
    tracked.view("/d")
    summary = tracked.summary
    assert (summary["pageViews"], summary["uniqueVisitors"], summary["sessions"]) == (4, 2, 2)
    assert summary["averageSessionSeconds"] == 55 * 60 / 2


def test_keys_are_destroyed_when_their_day_began_48_hours_ago(tracked: Tracked) -> None:
    clock = tracked.site.clock
    clock.moment = datetime(2026, 3, 2, 12, tzinfo=UTC)
    tracked.view()
    clock.moment = datetime(2026, 3, 3, 12, tzinfo=UTC)
    tracked.view()
    tracked.flush()
    assert days(tracked) == ["2026-03-02", "2026-03-03"]
    run(tracked, "analytics-keys", datetime(2026, 3, 3, 23, 59, 59, tzinfo=UTC))
    assert days(tracked) == ["2026-03-02", "2026-03-03"]
    run(tracked, "analytics-keys", datetime(2026, 3, 4, tzinfo=UTC))
    assert days(tracked) == ["2026-03-03"]
    assert destroyed_before(datetime(2026, 3, 4, tzinfo=UTC)) == "2026-03-03"


def test_neither_address_nor_agent_is_in_the_database_or_in_the_log(
    track: Track, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tracked = track(addresses=ClientAddress(1))
    headers = {"x-forwarded-for": "198.51.100.77", "user-agent": f"{FIREFOX} Secret/7"}
    tracked.view("/a", headers=headers)
    tracked.view(
        "/b", headers={**headers, "referer": "https://shop.example/?token=hush"}, r="https://x.example/?hush=1"
    )
    tracked.flush()
    names = [
        *("_analytics_event", "_analytics_session", "_analytics_page_title", "_analytics_robots", "_analytics_key"),
        *("_activity", "_counter"),
    ]
    stored = str([tracked.site.sql(f"SELECT * FROM {name}") for name in names])
    files = b"".join(each.read_bytes() for each in tmp_path.rglob("tabularium.db*")).decode("latin-1")
    for secret in ("198.51.100.77", "Secret/7", "rv:140", "hush"):
        assert secret not in stored + "".join(capfd.readouterr())
        assert secret not in files


def test_old_views_are_forgotten_day_by_day(track: Track) -> None:
    tracked = track({"retentionDays": 2})
    clock = tracked.site.clock
    for day in (1, 2, 3):
        clock.moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        tracked.view(f"/{day}", t=f"Day {day}")
        tracked.view(headers={"user-agent": None})
    tracked.flush()
    run(tracked, "analytics-retention", datetime(2026, 3, 4, 0, 0, 1, tzinfo=UTC))
    assert [each["path"] for each in tracked.read("pages")["pages"]] == ["/2", "/3"]
    assert (tracked.summary["sessions"], tracked.summary["botsFiltered"]) == (2, 2)
    assert tracked.site.sql("SELECT path FROM _analytics_page_title ORDER BY path") == [("/2",), ("/3",)]


class _At:
    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def run(tracked: Tracked, name: str, moment: datetime) -> None:
    """Run a job of the application."""
    database: Database = tracked.site.opened["database"]
    clock: Clock = _At(moment)
    job = next(each for each in jobs(tracked.site.opened["migrated"].schema) if each.name == name)

    class Context(JobContext):
        async def write(self, work):  # type: ignore[no-untyped-def]
            return await database.write(work)

    tracked.site.client.run(job.work(Context(clock, name, "now", database)))


def days(tracked: Tracked) -> list[str]:
    return [row[0] for row in tracked.site.sql("SELECT day FROM _analytics_key ORDER BY day")]
