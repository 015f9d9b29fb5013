"""Writes that overlap on PostgreSQL: what one of them holds until its end, and what it leaves to the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import GUEST
from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.context import Context
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.errors import ValidationFailed
from tabularium.records import reverting, trash, write
from tabularium.schema.migration.apply import migrate
from tabularium.schema.model import Table
from tests.conftest import Run
from tests.records.conftest import APPLICATION
from tests.records.test_history import application
from tests.records.test_reverting import TAGS, TITLE

pytestmark = pytest.mark.postgresql

Work = Callable[[Context], Awaitable[Any]]
Write = Callable[[Work], Awaitable[Any]]


@asynccontextmanager
async def opened(url: str, file: Path, *names: str) -> AsyncIterator[tuple[Write, list[Table]]]:
    """Yield what runs a piece of work in a transaction of its own, and the tables of an application that have names."""
    database = await open_database(url)
    try:
        schema = (await migrate(database, load_schema(file).schema, SystemClock())).schema

        async def run_in_transaction(work: Work) -> Any:
            def with_context(session: Session) -> Awaitable[Any]:
                return work(Context(GUEST, schema, session, SystemClock()))

            return await database.write(with_context)

        yield run_in_transaction, [each for each in map(schema.find_table, names) if each is not None]
    finally:
        await database.close()


@asynccontextmanager
async def writing(url: str) -> AsyncIterator[tuple[Write, Table, Table]]:
    """Yield likewise, with two tables; Rome is a place."""
    async with opened(url, APPLICATION, "people", "places") as (run_in_transaction, (people, places)):
        await run_in_transaction(lambda context: write.create(context, places, {"id": "rome"}))
        yield run_in_transaction, people, places


async def overlapping(run_in_transaction: Write, first: Work, second: Work) -> tuple[bool, Any]:
    """Start `second` once `first` has done its work but not ended. Return whether it waited, and its outcome."""
    is_done, may_end = asyncio.Event(), asyncio.Event()

    async def held(context: Context) -> None:
        await first(context)
        is_done.set()
        await may_end.wait()

    holder = asyncio.ensure_future(run_in_transaction(held))
    await is_done.wait()
    other = asyncio.ensure_future(run_in_transaction(second))
    await asyncio.wait({other}, timeout=0.3)
    waited = not other.done()
    may_end.set()
    await holder
    return waited, (await asyncio.gather(other, return_exceptions=True))[0]


def test_a_link_waits_for_the_delete_of_its_target_and_is_refused(empty_postgresql_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with writing(empty_postgresql_url) as (run_in_transaction, people, places):
            waited, outcome = await overlapping(
                run_in_transaction,
                lambda context: trash.delete(context, places, "rome", permanent=False),
                lambda context: write.create(context, people, {"name": "Ada", "home": "rome"}),
            )
            assert waited
            assert isinstance(outcome, ValidationFailed)
            assert [(error.field, error.code) for error in outcome.errors] == [("fields.home", "not_found")]

    run(main())


def test_a_delete_waits_for_a_new_link_to_its_record(empty_postgresql_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with writing(empty_postgresql_url) as (run_in_transaction, people, places):
            waited, outcome = await overlapping(
                run_in_transaction,
                lambda context: write.create(context, people, {"name": "Ada", "home": "rome"}),
                lambda context: trash.delete(context, places, "rome", permanent=False),
            )
            assert waited
            assert [change.action for change in outcome.changes] == ["delete", "update"]

    run(main())


def test_a_change_and_a_link_to_its_record_do_not_wait_for_each_other(empty_postgresql_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with writing(empty_postgresql_url) as (run_in_transaction, people, places):
            waited, outcome = await overlapping(
                run_in_transaction,
                lambda context: write.update(context, places, "rome", {"label": "Rome"}),
                lambda context: write.create(context, people, {"name": "Ada", "home": "rome"}),
            )
            assert not waited
            assert outcome["fields"]["home"] == "rome"

    run(main())


def test_a_revert_waits_for_a_change_of_its_record_and_undoes_it_too(empty_postgresql_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with writing(empty_postgresql_url) as (run_in_transaction, _, places):
            await run_in_transaction(lambda context: write.update(context, places, "rome", {"label": "Rome"}))
            waited, outcome = await overlapping(
                run_in_transaction,
                lambda context: write.update(context, places, "rome", {"label": "Roma"}),
                lambda context: reverting.revert(context, places, "rome", 2),
            )
            assert waited
            assert (outcome["fields"]["label"], outcome["revision"]) == ("Rome", 4)

    run(main())


@pytest.mark.parametrize("is_revert", [True, False])
def test_who_waited_for_another_writer_sees_the_links_that_this_one_set(
    empty_postgresql_url: str, run: Run[Any], tmp_path: Path, is_revert: bool
) -> None:
    async def main() -> None:
        file = application(tmp_path, TITLE, TAGS)
        async with opened(empty_postgresql_url, file, "things", "tags") as (run_in_transaction, (things, tags)):
            for label in "ab":
                await run_in_transaction(lambda context, label=label: write.create(context, tags, {"label": label}))
            await run_in_transaction(lambda context: write.create(context, things, {"tags": ["1"]}))

            async def put_back(context: Context) -> Any:
                if is_revert:
                    return await reverting.revert(context, things, "1", 1)
                return await write.update(context, things, "1", {"tags": ["1"]})

            waited, outcome = await overlapping(
                run_in_transaction, lambda context: write.update(context, things, "1", {"tags": ["2"]}), put_back
            )
            assert waited
            assert (outcome["fields"]["tags"], outcome["revision"]) == (["1"], 3)

    run(main())
