"""What is special about SQLite: its file, its threads, its queue."""

from __future__ import annotations

import asyncio
import stat
import threading
import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from tabularium.db.connect import open_database
from tabularium.db.database import Database, Session, StatementFailed
from tabularium.db.options import DatabaseOptions, UnsuitableDatabase
from tabularium.db.sqlite import SqliteDatabase
from tabularium.db.sqlite.budget import Budget, OverBudget
from tabularium.db.sqlite.connection import fetch_one, open_reader
from tabularium.db.sqlite.location import path_of_url, refuse_network_file_system
from tabularium.errors import Unavailable


def on_file(path: Path, work: Any, **options: Any) -> Any:
    async def main() -> Any:
        database = SqliteDatabase(path, DatabaseOptions(**options))
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(main())


async def create(database: Database) -> None:
    await database.write(lambda session: session.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)"))


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:data/app.db", "data/app.db"),
        ("sqlite:/data/app.db", "/data/app.db"),
        ("sqlite:///data/app.db", "/data/app.db"),
        ("sqlite:////data/app.db", "/data/app.db"),
        ("file:///data/my%20app.db", "/data/my app.db"),
        ("file://localhost/data/app.db", "/data/app.db"),
        ("sqlite:data/100%25.db", "data/100%25.db"),
        ("data/app.db", "data/app.db"),
    ],
)
def test_a_url_names_a_path(url: str, path: str) -> None:
    assert path_of_url(url) == Path(path)


@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite::memory:", "sqlite://", "sqlite://data/app.db", "sqlite:a.db?mode=ro"]
)
def test_a_url_without_a_usable_file_is_refused(url: str) -> None:
    with pytest.raises(UnsuitableDatabase):
        path_of_url(url)


