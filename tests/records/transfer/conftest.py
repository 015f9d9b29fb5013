"""The application of these tests, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.transfer import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(Path(__file__).with_name("app.yaml"), database_url)
    try:
        yield opened
    finally:
        opened.close()
