"""The application of the tests of records, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asgi import Client
from tests.support.serving import serving

APPLICATION = Path(__file__).with_name("app.yaml")


@pytest.fixture
def api(database_url: str) -> Iterator[Client]:
    """A client of an application without records."""
    with serving(APPLICATION, database_url) as client:
        yield client
