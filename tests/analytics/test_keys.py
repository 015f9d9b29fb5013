"""The keys of days: the same for all processes, and gone for good when they are destroyed."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tabularium.analytics import visitors
from tabularium.analytics.visitors import DayKeys
from tabularium.db.database import Database
from tabularium.errors import Unavailable
from tests.analytics.conftest import Track, Tracked
from tests.analytics.test_visitors import days, run

DAY = date(2026, 3, 1)


def files_of(tracked: Tracked, folder: Path) -> bytes:
    """Return the content of the files that hold the keys."""
    if tracked.site.opened["database"].dialect.name == "sqlite":
        return b"".join(each.read_bytes() for each in sorted(folder.glob("tabularium.db*")))
    try:
        tracked.site.sql("SELECT 1")
        tracked.site.client.run(_checkpoint(tracked.site.opened["database"]))
        found = tracked.site.sql("SELECT pg_read_binary_file(pg_relation_filepath('_analytics_key'))")
    except Exception:  # noqa: BLE001 - not everybody may read files of the server
        pytest.skip("This user may not read the files of the PostgreSQL server.")
    return bytes(found[0][0])


async def _checkpoint(database: Any) -> None:
    async def work(connection: Any) -> None:
        await connection.execute("CHECKPOINT")

    await database._use(work)


def test_a_destroyed_key_is_in_no_file(track: Track, tmp_path: Path) -> None:
    tracked = track()
    for day in (1, 2, 3):
        tracked.site.clock.moment = datetime(2026, 3, day, 12, tzinfo=UTC)
        tracked.view(f"/{day}")
        tracked.flush()
    keys = dict(tracked.site.sql("SELECT day, secret FROM _analytics_key"))
    assert all(key.encode() in files_of(tracked, tmp_path) for key in keys.values())
    run(tracked, "analytics-keys", datetime(2026, 3, 4, tzinfo=UTC))
    assert days(tracked) == ["2026-03-03"]
    content = files_of(tracked, tmp_path)
    assert [day for day, key in keys.items() if key.encode() in content] == ["2026-03-03"]
    assert [day for day, key in keys.items() if bytes.fromhex(key) in content] == []


def test_keys_are_destroyed_where_the_files_cannot_be_cleaned(
    tracked: Tracked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tracked.view()
    tracked.flush()

    async def busy(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(type(tracked.site.opened["database"]), "scrub", busy)
    run(tracked, "analytics-keys", datetime(2026, 4, 1, tzinfo=UTC))
    assert days(tracked) == []
    assert "tried again in an hour: Unavailable" in caplog.text


def test_no_process_holds_a_key_longer_than_the_database(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "_LOOK_SECONDS", 0.01)
    clock, database = tracked.site.clock, tracked.site.opened["database"]
    keys = DayKeys(database, clock)
    tracked.site.client.run(keys.of(DAY))
    clock.moment = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
    tracked.site.client.run(asyncio.sleep(0.05))
    assert list(keys._held) == [DAY]
    clock.moment = datetime(2026, 3, 3, tzinfo=UTC)  # nobody asks any more
    tracked.site.client.run(asyncio.sleep(0.05))
    assert list(keys._held) == []


def test_a_key_that_was_made_anew_is_taken_over(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "_HELD_SECONDS", 0.0)
    database: Database = tracked.site.opened["database"]
    one, other = (DayKeys(database, tracked.site.clock) for _ in range(2))
    run_on = tracked.site.client.run
    former = run_on(one.of(DAY))
    assert run_on(other.of(DAY)) == former
    tracked.site.sql("DELETE FROM _analytics_key")
    assert run_on(other.of(DAY)) == run_on(one.of(DAY)) != former


def test_names_are_given_while_the_database_is_away(tracked: Tracked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "_HELD_SECONDS", 0.0)
    keys = DayKeys(tracked.site.opened["database"], tracked.site.clock)
    known = tracked.site.client.run(keys.of(DAY))

    async def away(*_: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(type(tracked.site.opened["database"]), "read", away)
    assert tracked.site.client.run(keys.of(DAY)) == known
    with pytest.raises(Unavailable):
        tracked.site.client.run(keys.of(date(2026, 3, 2)))


def test_all_who_come_at_once_get_one_key(tracked: Tracked) -> None:
    keys = [DayKeys(tracked.site.opened["database"], tracked.site.clock) for _ in range(3)]

    async def ask() -> list[bytes]:
        return await asyncio.gather(*(each.of(DAY) for each in keys * 16))

    assert len(set(tracked.site.client.run(ask()))) == 1
