"""Which process runs a scheduled job, and when it ran last: one row a job, changed under the job's lock.

On PostgreSQL that lock is an advisory one, on SQLite the one for writing. Both end with the transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy.schema import CreateTable

from tabularium.db.database import Session
from tabularium.db.dialect import POSTGRESQL
from tabularium.db.system_tables import JobRun


async def provide_job_runs(session: Session) -> None:
    """Create the table, if it is not there."""
    table: Any = JobRun
    creation = CreateTable(table.__table__, if_not_exists=True)
    await session.execute(str(creation.compile(dialect=session.dialect.sqlalchemy)))


async def last_runs(session: Session) -> Mapping[str, str]:
    """Return the instant of the last run of each job that has ever run, by its name."""
    rows = await session.fetch_all('SELECT name, last_run FROM "_job"')
    return {row[0]: row[1] for row in rows}


async def claim_run(session: Session, name: str, now: str, until: str, since: str) -> bool:
    """Begin a run at `now`, if the last one was at `until` or before, or at `since` or after, or there was none.

    Returns whether the run is the caller's. It is not where another process is about to claim it, or works on the job.
    """
    if session.dialect is POSTGRESQL:
        row = await session.fetch_one("SELECT pg_try_advisory_xact_lock($1)", (_lock_number(name),))
        if row is None or not row[0]:
            return False
    one, two, three, four = (session.dialect.placeholder(number) for number in (1, 2, 3, 4))
    sql = (
        f'INSERT INTO "_job" (name, last_run) VALUES ({one}, {two}) '
        "ON CONFLICT (name) DO UPDATE SET last_run = excluded.last_run "
        f'WHERE "_job".last_run <= {three} OR "_job".last_run >= {four}'
    )
    return await session.execute(sql, (name, now, until, since)) > 0


async def hold_run(session: Session, name: str, run: str) -> bool:
    """Take the job's lock for this transaction and say whether the run that began at `run` is still its last."""
    if session.dialect is POSTGRESQL:
        await session.fetch_one("SELECT pg_advisory_xact_lock($1)", (_lock_number(name),))
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    row = await session.fetch_one(f'SELECT 1 FROM "_job" WHERE name = {one} AND last_run = {two}', (name, run))
    return row is not None


async def note_success(session: Session, name: str, now: str) -> None:
    """Note that a run of the job has come to its end."""
    one, two = (session.dialect.placeholder(number) for number in (1, 2))
    await session.execute(f'UPDATE "_job" SET last_success = {one} WHERE name = {two}', (now, name))


def _lock_number(name: str) -> int:
    """Return the number of the job's lock, the same in all processes: 64 bits, with a sign."""
    digest = hashlib.sha256(f"tabularium/job/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
