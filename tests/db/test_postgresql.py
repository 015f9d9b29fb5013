"""What is special about PostgreSQL: its pool, its connections that get lost, its conflicts."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.db.options import DatabaseOptions, UnsuitableDatabase
from tabularium.db.postgresql import PostgresqlDatabase
from tabularium.db.postgresql.connection import require_suitable
from tabularium.db.postgresql.failures import translate_connecting
from tabularium.errors import Unavailable

Run = Callable[..., Any]

_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'tabularium'"
)


@pytest.fixture
def on_database(empty_postgresql_url: str) -> Run:
    """Run a coroutine function with the open database and its URL."""

    def run(work: Callable[[PostgresqlDatabase, str], Any], **options: Any) -> Any:
        async def main() -> Any:
            database = await PostgresqlDatabase.open(empty_postgresql_url, DatabaseOptions(**options))
            try:
                await database.write(
                    lambda session: session.execute("CREATE TABLE items (id bigint PRIMARY KEY, amount bigint)")
                )
                return await work(database, empty_postgresql_url)
            finally:
                await database.close()

        return asyncio.run(main())

    return run


async def cut_connections(url: str) -> None:
    """End every connection of the program, as a restart of the server does."""
    connection = await asyncpg.connect(url)
    await connection.execute(_OTHERS)
    await connection.close()


async def one(session: Session) -> Any:
    row = await session.fetch_one("SELECT 1")
    return None if row is None else row[0]


def test_only_so_many_statements_stay_prepared_and_no_long_one(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> Any:
        async def ask(session: Session) -> Any:
            for number in range(300):
                await session.fetch_one(f"SELECT {number}")
            await session.fetch_one(f"SELECT '{'x' * 20_000}'")
            return await session.fetch_one("SELECT count(*), max(length(statement)) FROM pg_prepared_statements")

        return await database.read(ask)

    count, longest = on_database(work)
    assert 250 <= count <= 256
    assert longest < 16_384


def test_dates_instants_decimals_and_uuids_travel_as_text(on_database: Run) -> None:
    sql = "SELECT $1::date, $2::timestamptz(3), $3::numeric(18, 2), $4::uuid, $5::date[]"
    values = (
        "0001-01-01",
        "9999-12-31T23:59:59.999Z",
        "123456789012345.67",
        "018f0000-0000-7000-8000-000000000000",
        ["2026-01-02"],
    )

    async def work(database: PostgresqlDatabase, _: str) -> Any:
        return await database.read(lambda session: session.fetch_one(sql, values))

    row = on_database(work)
    assert tuple(row) == (values[0], "9999-12-31 23:59:59.999+00", *values[2:])


def test_a_connection_that_was_lost_is_unavailable_once_and_then_replaced(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, url: str) -> None:
        async def be_cut(session: Session) -> None:
            await session.execute("INSERT INTO items VALUES (1)")
            await cut_connections(url)
            await session.execute("INSERT INTO items VALUES (2)")

        with pytest.raises(Unavailable):
            await database.write(be_cut)
        assert await database.read(one) == 1
        assert await database.read(lambda session: session.fetch_all("SELECT id FROM items")) == []

    on_database(work)


def test_a_connection_cut_while_idle_does_not_harm_the_next_requests_for_long(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, url: str) -> None:
        await asyncio.gather(*(database.read(one) for _ in range(4)))
        await cut_connections(url)
        failures = 0
        for _ in range(10):
            try:
                assert await database.read(one) == 1
            except Unavailable:
                failures += 1
        assert failures <= 4

    on_database(work, pool_size=4)


def test_connections_cut_under_load_give_unavailable_and_nothing_else(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, url: str) -> None:
        seen: set[str] = set()
        both = {"stored", "unavailable"}
        numbers = itertools.count()

        async def client() -> None:
            while seen != both:
                values = (next(numbers),)
                try:
                    await database.write(
                        lambda session, values=values: session.execute("INSERT INTO items VALUES ($1)", values)
                    )
                    seen.add("stored")
                except Unavailable:
                    seen.add("unavailable")

        clients = asyncio.gather(*(client() for _ in range(8)))
        async with asyncio.timeout(20):
            while not clients.done():  # a cut between two statements is mended without anybody's notice
                await asyncio.sleep(0.03)
                await cut_connections(url)
            await clients
        await asyncio.sleep(0.05)  # the driver must hear of the last cut, or the next read is the one that finds out
        assert seen == both
        assert await database.read(one) == 1

    on_database(work, pool_size=4)


def test_two_hundred_requests_finish_on_two_connections(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        async def request(number: int) -> Any:
            await database.write(lambda session: session.execute("INSERT INTO items VALUES ($1)", (number,)))

            async def several(session: Session) -> Any:
                await session.fetch_one("SELECT 1")
                many = await session.fetch_many([("SELECT 2", ()), ("SELECT 3", ())])
                return many[1][0][0]

            return await database.read(several)

        assert await asyncio.gather(*(request(number) for number in range(200))) == [3] * 200

    on_database(work, pool_size=2)


def test_waiting_too_long_for_a_connection_is_unavailable(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        holder = asyncio.create_task(database.read(lambda session: session.fetch_one("SELECT pg_sleep(0.6)")))
        await asyncio.sleep(0.05)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await database.read(one)
        assert time.monotonic() - started < 0.5
        await holder
        assert await database.read(one) == 1

    on_database(work, pool_size=1, wait=0.2)


def test_a_statement_over_its_time_limit_is_unavailable(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        with pytest.raises(Unavailable):
            await database.read(lambda session: session.fetch_one("SELECT pg_sleep(5)"))
        assert await database.read(one) == 1

    on_database(work, statement_time=0.1)


def test_a_deadlock_is_run_again_until_both_have_written(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        await database.write(lambda session: session.execute("INSERT INTO items VALUES (1, 0), (2, 0)"))
        attempts = 0

        async def add(session: Session, first: int, second: int) -> None:
            nonlocal attempts
            attempts += 1
            await session.execute("SET LOCAL deadlock_timeout = '50ms'")
            await session.execute("UPDATE items SET amount = amount + 1 WHERE id = $1", (first,))
            await asyncio.sleep(0.05 if attempts <= 2 else 0)
            await session.execute("UPDATE items SET amount = amount + 1 WHERE id = $1", (second,))

        await asyncio.gather(
            database.write(lambda session: add(session, 1, 2)),
            database.write(lambda session: add(session, 2, 1)),
        )
        rows = await database.read(lambda session: session.fetch_all("SELECT amount FROM items ORDER BY id"))
        assert [row[0] for row in rows] == [2, 2]
        assert attempts > 2

    on_database(work)


def test_a_conflict_that_stays_is_unavailable_after_three_retries(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        attempts = 0

        async def conflict(session: Session) -> None:
            nonlocal attempts
            attempts += 1
            await session.execute("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

        with pytest.raises(Unavailable):
            await database.write(conflict)
        assert attempts == 4

    on_database(work)


def test_a_write_that_has_lost_runs_alone_the_next_time(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        attempts, order = 0, list[str]()
        is_again, may_end = asyncio.Event(), asyncio.Event()

        async def lose_once(session: Session) -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 1:
                await session.execute("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$")
            is_again.set()
            await may_end.wait()
            order.append("first")

        async def other(_: Session) -> None:
            order.append("other")

        first = asyncio.ensure_future(database.write(lose_once))
        await is_again.wait()
        second = asyncio.ensure_future(database.write(other))
        await asyncio.wait({second}, timeout=0.2)
        assert order == []
        may_end.set()
        await asyncio.gather(first, second)
        assert order == ["first", "other"]

    on_database(work)


def test_a_statement_prepared_before_a_change_of_its_table_still_runs_after_it(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> None:
        async def insert(session: Session) -> Any:
            return await session.fetch_all("INSERT INTO items VALUES ((SELECT count(*) FROM items), 1) RETURNING *")

        async def read(session: Session) -> Any:
            return await session.fetch_all("SELECT * FROM items")

        await database.write(insert)
        await database.read(read)
        await database.migrate(lambda session: session.execute("ALTER TABLE items ADD COLUMN note text"))
        assert len((await database.write(insert))[0]) == 3
        assert len((await database.read(read))[0]) == 3

    on_database(work, pool_size=1)


def test_the_session_has_the_settings_that_answers_depend_on(on_database: Run) -> None:
    async def work(database: PostgresqlDatabase, _: str) -> Any:
        row = await database.read(
            lambda session: session.fetch_one(
                "SELECT current_setting('TimeZone'), current_setting('jit'), current_setting('application_name'), "
                "current_setting('statement_timeout'), current_setting('DateStyle')"
            )
        )
        return tuple(row)

    assert on_database(work) == ("UTC", "off", "tabularium", "30s", "ISO, MDY")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    async def main() -> None:
        with pytest.raises(Unavailable):
            await open_database("postgresql://nobody@127.0.0.1:1/none", patience=0)

    asyncio.run(main())


def test_opening_tries_again_for_a_while() -> None:
    async def main() -> float:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await open_database("postgresql://nobody@127.0.0.1:1/none", patience=0.7)
        return time.monotonic() - started

    assert 0.4 < asyncio.run(main()) < 3


def test_a_try_is_told_once_until_something_else_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        with pytest.raises(Unavailable, match="cannot be reached"):
            await open_database("postgresql://nobody@127.0.0.1:1/none", patience=1.2)

    asyncio.run(main())
    assert [record.getMessage() for record in caplog.records] == [
        "The database cannot be reached. Trying again for up to 1 s."
    ]


def test_a_parameter_that_the_server_refuses_is_refused_at_once(empty_postgresql_url: str) -> None:
    sign = "&" if "?" in empty_postgresql_url else "?"
    with pytest.raises(UnsuitableDatabase, match="refuses a parameter of the URL"):
        asyncio.run(open_database(f"{empty_postgresql_url}{sign}nothing_of_the_kind=1"))


def test_a_server_that_takes_no_connections_is_away_and_no_defect() -> None:
    error = asyncpg.ObjectNotInPrerequisiteStateError("the database is not accepting connections, says the password")
    found = translate_connecting(error)
    assert isinstance(found, Unavailable)
    assert found.message == "The database refused the connection."


def test_a_url_that_cannot_be_read_is_refused_without_its_password() -> None:
    async def main() -> None:
        with pytest.raises(UnsuitableDatabase) as caught:
            await open_database("postgresql://user:hunter2@host:notaport/name", patience=0)
        assert "hunter2" not in str(caught.value)
        assert "notaport" not in str(caught.value)

    asyncio.run(main())


class _Server:
    def __init__(self, major: int, encoding: str) -> None:
        self._major = major
        self._encoding = encoding

    def get_server_version(self) -> Any:
        return type("Version", (), {"major": self._major})

    async def fetchval(self, sql: str) -> str:
        return self._encoding


@pytest.mark.parametrize(("major", "encoding", "reason"), [(12, "UTF8", "too old"), (15, "LATIN1", "ENCODING 'UTF8'")])
def test_an_old_server_or_another_encoding_is_refused(major: int, encoding: str, reason: str) -> None:
    with pytest.raises(UnsuitableDatabase, match=reason):
        asyncio.run(require_suitable(_Server(major, encoding)))
