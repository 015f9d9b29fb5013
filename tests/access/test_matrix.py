"""The access matrix, kept in `tests/golden/access-matrix.txt` for a reviewer to read.

`UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py` writes it anew, a new operation with it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.matrix.application import application
from tests.access.matrix.callers import House
from tests.access.matrix.sheet import as_text, measure

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "access-matrix.txt"
HOW = "If it is right, write it anew with UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py, and review the difference."


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with application(tmp_path, database_url) as site:
        yield House(site)


def test_callers_get_what_the_golden_file_shows(house: House, database_url: str) -> None:
    found = as_text(measure(house))
    if os.environ.get("UPDATE_GOLDEN") and database_url.startswith("sqlite"):
        GOLDEN.write_text(found, "utf-8")
    kept = GOLDEN.read_text("utf-8") if GOLDEN.exists() else ""
    difference = difflib.unified_diff(kept.splitlines(), found.splitlines(), "golden", "found", n=0, lineterm="")
    assert found == kept, "\n".join((HOW, *difference))
