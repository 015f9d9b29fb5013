from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server.cli import main
from tabularium.db.connect import open_database
from tabularium.db.database import Session
from tabularium.identity.passwords import PasswordHasher

APPLICATION = {"name": "crm", "auth": {"strategies": [{"type": "emailAndPassword"}]}, "tables": []}


@pytest.fixture
def app(folder: Path) -> Path:
    table = {"id": 1, "name": "notes", "fields": [{"id": 1, "name": "title", "type": "single-line-text"}]}
    path = folder / "crm.json"
    path.write_text(json.dumps({**APPLICATION, "tables": [table]}), encoding="utf-8")
    return path


def create(url: str, *arguments: str, typed: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["admin", "create", *arguments], input=typed, env={"DATABASE_URL": url})


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    async def work(session: Session) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await session.fetch_all(sql)]

    async def run() -> list[tuple[Any, ...]]:
        database = await open_database(url)
        try:
            return await database.write(work)
        finally:
            await database.close()

    return asyncio.run(run())


USERS = 'SELECT email, role, name FROM "user" ORDER BY email'


def test_an_administrator_is_made_with_a_password(app: Path, database_url: str) -> None:
    result = create(database_url, "Ada@Example.com", "--file", str(app), "--password-stdin", typed="correct-horse-1\n")
    assert (result.exit_code, result.stdout) == (0, "Ada@Example.com is an administrator now.\n")
    assert "correct-horse" not in result.output
    assert ask(database_url, USERS) == [("ada@example.com", "admin", "Administrator")]
    ((stored,),) = ask(database_url, "SELECT password FROM account WHERE \"providerId\" = 'credential'")
    assert asyncio.run(PasswordHasher(workers=1).is_right("correct-horse-1", stored))
    noted = ask(database_url, "SELECT category, action, user_id FROM _activity WHERE category <> 'system'")
    assert noted == [("admin", "user.created", None)]


def test_a_user_is_promoted_and_keeps_the_password(app: Path, database_url: str) -> None:
    create(database_url, "ada@example.com", "--file", str(app), "--password-stdin", typed="correct-horse-1\n")
    ask(database_url, 'UPDATE "user" SET role = \'member\', "emailVerified" = (1 = 0) RETURNING id')
    before = ask(database_url, "SELECT password FROM account")
    result = create(database_url, "ADA@example.com", "--file", str(app), "--password-stdin", typed="correct-horse-2\n")
    assert (result.exit_code, ask(database_url, USERS)[0][1]) == (0, "admin")
    assert result.stdout == "ADA@example.com is an administrator now; the password is as it was.\n"
    assert "has not verified the address" in result.stderr
    assert ask(database_url, "SELECT password FROM account") == before
    again = create(database_url, "ada@example.com", "--file", str(app))
    assert (again.exit_code, again.stdout) == (
        0,
        "ada@example.com is an administrator already; the password is as it was.\n",
    )


def test_the_password_is_asked_for_without_showing_it(app: Path, folder: Path) -> None:
    app.rename(folder / "app.yaml")
    url = f"sqlite:{folder}/x.db"
    result = create(url, "ada@example.com", typed="correct-horse-1\ncorrect-horse-1\n")
    assert (result.exit_code, result.stdout) == (0, "ada@example.com is an administrator now.\n")
    assert "correct-horse" not in result.output


def test_what_cannot_be_is_told(app: Path, folder: Path, command: Any) -> None:
    url = f"sqlite:{folder}/x.db"
    result = create(url, "no address", "--file", str(app))
    assert (result.exit_code, "EMAIL" in result.stderr) == (2, True)
    for typed, told in (
        ("short\n", "Password too short\n"),
        ("", "Password too short\n"),
        ("x" * 129, "Password too long\n"),
        ("correct\0horse\n", "The password is no text in UTF-8\n"),
        (b"correct-h\xf6rse-1\n", "The password is no text in UTF-8\n"),
    ):
        result = create(url, "ada@example.com", "--file", str(app), "--password-stdin", typed=typed)
        assert (result.exit_code, result.stderr.endswith(told)) == (1, True), result.output
    assert ask(url, USERS) == []
    result = create(url, "ada@example.com", "--password-stdin", typed="correct-horse-1\n")
    assert (result.exit_code, result.stderr) == (
        1,
        "The application file has no block `auth`, so there are no users.\n",
    )
