"""The access matrix, kept in `tests/golden/access-matrix.txt` for a reviewer to read.

`UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py` writes it anew, a new operation with it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.access.matrix import others, rows, tables
from tests.access.matrix.application import FIELDS, RULED, TABLES, application
from tests.access.matrix.callers import FOREIGN, NAMES, NO_MORE, House
from tests.access.matrix.exceptions import DIFFERENT, ROWLESS, UNSERVED
from tests.access.matrix.requests import DESCRIBING, Operation, operations
from tests.access.matrix.sheet import HEADINGS, NO_TARGET, Row, as_text, read_section, sections_of, whole_text
from tests.access.matrix.tables import LETTERS, TELLING

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


@dataclass(frozen=True)
class Section:
    """What is measured on an application of its own, so that sections may be measured side by side."""

    tables: list[dict[str, Any]]
    measure: Callable[[House], list[Row]]
    more: Mapping[str, str] = field(default_factory=lambda: NO_MORE)


SECTIONS = {
    "tables": Section(TABLES, tables.measure),
    "others": Section(TABLES, others.measure),
    "rows": Section(rows.TABLES, rows.measure, rows.MORE),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_callers_get_what_the_golden_file_shows(name: str, database_url: str, tmp_path: Path) -> None:
    if not database_url.startswith("sqlite"):  # nothing here outlives the test, so no commit need wait for the disk
        database_url += f"{'&' if '?' in database_url else '?'}synchronous_commit=off"
    section = SECTIONS[name]
    with application(tmp_path, database_url, section.tables) as site:
        found = as_text(name, section.measure(House(site, section.more)))
    sections = sections_of(_golden())
    if os.environ.get("UPDATE_GOLDEN") and database_url.startswith("sqlite"):
        sections[name] = found
        GOLDEN.write_text(whole_text(sections), "utf-8")
    kept = sections.get(name, "")
    difference = difflib.unified_diff(kept.splitlines(), found.splitlines(), "golden", "found", n=0, lineterm="")
    assert found == kept, "\n".join((HOW, *difference))


def _golden() -> str:
    return GOLDEN.read_text("utf-8") if GOLDEN.exists() else ""


def test_the_golden_file_has_every_section_and_nothing_else() -> None:
    assert SECTIONS.keys() == HEADINGS.keys()
    sections = sections_of(_golden())
    assert sections.keys() == SECTIONS.keys()
    assert whole_text(sections) == _golden()


def _section(name: str) -> list[Row]:
    return read_section(sections_of(_golden()).get(name, ""))


@pytest.fixture(scope="module")
def lines() -> list[Row]:
    """The lines of tables and of all else: each operation has one at least."""
    return [*_section("tables"), *_section("others")]


@pytest.fixture(scope="module")
def row_lines() -> list[Row]:
    return _section("rows")


def test_every_operation_has_a_row_and_no_other_has(lines: list[Row]) -> None:
    missing = {each.name for each in operations()} ^ {row.operation for row in lines}
    assert not missing, f"Not both an operation and a row of {GOLDEN.name}: {', '.join(sorted(missing))}. {HOW}"


def test_an_operation_of_tables_has_a_row_for_every_table(lines: list[Row]) -> None:
    for operation in operations():
        targets = {row.target for row in lines if row.operation == operation.name}
        if operation.is_of_tables or operation.name in DESCRIBING:
            assert targets >= FIELDS.keys(), f"{operation.name} lacks {', '.join(FIELDS.keys() - targets)}. {HOW}"
        else:
            assert targets == {NO_TARGET}, f"{operation.name} has other rows than one. {HOW}"


def test_every_operation_serves_somebody_unless_there_is_a_reason(lines: list[Row]) -> None:
    unserved = {row.operation for row in lines} - {row.operation for row in lines if row.has_success}
    for name in unserved - UNSERVED.keys():
        pytest.fail(f"{name} serves nobody: prepare it in tests/access/matrix/preparations.py, or give a reason.")
    assert not UNSERVED.keys() - unserved, "An exception is not needed any more: take it out of exceptions.py."
    assert all(UNSERVED.values())


def test_the_access_that_the_contract_tells_is_what_callers_meet(lines: list[Row]) -> None:
    """Administrators' operations refuse everybody else, sessions' refuse nobody who is signed in, public ones nobody."""
    access = {each.name: each.access for each in operations()}
    different = {row.operation for row in lines if not ACCESS[access[row.operation]](row)}
    assert different == DIFFERENT.keys(), "Give a reason in exceptions.py, or take out what is not needed any more."


# Rows -----------------------------------------------------------------------------------------------------------------


def _row_targets(operation: Operation) -> set[str]:
    """Return what must be measured of an operation of tables, unless it has nothing to do with rows."""
    if operation.name == TELLING:
        return {rows.ACTIONS}
    counting = {rows.COUNT} if operation.lists_records or "include" in operation.parameters else set()
    if "include" in operation.parameters:
        return counting
    return {*counting, *rows.row_targets(operation), *(rows.LINKED if rows.links(operation) else ())}


def test_an_operation_of_tables_has_a_line_for_every_row(row_lines: list[Row]) -> None:
    """One that has none of them fails here until it is measured, or its reason stands in exceptions.py."""
    for operation in operations():
        targets = {row.target for row in row_lines if row.operation == operation.name}
        if not operation.is_of_tables:
            assert not targets, operation.name
        elif operation.name in ROWLESS:
            assert not targets, f"{operation.name} is not without rows any more: take it out of exceptions.py."
        else:
            missing = _row_targets(operation) - targets
            assert not missing, f"{operation.name} lacks the rows {', '.join(sorted(missing))}. {HOW}"
    assert ROWLESS.keys() <= {each.name for each in operations()}
    assert all(ROWLESS.values())


def test_administrators_are_bound_by_no_rule_for_rows_and_keys_by_those_of_their_owner(row_lines: list[Row]) -> None:
    for row in row_lines:
        cells = row.cells
        assert cells["admin"][0] == "2", row
        assert cells["member"] == cells["key"] == cells["bearer"], row


# What callers are told ------------------------------------------------------------------------------------------------


def _told(lines: list[Row], target: str, caller: str) -> str:
    (cell,) = (row.cells[caller] for row in lines if (row.operation, row.target) == (TELLING, target))
    return cell.partition(" ")[2]


def _is_told(operation: Operation, told: str, caller: str) -> bool:
    """Say whether the caller is told of all that an operation needs."""
    is_anonymous = caller == "anonymous" and operation.is_for_the_signed_in
    if caller == "anonymous" and operation.reads_comments and LETTERS["comment"] not in told:
        return False
    return not is_anonymous and all(LETTERS[each] in told for each in operation.actions)


def _served(lines: list[Row], operation: Operation, target: str, caller: str) -> bool:
    (cell,) = (row.cells[caller] for row in lines if (row.operation, row.target) == (operation.name, target))
    return cell[0] == "2"


@pytest.mark.parametrize("caller", NAMES)
def test_the_actions_that_callers_are_told_of_are_those_that_serve_them(lines: list[Row], caller: str) -> None:
    for operation in operations():
        for table in FIELDS if operation.actions else ():
            is_told = _is_told(operation, _told(lines, f"{table}:actions", caller), caller)
            assert is_told == _served(lines, operation, table, caller), (operation.name, table)


@pytest.mark.parametrize("caller", NAMES)
def test_the_fields_that_callers_are_told_of_are_those_that_they_read_and_write(lines: list[Row], caller: str) -> None:
    for table in RULED:
        for name in FIELDS[table]:
            target = f"{table}.{name}"
            reading = [each for each in operations() if each.is_of_tables and "fields" in each.parameters]
            reading = [each for each in reading if caller != "anonymous" or not each.is_for_the_signed_in]
            writing = [each for each in operations() if each.sends_values]
            told = _told(lines, target, caller)
            assert {_served(lines, each, target, caller) for each in reading} == {"r" in told}, target
            # Who may create and not update, or the other way round, is told that they may write.
            assert any(_served(lines, each, target, caller) for each in writing) == ("w" in told), target


@pytest.mark.parametrize("caller", [*NAMES, FOREIGN])
def test_what_callers_are_told_of_a_table_holds_as_far_as_the_rules_for_rows_allow(
    row_lines: list[Row], caller: str
) -> None:
    told = _told(row_lines, rows.ACTIONS, caller)
    for operation in operations():
        if not operation.actions or operation.name in ROWLESS:
            continue
        cells = {
            row.target: row.cells[caller]
            for row in row_lines
            if row.operation == operation.name and row.target in rows.ROWS
        }
        statuses = {cell[:3] for cell in cells.values()}
        if not _is_told(operation, told, caller):
            # The same of every row: nobody learns which there are.
            assert statuses <= {"401" if caller == "anonymous" else "403"}, operation.name
        else:
            assert statuses <= {"200", "201", "204", "403", "404"}, operation.name
            is_owner = caller in ("member", "key", "bearer", "admin", FOREIGN)
            assert not cells or not is_owner or statuses & {"200", "201", "204"}, operation.name
