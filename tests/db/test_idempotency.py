"""The table of keys: provided by every migration, taken once, and emptied in small steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tabularium.application import load_schema
from tabularium.clock import SystemClock
from tabularium.db.connect import open_database
from tabularium.db.database import Database, Session
from tabularium.db.idempotency import (
    Answered,
    Claim,
    StillRunning,
    forget_keys,
    provide_idempotency,
    remove_expired,
)
from tabularium.db.options import DatabaseOptions
from tabularium.errors import IdempotencyMismatch
from tabularium.schema.migration.apply import migrate
from tests.conftest import Run

NOON, NEXT_NOON = "2026-03-01T12:00:00.000Z", "2026-03-02T12:00:00.000Z"
JUST_BEFORE = "2026-03-02T11:59:59.999Z"


@asynccontextmanager
async def keys(url: str, **options: Any) -> AsyncIterator[Database]:
    database = await open_database(url, DatabaseOptions(**options))
    try:
        await database.migrate(provide_idempotency)
        yield database
    finally:
        await database.close()


def answering(claim: Claim, answer: bytes, now: str = NOON) -> Callable[[Session], Awaitable[None]]:
    async def work(session: Session) -> None:
        await claim.take(session, now)
        await claim.keep(session, answer)

    return work


async def rows(database: Database) -> list[tuple[Any, ...]]:
    sql = "SELECT id, user_id, expires_at, answer FROM _idempotency ORDER BY id"
    return [tuple(row) for row in await database.read(lambda session: session.fetch_all(sql))]


def test_every_migration_provides_the_table_and_keeps_what_is_in_it(
    database_url: str, tmp_path: Path, run: Run[Any]
) -> None:
    path = tmp_path / "app.json"
    path.write_text(
        json.dumps(
            {"name": "test", "tables": [{"name": "notes", "fields": [{"name": "text", "type": "single-line-text"}]}]}
        )
    )

    async def main() -> None:
        schema = load_schema(path).schema
        async with keys(database_url) as database:
            await migrate(database, schema, SystemClock())
            await database.write(answering(Claim("a", None, "f"), b"kept"))
            await migrate(database, schema, SystemClock())
            assert await rows(database) == [("a", None, NEXT_NOON, b"kept")]
            # As an older version leaves it.
            await database.write(lambda session: session.execute("DROP TABLE _idempotency"))
            assert (await migrate(database, schema, SystemClock())).steps == ()
            assert await rows(database) == []

    run(main())


def test_a_key_is_answered_until_its_time_is_over_and_then_taken_anew(database_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with keys(database_url) as database:
            await database.write(answering(Claim("a", "u", "f"), b"\x00\xff"))
            with pytest.raises(Answered) as answered:
                await database.write(answering(Claim("a", "u", "f"), b"other", JUST_BEFORE))
            assert answered.value.answer == b"\x00\xff"
            with pytest.raises(IdempotencyMismatch):
                await database.write(answering(Claim("a", "u", "g"), b"other", JUST_BEFORE))
            await database.write(answering(Claim("a", None, "g"), b"new", NEXT_NOON))
            assert await rows(database) == [("a", None, "2026-03-03T12:00:00.000Z", b"new")]

    run(main())


def test_a_transaction_that_fails_frees_its_key(database_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with keys(database_url) as database:

            async def failing(session: Session) -> None:
                await answering(Claim("a", None, "f"), b"lost")(session)
                raise KeyError

            with pytest.raises(KeyError):
                await database.write(failing)
            assert await rows(database) == []
            await database.write(answering(Claim("a", None, "g"), b"kept"))

    run(main())


@pytest.mark.postgresql
def test_a_key_that_another_transaction_holds_is_waited_for_as_long_as_locks_are(
    empty_postgresql_url: str, run: Run[Any]
) -> None:
    async def main() -> None:
        async with keys(empty_postgresql_url, wait=0.3) as database:
            is_taken, may_end = asyncio.Event(), asyncio.Event()

            async def holding(session: Session) -> None:
                await answering(Claim("a", None, "f"), b"first")(session)
                is_taken.set()
                await may_end.wait()

            holder = asyncio.ensure_future(database.write(holding))
            await is_taken.wait()
            late = Claim("a", None, "f")
            with pytest.raises(StillRunning):
                await database.write(answering(late, b"second"))
            assert late.is_waiting
            assert not late.is_taken
            other = asyncio.ensure_future(database.write(answering(Claim("a", None, "f"), b"third")))
            await asyncio.sleep(0.05)
            may_end.set()
            await holder
            with pytest.raises(Answered) as answered:
                await other
            assert answered.value.answer == b"first"

    run(main())


def test_keys_whose_time_is_over_are_removed_some_at_a_time_the_oldest_first(database_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with keys(database_url) as database:
            for number, now in enumerate((NOON, "2026-03-01T11:00:00.000Z", "2026-03-01T12:00:00.001Z")):
                await database.write(answering(Claim(str(number), None, "f"), b"x", now))

            def remove(most: int) -> Any:
                return database.write(lambda session: remove_expired(session, NEXT_NOON, most))

            assert await remove(1) == 1
            assert [row[0] for row in await rows(database)] == ["0", "2"]
            assert await remove(5) == 1
            assert await remove(5) == 0
            assert [row[0] for row in await rows(database)] == ["2"]

    run(main())


def test_the_keys_of_one_user_can_be_forgotten(database_url: str, run: Run[Any]) -> None:
    async def main() -> None:
        async with keys(database_url) as database:
            for number, user in enumerate(("ada", "eve", None, "ada")):
                await database.write(answering(Claim(str(number), user, "f"), b"x"))
            await database.write(lambda session: forget_keys(session, "ada"))
            assert [row[:2] for row in await rows(database)] == [("1", "eve"), ("2", None)]

    run(main())
