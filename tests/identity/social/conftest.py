"""Applications that sign in with the mock provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from server.outbound import HttpOutbound
from tabularium.db.database import Session
from tabularium.identity.oauth.provider import Provider
from tabularium.identity.oauth.providers import TRAITS, ProviderKind
from tests.provision.postgresql import PostgreSQLServer
from tests.support.auth import START, HandClock, Settings, site
from tests.support.identity_http import Faults
from tests.support.identity_provider import IdentityProvider, rsa_key
from tests.support.identity_shapes import Person
from tests.support.social import OpenStage, Stage


@contextmanager
def staged(folder: Path, url: str, kinds: tuple[ProviderKind, ...], auth: Mapping[str, Any]) -> Iterator[Stage]:
    clock, outbound = HandClock(), HttpOutbound()
    with ExitStack() as stack:
        mocks = {kind: stack.enter_context(IdentityProvider(kind, clock=clock)) for kind in kinds}
        configured = [mock.configuration() for mock in mocks.values()]
        strategies = [{"type": "emailAndPassword"}, {"type": "oauth", "providers": configured}]
        credentials = {name: value for mock in mocks.values() for name, value in mock.environment().items()}
        options: dict[str, Any] = {"settings": Settings(credentials=credentials), "outbound": outbound, "clock": clock}
        opened = stack.enter_context(site(folder, url, {"strategies": strategies, **auth}, **options))
        stack.callback(lambda: opened.client.run(outbound.close()))
        yield Stage(opened, mocks, outbound)


@pytest.fixture
def open_stage(tmp_path: Path, database_url: str) -> Iterator[OpenStage]:
    """Open an application with a generic provider, and options of the test's own."""
    with ExitStack() as stack:
        yield lambda **auth: stack.enter_context(staged(tmp_path, database_url, ("generic",), auth))


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def kept_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An application with a provider of every kind. Opening one takes longer than most tests: they share it."""
    folder = tmp_path_factory.mktemp("social")
    url = f"sqlite:{folder / 'tabularium.db'}"
    if request.param == "postgresql":
        server: PostgreSQLServer = request.getfixturevalue("postgresql")
        url = server.create_database()
    with staged(folder, url, ("generic", *(kind for kind in TRAITS if kind != "generic")), {}) as stage:
        yield stage


async def _delete_everything(session: Session) -> None:
    for table in ("session", "account", "verification", "user", "_activity"):
        await session.execute(f'DELETE FROM "{table}"')


@pytest.fixture
def stage(kept_stage: Stage) -> Stage:
    """The shared application as it was in the beginning: nobody is there, and nothing is wrong at the providers."""
    site, providers = kept_stage.site, cast("dict[str, Provider]", kept_stage.site.auth.providers)
    site.write(_delete_everything)
    site.letters.sent.clear()
    site.clock.moment = START
    for mock in kept_stage.mocks.values():
        mock.person, mock.faults, mock.keys, mock.lifetime = Person(), Faults(), [rsa_key("first")], 3600
        mock.requests.clear()
        # Documents and keys are remembered, and so is the hour of the last search.
        providers[mock.provider_id] = Provider(mock.options(), kept_stage.outbound, site.clock)
    return kept_stage