def test_the_folder_and_the_files_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "app.db"

    async def work(database: Database) -> list[str]:
        await create(database)
        return sorted(f"{each.name} {stat.S_IMODE(each.stat().st_mode):o}" for each in path.parent.iterdir())

    assert on_file(path, work) == ["app.db 600", "app.db-shm 600", "app.db-wal 600"]
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_was_there_keeps_its_rights(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    on_file(folder / "app.db", create)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3"])
def test_a_network_file_system_is_refused(kind: str) -> None:
    mounts = [
        "/dev/a / ext4 rw 0 0",
        f"host:/x /mnt/my\\040share {kind} rw 0 0",
        "/dev/b /mnt/my\\040share/local ext4 rw 0 0",
    ]
    refuse_network_file_system(Path("/mnt/other/app.db"), mounts)
    refuse_network_file_system(Path("/mnt/my share/local/app.db"), mounts)
    with pytest.raises(UnsuitableDatabase, match=kind):
        refuse_network_file_system(Path("/mnt/my share/app.db"), mounts)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    path.write_text("not a database, but long enough to be taken for a header of one" * 20)
    path.chmod(0o644)
    with pytest.raises(UnsuitableDatabase, match=r"app\.db is not a database"):
        asyncio.run(open_database(f"sqlite:{path}"))  # at once, for no later attempt would do better
    assert stat.S_IMODE(path.stat().st_mode) == 0o644, "the rights of a file that is not ours stay"


@pytest.mark.parametrize("name", [".", "app.db/x.db", "x" * 300, "file.txt/x/y.db"])
def test_a_path_that_cannot_be_opened_is_refused_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.db").touch()
    (tmp_path / "file.txt").touch()
    with pytest.raises(UnsuitableDatabase, match="cannot be opened: "):
        asyncio.run(open_database(f"sqlite:{tmp_path / name}"))


def test_a_commit_is_durable_unless_the_setting_says_otherwise(tmp_path: Path) -> None:
    async def synchronous(database: SqliteDatabase) -> Any:
        rows = await database.write(lambda session: session.fetch_one("PRAGMA synchronous"))
        return rows[0] if rows else None

    assert on_file(tmp_path / "a.db", synchronous) == 2
    assert on_file(tmp_path / "b.db", synchronous, synchronous="normal") == 1


def test_a_plan_is_kept_whatever_values_are_bound(tmp_path: Path) -> None:
    reader = open_reader(tmp_path / "a.db", "full", 1.0)
    assert reader.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1
    reader.close()


def test_awaiting_anything_else_in_a_write_is_a_clear_error(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        await create(database)

        async def wait(session: Session) -> None:
            await session.execute("INSERT INTO items VALUES (1)")
            await asyncio.sleep(0)

        with pytest.raises(RuntimeError, match="must not await anything but its session"):
            await database.write(wait)
        assert await database.read(lambda session: session.fetch_all("SELECT id FROM items")) == []

    on_file(tmp_path / "app.db", work)


def test_writes_over_the_length_of_the_queue_are_refused_at_once(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        await create(database)

        async def slow(session: Session) -> None:
            time.sleep(0.05)  # noqa: ASYNC251  # this runs in the writer's thread

        results = await asyncio.gather(*(database.write(slow) for _ in range(8)), return_exceptions=True)
        refused = [result for result in results if isinstance(result, Unavailable)]
        assert 3 <= len(refused) <= 5
        await database.write(slow)

    on_file(tmp_path / "app.db", work, queue_length=4)


def test_a_write_that_waits_too_long_for_its_turn_is_dropped(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        await create(database)

        async def slow(session: Session) -> None:
            time.sleep(0.3)  # noqa: ASYNC251  # this runs in the writer's thread

        async def late(session: Session) -> None:
            await session.execute("INSERT INTO items VALUES (1)")

        first = asyncio.create_task(database.write(slow))
        await asyncio.sleep(0.01)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await database.write(late)
        assert time.monotonic() - started < 0.25
        await first
        assert await database.read(lambda session: session.fetch_all("SELECT id FROM items")) == []

    on_file(tmp_path / "app.db", work, wait=0.1)


def test_a_cancelled_write_that_waits_never_runs(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        await create(database)
        ran: list[int] = []

        async def slow(session: Session) -> None:
            time.sleep(0.1)  # noqa: ASYNC251  # this runs in the writer's thread

        async def note(session: Session) -> None:
            ran.append(1)

        first = asyncio.create_task(database.write(slow))
        second = asyncio.create_task(database.write(note))
        await asyncio.sleep(0.01)
        second.cancel()
        started = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert time.monotonic() - started < 0.05
        await first
        assert ran == []

    on_file(tmp_path / "app.db", work)


LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000000) SELECT count(*) FROM n"


def test_a_read_that_may_be_long_is_tried_in_place_and_tried_once_only(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        tried: list[str] = []

        async def thread_of(limit: int) -> str:
            sql = (
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {limit}) SELECT count(*) FROM n"
            )
            before = threading.active_count()
            row = await database.read(lambda session: session.fetch_many([(sql, ())], heavy=True))
            assert row == [[(limit,)]]
            return "in place" if threading.active_count() == before else "in a thread"

        tried.append(await thread_of(100))
        tried.append(await thread_of(2_000_000))
        assert tried == ["in place", "in a thread"]
        assert await database.read(lambda session: session.fetch_one("SELECT 1", heavy=True)) == (1,)

    on_file(tmp_path / "app.db", work)


def test_what_was_long_once_is_not_tried_again(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    budget = Budget(connection)
    runs: list[str] = []

    def read(sql: str) -> Any:
        runs.append(sql)
        return fetch_one(connection, sql, ())

    for _ in range(3):
        assert budget.run(lambda: read("SELECT 1"), [("SELECT 1", ())]) == (1,)
        with pytest.raises(OverBudget):
            budget.run(lambda: read(LONG), [(LONG, ())])
    assert runs.count("SELECT 1") == 3
    assert runs.count(LONG) == 1
    with pytest.raises(StatementFailed):
        budget.run(lambda: read("SELECT nothing"), [("SELECT nothing", ())])


def test_a_long_read_does_not_stop_the_event_loop(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        read = asyncio.create_task(database.read(lambda session: session.fetch_one(LONG, heavy=True)))
        ticks = 0
        while not read.done():
            await asyncio.sleep(0.005)
            ticks += 1
        assert (await read)[0] == 2_000_000
        assert ticks > 3

    on_file(tmp_path / "app.db", work)


def test_long_reads_over_the_length_of_the_queue_are_refused(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        reads = [database.read(lambda session: session.fetch_one(LONG, heavy=True)) for _ in range(5)]
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert sum(isinstance(result, Unavailable) for result in results) == 3

    on_file(tmp_path / "app.db", work, queue_length=2)


def test_a_full_disk_makes_writes_unavailable_and_reads_go_on(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        await create(database)
        await database.write(lambda session: session.execute("CREATE TABLE texts (value TEXT)"))
        await database.write(lambda session: session.fetch_one("PRAGMA max_page_count = 10"))
        fill = "INSERT INTO texts VALUES (hex(randomblob(100000)))"
        with pytest.raises(Unavailable, match="full"):
            await database.write(lambda session: session.execute(fill))
        assert await database.read(lambda session: session.fetch_all("SELECT * FROM texts")) == []
        await database.write(lambda session: session.fetch_one("PRAGMA max_page_count = 100000"))
        await database.write(lambda session: session.execute(fill))

    on_file(tmp_path / "app.db", work)


def test_a_read_that_meets_a_lock_is_run_again_in_a_thread_that_may_wait(tmp_path: Path) -> None:
    path = tmp_path / "app.db"

    async def work(database: Database) -> None:
        await create(database)
        other = apsw.Connection(str(path))
        other.pragma("locking_mode", "exclusive")
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)
        loop.call_later(0.1, other.close)
        assert await database.read(lambda session: session.fetch_all("SELECT id FROM items")) == []

    on_file(path, work)


def test_two_databases_on_one_file_see_each_others_commits(tmp_path: Path) -> None:
    path = tmp_path / "app.db"

    async def work(first: Database) -> None:
        await create(first)
        second = SqliteDatabase(path, DatabaseOptions())

        async def fill(database: Database, start: int) -> None:
            for number in range(start, start + 20):
                await database.write(
                    lambda session, number=number: session.execute(f"INSERT INTO items VALUES ({number})")
                )

        await asyncio.gather(fill(first, 0), fill(second, 100))
        row = await first.read(lambda session: session.fetch_one("SELECT count(*) FROM items"))
        assert row == (40,)
        await second.close()

    on_file(path, work)


def test_a_migration_waits_for_that_of_another_process_however_long_it_takes(tmp_path: Path) -> None:
    path = tmp_path / "app.db"

    async def work(database: Database) -> None:
        await create(database)
        other = SqliteDatabase(path, DatabaseOptions())

        async def slow(session: Session) -> None:
            time.sleep(0.5)  # noqa: ASYNC251  # this runs in the writer's thread

        first = asyncio.create_task(other.migrate(slow))
        await asyncio.sleep(0.05)
        with pytest.raises(Unavailable):
            await database.write(slow)
        await database.migrate(lambda session: session.execute("INSERT INTO items VALUES (1)"))
        assert first.done()
        await other.close()

    on_file(path, work, wait=0.1)


def test_the_folding_function_is_there_in_every_connection(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        sql = "SELECT tabularium_fold('ÄÖ'), tabularium_fold(NULL)"
        assert await database.read(lambda session: session.fetch_one(sql)) == ("äö", None)
        assert await database.read(lambda session: session.fetch_one(sql, heavy=True)) == ("äö", None)
        assert await database.write(lambda session: session.fetch_one(sql)) == ("äö", None)

    on_file(tmp_path / "app.db", work)


def test_a_broken_foreign_key_stops_a_migration_that_changes_tables(tmp_path: Path) -> None:
    async def work(database: Database) -> None:
        await create(database)

        async def break_it(session: Session) -> None:
            await session.execute("CREATE TABLE links (item INTEGER REFERENCES items (id))")
            await session.execute("INSERT INTO links VALUES (9)")

        with pytest.raises(Exception, match="None") as caught:
            await database.migrate(break_it)
        assert type(caught.value).__name__ == "ForeignKeyViolation"
        row = await database.write(lambda session: session.fetch_one("PRAGMA foreign_keys"))
        assert row == (1,)

    on_file(tmp_path / "app.db", work)
