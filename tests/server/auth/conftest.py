"""An application with passwords, on SQLite: what is tested here knows nothing of databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.auth import Site, site


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path, f"sqlite:{tmp_path / 'a.db'}") as opened:
        yield opened
