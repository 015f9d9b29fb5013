"""Fields that hold users, from one version of a file to the next, on both databases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.schema.migrating import NOW, Bench, Run, table, text
from tests.support.auth import PASSWORDS

Work = Callable[[Bench], Awaitable[None]]


@pytest.fixture
def people(bench: Run) -> Callable[[Work], None]:
    """Run work on a database with the users `a` and `b`, whose files have authentication."""

    def run(work: Work) -> None:
        async def prepared(bench: Bench) -> None:
            bench.more = {"auth": PASSWORDS}
            await bench.migrate()
            for name in ("a", "b"):
                values: dict[str, Any] = {"id": name, "name": name.upper(), "email": f"{name}@example.com"}
                is_sqlite = bench.database.dialect.name == "sqlite"
                values |= {"emailVerified": 0 if is_sqlite else False, "createdAt": NOW, "updatedAt": NOW}
                await bench.write("user", values)
            await work(bench)

        bench(prepared)

    return run


def user(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "user", **options}


def tasks(*fields: dict[str, Any], name: str = "tasks") -> dict[str, Any]:
    numbered = [{"id": number, **field} for number, field in enumerate(fields, 2)]
    return table(name, text("title", id=1), *numbered, id=1)


async def column(bench: Bench, name: str, of: str = "tasks") -> list[Any]:
    return [value for (value,) in await bench.rows(f'SELECT "{name}" FROM "{of}" ORDER BY id')]


async def erase(bench: Bench, name: str) -> None:
    await bench.execute(f"DELETE FROM \"user\" WHERE id = '{name}'")


def test_people_come_to_a_table_empty_and_the_database_empties_them(people: Callable[[Work], None]) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(tasks())
        await bench.insert("tasks", title="x")
        later = tasks(user("owner"), {"name": "created_by", "type": "created-by"}, user("crew", allowMultiple=True))
        assert not (await bench.inspect(later)).is_refused
        await bench.migrate(later)
        assert (await bench.migrate(later)).steps == ()
        assert await bench.rows('SELECT "owner", "created_by" FROM tasks') == [(None, None)]
        await bench.insert("tasks", owner="a", created_by="b")
        await bench.write("_links_tasks_crew", {"source": 1, "target": "a"})
        for name in ("a", "b"):
            await erase(bench, name)
        assert await bench.rows('SELECT "owner", "created_by" FROM tasks') == [(None, None), (None, None)]
        assert await bench.rows("SELECT * FROM _links_tasks_crew") == []

    people(work)


def test_the_tables_of_users_need_not_be_there_before(bench: Run) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(tasks())
        await bench.insert("tasks", title="x")
        bench.more = {"auth": PASSWORDS}
        later = tasks(user("owner"), user("crew", allowMultiple=True))
        assert not (await bench.inspect(later)).is_refused
        await bench.migrate(later)
        assert await column(bench, "owner") == [None]

    bench(work)


def test_a_renamed_table_and_field_keep_their_people(people: Callable[[Work], None]) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(tasks(user("owner", indexed=True), user("crew", allowMultiple=True)))
        await bench.insert("tasks", owner="a")
        await bench.insert("tasks", owner="b")
        await bench.write("_links_tasks_crew", {"source": 1, "target": "b"})
        await bench.migrate(tasks(user("holder", indexed=True), user("team", allowMultiple=True), name="jobs"))
        assert await column(bench, "holder", "jobs") == ["a", "b"]
        assert await bench.rows('SELECT "source", "target" FROM _links_jobs_team') == [(1, "b")]
        await erase(bench, "b")
        assert await column(bench, "holder", "jobs") == ["a", None]
        assert await bench.rows("SELECT * FROM _links_jobs_team") == []

    people(work)


def test_one_user_becomes_several_and_back(people: Callable[[Work], None]) -> None:
    async def work(bench: Bench) -> None:
        one, several = tasks(user("owner")), tasks(user("owner", allowMultiple=True))
        await bench.migrate(one)
        for owner in ("b", None):
            await bench.insert("tasks", owner=owner)
        await bench.migrate(several)
        links = 'SELECT "source", "target" FROM _links_tasks_owner ORDER BY 1, 2'
        assert await bench.rows(links) == [(1, "b")]
        assert "owner" not in await bench.columns("tasks")
        await bench.migrate(one)
        assert await column(bench, "owner") == ["b", None]
        await bench.migrate(several)
        await bench.write("_links_tasks_owner", {"source": 1, "target": "a"})
        assert "with several links" in await bench.refusal(one)
        await bench.migrate(one, destructive=True)
        assert await column(bench, "owner") == ["a", None]
        await erase(bench, "a")
        assert await column(bench, "owner") == [None, None]

    people(work)


def test_text_becomes_a_user_where_it_is_the_id_of_one(people: Callable[[Work], None]) -> None:
    async def work(bench: Bench) -> None:
        await bench.migrate(tasks(text("owner")))
        await bench.insert("tasks", owner="a")
        await bench.migrate(tasks(user("owner")))
        assert await column(bench, "owner") == ["a"]
        await bench.migrate(tasks({"name": "owner", "type": "created-by"}))
        await bench.migrate(tasks(text("owner")))
        assert await column(bench, "owner") == ["a"]
        await bench.insert("tasks", owner="nobody")
        assert "break the rule" in await bench.failure(tasks(user("owner")))
        await erase(bench, "a")
        assert await column(bench, "owner") == ["a", "nobody"]

    people(work)


def test_who_was_erased_while_a_field_or_its_table_was_away_does_not_come_back(people: Callable[[Work], None]) -> None:
    async def work(bench: Bench) -> None:
        full = tasks(user("owner"), {"name": "created_by", "type": "created-by"})
        await bench.migrate(full)
        await bench.insert("tasks", owner="a", created_by="b")
        await bench.insert("tasks", owner="b", created_by="a")
        await bench.migrate(tasks())
        await erase(bench, "a")
        assert not (await bench.inspect(full)).is_refused
        await bench.migrate(full)
        assert await bench.rows('SELECT "owner", "created_by" FROM tasks ORDER BY id') == [(None, "b"), ("b", None)]
        await bench.migrate()
        await erase(bench, "b")
        await bench.migrate(full)
        assert await bench.rows('SELECT "owner", "created_by" FROM tasks ORDER BY id') == [(None, None), (None, None)]
        assert (await bench.migrate(full)).steps == ()

    people(work)


def test_nobody_is_the_current_user_of_rows_that_are_there(people: Callable[[Work], None]) -> None:
    async def work(bench: Bench) -> None:
        required = tasks(user("owner", required=True, default="CURRENT_USER"))
        await bench.migrate(tasks())
        await bench.insert("tasks", title="x")
        assert 'records of "tasks" without a value of "owner": 1' in await bench.refusal(required)
        await bench.migrate(tasks(user("owner", required=True, default="b")))
        assert await column(bench, "owner") == ["b"]
        await bench.migrate(required)

    people(work)
