"""An application with the second factor, on each database: opened once, and empty at the beginning of every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tabularium.db.database import Session
from tests.provision.postgresql import PostgreSQLServer
from tests.support.auth import START, Site, site
from tests.support.two_factor import AUTH


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def _secured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("two_factor")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        server: PostgreSQLServer = request.getfixturevalue("postgresql")
        url = server.create_database()
    with site(folder, url, AUTH) as made:
        yield made


@pytest.fixture
def secured(_secured: Site) -> Site:
    """An application with passwords and the second factor, without rate limits."""
    _secured.write(_empty)
    _secured.clock.moment = START
    _secured.letters.sent.clear()
    _secured.letters.allows = True
    return _secured


async def _empty(session: Session) -> None:
    for table in ('"user"', "verification", "apikey", "_activity"):
        await session.execute(f"DELETE FROM {table}")
