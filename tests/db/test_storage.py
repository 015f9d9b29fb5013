"""What both databases must do alike, whatever lies on them."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tabularium.db.connect import open_database
from tabularium.db.database import (
    CheckViolation,
    Database,
    ForeignKeyViolation,
    Session,
    StatementFailed,
    UniqueViolation,
)
from tabularium.db.dialect import SQLITE
from tabularium.db.names import primary_key_name
from tabularium.db.options import DatabaseOptions
from tabularium.errors import Unavailable

Run = Callable[..., Any]


def insert(**values: Any) -> Callable[[Session], Any]:
    """Return work that inserts one item."""

    async def work(session: Session) -> int:
        places = ", ".join(session.dialect.placeholder(number) for number in range(1, len(values) + 1))
        return await session.execute(
            f"INSERT INTO items ({', '.join(values)}) VALUES ({places})", tuple(values.values())
        )

    return work


async def names(session: Session) -> list[str]:
    return [row[0] for row in await session.fetch_all("SELECT name FROM items ORDER BY id")]


def endless(session: Session) -> str:
    """Return a query that runs for minutes."""
    if session.dialect is SQLITE:
        return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    return "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b"


# Reading and writing -------------------------------------------------------------------------------------------------


def test_a_write_returns_what_the_work_returns_and_is_then_visible_to_reads(on_database: Run) -> None:
    async def work(database: Database) -> None:
        assert await database.write(insert(id=1, name="a")) == 1
        assert await database.read(names) == ["a"]

    on_database(work)


def test_parameters_are_bound_by_their_number(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.write(insert(id=1, name="O'Hara; --"))
        place = database.dialect.placeholder
        sql = f"SELECT id, name FROM items WHERE name = {place(2)} AND id = {place(1)} AND {place(2)} = name"
        row = await database.read(lambda session: session.fetch_one(sql, (1, "O'Hara; --")))
        assert row is not None
        assert tuple(row) == (1, "O'Hara; --")

    on_database(work)


@pytest.mark.parametrize("heavy", [False, True])
def test_every_way_to_read_gives_rows_by_position(on_database: Run, heavy: bool) -> None:
    async def work(database: Database) -> None:
        await database.write(insert(id=1, name="a"))
        await database.write(insert(id=2, name="b"))

        async def read(session: Session) -> Any:
            ids = "SELECT id FROM items ORDER BY id"
            return (
                await session.fetch_all(ids, heavy=heavy),
                await session.fetch_one(ids, heavy=heavy),
                await session.fetch_one("SELECT id FROM items WHERE id = 9", heavy=heavy),
                await session.fetch_many([(ids, ()), ("SELECT count(*) FROM items", ())], heavy=heavy),
            )

        rows, first, nothing, (ids, counts) = await database.read(read)
        assert [row[0] for row in rows] == [1, 2]
        assert first is not None
        assert first[0] == 1
        assert nothing is None
        assert [row[0] for row in ids] == [1, 2]
        assert [row[0] for row in counts] == [2]

    on_database(work)


def test_execute_counts_the_rows_that_it_changed(on_database: Run) -> None:
    async def work(database: Database) -> None:
        async def write(session: Session) -> list[int]:
            await session.execute("INSERT INTO items (id, name) VALUES (1, 'a'), (2, 'b')")
            return [
                await session.execute("UPDATE items SET amount = 1"),
                await session.execute("UPDATE items SET amount = 2 WHERE id = 9"),
                await session.execute("DELETE FROM items WHERE id = 1"),
                await session.execute("CREATE TABLE others (id bigint)"),
            ]

        assert await database.write(write) == [2, 0, 1, 0]

    on_database(work)


def test_returning_gives_the_row_that_was_written(on_database: Run) -> None:
    async def work(database: Database) -> None:
        sql = "INSERT INTO items (id, name) VALUES (1, 'a') RETURNING id, name"
        row = await database.write(lambda session: session.fetch_one(sql))
        assert row is not None
        assert tuple(row) == (1, "a")
        assert await database.read(names) == ["a"]

    on_database(work)


def test_a_session_for_reading_cannot_write(on_database: Run) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(RuntimeError, match=r"use Database\.write"):
            await database.read(lambda session: session.execute("DELETE FROM items"))

    on_database(work)


def test_several_reads_see_one_snapshot_while_others_write(on_database: Run) -> None:
    async def work(database: Database) -> None:
        done = False

        async def write_pairs() -> None:
            number = 0
            while not done:
                number += 1

                async def pair(session: Session, number: int = number) -> None:
                    await session.execute(f"INSERT INTO items (id) VALUES ({2 * number})")
                    await session.execute(f"INSERT INTO items (id) VALUES ({2 * number + 1})")

                await database.write(pair)

        writer = asyncio.create_task(write_pairs())
        count = ("SELECT count(*) FROM items", ())
        for _ in range(30):
            first, second = await database.read(lambda session: session.fetch_many([count, count], heavy=True))
            assert first[0][0] == second[0][0]
            assert first[0][0] % 2 == 0
        done = True
        await writer

    on_database(work)


# Transactions --------------------------------------------------------------------------------------------------------


def test_a_write_that_raises_leaves_nothing_behind(on_database: Run) -> None:
    async def work(database: Database) -> None:
        async def fail(session: Session) -> None:
            await insert(id=1, name="a")(session)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await database.write(fail)
        assert await database.read(names) == []
        await database.write(insert(id=1, name="b"))
        assert await database.read(names) == ["b"]

    on_database(work)


def test_a_write_sees_its_own_changes_and_others_do_not(on_database: Run) -> None:
    async def work(database: Database) -> None:
        async def write(session: Session) -> list[str]:
            await insert(id=1, name="a")(session)
            return await names(session)

        assert await database.write(write) == ["a"]

    on_database(work)


def test_after_a_failed_statement_nothing_can_be_committed(on_database: Run) -> None:
    async def work(database: Database) -> None:
        async def swallow(session: Session) -> None:
            await insert(id=1, name="a")(session)
            with pytest.raises(UniqueViolation):
                await insert(id=2, name="a")(session)

        with pytest.raises(RuntimeError, match="cannot be committed"):
            await database.write(swallow)
        assert await database.read(names) == []

    on_database(work)


def test_a_session_ends_with_its_transaction(on_database: Run) -> None:
    async def work(database: Database) -> None:
        kept: list[Session] = []

        async def keep(session: Session) -> None:
            kept.append(session)

        await database.write(keep)
        with pytest.raises(RuntimeError, match="after its transaction had ended"):
            await kept[0].execute("DELETE FROM items")

    on_database(work)


def test_sixteen_writers_lose_no_update(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.write(insert(id=1, amount=1))

        async def add(session: Session) -> None:
            lock = "" if session.dialect is SQLITE else " FOR UPDATE"
            row = await session.fetch_one(f"SELECT amount FROM items WHERE id = 1{lock}")
            assert row is not None
            await session.execute(f"UPDATE items SET amount = {row[0] + 1} WHERE id = 1")

        async def writer() -> None:
            for _ in range(5):
                await database.write(add)

        await asyncio.gather(*(writer() for _ in range(16)))
        row = await database.read(lambda session: session.fetch_one("SELECT amount FROM items"))
        assert row is not None
        assert row[0] == 81

    on_database(work, pool_size=4)


def test_the_work_of_a_write_sees_the_context_of_the_request(on_database: Run) -> None:
    request = contextvars.ContextVar("request", default="none")

    async def work(database: Database) -> None:
        request.set("r1")

        async def look(session: Session) -> str:
            return request.get()

        assert await database.write(look) == "r1"

    on_database(work)


# Violations ----------------------------------------------------------------------------------------------------------


def test_a_taken_value_names_its_index(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.write(insert(id=1, name="secret"))
        with pytest.raises(UniqueViolation) as caught:
            await database.write(insert(id=2, name="secret"))
        assert caught.value.index == "items_name"
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    on_database(work)


def test_a_taken_key_has_the_name_of_the_primary_key(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.write(insert(id=1))
        with pytest.raises(UniqueViolation) as caught:
            await database.write(insert(id=1))
        assert caught.value.index == primary_key_name("items")

    on_database(work)


def test_a_broken_check_names_its_constraint(on_database: Run) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(CheckViolation) as caught:
            await database.write(insert(id=1, amount=-5))
        assert caught.value.constraint == "amount_is_positive"

    on_database(work)


def test_a_link_to_nothing_is_a_foreign_key_violation(on_database: Run) -> None:
    async def work(database: Database) -> None:
        with pytest.raises(ForeignKeyViolation) as caught:
            await database.write(insert(id=1, parent=7))
        assert caught.value.constraint in ("items_parent", None)

    on_database(work)


def test_a_wrong_statement_is_a_defect_without_values_in_it(on_database: Run) -> None:
    async def work(database: Database) -> None:
        place = database.dialect.placeholder(1)
        with pytest.raises(StatementFailed) as caught:
            await database.read(
                lambda session: session.fetch_all(f"SELECT nothing FROM items WHERE name = {place}", ("x7y",))
            )
        assert "x7y" not in str(caught.value)
        assert "SELECT nothing" in str(caught.value)

    on_database(work)


def test_too_few_parameters_are_a_defect(on_database: Run) -> None:
    async def work(database: Database) -> None:
        place = database.dialect.placeholder(1)
        with pytest.raises(StatementFailed):
            await database.read(lambda session: session.fetch_all(f"SELECT id FROM items WHERE name = {place}"))

    on_database(work)


# Cancellation --------------------------------------------------------------------------------------------------------


def test_a_cancelled_long_read_stops_and_the_database_serves_on(on_database: Run) -> None:
    async def work(database: Database) -> None:
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.read(lambda session: session.fetch_all(endless(session), heavy=True))
        await asyncio.gather(
            *(database.read(lambda session: session.fetch_one("SELECT 1", heavy=True)) for _ in range(8))
        )
        assert time.monotonic() - started < 3

    on_database(work)


def test_a_cancelled_write_is_rolled_back_and_the_next_one_runs(on_database: Run) -> None:
    async def work(database: Database) -> None:
        async def write(session: Session) -> None:
            await insert(id=1, name="a")(session)
            await session.fetch_all(endless(session))

        started = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.write(write)
        await database.write(insert(id=2, name="b"))
        assert await database.read(names) == ["b"]
        assert time.monotonic() - started < 3

    on_database(work)


def test_a_commit_once_begun_is_finished_and_answered(on_database: Run) -> None:
    async def work(database: Database) -> None:
        outcomes: list[bool] = []
        for number in range(1, 31):
            task = asyncio.create_task(database.write(insert(id=number)))
            await asyncio.sleep(number * 0.0001)
            task.cancel()
            await asyncio.wait([task])
            outcomes.append(not task.cancelled())
        rows = await database.read(lambda session: session.fetch_all("SELECT id FROM items"))
        stored = {row[0] for row in rows}
        assert stored == {number for number, answered in enumerate(outcomes, 1) if answered}

    on_database(work)


# Away and busy -------------------------------------------------------------------------------------------------------


def test_a_closed_database_is_unavailable(on_database: Run) -> None:
    async def work(database: Database) -> None:
        await database.close()
        long_read = database.read(lambda session: session.fetch_all("SELECT 1", heavy=True))
        for attempt in (database.write(insert(id=1)), database.read(names), long_read):
            with pytest.raises(Unavailable):
                await attempt

    on_database(work)


def test_close_finishes_the_write_that_is_under_way(opened: Run) -> None:
    async def main() -> list[str]:
        async with opened() as database:
            begun = threading.Event()

            async def write(session: Session) -> None:
                begun.set()
                for number in range(1, 50):
                    await insert(id=number, name=f"{number}")(session)

            task = asyncio.create_task(database.write(write))
            while not begun.is_set():  # noqa: ASYNC110  # it is set in another thread
                await asyncio.sleep(0.001)
            await database.close()
            await task
        async with opened(tables=False) as database:
            return await database.read(names)

    assert asyncio.run(main()) == [f"{number}" for number in range(1, 50)]


def test_ping_answers_in_milliseconds(on_database: Run) -> None:
    async def work(database: Database) -> None:
        assert 0 < await database.ping() < 1000

    on_database(work)


def test_a_lock_of_another_process_makes_a_write_wait_and_then_unavailable(opened: Run, database_url: str) -> None:
    async def main() -> None:
        async with opened(wait=0.3) as database:
            other = await open_database(database_url, DatabaseOptions(wait=0.3))
            await database.write(insert(id=1, amount=1))
            held, release = asyncio.Event(), asyncio.Event()

            async def hold(session: Session) -> None:
                await session.execute("UPDATE items SET amount = 2 WHERE id = 1")
                held.set()
                await release.wait()

            if database.dialect is SQLITE:
                await _lock_file(database_url, database, other)
            else:
                holder = asyncio.create_task(other.write(hold))
                await held.wait()
                with pytest.raises(Unavailable):
                    await database.write(lambda session: session.execute("UPDATE items SET amount = 3 WHERE id = 1"))
                release.set()
                await holder
            assert await database.write(lambda session: session.execute("UPDATE items SET amount = 4")) == 1
            await other.close()

    asyncio.run(main())


async def _lock_file(url: str, database: Database, other: Database) -> None:
    """Hold SQLite's write lock for longer than the database waits; reads go on meanwhile."""

    async def hold(session: Session) -> None:
        await session.execute("UPDATE items SET amount = 2 WHERE id = 1")
        time.sleep(0.8)  # noqa: ASYNC251  # this runs in the thread of the other database

    holder = asyncio.create_task(other.write(hold))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await database.write(insert(id=2))
    assert time.monotonic() - started < 0.7
    assert await database.read(names) == [None]
    await holder


def test_what_was_deleted_can_be_scrubbed(on_database: Callable[..., Any]) -> None:
    async def work(database: Database) -> list[int]:
        async def fill(session: Session) -> None:
            await session.execute("INSERT INTO parents (id) VALUES (1), (2)")
            await session.execute("DELETE FROM parents WHERE id = 1")

        await database.write(fill)
        await asyncio.gather(database.scrub("parents"), database.scrub("parents"))
        return [row[0] for row in await database.read(lambda session: session.fetch_all("SELECT id FROM parents"))]

    assert on_database(work) == [2]


def test_a_closed_database_cannot_be_scrubbed(opened: Any, run: Callable[..., Any]) -> None:
    async def main() -> None:
        async with opened() as database:
            pass
        with pytest.raises(Unavailable):
            await database.scrub("parents")

    run(main())
