"""The access matrix, kept in `tests/golden/access-matrix.txt` for a reviewer to read.

`UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py` writes it anew, a new operation with it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.access.matrix.application import FIELDS, application
from tests.access.matrix.callers import NAMES, House
from tests.access.matrix.exceptions import DIFFERENT, UNSERVED
from tests.access.matrix.requests import DESCRIBING, operations
from tests.access.matrix.sheet import NO_TARGET, Row, as_text, measure, read_text

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "access-matrix.txt"
HOW = "If it is right, write it anew: UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py. Then review the difference."


REFUSALS = ("401", "403", "404")


def _is_for_tables(row: Row) -> bool:
    """Without `admin` nobody is sure to pass, and a key and a bearer are the member that they belong to."""
    cells = row.cells
    return cells["admin"][0] == "2" and cells["member"] == cells["key"] == cells["bearer"]


def _is_for_all(row: Row) -> bool:
    return len(set(row.cells.values())) == 1


def _is_for_sessions(row: Row) -> bool:
    others = {row.cells[name] for name in NAMES if name not in ("anonymous", "key")}
    return row.cells["anonymous"] == "401" and len(others) == 1 and not others & set(REFUSALS)


def _is_for_administrators(row: Row) -> bool:
    others = {row.cells[name] for name in NAMES if name not in ("anonymous", "admin")}
    return row.cells["anonymous"] == "401" and row.cells["admin"] == "200" and others == {"403"}


ACCESS: dict[str, Callable[[Row], bool]] = {
    "table": _is_for_tables,
    "public": _is_for_all,
    "session": _is_for_sessions,
    "admin": _is_for_administrators,
}
"""What a row looks like by the access that the contract tells."""


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    if not database_url.startswith("sqlite"):  # nothing here outlives the test, so no commit need wait for the disk
        database_url += f"{'&' if '?' in database_url else '?'}synchronous_commit=off"
    with application(tmp_path, database_url) as site:
        yield House(site)


def test_callers_get_what_the_golden_file_shows(house: House, database_url: str) -> None:
    found = as_text(measure(house))
    if os.environ.get("UPDATE_GOLDEN") and database_url.startswith("sqlite"):
        GOLDEN.write_text(found, "utf-8")
    kept = GOLDEN.read_text("utf-8") if GOLDEN.exists() else ""
    difference = difflib.unified_diff(kept.splitlines(), found.splitlines(), "golden", "found", n=0, lineterm="")
    assert found == kept, "\n".join((HOW, *difference))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_text(GOLDEN.read_text("utf-8"))


def test_every_operation_has_a_row_and_no_other_has(rows: list[Row]) -> None:
    missing = {each.name for each in operations()} ^ {row.operation for row in rows}
    assert not missing, f"Not both an operation and a row of {GOLDEN.name}: {', '.join(sorted(missing))}. {HOW}"


def test_an_operation_of_tables_has_a_row_for_every_table(rows: list[Row]) -> None:
    for operation in operations():
        targets = {row.target for row in rows if row.operation == operation.name}
        if operation.is_of_tables or operation.name in DESCRIBING:
            assert targets >= FIELDS.keys(), f"{operation.name} lacks {', '.join(FIELDS.keys() - targets)}. {HOW}"
        else:
            assert targets == {NO_TARGET}, f"{operation.name} has other rows than one. {HOW}"


def test_every_operation_serves_somebody_unless_there_is_a_reason(rows: list[Row]) -> None:
    unserved = {row.operation for row in rows} - {row.operation for row in rows if row.has_success}
    for name in unserved - UNSERVED.keys():
        pytest.fail(f"{name} serves nobody: prepare it in tests/access/matrix/preparations.py, or give a reason.")
    assert not UNSERVED.keys() - unserved, "An exception is not needed any more: take it out of exceptions.py."
    assert all(UNSERVED.values())


def test_the_access_that_the_contract_tells_is_what_callers_meet(rows: list[Row]) -> None:
    """Administrators' operations refuse everybody else, sessions' refuse nobody who is signed in, public ones nobody."""
    access = {each.name: each.access for each in operations()}
    different = {row.operation for row in rows if not ACCESS[access[row.operation]](row)}
    assert different == DIFFERENT.keys(), "Give a reason in exceptions.py, or take out what is not needed any more."
