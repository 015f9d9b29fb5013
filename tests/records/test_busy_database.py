"""Writes that meet locks of others: they wait, are run again, and in the end are told when to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest

from tabularium.db.options import DatabaseOptions
from tests.support.asgi import Answer
from tests.support.fleet import Fleet, fleet_of

APPLICATION = Path(__file__).with_name("proofs.yaml")
PATCH = ("PATCH", "people/records/1", {"fields": {"age": 2}})


@pytest.fixture
def sqlite_fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A server that waits for a lock for a moment only."""
    options = DatabaseOptions(wait=0.4)
    with fleet_of(APPLICATION, f"sqlite:{tmp_path / 'tabularium.db'}", servers=1, options=options) as fleet:
        assert fleet("POST", "people/records", {"fields": {"name": "a", "age": 1}}).status == 201
        yield fleet


def test_a_lock_of_another_process_on_sqlite_ends_in_503_and_reads_go_on(sqlite_fleet: Fleet, tmp_path: Path) -> None:
    other = apsw.Connection(str(tmp_path / "tabularium.db"))
    other.execute("BEGIN IMMEDIATE")
    answer = sqlite_fleet(*PATCH)
    assert (answer.status, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1
    assert sqlite_fleet("GET", "people/records/1").json()["fields"]["age"] == 1
    other.execute("ROLLBACK")
    other.close()
    assert sqlite_fleet(*PATCH).json()["revision"] == 2
    sqlite_fleet.check()


def test_a_lock_on_sqlite_that_ends_in_time_is_waited_for(sqlite_fleet: Fleet, tmp_path: Path) -> None:
    other = apsw.Connection(str(tmp_path / "tabularium.db"))
    other.execute("BEGIN IMMEDIATE")

    async def write_while_it_is_held() -> Answer:
        writing = asyncio.ensure_future(sqlite_fleet.send(0, *PATCH))
        await asyncio.wait({writing}, timeout=0.1)
        assert not writing.done()
        other.execute("ROLLBACK")
        return await writing

    assert sqlite_fleet.run(write_while_it_is_held()).status == 200
    other.close()
    sqlite_fleet.check()


@pytest.fixture
def postgresql_fleet(empty_postgresql_url: str) -> Iterator[Fleet]:
    """A server on PostgreSQL with two people; deadlocks are found soon."""
    url = f"{empty_postgresql_url}{'&' if '?' in empty_postgresql_url else '?'}deadlock_timeout=500ms"
    with fleet_of(APPLICATION, url, servers=1) as fleet:
        rows = [{"fields": {"name": "a", "age": 1}}, {"fields": {"name": "b", "age": 1}}]
        assert fleet("POST", "people/records/batch", {"records": rows}).status == 201
        yield fleet


BATCH = {"records": [{"id": each, "fields": {"age": 2}} for each in ("1", "2")]}

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND application_name = 'tabularium'"
)


async def lock(connection: asyncpg.Connection, key: int) -> None:
    await connection.execute(f"SELECT FROM people WHERE id = {key} FOR UPDATE")


def test_a_deadlock_on_postgresql_is_run_again_and_no_caller_hears_of_it(
    postgresql_fleet: Fleet, empty_postgresql_url: str
) -> None:
    async def write_in_a_circle() -> Answer:
        other = await asyncpg.connect(empty_postgresql_url)
        await other.execute("SET deadlock_timeout = '1min'")  # so that the server's write is the one that loses
        await other.execute("BEGIN")
        await lock(other, 2)
        writing = asyncio.ensure_future(postgresql_fleet.send(0, "PATCH", "people/records/batch", BATCH))
        while not await other.fetchval(WAITING):  # noqa: ASYNC110  # what is waited for happens in the database
            await asyncio.sleep(0.005)
        await lock(other, 1)  # which the write has held, since it waits for the second record
        assert not writing.done()
        await other.execute("COMMIT")
        await other.close()
        return await writing

    answer = postgresql_fleet.run(write_in_a_circle())
    assert (answer.status, answer.json()) == (200, {"updated": 2})
    assert postgresql_fleet.check().size == 4


def test_a_conflict_on_postgresql_that_stays_is_tried_four_times_and_then_503(
    postgresql_fleet: Fleet, empty_postgresql_url: str
) -> None:
    async def fail_always() -> tuple[Answer, Any]:
        other = await asyncpg.connect(empty_postgresql_url)
        await other.execute("CREATE SEQUENCE attempts")
        await other.execute(
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM nextval('attempts'); RAISE SQLSTATE '40P01'; END $$"
        )
        await other.execute("CREATE TRIGGER lose BEFORE INSERT ON _activity EXECUTE FUNCTION lose()")
        answer = await postgresql_fleet.send(0, *PATCH)
        attempts = await other.fetchval("SELECT last_value FROM attempts")
        await other.execute("DROP FUNCTION lose() CASCADE; DROP SEQUENCE attempts")
        await other.close()
        return answer, attempts

    answer, attempts = postgresql_fleet.run(fail_always())
    assert (answer.status, answer.json()["code"], attempts) == (503, "SERVICE_UNAVAILABLE", 4)
    assert int(answer.headers["retry-after"]) >= 1
    assert postgresql_fleet("GET", "people/records/1").json()["revision"] == 1
    postgresql_fleet.check()
