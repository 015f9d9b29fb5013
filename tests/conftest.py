"""What every test may ask for: a runner for coroutines, the two databases, and the profiles of Hypothesis."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest

from tests.provision.emptying import Provided, empty, provide
from tests.provision.postgresql import NoServer, PostgreSQLServer, empty_database, postgresql_server

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]

_POSTGRESQL_FIXTURES = {"postgresql", "postgresql_url", "empty_postgresql_url"}

# The default finds the same cases on every run, so that a red build is red for its change; the nightly run searches on.
hypothesis.settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("nightly", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgresql",
        choices=("auto", "require", "off"),
        default="auto",
        help="The tests that need it: auto skips them where there is none, require fails them, off skips them always.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that uses PostgreSQL, so that `-m postgresql` selects them."""
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & _POSTGRESQL_FIXTURES or "postgresql" in parameters.values():
            item.add_marker(pytest.mark.postgresql)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.config.getoption("--postgresql") == "off" and item.get_closest_marker("postgresql"):
        pytest.skip("PostgreSQL is switched off (--postgresql=off)")


@pytest.fixture(scope="session")
def run() -> Run[Any]:
    """Run a coroutine to its end on a new event loop and return its result."""
    return asyncio.run


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> Iterator[PostgreSQLServer]:
    """A PostgreSQL server on which a test may make databases of its own."""
    try:
        with postgresql_server() as server:
            yield server
    except NoServer as error:
        if pytestconfig.getoption("--postgresql") == "require":
            pytest.fail(f"There is no PostgreSQL: {error}.", pytrace=False)
        pytest.skip(f"There is no PostgreSQL: {error}.")


@pytest.fixture(scope="session")
def postgresql_url(postgresql: PostgreSQLServer) -> str:
    """The URL of a database that belongs to this session. What a test leaves in it stays for the next."""
    return postgresql.create_database()


@pytest.fixture(scope="session")
def _scratch_postgresql_url(postgresql: PostgreSQLServer) -> str:
    return postgresql.create_database()


@pytest.fixture
def empty_postgresql_url(_scratch_postgresql_url: str) -> str:
    """The URL of a PostgreSQL database with nothing in it."""
    empty_database(_scratch_postgresql_url)
    return _scratch_postgresql_url


@pytest.fixture(scope="session")
def _provided_postgresql(postgresql: PostgreSQLServer) -> Provided:
    return provide(postgresql.create_database())


@pytest.fixture
def used_postgresql_url(_provided_postgresql: Provided) -> str:
    """The URL of a PostgreSQL database with nothing in it but the server's own tables, without rows."""
    empty(_provided_postgresql)
    return _provided_postgresql.url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without rows: the test runs once on each of the two."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'tabularium.db'}"
    url: str = request.getfixturevalue("used_postgresql_url")
    return url
