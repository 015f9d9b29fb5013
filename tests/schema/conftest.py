from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabularium.db.connect import open_database
from tabularium.db.options import DatabaseOptions
from tests.schema.migrating import Bench


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Run a coroutine function with a `Bench` on an empty database."""

    def run(work: Callable[[Bench], Any]) -> Any:
        async def main() -> Any:
            database = await open_database(database_url, DatabaseOptions(synchronous="normal"), patience=0)
            try:
                return await work(Bench(tmp_path, database))
            finally:
                await database.close()

        return asyncio.run(main())

    return run
