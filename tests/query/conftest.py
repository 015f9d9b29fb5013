"""The two real databases, each once for all tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.provision.postgresql import PostgreSQLServer
from tests.query.people import Store


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(f"sqlite:{tmp_path_factory.mktemp('query') / 'query.db'}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgresql_store(postgresql: PostgreSQLServer) -> Iterator[Store]:
    store = Store(postgresql.create_database())
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture(scope="session")
def stores(sqlite_store: Store, postgresql_store: Store) -> tuple[Store, Store]:
    """Both databases, for tests that compare them."""
    return sqlite_store, postgresql_store
