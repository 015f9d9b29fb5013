"""Applications with authentication, on each database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.provision.postgresql import PostgreSQLServer
from tests.support.auth import Site, site
from tests.support.kept_sites import KeptSites

Open = Callable[..., Site]

_OF_THE_FILE = frozenset({"tables", "api"})
"""Options of `site` that only say what the application's file holds."""


@pytest.fixture(scope="session")
def _database_of_schemas(postgresql: PostgreSQLServer) -> str:
    return postgresql.create_database()


async def _create_schema(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'CREATE SCHEMA "{name}"')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def _kept_sites(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptSites]:
    def new_url(kind: str, folder: Path) -> str:
        if kind == "sqlite":
            return f"sqlite:{folder / 'tabularium.db'}"
        # A schema for each: making and dropping a database takes far longer.
        base: str = request.getfixturevalue("_database_of_schemas")
        name = f"site_{folder.name}"
        asyncio.run(_create_schema(base, name))
        return f"{base}{'&' if '?' in base else '?'}search_path={name}"

    kept = KeptSites(tmp_path_factory.mktemp("sites"), new_url)
    yield kept
    kept.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, _kept_sites: KeptSites) -> Iterator[Open]:
    """Open an application with a block `auth` of the test's own; a second one is on the database of the first."""
    if request.param == "postgresql":
        request.getfixturevalue("postgresql")  # skips where there is none
    used: list[str] = []
    urls: list[str] = []
    with ExitStack() as stack:

        def open_site(auth: dict[str, Any] | None = None, **options: Any) -> Site:
            if not urls and options.keys() <= _OF_THE_FILE:
                found, key, url = _kept_sites.get(request.param, auth, options)
                used.append(key)
                urls.append(url)
                return found
            if used:
                stack.callback(_kept_sites.forget, used.pop())  # what the second one does to its database nobody knows
            if not urls:
                urls.append(_new_url(request, tmp_path))
            return stack.enter_context(site(tmp_path, urls[0], auth, **options))

        yield open_site


def _new_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'tabularium.db'}"
    url: str = request.getfixturevalue("used_postgresql_url")
    return url


@pytest.fixture
def opened_on(tmp_path: Path, database_url: str) -> Iterator[Open]:
    """Open an application on a database that the test has filled before."""
    with ExitStack() as stack:

        def open_site(auth: dict[str, Any] | None = None, **options: Any) -> Site:
            return stack.enter_context(site(tmp_path, database_url, auth, **options))

        yield open_site


@pytest.fixture
def crm(opened: Open) -> Site:
    """An application with passwords, and nothing else said."""
    return opened()
