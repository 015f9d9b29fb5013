"""The table of jobs is there after every migration, and a run of a job belongs to one process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.db.database import Database, Session
from tabularium.db.job_runs import claim_run, hold_run, last_runs, note_success, provide_job_runs
from tabularium.schema.migration.apply import migrate

Run = Callable[..., Any]

EARLY, NOON, LATE = (f"2026-03-01T{hour}:00:00.000Z" for hour in ("09", "12", "15"))


def claim(now: str, until: str, since: str) -> Callable[[Session], Any]:
    return lambda session: claim_run(session, "clean", now, until, since)


def hold(run: str) -> Callable[[Session], Any]:
    return lambda session: hold_run(session, "clean", run)


def test_every_migration_provides_the_table(on_database: Run, tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    tables = [{"name": "notes", "fields": [{"name": "text", "type": "single-line-text"}]}]
    path.write_text(json.dumps({"name": "test", "tables": tables}))
    schema = load_schema(path).schema

    async def work(database: Database) -> None:
        await migrate(database, schema, SystemClock())
        assert await database.read(last_runs) == {}
        await database.write(lambda session: session.execute('DROP TABLE "_job"'))  # as an older version leaves it
        assert (await migrate(database, schema, SystemClock())).steps == ()
        assert await database.read(last_runs) == {}

    on_database(work, tables=False)


def test_providing_the_table_again_keeps_what_is_in_it(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.migrate(provide_job_runs)
        await database.write(claim(NOON, EARLY, LATE))
        await database.migrate(provide_job_runs)
        assert await database.read(last_runs) == {"clean": NOON}

    on_database(work)


def test_a_run_is_claimed_where_the_last_one_is_not_recent(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.migrate(provide_job_runs)
        assert await database.write(claim(NOON, EARLY, LATE))
        assert not await database.write(claim(NOON, EARLY, LATE))
        assert await database.write(claim(EARLY, NOON, LATE))  # the last run is as long ago as it must be
        assert await database.write(claim(NOON, "", EARLY))  # the last run lies too far ahead
        assert await database.read(last_runs) == {"clean": NOON}

    on_database(work)


def test_only_the_last_run_is_held(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.migrate(provide_job_runs)
        assert not await database.write(hold(EARLY))
        await database.write(claim(EARLY, "", LATE))
        assert await database.write(hold(EARLY))
        await database.write(claim(NOON, EARLY, LATE))
        assert not await database.write(hold(EARLY))
        assert await database.write(hold(NOON))

    on_database(work)


def test_a_success_is_noted_beside_the_run(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.migrate(provide_job_runs)
        await database.write(claim(EARLY, "", LATE))
        await database.write(lambda session: note_success(session, "clean", NOON))
        rows = await database.read(lambda session: session.fetch_all('SELECT * FROM "_job"'))
        assert [tuple(row) for row in rows] == [("clean", EARLY, NOON)]

    on_database(work)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_job_that_is_in_a_transaction_cannot_be_claimed_and_nobody_waits(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.migrate(provide_job_runs)
        await database.write(claim(EARLY, "", LATE))

        async def claim_meanwhile(session: Session) -> None:
            assert await hold_run(session, "clean", EARLY)
            assert not await database.write(claim(LATE, NOON, "9"))
            assert await database.write(lambda other: claim_run(other, "other", LATE, NOON, "9"))

        await database.write(claim_meanwhile)
        assert await database.write(claim(LATE, NOON, "9"))

    on_database(work)
