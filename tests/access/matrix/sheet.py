"""The access matrix: what each caller gets from each operation, measured, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.access.matrix.application import FIELDS, RULED
from tests.access.matrix.callers import NAMES, Caller, House
from tests.access.matrix.requests import (
    DESCRIBING,
    OF_THE_TRASH,
    PREPARATIONS,
    Operation,
    account_request,
    filled,
    operations,
    table_body,
    table_path_values,
)
from tests.support.asgi import Answer

TITLE = "title"
NO_TARGET = "-"
HEADING = """\
# Who gets what from each operation: one line for an operation and what it is done to, one column for a caller.
# `UPDATE_GOLDEN=1 pytest tests/access/test_matrix.py` writes it anew; read the difference as you would read code.
#
# A cell is the status. After it stands, for a table, what of it the answer shows: the initials of fields (title, secret,
# fixed), or `+` for the table itself where no table is asked for. For a field (`table.field`) the request names this
# one field, to read or to write it; `rw` is what the caller is told of it. With `operation?parameter` the parameter is
# true, and asks for another action. `error` is a redirect that tells of a failure.
# The tables are in tests/access/matrix/application.py, the callers in tests/access/matrix/callers.py.
"""


@dataclass(frozen=True)
class Row:
    """A line: an operation, its target (nothing, a table, or a field of one), and a cell for each caller.

    What is done to a row with a rule will be a target of a further kind.
    """

    operation: str
    target: str
    cells: Mapping[str, str]
    switch: str = ""
    """The parameter that is true in the request, so that it asks for another action."""

    @property
    def name(self) -> str:
        """What stands first in the line."""
        return f"{self.operation}?{self.switch}" if self.switch else self.operation

    @property
    def has_success(self) -> bool:
        """Whether it shows a caller whom the operation serves."""
        return any(cell[0] in "23" and not cell.endswith("error") for cell in self.cells.values())


def as_text(rows: list[Row]) -> str:
    """Return the golden file's text."""
    lines = [("operation", "target", *NAMES), *((row.name, row.target, *row.cells.values()) for row in rows)]
    first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
    return HEADING + "".join(
        f"{name:<{first}}  {target:<{second}}  {'  '.join(f'{cell:<9}' for cell in cells)}".rstrip() + "\n"
        for name, target, *cells in lines
    )


def read_text(text: str) -> list[Row]:
    """Return the rows of the golden file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    if not lines:
        return []
    starts = [lines[0].index(f" {name}") + 1 for name in NAMES]
    cuts = list(zip(starts, [*starts[1:], None], strict=True))
    rows = []
    for line in lines[1:]:
        name, target = line[: starts[0]].split()
        cells = {n: line[a:b].strip() for n, (a, b) in zip(NAMES, cuts, strict=True)}
        operation, _, switch = name.partition("?")
        rows.append(Row(operation, target, cells, switch))
    return rows


def measure(house: House) -> list[Row]:
    """Send every request, and return what came of it."""
    records = {table: _new_record(house, table) for table in FIELDS}
    rows: list[Row] = []
    for operation in operations():
        if operation.is_of_tables:
            rows += _table_rows(house, operation, records)
        elif operation.name in DESCRIBING:
            rows += [_row(house, operation, records[table], table) for table in FIELDS]
        else:
            rows.append(_account_row(house, operation))
    return rows


# Accounts, and all else that has no table -----------------------------------------------------------------------------


def _account_row(house: House, operation: Operation) -> Row:
    cells = {}
    for name, caller in house.callers.items():
        method, path, body, query = account_request(operation, house, caller)
        answer = caller(method, path, body, query)
        cells[name] = _status(answer)
        if operation.name in PREPARATIONS or (answer.status < 400 and method != "GET"):
            house.put_back()
    return Row(operation.name, NO_TARGET, cells)


def _status(answer: Answer) -> str:
    location = urlsplit(answer.headers.get("location", ""))
    failed = "error" in parse_qs(location.query) or location.path.endswith("/api/auth/error")
    return f"{answer.status} error" if failed else str(answer.status)


# Tables and fields ----------------------------------------------------------------------------------------------------


def _new_record(house: House, table: str, *, is_deleted: bool = False) -> str:
    values = {name: f"value-of-{name}" for name in FIELDS[table]}
    answer = house.admin("POST", f"/api/tables/{table}/records", values)
    assert answer.status == 201, answer.body
    record_id = str(answer.json()["id"])
    if is_deleted:
        assert house.admin("DELETE", f"/api/tables/{table}/records/{record_id}").status == 204
    return record_id


def _table_rows(house: House, operation: Operation, records: Mapping[str, str]) -> Iterator[Row]:
    for table, fields in FIELDS.items():
        yield _row(house, operation, records[table], table)
        if table in RULED:
            for field in fields if _names_fields(operation) else ():
                yield _row(house, operation, records[table], table, field)
        for switch in (name for name, each in operation.parameters.items() if "x-action" in each):
            yield _row(house, operation, _new_record(house, table), table, switch=switch)


def _names_fields(operation: Operation) -> bool:
    return operation.sends_values or "fields" in operation.parameters or operation.name == "get_table_permissions"


def _row(
    house: House, operation: Operation, record: str, table: str, field: str | None = None, switch: str | None = None
) -> Row:
    cells = {}
    if operation.name in OF_THE_TRASH:
        record = _new_record(house, table, is_deleted=True)
    for name, caller in house.callers.items():
        answer = _send(operation, caller, record, table, field, switch)
        if operation.method != "GET" and answer.status < 300:  # since this one may be changed or gone
            record = _new_record(house, table, is_deleted=operation.name in OF_THE_TRASH)
        cells[name] = f"{answer.status} {_shown(operation, answer, table, field)}".rstrip()
    return Row(operation.name, table if field is None else f"{table}.{field}", cells, switch or "")


def _send(
    operation: Operation, caller: Caller, record: str, table: str, field: str | None, switch: str | None
) -> Answer:
    path = filled(operation, table_path_values(table, record))
    body = table_body(operation, {field or TITLE: f"changed-{field or TITLE}"})
    query = dict(DESCRIBING.get(operation.name, {}))
    if field and "fields" in operation.parameters:
        query["fields"] = field
    if switch:
        query[switch] = "true"
    return caller(operation.method, path, body, query)


def _shown(operation: Operation, answer: Answer, table: str, field: str | None) -> str:
    """Return what of a table or field a success shows, wherever in the answer it stands."""
    if answer.status >= 300 or not answer.body:
        return ""
    if "tableId" not in operation.parameters:
        return "+" if _is_in(table, answer) or f"/tables/{table}/".encode() in answer.body else ""
    if operation.name == "get_table_permissions" and field:
        told: dict[str, Any] = answer.json()["fields"].get(field, {})
        return "".join(right[0] for right in ("read", "write") if told.get(right))
    named = (field,) if field else FIELDS[table]
    return "".join(each[0] for each in named if any(_is_in(f"{form}{each}", answer) for form in ("", "value-of-")))


def _is_in(text: str, answer: Answer) -> bool:
    return f'"{text}"'.encode() in answer.body
