"""A migration whose process is killed leaves the database as it was, or as it shall be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.schema.migrating import NOW, Bench, Run, integer, table, text

ROWS = 4_000
BEFORE = table("a", text("x", id=1, indexed=True), text("y", id=2), id=1)
AFTER = table("b", integer("z", id=1, unique=True), text("y", id=2, required=True, default="d"), id=1)


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_a_killed_migration_is_done_whole_or_not_at_all(
    bench: Run, database_url: str, tmp_path: Path, seconds: float
) -> None:
    file = tmp_path / "after.json"
    file.write_text(json.dumps({"name": "test", "tables": [AFTER]}))

    async def fill(bench: Bench) -> None:
        await bench.migrate(BEFORE)
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
        await bench.execute(
            f"{numbers} INSERT INTO a (_revision, created_at, updated_at, x) "
            f"SELECT 1, '{NOW}', '{NOW}', CAST(i AS text) FROM n"
        )

    bench(fill)
    environment = {**os.environ, "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "server.cli", "migrate", "apply", str(file)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        time.sleep(1.0 + seconds)  # it takes about a second until the program is loaded
        process.kill()

    async def look(bench: Bench) -> None:
        tables = await bench.names("table")
        if "a" in tables:
            assert "b" not in tables
            assert await bench.rows("SELECT count(*), min(x), max(y) FROM a") == [(ROWS, "1", None)]
            assert not [name for name in await bench.columns("a") if name.startswith("_new")]
        await bench.migrate(AFTER)
        assert await bench.rows("SELECT count(*), min(z), max(z), min(y) FROM b") == [(ROWS, 1, ROWS, "d")]

    bench(look)


def test_a_process_that_is_not_killed_is_done(bench: Run, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "after.json"
    file.write_text(json.dumps({"name": "test", "tables": [AFTER]}))

    async def before(bench: Bench) -> None:
        await bench.migrate(BEFORE)

    bench(before)
    environment: dict[str, Any] = {**os.environ, "DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "server.cli", "migrate", "apply", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert 'b: rename the field "x" to "z"' in done.stderr
