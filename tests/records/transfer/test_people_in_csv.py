"""Users in CSV files: by their ids, and written down by the server as in a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabularium.access.identity import Identity
from tabularium.context import Context
from tabularium.db.identity import rows
from tabularium.db.identity.tables import USER
from tests.support.auth import PASSWORDS
from tests.support.transfer import Store

NOW = "2026-03-01T09:00:00.000Z"
FIELDS: list[dict[str, Any]] = [
    {"name": "title", "type": "single-line-text"},
    {"name": "owner", "type": "user"},
    {"name": "crew", "type": "user", "allowMultiple": True},
    {"name": "reporter", "type": "user", "default": "CURRENT_USER"},
    {"name": "author", "type": "created-by"},
    {"name": "friends", "type": "relationship", "relatedTable": "tasks", "relationType": "many-to-many"},
]


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Iterator[Store]:
    file = tmp_path / "app.json"
    file.write_text(json.dumps({"name": "crm", "auth": PASSWORDS, "tables": [{"name": "tasks", "fields": FIELDS}]}))
    opened = Store(file, database_url)
    try:
        opened.write(_two_users)
        opened.identity = Identity("a", frozenset({"member"}))
        yield opened
    finally:
        opened.close()


async def _two_users(context: Context) -> None:
    times = {"emailVerified": False, "createdAt": NOW, "updatedAt": NOW}
    for name in ("a", "b"):
        user = {"id": name, "name": name, "email": f"{name}@example.com", **times}
        await rows.insert(context.session, USER, user)


def test_what_is_exported_can_be_imported(store: Store) -> None:
    lines = ('x,b,"[""a"",""b""]",a,[]', "y,,[],,[]", 'z,a,"[""b""]",b,"[""1""]"')
    text = "title,owner,crew,reporter,friends\n" + "".join(f"{line}\n" for line in lines)
    assert store.load("tasks", text) == 3
    dumped = store.dump("tasks")
    assert dumped.replace("\r\n", "\n") == text


def test_a_column_that_is_missing_takes_who_imports(store: Store) -> None:
    store.load("tasks", "title\nx\n")

    async def read(context: Context) -> Any:
        return await context.session.fetch_all("SELECT reporter, author FROM tasks")

    assert [tuple(row) for row in store.read(read)] == [("a", "a")]


def test_ids_of_nobody_are_told_by_line(store: Store) -> None:
    text = 'title,owner,crew,friends\nx,nobody,"[""b"",""c""]",[]\ny,,b,[]\nz,,,"[""9""]"\n'
    assert store.refused("tasks", text) == [
        'line 2: crew.1: There is no such user "c".',
        'line 2: owner: There is no such user "nobody".',
        'line 3: crew: Must be a JSON list of ids, such as ["1", "2"].',
        'line 4: friends.0: There is no such record "9" to link to.',
    ]


def test_a_row_may_link_to_the_rows_before_it(store: Store) -> None:
    store.load("tasks", 'title,friends\nx,[]\ny,"[""1""]"\nz,"[""2"",""1""]"\n')
    assert store.dump("tasks").count('"[""1"",""2""]"') == 1
    assert store.refused("tasks", "title,author\nx,a\n") == [
        'line 1: the server sets the field "author"; leave its column out'
    ]
