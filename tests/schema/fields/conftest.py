"""The two databases for the tests of field types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.schema.fields.storage import PostgreSQLStore, SQLiteStore, Store, postgresql_store


@pytest.fixture(scope="module")
def sqlite_store() -> SQLiteStore:
    return SQLiteStore()


@pytest.fixture(scope="module")
def postgresql_connection(postgresql_url: str) -> Iterator[PostgreSQLStore]:
    with postgresql_store(postgresql_url) as store:
        yield store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """A connection that is shared by the module; each test makes a temporary table of its own."""
    names = {"sqlite": "sqlite_store", "postgresql": "postgresql_connection"}
    made: Store = request.getfixturevalue(names[request.param])
    return made
