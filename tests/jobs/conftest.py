"""A bench on each database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.job_runs import provide_job_runs
from tests.jobs.runs import Bench


async def _create_tables(session: Session) -> None:
    await provide_job_runs(session)
    await session.execute("CREATE TABLE notes (text text)")


@pytest.fixture
def bench(database_url: str) -> Callable[..., None]:
    """Run a coroutine function with a `Bench` on an empty database."""

    async def main(work: Callable[[Bench], Awaitable[None]]) -> None:
        first = await open_database(database_url, patience=0)
        second = await open_database(database_url, patience=0)
        try:
            await first.migrate(_create_tables)
            await work(Bench(first, second))
        finally:
            await second.close()
            await first.close()

    return lambda work: asyncio.run(main(work))
